"""Who waits long for an answer is attended: given signs of life, and noticed when gone.

Nearly every answer comes sooner than that, so one task looks after all requests, and a request has a task of
its own only once it lasts.
"""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import anyio
from starlette.types import Receive

from hub.gateway.wire import Wire

LASTING_SECONDS: Final = 0.05
"""Requests that are answered sooner are not attended."""
logger = logging.getLogger(__name__)


class _Visit:
    """One request that is being worked on."""

    def __init__(self, wire: Wire, receive: Receive, work: anyio.CancelScope | None) -> None:
        self.over = False
        self.attending: anyio.CancelScope | None = None
        self._wire = wire
        self._receive = receive
        self._work = work

    async def attend(self) -> None:
        """Stay until the client is gone, or the request is over."""
        if self.over:
            return
        with anyio.CancelScope() as self.attending:
            try:
                await self._wire.attend(self._receive)
            except Exception:  # one request's boundary: the others are attended on
                logger.exception("a request is not attended any longer")
                return
            if self._work is not None:
                self._work.cancel()


class Attendance:
    """Attends while `run` runs."""

    def __init__(self) -> None:
        self._fresh: set[_Visit] = set()
        self._came = anyio.Event()

    @contextmanager
    def of(self, wire: Wire, receive: Receive, work: anyio.CancelScope | None) -> Generator[None]:
        """While inside, the client is attended; one that is gone cancels `work`."""
        visit = _Visit(wire, receive, work)
        self._fresh.add(visit)
        self._came.set()
        try:
            yield
        finally:
            visit.over = True
            self._fresh.discard(visit)
            if visit.attending is not None:
                visit.attending.cancel()

    async def run(self) -> None:
        """Look after what comes, until cancelled."""
        async with anyio.create_task_group() as tasks:
            while True:
                await self._came.wait()
                self._came = anyio.Event()
                lasting, self._fresh = self._fresh, set()
                await anyio.sleep(LASTING_SECONDS)
                for visit in lasting:
                    if not visit.over:
                        tasks.start_soon(visit.attend)
