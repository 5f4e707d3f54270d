"""How a VoiceCall begins: at once, at its time, or when its caller comes; and what may keep it from that."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import anyio

from hub.calls import report
from hub.calls.arguments import StartVoiceCall, parse
from hub.calls.budget import Budget
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.recordings import Recordings
from hub.calls.surroundings import Surroundings
from hub.core.errors import HubError, InvalidArguments, ServerUnavailable, TooManyCalls
from hub.core.languages import unspoken
from hub.core.ports import Journal, Rooms
from hub.core.records import (
    Append,
    CallQuery,
    CallRecord,
    CallStatus,
    Due,
    End,
    EndedReason,
    EventKind,
    Mode,
    Start,
)
from hub.core.voice_call import LINK_SECONDS

logger = logging.getLogger(__name__)

START_WORKER_SECONDS: Final = 1.0
START_SECONDS: Final = 1.8
"""start_voice_call returns within 2 s, LiveKit's answer included."""
EMPTY_SECONDS: Final = 60
"""A room in which nobody but the agent is closes after this."""
AGAIN_SECONDS: Final = 5.0
"""How often a scheduled call that cannot begin yet is tried again."""
PATIENCE_SECONDS: Final = 300.0
"""How long it is tried."""


class Starter:
    """Starts VoiceCalls."""

    def __init__(
        self,
        journal: Journal,
        rooms: Callable[[], Rooms | None],
        live: LiveCalls,
        keys: Keys,
        surroundings: Surroundings,
        recordings: Recordings,
    ) -> None:
        self._recordings = recordings
        self.budget = Budget(journal, surroundings.limits)
        self._journal = journal
        self._rooms = rooms
        self._live = live
        self._keys = keys
        self._surroundings = surroundings

    async def start(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """start_voice_call."""
        request = parse(StartVoiceCall, arguments)
        ready, missing = self._surroundings.tools(request)
        known = await self._known(request.idempotency_key)
        if known is not None:
            return self._started(known, ready, missing, _repeated(known, request))
        due = moment_ahead(request.schedule_at, time.time())
        request = self._checked(request)
        if due is None:
            self.room_for_one_more()
            await self.budget.check()
        new = self._new(request, due)
        record = await self._journal.create(new)
        if record.id == new.id:
            live = self._live.add(LiveCall(record=record, request=request, begins_at=due))
            logger.info("call %s: %s", record.id, record.status.value)
            if record.mode is Mode.TEXT and due is None:
                record = await self._open_text(live)
        return self._started(record, ready, missing, await self._of_language(request))

    async def _of_language(self, request: StartVoiceCall) -> list[str]:
        """What of the call's language is not as in English."""
        tag = request.language or self._surroundings.language(request.persona)
        return unspoken(tag, (await self._surroundings.practice())["practice"] if tag else ())

    async def rehearse(
        self, request: StartVoiceCall, noted: Mapping[str, Any], at_once: int
    ) -> tuple[LiveCall, dict[str, Any]]:
        """Start a typed call whose caller is played; at most `at_once` of them run.

        Raises:
            TooManyCalls: So many run.
        """
        ready, missing = self._surroundings.tools(request)
        request = self._checked(request)
        if self._live.rehearsals() >= at_once:
            raise TooManyCalls(
                f"{at_once} rehearsals are running, and that is how many run at once.",
                next_step="Wait until one is over, or end one with end_call.",
            )
        await self.budget.check()
        new = self._new(request, None)
        record = await self._journal.create(replace(new, request=new.request | {"rehearsal": dict(noted)}))
        live = self._live.add(LiveCall(record=record, request=request))
        logger.info("call %s: a rehearsal", record.id)
        warnings = await self._of_language(request)
        return live, self._started(await self._open_text(live), ready, missing, warnings)

    async def _known(self, key: str | None) -> CallRecord | None:
        """A call that is asked for again is that call, whatever has become of it."""
        found = await self._journal.calls(CallQuery(idempotency_key=key, limit=1)) if key is not None else []
        return found[0] if found else None

    def _checked(self, request: StartVoiceCall) -> StartVoiceCall:
        self._recordings.check(request)
        personas = self._surroundings.personas()
        if request.persona is not None and personas is not None and request.persona not in personas:
            raise InvalidArguments(
                f"There is no persona {request.persona}; there are {', '.join(personas)}.",
                next_step="Leave persona out for the default one.",
            )
        most = self._surroundings.limits().minutes
        if "max_minutes" in request.model_fields_set and request.max_minutes > most:
            raise InvalidArguments(
                f"max_minutes is {request.max_minutes:g} and limits.minutes is {most:g}.",
                next_step="Ask for fewer minutes, or raise limits.minutes in servers.json.",
            )
        return request.model_copy(update={"max_minutes": min(request.max_minutes, most)})

    def _new(self, request: StartVoiceCall, due: float | None) -> CallRecord:
        call_id, now = Keys.new_call_id(), time.time()
        return CallRecord(
            id=call_id,
            mode=Mode(request.mode),
            goal=request.goal,
            room=f"call-{call_id}",
            status=CallStatus.WAITING_FOR_CALLER if due is None else CallStatus.SCHEDULED,
            created_at=now,
            request=request.model_dump(mode="json", exclude_defaults=True),
            join_expires_at=(due or now) + LINK_SECONDS if request.mode == "browser" else None,
            idempotency_key=request.idempotency_key,
            scheduled_at=due,
        )

    def _started(
        self,
        record: CallRecord,
        ready: list[dict[str, Any]],
        missing: list[dict[str, Any]],
        warnings: list[str],
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"call_id": record.id, "status": record.status.value}
        if record.scheduled_at is not None:
            result["scheduled_at"] = report.iso(record.scheduled_at)
        if record.mode is Mode.BROWSER and not record.done:
            result["join_url"] = self.join_url(record.id)
            result["join_expires_at"] = report.iso(record.join_expires_at)
        return result | {
            "transcript_uri": f"call://{record.id}/transcript",
            "tools_ready": ready,
            "tools_missing": missing,
            "warnings": [_missed(one) for one in missing] + warnings,
            "next_step": report.next_step(record),
        }

    def join_url(self, call_id: str) -> str:
        """The link a caller opens; its key stays in the fragment, which no server is sent."""
        return f"{self._surroundings.url()}/join/{call_id}#{self._keys.join_key(call_id)}"

    async def _open_text(self, live: LiveCall) -> CallRecord:
        """A typed call has its agent at once, and nobody else in the room."""
        try:
            with anyio.fail_after(START_SECONDS):
                await self.dispatch(live, START_WORKER_SECONDS)
        except (ServerUnavailable, TimeoutError) as error:
            await self._journal.write(live.id, End(t=time.time(), reason=EndedReason.NO_WORKER))
            self._live.remove(live.id)
            if isinstance(error, ServerUnavailable):
                raise
            raise ServerUnavailable(
                "LiveKit is too slow to take the call.", next_step="Try again in a few seconds."
            ) from error
        live.record = await self._journal.write(live.id, Start(t=time.time()))
        return live.record

    async def begin(self, live: LiveCall) -> tuple[EndedReason, str] | None:
        """The time of a scheduled call has come; returns why it ends instead, if it cannot begin at all."""
        due, now = live.record.scheduled_at or 0.0, time.time()
        try:
            if live.record.mode is Mode.TEXT:
                self.room_for_one_more()
                await self.budget.check()
            live.record = await self._journal.write(live.id, Due(t=now))
            live.wake()
            if live.record.mode is Mode.TEXT:
                await self.dispatch(live, 0.0)
                live.record = await self._journal.write(live.id, Start(t=time.time()))
        except HubError as error:
            return await self._put_off(live, error, last=not error.retryable or now > due + PATIENCE_SECONDS)
        live.begins_at = None
        return None

    async def _put_off(
        self, live: LiveCall, error: HubError, *, last: bool
    ) -> tuple[EndedReason, str] | None:
        if last:
            return _PREVENTED.get(error.code, EndedReason.NO_WORKER), f"it could not begin: {error.message}"
        if live.begins_at == live.record.scheduled_at:  # said once, not at each attempt
            note = Append(t=time.time(), kind=EventKind.ERROR, text=f"It cannot begin yet: {error.message}")
            await self._journal.write(live.id, note)
        live.begins_at = time.time() + AGAIN_SECONDS
        return None

    @staticmethod
    def empty_timeout(live: LiveCall) -> int:
        """Nobody but the agent is in the room of a typed call, for as long as it lasts."""
        return int(live.request.max_minutes * 60) if live.record.mode is Mode.TEXT else EMPTY_SECONDS

    async def dispatch(self, live: LiveCall, patience: float) -> None:
        """Make the room and call the agent into it.

        Raises:
            ServerUnavailable: No worker, no LiveKit, or no way for sound.
        """
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
            await rooms.open(live.record, empty_timeout=self.empty_timeout(live))
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

    def room_for_one_more(self) -> None:
        """Whether another call may run.

        Raises:
            TooManyCalls: All places are taken.
        """
        limit, active = self._surroundings.limits().calls, self._live.active()
        if active >= limit:
            raise TooManyCalls(
                f"{active} calls are running and limits.calls is {limit}.",
                next_step="End one with end_call, or raise limits.calls in servers.json.",
            )


_PREVENTED: Final = {"over_budget": EndedReason.OVER_BUDGET, "too_many_calls": EndedReason.CANCELLED}


def moment_ahead(text: str | None, now: float) -> float | None:
    """The moment of `schedule_at`.

    Raises:
        InvalidArguments: It is no moment, has no offset, or is past.
    """
    if text is None:
        return None
    example = "Write it like 2026-08-30T12:00:00+02:00."
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArguments("schedule_at is not a moment in ISO 8601.", next_step=example) from error
    if moment.tzinfo is None:
        raise InvalidArguments("schedule_at has no offset from UTC.", next_step=example)
    if moment.timestamp() <= now:
        told = report.iso(now)
        raise InvalidArguments(
            f"schedule_at is in the past: it is {told} now.",
            next_step="Give a later moment, or leave schedule_at out to start at once.",
        )
    return moment.timestamp()


def _missed(one: Mapping[str, Any]) -> str:
    if one["state"] == "unknown":
        return f"There is no server {one['server']} in servers.json."
    comes = ": its tools come when it is up." if one["state"] in {"starting", "backoff"} else "."
    return f"{one['server']} is {one['state']}{comes}"


def _repeated(known: CallRecord, request: StartVoiceCall) -> list[str]:
    """One key with two wishes is a mistake that should not stay unseen."""
    asked = request.model_dump(mode="json", exclude_defaults=True)
    if {**asked, "max_minutes": 0} == {**known.request, "max_minutes": 0}:
        return []
    return [
        f"This idempotency_key had started call {known.id} with other arguments; nothing new was started."
    ]
