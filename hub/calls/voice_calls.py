"""VoiceCalls as clients see them: start, join, look, steer, end. Every method returns section 6's plain result."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import anyio

from hub.calls import report
from hub.calls.arguments import (
    EndCall,
    GetCall,
    GetTranscript,
    ListCalls,
    SendToCall,
    StartVoiceCall,
    parse,
)
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.core.errors import (
    AlreadyEnded,
    CallNotFound,
    InvalidArguments,
    ServerUnavailable,
    TooManyCalls,
    Unauthorized,
    UnsupportedInMode,
)
from hub.core.ports import Journal, Rooms
from hub.core.records import (
    Append,
    CallQuery,
    CallRecord,
    CallStatus,
    End,
    EndedReason,
    EventKind,
    Mode,
    Role,
    Start,
)
from hub.core.voice_call import END_SECONDS, LINK_SECONDS

logger = logging.getLogger(__name__)

EVENTS_PAGE = 500
WORKER_SECONDS = 5.0
"""How long a caller who wants to join waits for a worker that is just starting."""
START_WORKER_SECONDS = 1.5
"""start_voice_call returns within 2 s."""
DELIVERY_SECONDS = 2.0
"""How long send_to_call waits to be able to say that it has happened."""
TOKEN_SECONDS = 3600
EMPTY_SECONDS = 60
"""A room in which nobody but the agent is closes after this."""


class Surroundings(Protocol):
    """What VoiceCalls ask of the rest of the hub."""

    def tools(self, request: StartVoiceCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """tools_ready and tools_missing of a call.

        Raises:
            InvalidArguments: The view does not exist.
        """

    def limit(self) -> int:
        """How many calls may run at once."""

    def personas(self) -> list[str] | None:
        """The names of the persona files; None while no worker has told them."""

    async def worker(self, seconds: float) -> bool:
        """Whether a voice worker is registered, after waiting for one."""

    def practice(self) -> dict[str, Any]:
        """`practice` kinds, `phrases` and `note` for the join page."""


class VoiceCalls:
    """Everything a client can do with VoiceCalls."""

    def __init__(
        self,
        journal: Journal,
        rooms: Callable[[], Rooms | None],
        live: LiveCalls,
        keys: Keys,
        surroundings: Surroundings,
    ) -> None:
        self._journal = journal
        self._rooms = rooms
        self._live = live
        self._keys = keys
        self._surroundings = surroundings

    async def start(self, arguments: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        """start_voice_call."""
        request = parse(StartVoiceCall, arguments)
        ready, missing = self._surroundings.tools(request)
        personas = self._surroundings.personas()
        if request.persona is not None and personas is not None and request.persona not in personas:
            raise InvalidArguments(
                f"There is no persona {request.persona}; there are {', '.join(personas)}.",
                next_step="Leave persona out for the default one.",
            )
        self._room_for_one_more()
        record = await self._journal.create(self._new(request))
        known = self._live.get(record.id)
        if known is None and not record.done:
            known = self._live.add(LiveCall(record=record, request=request))
            logger.info("call %s: %s", record.id, record.status.value)
            if record.mode is Mode.TEXT:
                record = await self._open_text(known)
        return self._started(record, base_url, ready, missing)

    def _new(self, request: StartVoiceCall) -> CallRecord:
        call_id, now = Keys.new_call_id(), time.time()
        return CallRecord(
            id=call_id,
            mode=Mode(request.mode),
            goal=request.goal,
            room=f"call-{call_id}",
            status=CallStatus.WAITING_FOR_CALLER,
            created_at=now,
            request=request.model_dump(mode="json", exclude_defaults=True),
            join_expires_at=now + LINK_SECONDS if request.mode == "browser" else None,
            idempotency_key=request.idempotency_key,
        )

    def _started(
        self, record: CallRecord, base_url: str, ready: list[dict[str, Any]], missing: list[dict[str, Any]]
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"call_id": record.id, "status": record.status.value}
        if record.mode is Mode.BROWSER and not record.done:
            result["join_url"] = self.join_url(record.id, base_url)
            result["join_expires_at"] = report.iso(record.join_expires_at)
        return result | {
            "transcript_uri": f"call://{record.id}/transcript",
            "tools_ready": ready,
            "tools_missing": missing,
            "warnings": [f"{one['server']} is {one['state']}; its tools come when it is up." for one in missing],
            "next_step": report.next_step(record),
        }

    def join_url(self, call_id: str, base_url: str) -> str:
        """The link a caller opens; its key stays in the fragment, which no server is sent."""
        return f"{base_url}/join/{call_id}#{self._keys.join_key(call_id)}"

    async def _open_text(self, live: LiveCall) -> CallRecord:
        """A typed call has its agent at once, and nobody else in the room."""
        try:
            await self._dispatch(live, int(live.request.max_minutes * 60), START_WORKER_SECONDS)
        except ServerUnavailable:
            await self._journal.write(live.id, End(t=time.time(), reason=EndedReason.NO_WORKER))
            self._live.remove(live.id)
            raise
        live.record = await self._journal.write(live.id, Start(t=time.time()))
        return live.record

    async def _dispatch(self, live: LiveCall, empty_timeout: int, patience: float) -> None:
        rooms = self._rooms()
        if rooms is None or not await self._surroundings.worker(patience):
            raise ServerUnavailable(
                "No voice worker is ready to take the call.",
                next_step="Wait a few seconds and try again; hub_status shows the parts of the hub.",
            )
        live.dispatched_at = time.time()
        try:
            await rooms.open(live.record, empty_timeout=empty_timeout)
        except ServerUnavailable:
            live.dispatched_at = None
            raise

    def _room_for_one_more(self) -> None:
        limit, active = self._surroundings.limit(), self._live.active()
        if active >= limit:
            raise TooManyCalls(
                f"{active} calls are running and limits.calls is {limit}.",
                next_step="End one with end_call, or raise limits.calls in servers.json.",
            )

    async def join(self, call_id: str, key: str, base_url: str) -> dict[str, Any]:
        """Let the caller in: the room and the agent are there when this returns.

        Raises:
            Unauthorized: The link is wrong or too old.
            AlreadyEnded: The call is over.
            TooManyCalls: All places are taken.
            ServerUnavailable: No worker, or no LiveKit.
        """
        live = await self._with_key(call_id, key)
        async with live.entering:
            if live.dispatched_at is None:
                self._room_for_one_more()
                await self._dispatch(live, EMPTY_SECONDS, WORKER_SECONDS)
        rooms = self._rooms()
        if rooms is None:
            raise ServerUnavailable("LiveKit is not up.", next_step="Try again in a few seconds.")
        identity = f"caller-{call_id}"
        return {
            "url": base_url,
            "token": rooms.caller_token(live.record, identity, seconds=TOKEN_SECONDS),
            "identity": identity,
            "expires_at": report.iso(time.time() + TOKEN_SECONDS),
        }

    async def join_info(self, call_id: str, key: str) -> dict[str, Any]:
        """What the join page shows before anybody joins; creates nothing."""
        call = await self._keyed(call_id, key)
        return {
            "call_id": call.id,
            "status": call.status.value,
            "goal": call.goal,
            "mode": call.mode.value,
            "ended_reason": call.ended_reason.value if call.ended_reason else None,
            "agent": call.request.get("persona", "default"),
        } | self._surroundings.practice()

    async def _keyed(self, call_id: str, key: str) -> CallRecord:
        call = await self._journal.call(call_id) if self._keys.opens_join(call_id, key) else None
        if call is None:
            raise Unauthorized(
                "This link is not valid.", next_step="Check that it was copied whole, or ask for a new one."
            )
        return call

    async def _with_key(self, call_id: str, key: str) -> LiveCall:
        call = await self._keyed(call_id, key)
        live = self._live.get(call_id)
        if call.done or live is None:
            raise AlreadyEnded("This call is over.", next_step="Ask for a new link.")
        if live.dispatched_at is None and time.time() > (call.join_expires_at or 0):
            raise Unauthorized("This link has expired.", next_step="Ask for a new one.")
        return live

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_call: returns the moment something happens, or when the wait is over."""
        asked = parse(GetCall, arguments)
        deadline = anyio.current_time() + asked.wait_seconds
        while True:
            version = self._journal.version(asked.call_id)
            call = await self._record(asked.call_id)
            events = await self._journal.events(asked.call_id, after=asked.after_event, limit=EVENTS_PAGE)
            left = deadline - anyio.current_time()
            if left <= 0 or _satisfied(asked.until, call, any(map(report.told, events))):
                break
            await self._journal.changed(asked.call_id, version, left)
        return await self._result(call, asked, events)

    async def _result(self, call: CallRecord, asked: GetCall, events: list[Any]) -> dict[str, Any]:
        result = report.call_result(call, events, asked.include, time.time())
        last = events[-1].n if events else asked.after_event
        every = await self._journal.events(call.id, limit=10_000) if asked.after_event else events
        for part, value in (("latency", report.latency_result(every)), ("usage", report.usage_result(every))):
            if value is not None and (not asked.include or part in asked.include):
                result[part] = value
        return result | {"last_event": last}

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_transcript."""
        asked = parse(GetTranscript, arguments)
        call = await self._record(asked.call_id)
        page = await self._journal.turns(asked.call_id, after=asked.after_turn, limit=asked.limit + 1)
        turns, more = page[: asked.limit], len(page) > asked.limit
        next_turn = turns[-1].n if turns else asked.after_turn
        if asked.include_tools:
            events = await self._journal.events(asked.call_id, limit=10_000)
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

    async def send(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """send_to_call."""
        asked = parse(SendToCall, arguments)
        call = await self._record(asked.call_id)
        live = self._alive(call)
        if asked.kind == "caller" and call.mode is not Mode.TEXT:
            raise UnsupportedInMode(
                "The caller of this call speaks for themselves.",
                next_step="Use kind instruct or say; kind caller is for text calls.",
            )
        if live.joined_at is None and asked.kind != "caller":
            raise ServerUnavailable(
                "Nobody has joined the call yet.", next_step="Wait with get_call until answered, then send again."
            )
        before = (await self._journal.write(call.id, *_noted(asked))) and await self._last_event(call.id)
        command = live.order(asked.kind, asked.text, interrupt=asked.interrupt)
        deadline = anyio.current_time() + DELIVERY_SECONDS
        while command.n not in live.done and self._live.get(call.id) and anyio.current_time() < deadline:
            await live.news(deadline - anyio.current_time())
        return {
            "accepted": live.done.get(command.n) != "refused",
            "delivered": live.done.get(command.n, "queued"),
            "event": before,
            "next_step": f"Call get_call with after_event {before} and wait_seconds 50 to see what follows.",
        }

    async def end(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """end_call: returns when the call is over, or keeps ending after END_SECONDS."""
        asked = parse(EndCall, arguments)
        call = await self._record(asked.call_id)
        live = self._live.get(call.id)
        if call.done or live is None:
            return {"status": call.status.value, "already_ended": True, "next_step": report.next_step(call)}
        if live.dispatched_at is None:
            await self.over(live, EndedReason.CANCELLED)
        elif live.end_asked_at is None:
            live.end_asked_at = time.time()
            live.order("end", asked.goodbye or "", reason=EndedReason.OPERATOR_ENDED.value)
        deadline = anyio.current_time() + END_SECONDS
        while self._live.get(call.id) and anyio.current_time() < deadline:
            await live.news(deadline - anyio.current_time())
        call = await self._record(call.id)
        return {"status": call.status.value, "already_ended": False, "next_step": report.next_step(call)}

    async def over(self, live: LiveCall, reason: EndedReason, message: str = "") -> None:
        """End a call from here: write it down, let go of it, close its room."""
        await self._journal.write(live.id, End(t=time.time(), reason=reason, message=message))
        self.let_go(live, reason.value)
        rooms = self._rooms()
        if rooms is not None and live.dispatched_at is not None:
            await rooms.close(live.record.room)

    def let_go(self, live: LiveCall, reason: str) -> None:
        """The call is over; whoever waits for it looks again."""
        logger.info("call %s: ended, %s", live.id, reason)
        live.record = replace(live.record, status=CallStatus.ENDED)
        self._live.remove(live.id)

    def _alive(self, call: CallRecord) -> LiveCall:
        live = self._live.get(call.id)
        if call.done or live is None:
            raise AlreadyEnded("The call is over.", next_step="get_transcript has every word of it.")
        return live

    async def _record(self, call_id: str) -> CallRecord:
        call = await self._journal.call(call_id)
        if call is None:
            raise CallNotFound(f"There is no call {call_id}.", next_step="list_calls shows the calls there are.")
        return call

    async def _last_event(self, call_id: str) -> int:
        events = await self._journal.events(call_id, limit=10_000)
        return events[-1].n if events else 0


def _noted(asked: SendToCall) -> tuple[Append, ...]:
    """An order is an event at once; what is said or typed becomes a turn when the worker says so."""
    if asked.kind in {"say", "caller"}:
        return ()
    return (
        Append(
            t=time.time(),
            kind=EventKind.OPERATOR,
            role=Role.OPERATOR,
            text=f"{asked.kind}: {asked.text}",
        ),
    )


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
            "cursor is not one that list_calls gave.", next_step="Use next_cursor as it came, or leave it out."
        ) from error
