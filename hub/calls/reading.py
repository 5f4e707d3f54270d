"""What clients read of VoiceCalls: get_call, get_transcript and list_calls, as plain results (section 6)."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import anyio

from hub.calls import report
from hub.calls.arguments import GetCall, GetTranscript, ListCalls, parse
from hub.core.errors import CallNotFound, InvalidArguments
from hub.core.ports import Journal
from hub.core.records import CallQuery, CallRecord, CallStatus, Event

EVENTS_PAGE = 500
EVENTS_MOST = 10_000


class CallReader:
    """Reads the Journal for clients; changes nothing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

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
            events = await self._journal.events(asked.call_id, after=asked.after_event, limit=EVENTS_PAGE)
            left = deadline - anyio.current_time()
            if left <= 0 or _satisfied(asked.until, call, any(map(report.told, events))):
                break
            await self._journal.changed(asked.call_id, version, left)
        return await self._result(call, asked, events)

    async def _result(self, call: CallRecord, asked: GetCall, events: list[Event]) -> dict[str, Any]:
        result = report.call_result(call, events, asked.include, time.time())
        last = events[-1].n if events else asked.after_event
        every = await self._journal.events(call.id, limit=EVENTS_MOST) if asked.after_event else events
        for part, value in (("latency", report.latency_result(every)), ("usage", report.usage_result(every))):
            if value is not None and (not asked.include or part in asked.include):
                result[part] = value
        return result | {"last_event": last}

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


def _satisfied(until: str, call: CallRecord, news: bool) -> bool:
    match until:
        case "answered":
            return call.done or call.status is CallStatus.IN_PROGRESS
        case "ended" | "question":
            return call.done
        case _:
            return call.done or news


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
