"""Owns one supervised thing: one task opens, watches and closes its lives as the Supervisor decides."""

import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import anyio
from anyio.abc import TaskGroup

from hub.core.backoff import RestartPolicy
from hub.core.errors import ConfigurationError, HubError, ServerUnavailable, Unauthorized
from hub.core.supervisor import (
    CauseChanged,
    Closed,
    Connected,
    Effect,
    Input,
    Loss,
    LossKind,
    Lost,
    StartRequested,
    State,
    StopRequested,
    Supervisor,
    TimerFired,
)

_log = logging.getLogger(__name__)


class Life(Protocol):
    """Something that is up, until it is over. One with a process also has a `pid`."""

    async def lost(self) -> Loss:
        """Return when this life is over by itself."""


LifeT = TypeVar("LifeT", bound=Life)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How a supervised thing stands; times are seconds since the epoch."""

    name: str
    state: State
    reason: str | None
    """Of the last loss, until it is ready again."""
    attempt: int
    restarts: int
    next_attempt_at: float | None
    since: float
    """When it came into this state."""
    pid: int | None


class Runner(Generic[LifeT]):
    """`run()` is the owner task; everything else only asks, through its inbox."""

    def __init__(
        self,
        name: str,
        open_life: Callable[[], AbstractAsyncContextManager[LifeT]],
        policy: RestartPolicy,
        *,
        start_timeout: float,
        on_change: Callable[[Snapshot], None],
        random01: Callable[[], float] = random.random,
    ) -> None:
        self._name = name
        self._open_life = open_life
        self._on_change = on_change
        self._random01 = random01
        self._supervisor = Supervisor(policy, start_timeout=start_timeout)
        self._inbox: deque[Input] = deque()
        self._arrived = anyio.Event()
        self._life: LifeT | None = None
        self._scope = anyio.CancelScope()
        self._closing = False
        self._changed = anyio.Event()
        self._snapshot = Snapshot(
            name=name,
            state=State.STOPPED,
            reason=None,
            attempt=0,
            restarts=0,
            next_attempt_at=None,
            since=time.time(),
            pid=None,
        )

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    @property
    def life(self) -> LifeT | None:
        """The current life while it is ready."""
        return self._life if self._supervisor.state is State.READY else None

    @property
    def gave_up_for(self) -> LossKind | None:
        """The kind of loss after which only another cause helps; None while it has not given up for one."""
        supervisor = self._supervisor
        given_up = supervisor.state in (State.FAILED, State.AUTH_REQUIRED)
        return supervisor.loss.kind if given_up and supervisor.loss is not None else None

    def start(self) -> None:
        """Have it run; waiting for the next attempt is cut short."""
        self._tell(StartRequested())

    def stop(self) -> None:
        self._tell(StopRequested())

    def restart(self) -> None:
        """Close the current life, if any, and open the next at once."""
        self.stop()
        self.start()

    def cause_changed(self) -> None:
        """Try again at once if it is waiting or has given up; otherwise change nothing."""
        self._tell(CauseChanged())

    def adopt(self, policy: RestartPolicy, *, start_timeout: float) -> None:
        """Go by another policy from the next decision on; what runs is not touched."""
        self._supervisor.policy = policy
        self._supervisor.start_timeout = start_timeout

    def close(self) -> None:
        """Stop for good: `run()` returns when everything is closed."""
        self._closing = True
        self.stop()

    async def run(self) -> None:
        """Obey the Supervisor until closed. Cancelling closes the current life, too."""
        try:
            async with anyio.create_task_group() as tasks:
                while not (self._closing and self._settled()):
                    self._handle(await self._next(), tasks)
        finally:
            self._supervisor.state = State.STOPPED
            self._supervisor.wanted = False
            self._closing = True
            self._publish()

    async def wait_ready(self, seconds: float, *, other_than: LifeT | None = None) -> LifeT:
        """Return the ready life, waiting for one that is starting or backing off.

        Raises:
            ServerUnavailable: It is not, and will not be ready in that time; says why.
        """
        if (life := self._ready(other_than)) is not None:
            return life
        with anyio.move_on_after(seconds):
            while True:
                changed = self._changed
                if (life := self._ready(other_than)) is not None:
                    return life
                if self._hopeless():
                    break
                await changed.wait()
        raise ServerUnavailable(
            _why_not(self._snapshot, waited=seconds), next_step=f"See what {self._name} says: hub servers"
        )

    def _ready(self, other_than: LifeT | None) -> LifeT | None:
        life = None if self._inbox else self.life
        return life if life is not other_than else None

    def _settled(self) -> bool:
        return self._supervisor.state is State.STOPPED and not self._inbox

    def _hopeless(self) -> bool:
        state = self._supervisor.state
        if self._closing:
            return state is not State.READY
        idle = state is State.STOPPED or (state is State.STOPPING and not self._supervisor.wanted)
        return not self._inbox and (idle or state in (State.FAILED, State.AUTH_REQUIRED))

    async def _next(self) -> Input:
        if not self._inbox:
            deadline = self._supervisor.deadline
            seconds = math.inf if deadline is None else deadline - anyio.current_time()
            with anyio.move_on_after(seconds):
                await self._arrived.wait()
        self._arrived = anyio.Event()
        return self._inbox.popleft() if self._inbox else TimerFired()

    def _handle(self, what: Input, tasks: TaskGroup) -> None:
        for effect in self._supervisor.handle(what, anyio.current_time(), self._random01()):
            if effect is Effect.CONNECT:
                self._scope = anyio.CancelScope()
                tasks.start_soon(self._live, self._scope, name=f"life of {self._name}")
            else:
                self._scope.cancel()
        self._publish()

    async def _live(self, scope: anyio.CancelScope) -> None:
        """Open one life and close it again, in one task, whatever happens in between."""
        try:
            with scope:
                async with self._open_life() as life:
                    self._life = life
                    self._tell(Connected())
                    loss = await life.lost()
                    self._life = None
                    self._tell(Lost(loss))
        except Exception as error:  # noqa: BLE001  # one life; the Supervisor decides what follows
            _log.debug("%s: life ended", self._name, exc_info=error)
            self._tell(Lost(loss_from(error)))
        finally:
            self._life = None
            self._tell(Closed())

    def _tell(self, what: Input) -> None:
        self._inbox.append(what)
        self._arrived.set()

    def _publish(self) -> None:
        supervisor, before = self._supervisor, self._snapshot
        now = Snapshot(
            name=self._name,
            state=supervisor.state,
            reason=supervisor.loss.reason if supervisor.loss else None,
            attempt=supervisor.attempt,
            restarts=supervisor.restarts,
            next_attempt_at=self._next_attempt_at(),
            since=before.since,
            pid=getattr(self._life, "pid", None),
        )
        if now != before:
            moved = now.state is not before.state
            self._snapshot = replace(now, since=time.time()) if moved else now
            if moved:
                _log_move(before.state, self._snapshot)
            self._on_change(self._snapshot)
        self._changed.set()
        self._changed = anyio.Event()

    def _next_attempt_at(self) -> float | None:
        supervisor = self._supervisor
        if supervisor.state is not State.BACKOFF or supervisor.deadline is None:
            return None
        if self._snapshot.state is State.BACKOFF and self._snapshot.attempt == supervisor.attempt:
            return self._snapshot.next_attempt_at
        return time.time() + supervisor.deadline - anyio.current_time()


def loss_from(error: BaseException) -> Loss:
    """Classify what opening or closing a life has raised; of a group, what says most."""
    leaves = _leaves(error)
    told = next((leaf for leaf in leaves if isinstance(leaf, HubError)), leaves[0])
    match told:
        case ConfigurationError():
            kind = LossKind.CONFIGURATION
        case Unauthorized():
            kind = LossKind.AUTHORIZATION
        case _:
            kind = LossKind.CRASH
    remedy = told.next_step if isinstance(told, HubError) else ""
    return Loss(f"{str(told) or type(told).__name__} {remedy}".rstrip(), kind)


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _why_not(snapshot: Snapshot, *, waited: float) -> str:
    reason = f": {snapshot.reason}" if snapshot.reason else ""
    if snapshot.state in (State.STARTING, State.BACKOFF, State.STOPPING):
        return f"{snapshot.name} is not up ({snapshot.state}{reason}); waited {waited:.1f} s for it."
    return f"{snapshot.name} is not up ({snapshot.state}{reason})."


def _log_move(before: State, now: Snapshot) -> None:
    level = (
        logging.WARNING if now.state in (State.BACKOFF, State.FAILED, State.AUTH_REQUIRED) else logging.INFO
    )
    _log.log(level, "%s: %s -> %s%s", now.name, before, now.state, f" ({now.reason})" if now.reason else "")
