"""Waits for one ToolCall so that nobody is left in silence, the caller can talk, and can call it off."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import anyio
from livekit.agents import RunContext
from livekit.agents.voice import SpeechHandle

from hub.core.speech_waiting import INLINE_SECONDS, Waiting, Words
from hub.voice.catalogue import Catalogue, ToolFailed

log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 1.0
"""How often it is asked whether something is to be said."""
RUNNING: Final = "It is still running; its result comes by itself. Do not call it again."


class CalledOff(Exception):  # not an error: somebody wanted it
    """The caller does not want the result any more; the server was told."""


class Patience:
    """One ToolCall that is waited for."""

    def __init__(
        self,
        catalogue: Catalogue,
        name: str,
        definition: Mapping[str, Any],
        announce: "Announce",
        language: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._name = name
        self._waiting = Waiting(definition, language)
        self._announce = announce
        self._there = anyio.Event()
        self._free = anyio.Event()
        self._result: dict[str, Any] | None = None
        self._error: ToolFailed | None = None
        self._scope = anyio.CancelScope()

    def call_off(self) -> None:
        """End the wait, here and at the server."""
        self._scope.cancel()

    def free(self) -> None:
        """Free the turn now: the caller is being asked, and must be able to answer."""
        self._free.set()

    async def answer(self, arguments: dict[str, Any], ctx: RunContext[Any]) -> dict[str, Any]:
        """Wait for the result; announce it when it takes long, and free the turn when it takes longer.

        Raises:
            ToolFailed: It did, and says why.
            CalledOff: By `call_off`.
        """
        with self._scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._ask, arguments)
                async with ctx.with_filler(
                    self._said, delay=self._waiting.first_after, interval=LOOK_SECONDS
                ):
                    with anyio.move_on_after(INLINE_SECONDS):
                        await self._free.wait()
                    if not self._there.is_set():
                        await ctx.update(RUNNING, silent=True)
                        await self._there.wait()
        if self._error is not None:
            raise self._error
        if not self._there.is_set():
            raise CalledOff
        return self._result or {}

    def _said(self, _step: int) -> SpeechHandle | None:
        words = self._waiting.words(time.monotonic())
        return self._announce(words) if words is not None else None

    async def _ask(self, arguments: dict[str, Any]) -> None:
        try:
            self._result = await self._catalogue.call(self._name, arguments, self._waiting.progressed)
        except ToolFailed as error:
            self._error = error
        except Exception as error:  # noqa: BLE001  # one ToolCall; the caller hears a sentence, the log has the rest
            log.warning("a ToolCall of %s failed: %r", self._name, error)
            self._error = ToolFailed("The tool failed in an unexpected way.")
        self._there.set()
        self._free.set()


Announce = Callable[[Words], SpeechHandle | None]
