"""What clients read of VoiceCalls: get_call, get_transcript and list_calls, as plain results (section 6)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anyio

from hub.calls import report
from hub.calls.arguments import GetCall, GetTranscript, ListCalls, parse
from hub.calls.costs import usage_result
from hub.calls.latency import latency_result
from hub.calls.live import LiveCalls
from hub.calls.prices import Prices
from hub.calls.recordings import Recordings
from hub.calls.rehearsal_report import rehearsal_result
from hub.core.errors import CallNotFound, InvalidArguments, NotFound
from hub.core.ports import Journal
from hub.core.records import CallQuery, CallRecord, CallStatus, Event, EventKind

EVENTS_PAGE = 500
MORE = "There are more events: call get_call again at once with after_event set to last_event."
EVENTS_MOST = 10_000


class CallReader:
    """Reads the Journal for clients; changes nothing."""

    def __init__(self, journal: Journal, live: LiveCalls, prices: Prices, recordings: Recordings) -> None:
        self._recordings = recordings
        self._journal = journal
        self._live = live
        self._prices = prices

    async def record(self, call_id: str) -> CallRecord:
        """The call of that id.

        Raises:
            CallNotFound: There is none.
        """
        call = await self._journal.call(call_id)
        if call is None:
            raise CallNotFound(
                f"There is no call {call_id}.", next_step="list_calls shows the calls there are."
            )
        return call

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_call: returns the moment something happens, or when the wait is over."""
        asked = parse(GetCall, arguments)
        deadline = anyio.current_time() + asked.wait_seconds
        while True:
            version = self._journal.version(asked.call_id)
            call = await self.record(asked.call_id)
            page = await self._page(call, asked.after_event)
            left = deadline - anyio.current_time()
            if left <= 0 or self._satisfied(asked.until, call, page):
                return await self._result(call, asked, page)
            await self._journal.changed(asked.call_id, version, left)

    async def _page(self, call: CallRecord, after: int) -> "_Page":
        """What has happened after an event, up to the moment at which the call was read."""
        while True:
            found = await self._journal.events(call.id, after=after, limit=EVENTS_PAGE)
            events = [event for event in found if event.n <= call.last_event]
            last = events[-1].n if events else min(after, call.last_event)
            told = [event for event in events if report.told(event)]
            if told or last >= call.last_event:
                return _Page(told, last, whole=last >= call.last_event)
            after = last  # a page of measurements

    def _satisfied(self, until: str, call: CallRecord, page: "_Page") -> bool:
        if call.done:
            # What comes after the end is the review; whoever has seen all else waits for that.
            return bool(page.told) or call.review is not None
        match until:
            case "answered":
                return call.status is CallStatus.IN_PROGRESS
            case "ended":
                return False
            case "question":
                live = self._live.get(call.id)
                return live is not None and bool(live.pending_question or live.pending_action)
            case _:
                return bool(page.told)

    async def _result(self, call: CallRecord, asked: GetCall, page: "_Page") -> dict[str, Any]:
        result = report.call_result(call, page.told, asked.include, time.time())
        measured = await self._measured(call, asked.include)
        result |= {part: value for part, value in measured.items() if value is not None}
        if call.request.get("record"):
            result["recording"] = await self._recordings.state(call)
        if call.rehearsal is not None and not set(asked.include) - {"summary", "tools"}:
            result["rehearsal"] = await self._rehearsal(call)
        live = self._live.get(call.id)
        if live is not None and not call.done:
            pending = {"pending_question": live.pending_question, "pending_action": live.pending_action}
            result |= {key: value for key, value in pending.items() if value is not None}
        result["last_event"] = page.last
        if not page.whole:
            result |= {"done": False, "next_step": MORE}
        return result

    async def _rehearsal(self, call: CallRecord) -> dict[str, Any]:
        turns = await self._journal.turns(call.id, limit=EVENTS_MOST)
        return rehearsal_result(call, turns, await self._journal.events(call.id, limit=EVENTS_MOST))

    async def _measured(self, call: CallRecord, include: Sequence[str]) -> dict[str, Any]:
        if include and not {"usage", "latency", "tools"} & set(include):
            return {}
        events = await self._journal.events(call.id, limit=EVENTS_MOST)
        tools = await self._journal.tool_calls(call.id)
        parts = {
            "usage": usage_result(events, self._prices, call.review),
            "latency": latency_result(events, tools),
        }
        if "tools" in include:  # only when asked for: a call may make hundreds
            return {"tools": [report.tool_result(tool, call) for tool in tools]} | {
                part: value for part, value in parts.items() if part in include
            }
        return {part: value for part, value in parts.items() if not include or part in include}

    async def whole_result(self, call_id: str, tool_call: str) -> dict[str, Any]:
        """All that a ToolCall of a call gave: what its event tells only the beginning of.

        Raises:
            NotFound: It has not ended, or there is none.
        """
        call = await self.record(call_id)
        for event in await self._journal.events(call.id, limit=EVENTS_MOST):
            if event.kind is EventKind.TOOL_ENDED and event.data.get("tool_call") == tool_call:
                whole = event.data.get("whole") or {"text": event.data.get("text", "")}
                return {"tool": event.data.get("tool", ""), "result": whole}
        raise NotFound("This ToolCall has no result.", next_step="Wait until it has ended.")

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_transcript."""
        asked = parse(GetTranscript, arguments)
        call = await self.record(asked.call_id)
        page = await self._journal.turns(asked.call_id, after=asked.after_turn, limit=asked.limit + 1)
        turns, more = page[: asked.limit], len(page) > asked.limit
        next_turn = turns[-1].n if turns else asked.after_turn
        if asked.include_tools:
            events = await self._journal.events(asked.call_id, limit=EVENTS_MOST)
            turns = report.with_tools(turns, events, not more)
        result: dict[str, Any] = {
            "turns": [report.turn_result(turn, call) for turn in turns],
            "next_turn": next_turn,
            "complete": call.done and not more,
        }
        if asked.format == "text":
            result["text"] = report.as_text(turns)
        elif asked.format == "srt":
            result["text"] = report.as_srt(turns, call)
        return result | {
            "next_step": "Ask again with after_turn set to next_turn." if more else report.next_step(call)
        }

    async def list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """list_calls."""
        asked = parse(ListCalls, arguments)
        found = await self._journal.calls(
            CallQuery(
                status=asked.status,
                since=_moment("since", asked.since),
                query=asked.query,
                limit=asked.limit + 1,
                before=_cursor(asked.cursor),
            )
        )
        page, now = found[: asked.limit], time.time()
        return {
            "calls": [report.listed(call, now) for call in page],
            "next_cursor": repr(page[-1].created_at) if len(found) > asked.limit else None,
            "next_step": "get_call tells more about one of them." if page else "start_voice_call starts one.",
        }


@dataclass(frozen=True, slots=True)
class _Page:
    """Events that a client has not seen."""

    told: list[Event]
    last: int
    whole: bool
    """There were no more."""


def _moment(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise InvalidArguments(
            f"{name} is not a moment in ISO 8601.", next_step="Write it like 2026-08-30T12:00:00Z."
        ) from error


def _cursor(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidArguments(
            "cursor is not one that list_calls gave.",
            next_step="Use next_cursor as it came, or leave it out.",
        ) from error
