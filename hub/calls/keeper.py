"""Sees that each VoiceCall ends: no worker, no caller, a lost worker, a limit, an earlier hub's end."""

import logging
import time
from dataclasses import replace

import anyio

from hub.calls.arguments import StartVoiceCall
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.takeover import Takeover
from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import HubError
from hub.core.ports import Journal
from hub.core.records import CallQuery, CallRecord, CallStatus, End, EndedReason
from hub.core.sentences import sentences
from hub.core.takeover import of_own_worker, silent
from hub.core.voice_call import unanswered, verdict

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
OPEN_MOST = 10_000
AWAY_SECONDS = 3.0
"""Between two looks no more than this passes, unless the machine slept or somebody stopped this process."""
LATE_SECONDS = 3600.0
"""A scheduled call still begins this long after its time, when the hub was down at it."""


class Keeper:
    """Looks at the calls that are not over."""

    def __init__(self, journal: Journal, live: LiveCalls, calls: VoiceCalls, takeover: Takeover) -> None:
        self._journal = journal
        self._live = live
        self._calls = calls
        self._takeover = takeover
        self._looked_at = time.time()

    async def recover(self) -> None:
        """Calls that an earlier hub's own worker led are over; one of a worker elsewhere may still be led.

        Links that nobody has used yet stay good.
        """
        now = time.time()
        await self._recover_scheduled(now)
        for status in (CallStatus.IN_PROGRESS, CallStatus.DIALING, CallStatus.WAITING_FOR_CALLER):
            for call in await self._journal.calls(CallQuery(status=status.value, limit=OPEN_MOST)):
                if status is CallStatus.WAITING_FOR_CALLER and now < (call.join_expires_at or 0):
                    self._live.add(_waiting(call))
                    continue
                if status is CallStatus.IN_PROGRESS and await self._led_elsewhere(call):
                    self._live.add(_led(call, now))
                    continue
                unused = status is CallStatus.WAITING_FOR_CALLER and call.join_expires_at is not None
                reason = EndedReason.NO_SHOW if unused else EndedReason.HUB_STOPPED
                await self._journal.write(call.id, End(t=await self._last_sign(call), reason=reason))
                await self._calls.recordings.abandoned(call.id)

    async def _led_elsewhere(self, call: CallRecord) -> bool:
        """A rehearsal is not led on: nobody plays its caller any more."""
        workers = await self._journal.workers(call.id) if call.rehearsal is None else []
        return any(not of_own_worker(worker) for worker in workers)

    async def _recover_scheduled(self, now: float) -> None:
        """A call whose time came while no hub ran begins now, unless nobody can still be waiting for it."""
        for call in await self._journal.calls(CallQuery(status=CallStatus.SCHEDULED.value, limit=OPEN_MOST)):
            if now < (call.scheduled_at or 0) + LATE_SECONDS:
                self._live.add(replace(_waiting(call), begins_at=call.scheduled_at))
            else:
                late = End(
                    t=now, reason=EndedReason.HUB_STOPPED, message="ended: no hub was running at its time"
                )
                await self._journal.write(call.id, late)

    async def _last_sign(self, call: CallRecord) -> float:
        turns = await self._journal.turns(call.id, limit=OPEN_MOST)
        events = await self._journal.events(call.id, limit=OPEN_MOST)
        return max([call.created_at, *(turn.t for turn in turns), *(event.t for event in events)])

    async def run(self) -> None:
        """Look at the calls for ever."""
        while True:
            await self._live.some()
            self._looked_at = time.time()
            for call in self._live:
                await self._look(call)
            await anyio.sleep(LOOK_SECONDS)
            self._forgive(time.time() - self._looked_at)

    def _forgive(self, away: float) -> None:
        """When this process itself was stopped for a while, nobody else has been silent meanwhile."""
        if away < AWAY_SECONDS:
            return
        logger.warning("the hub was stopped for %.0f s", away)
        for call in self._live:
            if call.heard_at is not None:
                call.heard_at = time.time()

    async def _look(self, call: LiveCall) -> None:
        reason = verdict(call.vitals(), time.time())
        if reason is not None:
            await self._end(call, reason)
        elif call.loss is not None or silent(call.heard_at, time.time()):
            await self._keep_going(call)
        elif unanswered(call.vitals(), time.time()) and not call.dispatched_again:
            await self._dispatch_again(call)
        elif call.begins_at is not None and time.time() >= call.begins_at:
            await self._begin(call)
        elif call.cost_seen != call.record.cost:
            await self._compare(call)

    async def _keep_going(self, call: LiveCall) -> None:
        try:
            if call.loss is None:
                await self._takeover.lost(call, EndedReason.WORKER_LOST, "it was not heard of any more")
            else:
                await self._takeover.look(call, call.loss)
        except HubError as error:  # the disk is full, say: it is tried again
            logger.warning("call %s: %s", call.id, error.message)

    async def _begin(self, call: LiveCall) -> None:
        try:
            prevented = await self._calls.starter.begin(call)
        except HubError as error:  # the disk is full, say: it is tried again
            logger.warning("call %s cannot begin: %s", call.id, error.message)
            return
        if prevented is not None:
            await self._end(call, *prevented)

    async def _compare(self, call: LiveCall) -> None:
        """A call has cost more since it was last looked at."""
        try:
            exceeded = await self._calls.starter.budget.exceeded(call)
        except HubError as error:  # as above
            logger.warning("call %s: %s", call.id, error.message)
            return
        call.cost_seen = call.record.cost
        if exceeded is not None:
            logger.info("call %s is over budget: %s", call.id, exceeded)
            goodbye = sentences(call.request.language).over_budget
            self._calls.close(call, EndedReason.OVER_BUDGET, goodbye)

    async def _end(self, call: LiveCall, reason: EndedReason, message: str = "") -> None:
        try:
            await self._calls.over(call, reason, message)
        except HubError as error:  # the disk is full, say: look again, the call is still there
            logger.warning("call %s cannot be ended: %s", call.id, error.message)

    async def _dispatch_again(self, call: LiveCall) -> None:
        """LiveKit offers a job once; a worker that was just full, or just gone, is not asked again by it."""
        call.dispatched_again = True
        logger.info("call %s: nobody has taken it, the agent is called once more", call.id)
        try:
            await self._calls.starter.dispatch_again(call)
        except HubError as error:
            logger.warning("call %s: %s", call.id, error.message)

    async def stop(self) -> None:
        """The hub stops: every call that has begun is over, and says so."""
        for call in self._live:
            if call.active:
                await self._end(call, EndedReason.HUB_STOPPED)


def _led(call: CallRecord, now: float) -> LiveCall:
    """Its worker has as long to be heard of as one that falls silent.

    Commands are numbered from the clock on: above whatever the earlier hub had ordered.
    """
    return replace(
        _waiting(call),
        dispatched_at=call.created_at,
        dispatched_again=True,
        joined_at=call.started_at,
        heard_at=now,
        numbered=int(now),
    )


def _waiting(call: CallRecord) -> LiveCall:
    given = {key: value for key, value in call.request.items() if key != "rehearsal"}
    return LiveCall(record=call, request=StartVoiceCall.model_validate({"goal": call.goal, **given}))
