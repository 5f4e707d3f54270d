"""What one of the hub's own MCP tools is, how it is run, and how its errors are told."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from hub.calls.arguments import Arguments, parse
from hub.core.errors import HubError
from hub.core.ports import Caller, RawResult
from hub.gateway.schemas import Result, input_schema, output_schema

MAX_LINES: Final = 3
LINE_LENGTH: Final = 600
NOTHING_SAID: Final = "Nothing has been said yet."

Run: TypeAlias = Callable[[dict[str, Any], Caller], Awaitable[dict[str, Any]]]
Lines: TypeAlias = Callable[[Mapping[str, Any]], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTool:
    """One tool: what is published of it, what runs it, and how its result reads in at most three lines."""

    name: str
    title: str
    description: str
    takes: type[Arguments]
    gives: type[Result]
    run: Run
    lines: Lines
    next_step: str
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    open_world: bool = False

    def definition(self) -> dict[str, Any]:
        """The tool as `tools/list` shows it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": input_schema(self.takes),
            "outputSchema": output_schema(self.gives),
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.read_only,
                "destructiveHint": self.destructive,
                "idempotentHint": self.idempotent,
                "openWorldHint": self.open_world,
            },
        }


class OwnTools:
    """The tools that this hub's configuration can serve."""

    def __init__(self, tools: Sequence[OwnTool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self.definitions: tuple[dict[str, Any], ...] = tuple(tool.definition() for tool in tools)

    def __contains__(self, name: str) -> bool:
        return name in self._tools

    async def run(self, name: str, arguments: Mapping[str, Any], caller: Caller) -> RawResult:
        """Run one tool; what goes wrong is an `isError` result with code, message and next step."""
        tool = self._tools[name]
        try:
            parse(tool.takes, arguments)
            result = await tool.run(dict(arguments), caller)
        except HubError as error:
            return failure(error)
        return self.told(name, result)

    def told(self, name: str, result: Mapping[str, Any]) -> RawResult:
        """The result of a tool as clients get it: structured, and in three lines at most."""
        tool = self._tools[name]
        result = {**result, "next_step": result.get("next_step") or tool.next_step}
        lines = [
            one_line(text) for text in (*tool.lines(result)[: MAX_LINES - 1], result["next_step"]) if text
        ]
        return {
            "content": [{"type": "text", "text": "\n".join(lines)}],
            "structuredContent": result,
            "isError": False,
        }


def failure(error: HubError, *, structured: bool = True) -> RawResult:
    """The `isError` result for an error. Not structured where the tool has an output schema of its own."""
    next_step = error.next_step or (
        "Try again in a moment." if error.retryable else "Do not repeat it as it is."
    )
    told = {
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        "next_step": next_step,
    }
    lines = [one_line(error.message), one_line(next_step)]
    result: RawResult = {"content": [{"type": "text", "text": "\n".join(lines)}], "isError": True}
    return {**result, "structuredContent": {"error": told}} if structured else result


def last_turn(seen: Mapping[str, Any]) -> str:
    """The line spoken last, of a result that has turns."""
    turns = seen.get("turns") or ()
    return one_line(f"{turns[-1]['role']}: {turns[-1]['text']}") if turns else ""


def one_line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LINE_LENGTH else flat[: LINE_LENGTH - 1] + "…"
