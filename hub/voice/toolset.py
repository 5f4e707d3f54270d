"""The one toolset of a call: the live catalogue and `end_call`, run so that nobody is left in silence."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import anyio
from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.llm import StopResponse, Tool, ToolFlag, Toolset
from livekit.agents.voice import SpeechHandle

from hub.core.wire import ToolEnded, ToolStarted
from hub.voice.catalogue import Catalogue, ToolFailed
from hub.voice.spoken import shortened, spoken

log = logging.getLogger(__name__)
ANNOUNCE_SECONDS: Final = 0.6
"""Silence that a caller is left in before the announcement."""
INLINE_SECONDS: Final = 1.5
"""A tool that takes longer frees the turn; its result is said when it comes."""
STILL_SECONDS: Final = 12.0
ANNOUNCEMENTS: Final = 3
TOOL_CALLS_PER_TURN: Final = 12
TOLD: Final = 300
DESCRIPTION: Final = 1024
"""Longer ones are refused by OpenAI."""
END_CALL: Final = "end_call"
RUNNING: Final = "It is still running; its result comes by itself. Do not call it again."


class HubToolset(Toolset):
    """`tools` is read before every step of the model, so a change of the catalogue is seen at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        tell: Callable[..., None],
        notify: Callable[..., None],
        announce: Callable[[int], SpeechHandle | None],
        hang_up: Callable[[bool], None],
    ) -> None:
        super().__init__(id="hub")
        self._catalogue = catalogue
        self._tell = tell
        self._notify = notify
        self._announce = announce
        self._hang_up = hang_up
        self._known: dict[str, tuple[Mapping[str, Any], Tool]] = {}
        self._calls = 0
        self._end_call = self._ending()

    @property
    def tools(self) -> Sequence[Tool | Toolset]:
        named = {str(definition["name"]): definition for definition in self._catalogue.tools}
        return [*(self._tool(definition) for definition in named.values()), self._end_call]

    def new_turn(self) -> None:
        """The caller said something: the count of ToolCalls starts again."""
        self._calls = 0

    async def aclose(self) -> None:
        """The catalogue belongs to the call."""

    def _tool(self, definition: Mapping[str, Any]) -> Tool:
        """The same object for the same definition, so that prompts stay the same."""
        name = str(definition["name"])
        known = self._known.get(name)
        if known is not None and known[0] == definition:
            return known[1]
        tool = self._made(name, definition)
        self._known[name] = (definition, tool)
        return tool

    def _made(self, name: str, definition: Mapping[str, Any]) -> Tool:
        title = str((definition.get("annotations") or {}).get("title") or definition.get("title") or name)

        async def run(raw_arguments: dict[str, Any], ctx: RunContext[Any]) -> str:
            return await self._run(name, title, raw_arguments, ctx)

        return function_tool(
            run,
            raw_schema={
                "name": name,
                "description": str(definition.get("description") or "")[:DESCRIPTION],
                "parameters": definition.get("inputSchema") or {"type": "object", "properties": {}},
            },
            flags=ToolFlag.CANCELLABLE,
            on_duplicate="reject",
            duplicate_scope="name_and_args",
        )

    def _ending(self) -> Tool:
        async def run(raw_arguments: dict[str, Any], ctx: RunContext[Any]) -> str:  # noqa: ARG001  # LiveKit's names
            await ctx.wait_for_playout()
            said = any(isinstance(item, llm.ChatMessage) for item in ctx.speech_handle.chat_items)
            self._hang_up(said)
            raise StopResponse

        return function_tool(
            run,
            raw_schema={
                "name": END_CALL,
                "description": "Ends the call. Say goodbye first. Only when the caller is done.",
                "parameters": {"type": "object", "properties": {}},
            },
        )

    async def _run(self, name: str, title: str, arguments: dict[str, Any], ctx: RunContext[Any]) -> str:
        self._calls += 1
        if self._calls > TOOL_CALLS_PER_TURN:
            raise ToolError("Too many tools were used in this turn. Answer with what is known.")
        tool_call = ctx.function_call.call_id
        self._tell(ToolStarted, tool_call=tool_call, tool=name, arguments=arguments)
        self._notify("tool_started", tool_call=tool_call, tool=name, title=title)
        started, ok, text = time.perf_counter(), False, "cancelled"
        try:
            text = spoken(await self._patient(name, arguments, ctx))
            ok = True
        except ToolFailed as error:
            text = error.message
            raise ToolError(text) from error
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            told = shortened(text, TOLD)
            self._tell(ToolEnded, tool_call=tool_call, tool=name, ok=ok, ms=ms, text=told)
            self._notify("tool_ended", tool_call=tool_call, tool=name, title=title, ok=ok)
        return text

    async def _patient(self, name: str, arguments: dict[str, Any], ctx: RunContext[Any]) -> dict[str, Any]:
        """Wait for the result; announce it when it takes long, and free the turn when it takes longer."""
        answer = _Answer()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._ask, name, arguments, answer)
            async with ctx.with_filler(
                self._announce, delay=ANNOUNCE_SECONDS, interval=STILL_SECONDS, max_steps=ANNOUNCEMENTS
            ):
                with anyio.move_on_after(INLINE_SECONDS):
                    await answer.there.wait()
                if not answer.there.is_set():
                    await ctx.update(RUNNING, silent=True)
                    await answer.there.wait()
        return answer.taken()

    async def _ask(self, name: str, arguments: dict[str, Any], answer: "_Answer") -> None:
        try:
            answer.result = await self._catalogue.call(name, arguments)
        except ToolFailed as error:
            answer.error = error
        except Exception as error:  # noqa: BLE001  # one ToolCall; the caller hears a sentence, the log has the rest
            log.warning("a ToolCall of %s failed: %r", name, error)
            answer.error = ToolFailed("The tool failed in an unexpected way.")
        answer.there.set()


class _Answer:
    """Where the task that asks leaves what it got."""

    def __init__(self) -> None:
        self.there = anyio.Event()
        self.result: dict[str, Any] | None = None
        self.error: ToolFailed | None = None

    def taken(self) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        return self.result or {}
