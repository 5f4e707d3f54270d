"""Brings a recording to the hub while it is made: in pieces, in order, again until the hub has them."""

import logging
import random
import time
from collections.abc import Callable
from typing import Final

import anyio

from hub.core.backoff import RestartPolicy
from hub.voice.again import pause
from hub.voice.hub_client import HubClient, HubRefused, HubUnreachable

log = logging.getLogger(__name__)
AGAIN: Final = RestartPolicy(first_delay=0.2, factor=2, max_delay=2)
PIECE_BYTES: Final = 65_536
LAST_PIECES_SECONDS: Final = 60.0
"""How long a recording that is over still tries to reach the hub."""
KEPT_BYTES_MOST: Final = 16_000_000
"""An hour of a call; a hub that is away for longer loses the recording, not the worker its memory."""


class Upload:
    """One part of one recording. `stopped` is told when the hub takes no more of it."""

    def __init__(
        self,
        hub: HubClient,
        call_id: str,
        part: int,
        *,
        stopped: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        random01: Callable[[], float] = random.random,
    ) -> None:
        self._hub = hub
        self._call_id = call_id
        self._part = part
        self._stopped = stopped
        self._clock = clock
        self._random01 = random01
        self._at = 0
        self._waiting = bytearray()
        self._closed = False
        self._closed_at = 0.0
        self._over = False
        self._wake = anyio.Event()

    def add(self, data: bytes) -> None:
        """More of the recording; on the loop."""
        if self._over or self._closed:
            return
        if len(self._waiting) + len(data) > KEPT_BYTES_MOST:
            self._give_up("the hub was away for too long")
            return
        self._waiting += data
        self._wake.set()

    def close(self) -> None:
        """Nothing more will come; `run` returns when the hub has it all, or never will."""
        if not self._closed:
            self._closed, self._closed_at = True, self._clock()
            self._wake.set()

    async def run(self) -> None:
        """Send what there is."""
        attempt = 0
        while not self._over:
            if not self._waiting and not self._closed:
                self._wake = anyio.Event()
                await self._wake.wait()
                continue
            attempt = 0 if await self._sent() else attempt + 1
            if attempt and self._closed and self._clock() - self._closed_at > LAST_PIECES_SECONDS:
                self._give_up("the hub was not reached again")
            if attempt and not self._over:
                await pause(AGAIN, attempt, self._random01)

    async def _sent(self) -> bool:
        piece = bytes(self._waiting[:PIECE_BYTES])
        last = self._closed and len(piece) == len(self._waiting)
        try:
            stored = await self._hub.recording(self._call_id, self._part, self._at, piece, last=last)
        except HubUnreachable as error:
            log.debug("call %s: %s", self._call_id, error.message)
            return False
        except HubRefused as error:
            self._give_up(f"the hub refused it ({error.message})")
            return True
        known = stored.size - self._at
        if stored.over or not 0 <= known <= len(self._waiting):
            self._give_up(stored.over or "the hub has lost a piece of it")
            return True
        del self._waiting[:known]
        self._at = stored.size
        self._over = last and not self._waiting
        return known == len(piece)

    def _give_up(self, why: str) -> None:
        log.warning("call %s: its recording goes no further: %s", self._call_id, why)
        self._over = True
        self._waiting.clear()
        self._wake.set()
        self._stopped(why)
