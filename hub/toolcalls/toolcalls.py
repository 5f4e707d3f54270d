"""One ToolCall: which tools a caller may see, which server or twin it goes to, what is remembered of it."""

import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mcp import MCPError

from hub.core.catalog import Catalog, Route, shows
from hub.core.errors import HubError, NotFound
from hub.core.ports import Caller, Journal, RawResult
from hub.core.records import ToolCallRecord
from hub.core.spec import View
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Answer, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tools somebody may use: a view of servers.json; in a voice call only what changes nothing."""

    view: View
    also: View | None = None
    """A second filter, that of one call."""
    voice: bool = False
    only_read: bool = False
    call_id: str | None = None


@dataclass(slots=True)
class _Course:
    """How one ToolCall went, for the Journal."""

    outcome: str = "cancelled"
    error: str | None = None
    answer: Answer | None = None


class ToolCalls:
    """Offers and runs tools."""

    def __init__(self, pool: Pool, journal: Journal) -> None:
        self._pool = pool
        self._journal = journal

    def call_over(self, call_id: str) -> None:
        """A VoiceCall is over, and so are the sessions that were its own."""
        self._pool.call_over(call_id)

    def offered(self, scope: Scope) -> list[Route]:
        """The tools of a scope, in a stable order."""
        return [route for route in self._catalog(scope).routes.values() if self._admits(scope, route)]

    def route(self, scope: Scope, name: str) -> Route:
        """The route of one offered tool.

        Raises:
            NotFound: The scope has no such tool.
        """
        route = self._catalog(scope).route(name)
        if route is None or not self._admits(scope, route):
            raise NotFound(
                f"There is no tool {name} here.", next_step="List the tools again: they have changed."
            )
        return route

    def _catalog(self, scope: Scope) -> Catalog:
        return self._pool.voice_catalog if scope.voice else self._pool.catalog

    def _admits(self, scope: Scope, route: Route) -> bool:
        if not shows(scope.view, route) or (scope.also is not None and not shows(scope.also, route)):
            return False
        if route.read_only:
            return True
        # Until there is a gate, a voice call changes nothing: a twin cannot, of the others only readers.
        return not scope.only_read and (not scope.voice or self._pool.has_twin(route.server))

    async def run(
        self,
        scope: Scope,
        caller: Caller,
        name: str,
        arguments: dict[str, Any],
        *,
        meta: dict[str, Any] | None = None,
    ) -> RawResult:
        """Run a ToolCall and return the raw result; what went wrong on the way is an `isError` result.

        Raises:
            NotFound: The scope has no such tool.
            mcp.MCPError: The server refused the request itself.
        """
        route = self.route(scope, name)
        params: dict[str, Any] = {"name": route.tool, "arguments": route.arguments(arguments)}
        if meta:
            params["_meta"] = meta
        twin = scope.voice and self._pool.has_twin(route.server)
        with self._remembered(scope, caller, route, twin=twin) as course:
            try:
                answer = await self._pool.call(route.server, "tools/call", params, caller=caller, twin=twin)
            except (ConnectionLost, TimeoutError, HubError) as lost:
                course.outcome = "timeout" if isinstance(lost, TimeoutError) else "unavailable"
                course.error = _words(route, lost)
                return {"content": [{"type": "text", "text": course.error}], "isError": True}
            except MCPError as refused:
                course.outcome, course.error = "refused", str(refused)
                raise
            course.answer = answer
            course.outcome = "tool_error" if answer.result.get("isError") else "ok"
            return answer.result

    @contextmanager
    def _remembered(self, scope: Scope, caller: Caller, route: Route, *, twin: bool) -> Generator[_Course]:
        """Note a ToolCall in the Journal, however it ends."""
        course, started_at, begun = _Course(), time.time(), time.monotonic()
        try:
            yield course
        finally:
            answer, spent = course.answer, (time.monotonic() - begun) * 1000
            self._journal.tool_call(
                ToolCallRecord(
                    id=uuid.uuid4().hex,
                    call_id=scope.call_id,
                    caller=caller.name,
                    server=route.server,
                    tool=route.tool,
                    started_at=started_at,
                    queue_ms=answer.queue_ms if answer else spent,
                    server_ms=answer.server_ms if answer else 0.0,
                    outcome=course.outcome,
                    error=course.error,
                    twin=twin,
                )
            )


def _words(route: Route, lost: Exception) -> str:
    """What the caller is told when no answer came: what happened, and whether the tool may have run."""
    match lost:
        case ConnectionLost(written=True):
            return (
                f"{route.server} stopped while {route.tool} was running: the outcome is unknown. "
                "Check before you try again."
            )
        case ConnectionLost():
            return f"{route.server} stopped before {route.tool} was sent to it. Try again."
        case TimeoutError():
            return f"{route.server} did not answer {route.tool} in time. It may still be running there."
        case HubError():
            return lost.message
        case _:
            return str(lost)
