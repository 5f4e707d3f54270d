"""Sees that each VoiceCall ends: no worker, no caller, a lost worker, a limit, an earlier hub's end."""

import logging
import time

import anyio

from hub.calls.arguments import StartVoiceCall
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import HubError
from hub.core.ports import Journal
from hub.core.records import CallQuery, CallRecord, CallStatus, End, EndedReason
from hub.core.voice_call import unanswered, verdict

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
OPEN_MOST = 10_000


class Keeper:
    """Looks at the calls that are not over."""

    def __init__(self, journal: Journal, live: LiveCalls, calls: VoiceCalls) -> None:
        self._journal = journal
        self._live = live
        self._calls = calls

    async def recover(self) -> None:
        """Calls that an earlier hub was in are over; links that nobody has used yet stay good."""
        now = time.time()
        for status in (CallStatus.IN_PROGRESS, CallStatus.DIALING, CallStatus.WAITING_FOR_CALLER):
            for call in await self._journal.calls(CallQuery(status=status.value, limit=OPEN_MOST)):
                if status is CallStatus.WAITING_FOR_CALLER and now < (call.join_expires_at or 0):
                    self._live.add(_waiting(call))
                    continue
                unused = status is CallStatus.WAITING_FOR_CALLER and call.join_expires_at is not None
                reason = EndedReason.NO_SHOW if unused else EndedReason.HUB_STOPPED
                await self._journal.write(call.id, End(t=await self._last_sign(call), reason=reason))

    async def _last_sign(self, call: CallRecord) -> float:
        turns = await self._journal.turns(call.id, limit=OPEN_MOST)
        events = await self._journal.events(call.id, limit=OPEN_MOST)
        return max([call.created_at, *(turn.t for turn in turns), *(event.t for event in events)])

    async def run(self) -> None:
        """Look at the calls for ever."""
        while True:
            await self._live.some()
            for call in self._live:
                reason = verdict(call.vitals(), time.time())
                if reason is not None:
                    await self._end(call, reason)
                elif unanswered(call.vitals(), time.time()) and not call.dispatched_again:
                    await self._dispatch_again(call)
            await anyio.sleep(LOOK_SECONDS)

    async def _end(self, call: LiveCall, reason: EndedReason) -> None:
        try:
            await self._calls.over(call, reason)
        except HubError as error:  # the disk is full, say: look again, the call is still there
            logger.warning("call %s cannot be ended: %s", call.id, error.message)

    async def _dispatch_again(self, call: LiveCall) -> None:
        """LiveKit offers a job once; a worker that was just full, or just gone, is not asked again by it."""
        call.dispatched_again = True
        logger.info("call %s: nobody has taken it, the agent is called once more", call.id)
        try:
            await self._calls.dispatch_again(call)
        except HubError as error:
            logger.warning("call %s: %s", call.id, error.message)

    async def stop(self) -> None:
        """The hub stops: every call that has begun is over, and says so."""
        for call in self._live:
            if call.active:
                await self._end(call, EndedReason.HUB_STOPPED)


def _waiting(call: CallRecord) -> LiveCall:
    return LiveCall(record=call, request=StartVoiceCall.model_validate({"goal": call.goal, **call.request}))
