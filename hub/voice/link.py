"""The Link of one VoiceCall: events up until they are acknowledged, in order; commands down, each once.

It outlives its job until the hub has everything, and survives restarts of the hub.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.backoff import RestartPolicy
from hub.core.wire import Acknowledged, Command, EventsUp, WorkerEvent
from hub.voice.again import pause
from hub.voice.hub_client import HubClient, HubRefused, HubUnreachable

log = logging.getLogger(__name__)
AGAIN: Final = RestartPolicy(first_delay=0.2, factor=2, max_delay=2)
BATCH: Final = 100
POLL_SECONDS: Final = 20.0
LOST_SECONDS: Final = 90.0
"""A call whose hub has been silent for this long has no tools, and nobody who remembers it."""
LAST_WORDS_SECONDS: Final = 60.0
"""How long a call that is over still tries to hand in its events."""
GONE: Final = frozenset({404, 409, 410})
"""The hub does not know the call (any more)."""
INBOX: Final = 256


class Link:
    """Numbered both ways and repeatable, so that a lost connection loses and doubles nothing."""

    def __init__(
        self,
        hub: HubClient,
        call_id: str,
        job_id: str,
        *,
        after: int = 0,
        clock: Callable[[], float] = time.time,
        random01: Callable[[], float] = random.random,
    ) -> None:
        self.call_id = call_id
        self.over = anyio.Event()
        """The hub has ended this call."""
        self.lost = anyio.Event()
        """The hub has not been heard of for too long."""
        self._hub = hub
        self._job_id = job_id
        self._clock = clock
        self._random01 = random01
        self._outbox: deque[WorkerEvent] = deque()
        self._seq = 0
        self._seen = after
        self._wake = anyio.Event()
        self._empty = anyio.Event()
        self._closed = False
        self._heard = clock()
        self._inbox, self.commands = _stream()

    def tell(self, event: type[Any], **values: Any) -> None:
        """Queue an event; it gets the next number."""
        if self._closed:
            return
        self._seq += 1
        self._outbox.append(event(seq=self._seq, t=self._clock(), **values))
        self._empty = anyio.Event()
        self._wake.set()

    def close(self) -> None:
        """Nothing more will be told; `run` returns when the hub has it all."""
        self._closed = True
        self._wake.set()

    async def flushed(self, seconds: float) -> bool:
        """Wait until everything is acknowledged."""
        if not self._outbox:
            return True
        with anyio.move_on_after(seconds):
            await self._empty.wait()
        return not self._outbox

    async def run(self) -> None:
        """Own both directions; returns when the link is closed and the hub has everything, or never will."""
        self._heard = self._clock()
        with self._inbox, self.commands:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._down)
                await self._up()
                tasks.cancel_scope.cancel()
        if self._outbox:
            log.warning("call %s: %d events could not be handed in", self.call_id, len(self._outbox))

    async def _up(self) -> None:
        attempt = 0
        while not (self._closed and not self._outbox):
            if not self._outbox:
                self._wake = anyio.Event()
                await self._wake.wait()
                continue
            if self.over.is_set() and self._closed and attempt:
                return
            attempt = 0 if await self._sent() else attempt + 1
            if attempt:
                if self._closed and self._silent_for() > LAST_WORDS_SECONDS:
                    return
                await pause(AGAIN, attempt, self._random01)

    async def _sent(self) -> bool:
        """Send the next events; False when it has to be tried again."""
        batch = [self._outbox[at] for at in range(min(BATCH, len(self._outbox)))]
        try:
            answer = await self._hub.events(self.call_id, EventsUp(job_id=self._job_id, events=batch))
        except HubUnreachable as error:
            self._failed(error.message)
            return False
        except HubRefused as error:
            self._refused(error)
            return False
        return self._acknowledged(answer)

    def _acknowledged(self, answer: Acknowledged) -> bool:
        self._heard = self._clock()
        if answer.over:
            self.over.set()
        before = len(self._outbox)
        while self._outbox and self._outbox[0].seq <= answer.seq:
            self._outbox.popleft()
        if not self._outbox:
            self._empty.set()
        return len(self._outbox) < before

    async def _down(self) -> None:
        attempt = 0
        while not self.over.is_set():
            try:
                answer = await self._hub.commands(self.call_id, self._seen, POLL_SECONDS)
            except HubUnreachable as error:
                attempt += 1
                self._failed(error.message)
            except HubRefused as error:
                attempt += 1
                self._refused(error)
            else:
                attempt = 0
                self._heard = self._clock()
                self._deliver(answer.commands)
                if answer.over:
                    self.over.set()
            await pause(AGAIN, attempt, self._random01)

    def _deliver(self, commands: list[Command]) -> None:
        for command in sorted(commands, key=lambda command: command.n):
            if command.n <= self._seen:
                continue
            try:
                self._inbox.send_nowait(command)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                return  # asked for again with the next poll
            self._seen = command.n

    def _refused(self, error: HubRefused) -> None:
        if error.status in GONE:
            self.over.set()
        self._failed(error.message)

    def _failed(self, message: str) -> None:
        log.debug("call %s: %s", self.call_id, message)
        if self._silent_for() > LOST_SECONDS and not self.lost.is_set():
            log.warning("call %s: the hub has not been heard of for %.0f s", self.call_id, LOST_SECONDS)
            self.lost.set()

    def _silent_for(self) -> float:
        return self._clock() - self._heard


def _stream() -> tuple[Any, MemoryObjectReceiveStream[Command]]:
    return anyio.create_memory_object_stream[Command](INBOX)
