"""Finds another worker for a VoiceCall that has lost its own, and gives up where none comes."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from hub.calls.live import LiveCall
from hub.calls.surroundings import Surroundings
from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import ServerUnavailable
from hub.core.ports import Journal, Rooms
from hub.core.records import Append, Cut, EndedReason, EventKind
from hub.core.takeover import Loss, given_up, may_go_on, to_be_called

logger = logging.getLogger(__name__)


class Takeover:
    """A call goes on as long as its caller is there and any worker can lead it."""

    def __init__(
        self,
        journal: Journal,
        rooms: Callable[[], Rooms | None],
        calls: VoiceCalls,
        surroundings: Surroundings,
    ) -> None:
        self._journal = journal
        self._rooms = rooms
        self._calls = calls
        self._surroundings = surroundings

    async def lost(self, call: LiveCall, reason: EndedReason, message: str = "") -> None:
        """The job of a call is gone: what it was saying is over, and another one is looked for.

        Raises:
            CallNotFound, Unavailable: It could not be written down.
        """
        if call.loss is not None:
            return
        losses = call.losses + 1
        if call.end_asked_at is not None or not may_go_on(losses):
            await self._calls.over(call, reason, message)
            return
        now = time.time()
        logger.warning("call %s: its worker was lost (%s), another one is looked for", call.id, reason)
        text = "the agent was lost; another one is called"
        data = {"what": "agent_lost", "reason": reason.value}
        call.loss, call.losses = Loss(at=now, reason=reason), losses
        call.record = await self._journal.write(
            call.id, Cut(t=now), Append(t=now, kind=EventKind.STATUS, text=text, data=data)
        )
        call.hand_on()

    async def look(self, call: LiveCall, loss: Loss) -> None:
        """Call for an agent where it is time to, or end the call where none has come.

        Raises:
            CallNotFound, Unavailable: The end could not be written down.
        """
        now = time.time()
        if given_up(loss, now):
            await self._calls.over(call, loss.reason, "the agent was lost and no other one came")
        elif to_be_called(loss, now) and await self._surroundings.worker_there(0.0):
            await self._call(call, loss, now)

    async def _call(self, call: LiveCall, loss: Loss, now: float) -> None:
        rooms = self._rooms()
        if rooms is None:
            return  # LiveKit is away as well; it is looked again in a moment
        call.loss = replace(loss, called_at=now)
        if call.joined_at is None:
            call.dispatched_at = now  # the time that a worker has for joining begins anew
        try:
            await rooms.reopen(call.record, empty_timeout=self._calls.starter.empty_timeout(call))
            await rooms.clear(call.record.room)
            await rooms.dispatch(call.record)
        except ServerUnavailable as error:
            logger.warning("call %s: %s", call.id, error.message)
