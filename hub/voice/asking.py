"""Asks the caller what the hub wants a yes for, word for word; what they say is judged by the hub."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

import anyio
from livekit.agents.voice import SpeechHandle

from hub.core.backoff import RestartPolicy
from hub.core.wire import AnswerHeard, AnswerJudged, Command
from hub.voice.again import pause
from hub.voice.hub_client import HubRefused, HubUnreachable
from hub.voice.speaker import Speaker
from hub.voice.transcript import NOT_KEPT

log = logging.getLogger(__name__)
How = Literal["by voice", "in writing"]
SAY_SECONDS: Final = 60.0
JUDGE_SECONDS: Final = 4.0
"""Without a judgement by then the words count as no answer: nothing is changed by them."""
AGAIN: Final = RestartPolicy(first_delay=0.1, factor=2, max_delay=1)


@dataclass(slots=True)
class _Open:
    """The question that waits for an answer."""

    action: str
    about: str = "action"
    hide: bool = False
    shown_at: float | None = None
    said_at: float | None = None
    speech: SpeechHandle | None = None
    heard: bool = False
    """Words of it have been heard."""


class Asking:
    """At most one question is open in a call; while it is, the caller's turns go to the hub first."""

    def __init__(
        self,
        judge: Callable[[AnswerHeard], Awaitable[AnswerJudged]],
        *,
        speaker: Callable[[], Speaker],
        notify: Callable[..., None],
        free: Callable[[], None],
        taken: Callable[[str, How], Awaitable[None]],
        typed: bool,
    ) -> None:
        self.turns = 0
        """How many turns the caller has finished."""
        self._judge = judge
        self._speaker = speaker
        self._notify = notify
        self._free = free
        """Lets go of the turn in which the tool was called, so that the caller can be heard."""
        self._taken = taken
        self.typed = typed
        self._open: _Open | None = None

    @property
    def open(self) -> bool:
        """Whether the caller is being asked: nothing else should be said by itself meanwhile."""
        return self._open is not None

    @property
    def hides(self) -> bool:
        """Whether what the caller is saying may be a secret."""
        return self._open is not None and self._open.hide

    def ask(self, command: Command) -> None:
        """Begin to say a question; `said` notes when it has been said.

        Raises:
            RuntimeError: LiveKit's word for a session that is closing.
        """
        question = self._open
        if question is None or question.action != command.action:
            question = self._open = _Open(command.action, command.about, command.hide)
            self._notify(
                command.about,
                action=command.action,
                text=command.text,
                phrase=command.phrase,
                tool=command.tool,
            )
        question.shown_at, question.heard = question.shown_at or time.time(), False
        question.speech = self._speaker().say(command.text)
        self._free()
        if self.typed:
            question.said_at = question.said_at or time.time()  # it can be read at once

    async def said(self) -> None:
        """Wait until the question has been heard to its end, or was cut off."""
        question = self._open
        speech = question.speech if question is not None else None
        if question is not None and speech is not None and await self._speaker().heard(speech, SAY_SECONDS):
            question.said_at = question.said_at or time.time()

    def agent_said(self, speech_id: str | None) -> None:
        """The agent is heard saying something; if it is something else, a yes may be the answer to that."""
        question = self._open
        if question is None or question.speech is None or speech_id is None:
            return
        if speech_id == question.speech.id:
            question.heard = True
        elif question.heard:
            question.said_at = question.shown_at = None

    async def asked(self, command: Command) -> None:
        """The hub has its answer, or needs none any more."""
        self._notify(f"{command.about}_closed", action=command.action, state=command.reason)
        question = self._open
        if question is None or question.action != command.action:
            return
        self._open = None
        if question.speech is not None:
            await self._speaker().stop(question.speech)

    async def took(self, text: str, began: float, how: How) -> bool:
        """Whether a finished turn of the caller's was the answer to the question, and so nothing else."""
        self.turns += 1
        question = self._open
        if question is None:
            return False
        heard = AnswerHeard(
            action=question.action,
            turn=self.turns,
            text=text,
            began=began,
            asked_until=question.shown_at if how == "in writing" else question.said_at,
            how=how,
        )
        judged = await self._judged(heard)
        if not judged.taken:
            return False
        await self._taken(NOT_KEPT if judged.hide else text, how)
        return True

    async def _judged(self, heard: AnswerHeard) -> AnswerJudged:
        """Ask until there is an answer; the hub judges each turn once."""
        attempt = 0
        with anyio.move_on_after(JUDGE_SECONDS):
            while True:
                try:
                    return await self._judge(heard)
                except HubRefused as error:
                    log.warning("an answer was refused: %s", error)
                    break
                except HubUnreachable as error:
                    log.debug("an answer could not be judged: %s", error)
                    attempt += 1
                    await pause(AGAIN, attempt)
        return AnswerJudged(taken=False)
