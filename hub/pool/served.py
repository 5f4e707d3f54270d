"""One version of a server in one role (itself, or its read-only twin): its Runner, queue, tools, pace."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any, Protocol

import anyio

from hub.core.errors import ServerUnavailable
from hub.core.ports import Caller, Connection, RawResult
from hub.core.spec import ServerSpec
from hub.core.supervisor import Loss, State
from hub.pool.elicitation import unhurried
from hub.pool.errors import ConnectionLost
from hub.pool.turns import Turns
from hub.pool.wire import label
from hub.supervision.runner import Runner, Snapshot

MEASURED = 200
"""How many ToolCalls the pace is taken from."""
AGAIN_SECONDS = 0.25
"""Between two tries to reach a server that has not been found dead yet."""

Tools = Sequence[Mapping[str, Any]]


class LiveConnection(Connection, Protocol):
    """A Connection with an end."""

    @property
    def pid(self) -> int | None: ...

    @property
    def over(self) -> bool:
        """Whether it has ended, though perhaps nobody has been told yet."""

    @property
    def prompts(self) -> Sequence[Any] | None:
        """The server's prompts as they came; None: not known (yet)."""

    @property
    def instructions(self) -> str: ...

    async def lost(self) -> Loss: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, and where the time went (milliseconds)."""

    result: RawResult
    queue_ms: float
    server_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What a Served tells its pool."""

    on_state: Callable[["Served"], None]
    on_tools: Callable[["Served"], None]


class Served:
    """Everybody asks it; its Runner alone opens and closes connections."""

    def __init__(
        self,
        spec: ServerSpec,
        number: int,
        connect: Callable[["Served"], AbstractAsyncContextManager[LiveConnection]],
        listener: Listener,
        random01: Callable[[], float],
    ) -> None:
        self.spec = spec
        self.number = number
        """Of the session: 0 is everybody's, the others are voice calls'."""
        self.label = label(spec, number)
        self.argv: tuple[str, ...] = ()
        self.tools: Tools | None = None
        """As the server listed them last, else what is remembered; None: nothing is known."""
        self.prompts: Sequence[Any] | None = None
        self.instructions: str | None = None
        self.listed = False
        """Whether this very version has listed its tools."""
        self.protocol_version: str | None = None
        self.last_error: str | None = None
        self.retired = False
        self._connect = connect
        self._connection: LiveConnection | None = None
        self._listener = listener
        self._turns = Turns(spec.concurrency)
        self._took: deque[float] = deque(maxlen=MEASURED)
        self._asking = 0
        self._idle = anyio.Event()
        self._begun = anyio.Event()
        self._settled = anyio.Event()
        self._ended = anyio.Event()
        self._ready_since: float | None = None
        self._proved = False
        self.runner: Runner[LiveConnection] = Runner(
            self.label,
            self._open,
            spec.restart,
            start_timeout=spec.timeouts.start,
            on_change=self._on_change,
            random01=random01,
        )

    @property
    def state(self) -> State:
        """As people see it: what is only being prepared is starting."""
        return self.runner.snapshot.state if self._begun.is_set() else State.STARTING

    @property
    def ready(self) -> bool:
        return self.runner.life is not None

    @property
    def been_ready(self) -> bool:
        """Whether it has ever been up."""
        return self.protocol_version is not None

    @property
    def proved(self) -> bool:
        """Whether it has once been up for as long as its policy calls stable."""
        since = self._ready_since
        if since is not None and anyio.current_time() - since >= self.spec.restart.stable_after:
            self._proved = True
        return self._proved

    @property
    def lost_early(self) -> int:
        """How many lives in a row have ended before they were stable, 0 while it is up or on its way."""
        snapshot = self.runner.snapshot
        return snapshot.attempt if snapshot.state is State.BACKOFF else 0

    def pace(self) -> tuple[float | None, float | None]:
        """Return the median and the 95th percentile of the time that ToolCalls took, in milliseconds."""
        if not self._took:
            return None, None
        cuts = quantiles([*self._took, self._took[-1]], n=20, method="inclusive")
        return round(cuts[9], 2), round(cuts[18], 2)

    def adopt(self, spec: ServerSpec) -> None:
        """Go by a spec that differs in what needs no new process."""
        self.spec = spec
        self._turns.resize(spec.concurrency)
        self.runner.adopt(spec.restart, start_timeout=spec.timeouts.start)

    def take_tools(self, tools: Tools) -> None:
        """Take what is listed now, and with it what else models read of the server."""
        before = self.tools, self.prompts, self.instructions, self.listed
        self.tools, self.listed = tools, True
        if (connection := self._connection) is not None:
            self.instructions = connection.instructions
            self.prompts = self.prompts if connection.prompts is None else connection.prompts
        if (self.tools, self.prompts, self.instructions, self.listed) != before:
            self._listener.on_tools(self)

    async def run(self) -> None:
        """Own the server until it is retired."""
        try:
            if not self.retired:
                self.runner.start()
                self._begun.set()
                self._listener.on_state(self)
                await self.runner.run()
        finally:
            self._settled.set()
            self._ended.set()

    async def wait_ended(self) -> None:
        """Return once nothing of it is left."""
        await self._ended.wait()

    @property
    def settled(self) -> bool:
        """Whether the first start has succeeded or failed."""
        return self._settled.is_set()

    async def wait_settled(self) -> None:
        """Return once the first start has succeeded or failed."""
        await self._settled.wait()

    async def retire(self) -> None:
        """Let running requests finish, then stop for good; those that still wait go elsewhere."""
        self.retired = True
        self._turns.close()
        with anyio.move_on_after(self.spec.timeouts.total):
            while self._asking:
                self._idle = anyio.Event()
                await self._idle.wait()
        self.runner.close()
        self._begun.set()

    async def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        caller: Caller | None,
        since: float,
        harmless: Callable[[], bool],
    ) -> Answer:
        """Queue, wait for the server, ask it; `harmless`: whether asking twice is, once its tools are known.

        Raises:
            ServerUnavailable: It was not up, or not free, in time; nothing was sent.
            ConnectionLost: It ended while it was being asked.
            TimeoutError: It was silent for `timeouts.call`, or not done after `timeouts.total`.
            mcp.MCPError: It answered with an error.
        """
        deadline = since + self.spec.timeouts.total
        dead: LiveConnection | None = None
        repeated = False
        await self._queue("" if caller is None else caller.name, deadline)
        try:
            while True:
                life = await self._up(deadline, dead)
                try:
                    return await self._ask(life, method, params, caller, (since, deadline))
                except ConnectionLost as lost:
                    if lost.written and (repeated or not harmless()):
                        raise
                    repeated, dead = repeated or lost.written, life
                if not dead.over:
                    await anyio.sleep(AGAIN_SECONDS)
        finally:
            self._turns.give_back()

    async def _ask(
        self,
        life: LiveConnection,
        method: str,
        params: Mapping[str, Any],
        caller: Caller | None,
        bounds: tuple[float, float],
    ) -> Answer:
        since, deadline = bounds
        sent_at = anyio.current_time()
        self._asking += 1
        try:
            with anyio.move_on_after(deadline - sent_at) as scope:
                result = await life.request(
                    method, params, caller=unhurried(caller, scope), timeout=self.spec.timeouts.call
                )
                took = (anyio.current_time() - sent_at) * 1000
                self._took.append(took)
                return Answer(result, queue_ms=(sent_at - since) * 1000, server_ms=took)
        finally:
            self._asking -= 1
            if not self._asking:
                self._idle.set()
        total = self.spec.timeouts.total
        raise TimeoutError(f"{self.spec.name} was not done with {method} after {total:g} s in all.")

    async def _queue(self, lane: str, deadline: float) -> None:
        """Take one of `concurrency` places, in turn with all other callers."""
        with anyio.move_on_after(deadline - anyio.current_time()):
            if await self._turns.take(lane):
                return
            raise ServerUnavailable(f"{self.spec.name} is being replaced.", next_step="Try again.")
        raise ServerUnavailable(
            f"{self.spec.name} is busy with {self.spec.concurrency} other requests.",
            next_step='Try again later, or raise "concurrency".',
        )

    async def _up(self, deadline: float, dead: LiveConnection | None) -> LiveConnection:
        if not self._begun.is_set():
            with anyio.move_on_after(deadline - anyio.current_time()):
                await self._begun.wait()
        if not self._begun.is_set():
            raise ServerUnavailable(
                f"{self.spec.name} is still being installed.", next_step="Try again later."
            )
        seconds = deadline - anyio.current_time()
        gone = dead if dead is not None and dead.over else None
        return await self.runner.wait_ready(seconds, other_than=gone)

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[LiveConnection]:
        async with self._connect(self) as connection:
            self._connection = connection
            self.protocol_version = connection.protocol_version
            self.take_tools(connection.tools)
            yield connection

    def _on_change(self, snapshot: Snapshot) -> None:
        if snapshot.state is not State.READY:
            self._proved, self._ready_since = self.proved, None
        elif self._ready_since is None:
            self._ready_since = anyio.current_time()
        if snapshot.reason is not None:
            self.last_error = self.spec.redact(snapshot.reason)
        if snapshot.state not in (State.STARTING, State.STOPPED):
            self._settled.set()
        self._listener.on_state(self)
