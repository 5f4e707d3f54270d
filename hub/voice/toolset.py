"""The one toolset of a call: the live catalogue, `more`, `find_tools` and `end_call`."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.llm import StopResponse, Tool, ToolFlag, ToolResult, Toolset

from hub.core.speech import shortened, whole
from hub.core.speech_heard import calls_off
from hub.core.wire import ToolEnded, ToolStarted
from hub.voice import kept, offered
from hub.voice.catalogue import Catalogue, ToolFailed
from hub.voice.kept import Kept
from hub.voice.offered import Offered
from hub.voice.patience import Announce, CalledOff, Patience

TOOL_CALLS_PER_TURN: Final = 12
TOLD: Final = 300
DESCRIPTION: Final = 1024
"""Longer ones are refused by OpenAI."""
END_CALL: Final = "end_call"
CALLED_OFF: Final = "The caller called this off. It was stopped; do not try it again."
ENDING: Final[Mapping[str, Any]] = {
    "name": END_CALL,
    "description": "Ends the call. Say goodbye first. Only when the caller is done.",
    "parameters": {"type": "object", "properties": {}},
}


@dataclass(frozen=True, slots=True)
class Manner:
    """What of the call matters to its tools."""

    goal: str = ""
    """Of very many tools, those that fit its words are there from the start."""
    on_page: bool = True
    """Whether the caller's page shows what tools gave."""
    language: str | None = None


class HubToolset(Toolset):
    """`tools` is read before every step of the model, so a change of the catalogue is seen at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        tell: Callable[..., None],
        notify: Callable[..., None],
        announce: Announce,
        hang_up: Callable[[bool], None],
        manner: Manner = Manner(),  # frozen
    ) -> None:
        super().__init__(id="hub")
        self._catalogue = catalogue
        self._tell = tell
        self._notify = notify
        self._announce = announce
        self._hang_up = hang_up
        self._kept = Kept()
        self._on_page = manner.on_page
        self._language = manner.language
        self._offered = Offered(lambda: self._catalogue.tools, manner.goal)
        self._known: dict[str, tuple[Mapping[str, Any], Tool]] = {}
        self._running: dict[str, Patience] = {}
        self._calls = 0
        self._own = (_tool(kept.DEFINITION, self._more), _tool(ENDING, self._end))
        self._find = _tool(offered.DEFINITION, self._found)

    @property
    def tools(self) -> Sequence[Tool | Toolset]:
        shown = [self._tool(definition) for definition in self._offered.shown()]
        return [*shown, *([self._find] if self._offered.many else []), *self._own]

    def new_turn(self, text: str = "") -> None:
        """The caller said something: the count of ToolCalls starts again, and what they do not want stops."""
        self._calls = 0
        if self._running and calls_off(text, self._language):
            for patience in list(self._running.values()):
                patience.call_off()

    def free_turn(self) -> None:
        """Let the caller talk: what runs waits for them."""
        for patience in list(self._running.values()):
            patience.free()

    async def aclose(self) -> None:
        """The catalogue belongs to the call."""

    def _tool(self, definition: Mapping[str, Any]) -> Tool:
        """The same object for the same definition, so that prompts stay the same."""
        name = str(definition["name"])
        known = self._known.get(name)
        if known is None or _for_models(known[0]) != _for_models(definition):
            known = (definition, self._made(name, definition))
        self._known[name] = (definition, known[1])
        return known[1]

    def _made(self, name: str, definition: Mapping[str, Any]) -> Tool:
        async def run(raw_arguments: dict[str, Any], ctx: RunContext[Any]) -> str | ToolResult:
            return await self._run(self._known[name][0], raw_arguments, ctx)

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

    async def _end(self, _arguments: Mapping[str, Any], ctx: RunContext[Any]) -> str:
        await ctx.wait_for_playout()
        said = any(isinstance(item, llm.ChatMessage) for item in ctx.speech_handle.chat_items)
        self._hang_up(said)
        raise StopResponse

    async def _more(self, arguments: Mapping[str, Any], _ctx: RunContext[Any]) -> str:
        return self._kept.more(str(arguments.get("handle") or ""))

    async def _found(self, arguments: Mapping[str, Any], _ctx: RunContext[Any]) -> str:
        return self._offered.find(str(arguments.get("query") or ""))

    async def _run(
        self, definition: Mapping[str, Any], arguments: dict[str, Any], ctx: RunContext[Any]
    ) -> str | ToolResult:
        self._calls += 1
        if self._calls > TOOL_CALLS_PER_TURN:
            raise ToolError("Too many tools were used in this turn. Answer with what is known.")
        name, title, tool_call = str(definition["name"]), _title(definition), ctx.function_call.call_id
        self._offered.used(name)
        self._tell(ToolStarted, tool_call=tool_call, tool=name, arguments=arguments)
        self._notify("tool_started", tool_call=tool_call, tool=name, title=title)
        started, ok, text = time.perf_counter(), False, "cancelled"
        patience = self._running[tool_call] = Patience(
            self._catalogue, name, definition, self._announce, self._language
        )
        everything: Mapping[str, Any] = {}
        try:
            result = await patience.answer(arguments, ctx)
            text, ok = self._kept.told(result), True
            everything = whole(result)
        except ToolFailed as error:
            text = error.message
            raise ToolError(text) from error
        except CalledOff:
            text = "called off by the caller"
            return ToolResult(CALLED_OFF, reply_required=False)
        finally:
            del self._running[tool_call]
            ms = round((time.perf_counter() - started) * 1000, 1)
            told = shortened(text, TOLD)
            self._tell(
                ToolEnded, tool_call=tool_call, tool=name, ok=ok, ms=ms, text=told, whole=dict(everything)
            )
            shown = everything if self._on_page else {}
            self._notify("tool_ended", tool_call=tool_call, tool=name, title=title, ok=ok, **shown)
        return text


def _for_models(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a model reads; that a tool has become faster makes it no other tool."""
    return {key: value for key, value in definition.items() if key != "_meta"}


def _title(definition: Mapping[str, Any]) -> str:
    annotations = definition.get("annotations") or {}
    return str(annotations.get("title") or definition.get("title") or definition["name"])


def _tool(
    schema: Mapping[str, Any], act: Callable[[Mapping[str, Any], RunContext[Any]], Awaitable[str]]
) -> Tool:
    """A tool of the worker's own."""

    async def run(raw_arguments: dict[str, Any], ctx: RunContext[Any]) -> str:
        return await act(raw_arguments, ctx)

    return function_tool(run, raw_schema=dict(schema))
