"""One ToolCall: which tools a caller may see, which server or twin it goes to, what is remembered of it."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from mcp import MCPError

from hub.core.catalog import Route
from hub.core.errors import HubError, NotFound, ServerUnavailable
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


class ToolCalls:
    """Offers and runs tools."""

    def __init__(self, pool: Pool, journal: Journal) -> None:
        self._pool = pool
        self._journal = journal

    def offered(self, scope: Scope) -> list[Route]:
        """The tools of a scope, in a stable order."""
        catalog = self._pool.voice_catalog if scope.voice else self._pool.catalog
        routes = catalog.offered(scope.view, only_read=scope.only_read)
        if scope.also is not None:
            narrowed = {route.public for route in catalog.offered(scope.also)}
            routes = [route for route in routes if route.public in narrowed]
        if scope.voice:
            # Until there is a gate, a voice call changes nothing: a twin cannot, of the others only readers.
            routes = [route for route in routes if route.read_only or self._pool.has_twin(route.server)]
        return routes

    def route(self, scope: Scope, name: str) -> Route:
        """The route of one offered tool.

        Raises:
            NotFound: The scope has no such tool.
        """
        catalog = self._pool.voice_catalog if scope.voice else self._pool.catalog
        route = catalog.route(name)
        if route is None or not any(offered.public == name for offered in self.offered(scope)):
            raise NotFound(
                f"There is no tool {name} here.", next_step="List the tools again: they have changed."
            )
        return route

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
        params: dict[str, Any] = {"name": route.tool, "arguments": {**arguments, **route.preset}}
        if meta:
            params["_meta"] = meta
        twin = scope.voice and self._pool.has_twin(route.server)
        started_at, begun = time.time(), time.monotonic()
        answer: Answer | None = None
        outcome, error = "cancelled", None
        try:
            answer = await self._pool.call(route.server, "tools/call", params, caller=caller, twin=twin)
        except (ConnectionLost, TimeoutError, HubError) as lost:
            outcome, error = _outcome(lost), _words(route, lost)
            return {"content": [{"type": "text", "text": error}], "isError": True}
        except MCPError as refused:
            outcome, error = "refused", str(refused)
            raise
        else:
            outcome = "tool_error" if answer.result.get("isError") else "ok"
            return answer.result
        finally:
            spent = (time.monotonic() - begun) * 1000
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
                    outcome=outcome,
                    error=error,
                    twin=twin,
                )
            )


def _outcome(lost: Exception) -> str:
    return "timeout" if isinstance(lost, TimeoutError) else "unavailable"


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
        case ServerUnavailable():
            return lost.message
        case HubError():
            return lost.message
        case _:
            return str(lost)
