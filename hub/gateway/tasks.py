"""A get_call that waits as long as it takes: a task of the extension io.modelcontextprotocol/tasks.

Of a client that declares it (2026-07-28), a get_call with the longest wait and an `until` is answered with
a task instead of with "nothing yet" after 50 s. (start_voice_call is not: whoever starts a call needs its
link at once, and has to be able to steer.) A task is no more than a way to look at its call, so the Journal
is all its state: it lives as long as the call, over restarts. The SDK has the types of an older draft and no
such methods; they are answered where all of the hub's own are, in its middleware. Section names: tasks_wire.
"""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.calls.arguments import WAIT_SECONDS_MOST, GetCall, parse
from hub.calls.report import iso
from hub.core.errors import AlreadyEnded, HubError, NoSuchAction, NoSuchQuestion
from hub.core.ports import RawResult
from hub.gateway.asked import Answering, Answers, Asked
from hub.gateway.call_forms import input_requests, respond
from hub.gateway.eras import finished, is_modern, tool_result
from hub.gateway.own_tools import OwnTools, one_line
from hub.gateway.ports import Calls
from hub.gateway.tasks_wire import Wait, can_ask, declared, wait_of

TOOL: Final = "get_call"
POLL_MS: Final = 1000
"""While somebody may be talking."""
POLL_IDLE_MS: Final = 5000
"""While the call has not begun."""
GIVEN_UP: Final = "Nobody waits in this task any more; the call goes on (end_call ends it)."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A call, and what has happened in it since a task began."""

    call: Mapping[str, Any]
    kinds: frozenset[str]
    said: str
    at: float
    """When its newest event was; 0 when there is none."""

    @property
    def ended(self) -> bool:
        return bool(self.call["status"] == "ended")


class Tasks:
    """Begins tasks, and answers for them."""

    def __init__(self, calls: Calls, own: OwnTools, stamp: Mapping[str, Any]) -> None:
        self._calls = calls
        self._own = own
        self._stamp = stamp

    def answers(self) -> Answers:
        """The methods that are answered here."""
        return {"tasks/get": self.get, "tasks/update": self.update, "tasks/cancel": self.cancel}

    def around(self, call_tool: Answering) -> Answering:
        """tools/call, where now and then a task is the answer ("Task Creation": the server decides)."""

        async def answer(asked: Asked) -> RawResult:
            begun = await self._begin(asked)
            return begun if begun is not None else await call_tool(asked)

        return answer

    async def _begin(self, asked: Asked) -> RawResult | None:
        """A task, or at once what it would have waited for; None for what is no task."""
        ours = asked.target.own_tools and asked.params.get("name") == TOOL
        if not ours or not is_modern(asked.version) or not declared(asked.params):
            return None
        try:
            wanted = parse(GetCall, asked.params.get("arguments") or {})
            if wanted.until == "any" or wanted.wait_seconds < WAIT_SECONDS_MOST:
                return None  # whoever wants to hear of anything, or soon, waits in the request
            seen = await self._look(wanted.call_id, wanted.after_event)
        except HubError:
            return None
        wait = Wait.new(
            call=wanted.call_id,
            until=wanted.until,
            after=wanted.after_event,
            include=tuple(wanted.include),
            since=seen.call["last_event"],
            made=round(time.time(), 3),
            asks=can_ask(asked.params),
        )
        if _over(wait, seen, _pending(seen.call)):
            return tool_result(asked.version, await self._result(wait), self._stamp)
        return finished(asked.version, {"resultType": "task", **_task(wait, seen, "working")}, self._stamp)

    async def get(self, asked: Asked) -> RawResult:
        """tasks/get ("Task Polling").

        Raises:
            MCPError: There is no such task.
        """
        wait = wait_of(asked.params)
        seen = await self._look(wait.call, wait.since)
        return finished(asked.version, await self._state(wait, seen, asked), self._stamp)

    async def _state(self, wait: Wait, seen: _Seen, asked: Asked) -> RawResult:
        if await self._calls.given_up(wait.call, wait.key):
            return _task(wait, seen, "cancelled")
        if _over(wait, seen, seen.kinds):
            result = tool_result(asked.version, await self._result(wait), self._stamp)
            return {**_task(wait, seen, "completed"), "result": result}
        requests = input_requests(seen.call) if wait.until == "ended" and can_ask(asked.params) else {}
        if requests:
            return {**_task(wait, seen, "input_required"), "inputRequests": requests}
        return _task(wait, seen, "working")

    async def update(self, asked: Asked) -> RawResult:
        """tasks/update: what is not asked (any more) is ignored ("Task Update Requests").

        Raises:
            MCPError: There is no such task, or an answer is not what was asked for.
        """
        wait = wait_of(asked.params)
        responses = asked.params.get("inputResponses")
        if not isinstance(responses, Mapping):
            raise MCPError(mcp.INVALID_PARAMS, "inputResponses is missing.")
        asking = input_requests(await self._calls.get({"call_id": wait.call, "include": ["events"]}))
        for key, response in responses.items():
            if key in asking and isinstance(response, Mapping):
                with contextlib.suppress(NoSuchQuestion, NoSuchAction, AlreadyEnded):
                    await respond(self._calls, wait.call, key, response, f"the desktop ({asked.client})")
        return finished(asked.version, {}, self._stamp)

    async def cancel(self, asked: Asked) -> RawResult:
        """tasks/cancel ends the wait and not the call, as giving up any get_call does ("Task Cancellation").

        Raises:
            MCPError: There is no such task.
        """
        wait = wait_of(asked.params)
        seen = await self._look(wait.call, wait.since)
        if not _over(wait, seen, seen.kinds) and not await self._calls.given_up(wait.call, wait.key):
            await self._calls.give_up(wait.call, wait.key)
        return finished(asked.version, {}, self._stamp)

    async def _look(self, call_id: str, after: int) -> _Seen:
        kinds, said, at = set[str](), "", 0.0
        while True:
            call = await self._calls.get({"call_id": call_id, "after_event": after, "include": ["events"]})
            events = call["events"]
            for event in events:
                kinds.add(event["kind"])
                at = datetime.fromisoformat(call["created_at"]).timestamp() + event["t"]
                if event.get("role") and event.get("text"):
                    said = f"{event['role']}: {event['text']}"
            if not events or call["last_event"] <= after:
                return _Seen(call=call, kinds=frozenset(kinds), said=said, at=at)
            after = call["last_event"]

    async def _result(self, wait: Wait) -> RawResult:
        """What get_call says now ("Tasks": the result is of the type of the original request)."""
        wanted = {"call_id": wait.call, "after_event": wait.after, "include": list(wait.include)}
        return self._own.told(TOOL, await self._calls.get(wanted))


def _pending(call: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of what is asked at this moment; what is asked later leaves an event of its kind."""
    return frozenset(kind for kind in ("question", "action") if call.get(f"pending_{kind}"))


def _over(wait: Wait, seen: _Seen, asked: frozenset[str]) -> bool:
    """Whether it has come to what was waited for; once it has, it stays so.

    Who waits for the end gets the review with it. A client that cannot put the agent's question to its
    person gets that as the result: else the model, which could answer it, would wait for the end.
    """
    if seen.ended:
        return wait.until != "ended" or seen.call.get("review") != "pending"
    if wait.until == "answered":
        return bool(seen.call["status"] == "in_progress")
    if wait.until == "question":
        return bool(asked & {"question", "action"})
    return not wait.asks and "question" in asked


def _task(wait: Wait, seen: _Seen, status: str) -> RawResult:
    """The fields that every task has ("Tasks"); it is kept as long as its call is, so `ttlMs` is none."""
    begun = seen.call["status"] in ("in_progress", "ended")
    words = f"The call is {seen.call['status']}."
    if status == "cancelled":
        words = GIVEN_UP
    elif not seen.ended and seen.said:
        words = one_line(seen.said)
    return {
        "taskId": wait.task_id(),
        "status": status,
        "statusMessage": words,
        "createdAt": iso(wait.made),
        "lastUpdatedAt": iso(max(wait.made, seen.at)),
        "ttlMs": None,
        "pollIntervalMs": POLL_MS if begun else POLL_IDLE_MS,
    }
