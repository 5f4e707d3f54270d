"""VoiceCalls as clients see them: start, join, steer, end; each method returns a plain result (section 6)."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import anyio

from hub.calls import report
from hub.calls.arguments import (
    EndCall,
    SendToCall,
    StartVoiceCall,
    parse,
)
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.reading import CallReader
from hub.core.errors import (
    AlreadyEnded,
    HubError,
    InvalidArguments,
    ServerUnavailable,
    TooManyCalls,
    Unauthorized,
    UnsupportedInMode,
)
from hub.core.ports import Journal, Rooms
from hub.core.records import (
    Append,
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

    def url(self) -> str:
        """Where the hub is reached, without a slash at the end."""

    def tools(self, request: StartVoiceCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """tools_ready and tools_missing of a call.

        Raises:
            InvalidArguments: The view does not exist.
        """

    def obstacle(self) -> HubError | None:
        """What keeps sound from passing on this machine, if anything does."""

    def limit(self) -> int:
        """How many calls may run at once."""

    def personas(self) -> list[str] | None:
        """The names of the persona files; None while no worker has told them."""

    async def worker_there(self, seconds: float) -> bool:
        """Whether a voice worker is registered, after waiting for one."""

    async def practice(self) -> dict[str, Any]:
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
        self._reader = CallReader(journal)
        self._rooms = rooms
        self._live = live
        self._keys = keys
        self._surroundings = surroundings

    async def start(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """start_voice_call."""
        request = parse(StartVoiceCall, arguments)
        ready, missing = self._surroundings.tools(request)
        personas = self._surroundings.personas()
        if request.persona is not None and personas is not None and request.persona not in personas:
            raise InvalidArguments(
                f"There is no persona {request.persona}; there are {', '.join(personas)}.",
                next_step="Leave persona out for the default one.",
            )
        if not self._runs_already(request.idempotency_key):
            self._room_for_one_more()
        record = await self._journal.create(self._new(request))
        known = self._live.get(record.id)
        if known is None and not record.done:
            known = self._live.add(LiveCall(record=record, request=request))
            logger.info("call %s: %s", record.id, record.status.value)
            if record.mode is Mode.TEXT:
                record = await self._open_text(known)
        return self._started(record, ready, missing)

    def _runs_already(self, key: str | None) -> bool:
        """A call that is asked for again takes no second place."""
        return key is not None and any(live.record.idempotency_key == key for live in self._live)

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
        self, record: CallRecord, ready: list[dict[str, Any]], missing: list[dict[str, Any]]
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"call_id": record.id, "status": record.status.value}
        if record.mode is Mode.BROWSER and not record.done:
            result["join_url"] = self.join_url(record.id)
            result["join_expires_at"] = report.iso(record.join_expires_at)
        return result | {
            "transcript_uri": f"call://{record.id}/transcript",
            "tools_ready": ready,
            "tools_missing": missing,
            "warnings": [
                f"{one['server']} is {one['state']}: its tools come when it is up." for one in missing
            ],
            "next_step": report.next_step(record),
        }

    def join_url(self, call_id: str) -> str:
        """The link a caller opens; its key stays in the fragment, which no server is sent."""
        return f"{self._surroundings.url()}/join/{call_id}#{self._keys.join_key(call_id)}"

    async def link(self, call_id: str) -> dict[str, Any]:
        """The join link of a call once more, for whoever runs the hub.

        Raises:
            UnsupportedInMode: Nobody joins such a call by a link.
        """
        call = await self._reader.record(call_id)
        if call.mode is not Mode.BROWSER or call.foreign:
            raise UnsupportedInMode("This call has no join link.", next_step="Only browser calls have one.")
        self._alive(call)
        return {"join_url": self.join_url(call_id), "join_expires_at": report.iso(call.join_expires_at)}

    async def _open_text(self, live: LiveCall) -> CallRecord:
        """A typed call has its agent at once, and nobody else in the room."""
        try:
            await self._dispatch(live, START_WORKER_SECONDS)
        except ServerUnavailable:
            await self._journal.write(live.id, End(t=time.time(), reason=EndedReason.NO_WORKER))
            self._live.remove(live.id)
            raise
        live.record = await self._journal.write(live.id, Start(t=time.time()))
        return live.record

    @staticmethod
    def _empty_timeout(live: LiveCall) -> int:
        """Nobody but the agent is in the room of a typed call, for as long as it lasts."""
        return int(live.request.max_minutes * 60) if live.record.mode is Mode.TEXT else EMPTY_SECONDS

    async def _dispatch(self, live: LiveCall, patience: float) -> None:
        obstacle = self._surroundings.obstacle()
        if obstacle is not None:
            raise obstacle
        rooms = self._rooms()
        if rooms is None or not await self._surroundings.worker_there(patience):
            raise ServerUnavailable(
                "No voice worker is ready to take the call.",
                next_step="Wait a few seconds and try again; hub_status shows the parts of the hub.",
            )
        live.dispatched_at = time.time()
        try:
            await rooms.open(live.record, empty_timeout=self._empty_timeout(live))
        except ServerUnavailable:
            live.dispatched_at = None
            raise

    async def dispatch_again(self, live: LiveCall) -> None:
        """Call the agent into the room of a call once more.

        Raises:
            ServerUnavailable: LiveKit is not up.
        """
        rooms = self._rooms()
        if rooms is None:
            raise ServerUnavailable("LiveKit is not up.", next_step="Look at livekit-server in hub_status.")
        await rooms.dispatch(live.record)

    def _room_for_one_more(self) -> None:
        limit, active = self._surroundings.limit(), self._live.active()
        if active >= limit:
            raise TooManyCalls(
                f"{active} calls are running and limits.calls is {limit}.",
                next_step="End one with end_call, or raise limits.calls in servers.json.",
            )

    async def join(self, call_id: str, key: str, livekit_url: str) -> dict[str, Any]:
        """Let the caller in: the room is made and the agent called when this returns.

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
                await self._dispatch(live, WORKER_SECONDS)
        rooms = self._rooms()
        if rooms is None:
            raise ServerUnavailable("LiveKit is not up.", next_step="Try again in a few seconds.")
        identity = f"caller-{call_id}"
        return {
            "url": livekit_url,
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
        } | await self._surroundings.practice()

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
        """get_call."""
        return await self._reader.get(arguments)

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_transcript."""
        return await self._reader.transcript(arguments)

    async def list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """list_calls."""
        return await self._reader.list(arguments)

    async def send(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """send_to_call."""
        asked = parse(SendToCall, arguments)
        call = await self._reader.record(asked.call_id)
        live = self._alive(call)
        if asked.kind == "caller" and call.mode is not Mode.TEXT:
            raise UnsupportedInMode(
                "The caller of this call speaks for themselves.",
                next_step="Use kind instruct or say; kind caller is for text calls.",
            )
        if live.joined_at is None and asked.kind != "caller":
            raise ServerUnavailable(
                "Nobody has joined the call yet.",
                next_step="Wait with get_call until answered, then send again.",
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
        call = await self._reader.record(asked.call_id)
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
        call = await self._reader.record(call.id)
        return {"status": call.status.value, "already_ended": False, "next_step": report.next_step(call)}

    async def reopen(self) -> None:
        """LiveKit has come back without its rooms: make those of running calls again."""
        rooms = self._rooms()
        for live in self._live:
            if rooms is not None and live.dispatched_at is not None:
                await rooms.reopen(live.record, empty_timeout=self._empty_timeout(live))

    async def room_finished(self, room: str) -> None:
        """LiveKit has closed a room; a call that its worker has not ended meanwhile has lost its media."""
        for live in self._live:
            if live.record.room == room and live.joined_at is not None:
                await self.over(live, EndedReason.MEDIA_LOST, "the room was closed")

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
