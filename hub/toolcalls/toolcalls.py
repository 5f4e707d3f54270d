"""One ToolCall: who may see which tool, what the gate says, which server or twin runs it, its record."""

import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from mcp import MCPError

from hub.core import gate
from hub.core.catalog import Route, shows
from hub.core.errors import HubError, NotFound
from hub.core.gate import Ruling, Verdict
from hub.core.ports import Caller, Journal, RawResult
from hub.core.records import Approval, ApprovalState, ToolCallRecord
from hub.core.spec import Confirm, View
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Answer, Pool
from hub.toolcalls.elicitation import ROUNDS_MOST, CannotAsk, answers, wants_more
from hub.toolcalls.gatekeeper import Offer, Wanted

CANNOT_ASK: Final = "this hub passes on questions to people only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tools somebody may use: a view of servers.json; a voice call's go through the gate."""

    view: View
    also: View | None = None
    """A second filter, that of one call."""
    voice: bool = False
    only_read: bool = False
    call_id: str | None = None
    language: str | None = None
    """What the caller is asked in."""


@dataclass(slots=True)
class _Course:
    """How one ToolCall went, for the Journal."""

    outcome: str = "cancelled"
    error: str | None = None
    answer: Answer | None = None
    twin: bool = False
    approval: Approval | None = None


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
        names = {**self._pool.catalog.routes, **(self._pool.voice_catalog.routes if scope.voice else {})}
        offers = (self._offer(scope, name) for name in sorted(names))
        return [offer.route for offer in offers if offer is not None]

    def route(self, scope: Scope, name: str) -> Route:
        """The route of one offered tool.

        Raises:
            NotFound: The scope has no such tool.
        """
        return self._found(scope, name).route

    def _found(self, scope: Scope, name: str) -> Offer:
        offer = self._offer(scope, name)
        if offer is None:
            raise NotFound(
                f"There is no tool {name} here.", next_step="List the tools again: they have changed."
            )
        return offer

    def _offer(self, scope: Scope, name: str) -> Offer | None:
        """A tool of the server itself; in a voice call else one of its twin, which changes nothing."""
        route = self._pool.catalog.route(name)
        twins = self._twins(name) if scope.voice else None
        if route is not None and _shown(scope, route) and (route.read_only or not scope.only_read):
            same = twins is not None and (twins.server, twins.tool) == (route.server, route.tool)
            return self._offers(route, has_twin=same, writes=not scope.only_read)
        if twins is None or not _shown(scope, twins) or (scope.only_read and not twins.read_only):
            return None
        return self._offers(twins, has_twin=True, writes=False)

    def _offers(self, route: Route, *, has_twin: bool, writes: bool) -> Offer:
        spec = self._pool.spec(route.server)
        confirm = spec.confirm if spec is not None else Confirm.WRITES
        return Offer(route=route, confirm=confirm, has_twin=has_twin, writes=writes)

    def _twins(self, name: str) -> Route | None:
        route = self._pool.voice_catalog.route(name)
        return route if route is not None and self._pool.has_twin(route.server) else None

    async def run(
        self,
        scope: Scope,
        caller: Caller,
        name: str,
        arguments: dict[str, Any],
        *,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> RawResult:
        """Run a ToolCall and return the raw result; what went wrong on the way is an `isError` result.

        `more` is what the request brings along besides name and arguments: `_meta`, answers to a question.

        Raises:
            NotFound: The scope has no such tool.
            mcp.MCPError: The server refused the request itself.
        """
        offer = self._found(scope, name)
        with self._remembered(scope, caller, offer.route) as course:
            if not scope.voice:
                return await self._sent(course, caller, offer.route, offer.route.arguments(arguments), more)
            wanted = Wanted.of(offer, arguments, scope.language)
            return await self._gated(course, scope, caller, wanted, more)

    async def _gated(
        self, course: _Course, scope: Scope, caller: Caller, wanted: Wanted, more: Mapping[str, Any]
    ) -> RawResult:
        """Gate → confirm → twin or server; what the twin refuses because it would write is asked for then."""
        ruling = wanted.ruling()
        if ruling.twin and ruling.verdict is Verdict.ALLOW:
            course.twin = True
            result = await self._sent(course, caller, wanted.offer.route, wanted.arguments, more)
            if not gate.refused_write(result) or not wanted.offer.writes:
                return result
            course.twin = False
            ruling, wanted = wanted.refused_by_twin()
        refusal = await self._refusal(course, scope, caller, wanted, ruling)
        if refusal is not None:
            return refusal
        course.twin = ruling.twin
        return await self._sent(course, caller, wanted.offer.route, wanted.arguments, more)

    async def _refusal(
        self, course: _Course, scope: Scope, caller: Caller, wanted: Wanted, ruling: Ruling
    ) -> RawResult | None:
        """Why a ToolCall may not run, if it may not."""
        if ruling.verdict is Verdict.ALLOW:
            return None
        if ruling.verdict is Verdict.DENY:
            return _denied(course, Approval(state=ApprovalState.FORBIDDEN))
        approval = course.approval = await wanted.confirmed(caller)
        if approval.state is not ApprovalState.APPROVED:
            return _denied(course, approval)
        if self._offer(scope, wanted.offer.route.public) != wanted.offer:
            return _denied(course, Approval(state=ApprovalState.CHANGED, action=approval.action))
        await caller.progress(0, None, None)  # a sign of life: whoever waits has waited long
        return None

    async def _sent(
        self, course: _Course, caller: Caller, route: Route, arguments: Any, more: Mapping[str, Any]
    ) -> RawResult:
        params: dict[str, Any] = {**more, "name": route.tool, "arguments": arguments}
        try:
            answer = await self._answered(caller, route, params, twin=course.twin)
        except CannotAsk as wanted:
            course.outcome, course.error = "tool_error", f"{route.server} asked for {wanted}: {CANNOT_ASK}"
            return {"content": [{"type": "text", "text": course.error}], "isError": True}
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

    async def _answered(self, caller: Caller, route: Route, params: dict[str, Any], *, twin: bool) -> Answer:
        """Send it, again and again while the server answers with a question; each try has its own time."""
        for rounds in range(ROUNDS_MOST):
            answer = await self._pool.call(route.server, "tools/call", params, caller=caller, twin=twin)
            if caller.resumes or not wants_more(answer.result):
                return answer
            params = {**params, **await answers(caller, route.server, answer.result, rounds)}
        raise CannotAsk(f"more than {ROUNDS_MOST} answers")

    @contextmanager
    def _remembered(self, scope: Scope, caller: Caller, route: Route) -> Generator[_Course]:
        """Note a ToolCall in the Journal, however it ends."""
        course, started_at, begun = _Course(), time.time(), time.monotonic()
        try:
            yield course
        finally:
            answer, spent = course.answer, (time.monotonic() - begun) * 1000
            approval = course.approval
            approved = approval is not None and approval.state is ApprovalState.APPROVED
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
                    twin=course.twin,
                    action=approval.action if approval is not None else None,
                    approved_by=approval.by if approval is not None and approved else None,
                )
            )


def _shown(scope: Scope, route: Route) -> bool:
    return shows(scope.view, route) and (scope.also is None or shows(scope.also, route))


def _denied(course: _Course, approval: Approval) -> RawResult:
    course.answer, course.outcome, course.error = None, "denied", gate.told(approval)
    return {"content": [{"type": "text", "text": course.error}], "isError": True}


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
