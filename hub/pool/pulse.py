"""What a connection and its transport tell each other: heard from, in doubt, tools changed, over."""

from contextvars import ContextVar
from dataclasses import dataclass

import anyio

from hub.core.supervisor import Loss

COALESCE_SECONDS = 0.05


@dataclass(slots=True)
class Sent:
    """Whether the request of the current context has been written to the server."""

    written: bool = False


SENT: ContextVar[Sent | None] = ContextVar("sent", default=None)


class Pulse:
    """The signs of life of one connection, and its end; of several reasons the first counts."""

    def __init__(self) -> None:
        self.loss: Loss | None = None
        self.heard_at = 0.0
        self._ended = anyio.Event()
        self._doubted = anyio.Event()
        self._stale = anyio.Event()

    @property
    def over(self) -> bool:
        return self.loss is not None

    def lose(self, loss: Loss) -> None:
        """Say that it is over, before anybody who waits for an answer is told so."""
        if self.loss is None:
            self.loss = loss
            self._ended.set()

    def doubt(self) -> None:
        """Have it probed at once: a request failed, which may or may not be the end."""
        self._doubted.set()

    def heard(self) -> None:
        self.heard_at = anyio.current_time()

    async def wait(self) -> Loss:
        await self._ended.wait()
        return self.loss or Loss("it ended")

    async def wait_doubt(self, seconds: float) -> bool:
        """Return True at a doubt, False after so many seconds."""
        with anyio.move_on_after(seconds) as scope:
            await self._doubted.wait()
            self._doubted = anyio.Event()
        return not scope.cancelled_caught

    def tools_changed(self) -> None:
        """Have the list of tools fetched again."""
        self._stale.set()

    async def wait_tools_changed(self) -> None:
        """Return when the tools have changed; a server that adds ten says so ten times, which counts once."""
        await self._stale.wait()
        await anyio.sleep(COALESCE_SECONDS)
        self._stale = anyio.Event()
