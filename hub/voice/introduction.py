"""The first half second of a job: into the room, and to the hub for the Brief, both at once."""

import json
import logging
from typing import Any, Final

import anyio
from livekit import rtc
from livekit.agents import JobContext

from hub.core.backoff import RestartPolicy
from hub.core.wire import Brief, JobStarted
from hub.voice.again import pause
from hub.voice.hub_client import HubClient, HubRefused, HubUnreachable

log = logging.getLogger(__name__)
BRIEF_SECONDS: Final = 8.0
"""The hub gives a call up when its worker has not joined after ten."""
CALLER_SECONDS: Final = 3.0
"""How long a job in somebody else's room waits to learn who calls."""
AGAIN: Final = RestartPolicy(first_delay=0.1, factor=2, max_delay=1)


class Introduction:
    """Gets one job its Brief and its room."""

    def __init__(self, hub: HubClient, worker_id: str, ctx: JobContext) -> None:
        self.connected = False
        self._hub = hub
        self._worker_id = worker_id
        self._ctx = ctx

    async def brief(self) -> Brief | None:
        """None when the hub does not want this job, or cannot be asked."""
        call_id = wanted_call(self._ctx.job.metadata)
        if call_id is None:
            await self._connect()
            return await self._asked(await self._stranger())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._connect)
            brief = await self._asked(self._started(call_id=call_id))
            if brief is None:
                tasks.cancel_scope.cancel()
        return brief

    async def _connect(self) -> None:
        try:
            await self._ctx.connect()
        except rtc.ConnectError as error:
            log.warning("room %s cannot be joined: %s", self._ctx.job.room.name, error)
        else:
            self.connected = True

    async def _stranger(self) -> JobStarted:
        """Somebody else made the room: who calls is seen in it."""
        participant = None
        if self.connected:
            with anyio.move_on_after(CALLER_SECONDS):
                participant = await self._ctx.wait_for_participant()
        if participant is None:
            return self._started()
        return self._started(
            caller_identity=participant.identity,
            caller_name=participant.name or None,
            phone=participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
        )

    def _started(self, **values: Any) -> JobStarted:
        job = self._ctx.job
        return JobStarted(worker_id=self._worker_id, job_id=job.id, room=job.room.name, **values)

    async def _asked(self, started: JobStarted) -> Brief | None:
        attempt = 0
        with anyio.move_on_after(BRIEF_SECONDS):
            while True:
                try:
                    return await self._hub.job(started)
                except HubRefused as error:
                    log.warning("the hub does not want the job in room %s: %s", started.room, error.message)
                    return None
                except HubUnreachable as error:
                    attempt += 1
                    log.warning("%s", error.message)
                await pause(AGAIN, attempt)
        log.warning("the hub gave no Brief for room %s in time", started.room)
        return None


def wanted_call(metadata: str) -> str | None:
    """The call that a dispatch is for; metadata of other people's dispatches means nothing here."""
    try:
        value = json.loads(metadata or "{}")
    except ValueError:
        return None
    call_id = value.get("call_id") if isinstance(value, dict) else None
    return call_id if isinstance(call_id, str) and call_id else None
