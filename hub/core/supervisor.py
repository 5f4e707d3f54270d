"""The life of one supervised thing, as a state machine that never touches the thing.

Feed `handle()` what happened and when; it returns what to do. `deadline` says when to feed it
`TimerFired`. A life is closed and reaped (`Closed`) before the next one is opened, so two lives
never overlap and no input can come from an older life than the current one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from hub.core.backoff import RestartPolicy
from hub.core.errors import IllegalInput


class State(StrEnum):
    """Where a supervised thing stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    FAILED = "failed"
    AUTH_REQUIRED = "auth_required"


class LossKind(StrEnum):
    """Why a life ended by itself, as far as that decides what to do next."""

    CRASH = "crash"
    CONFIGURATION = "configuration"  # trying again is useless until something is corrected
    AUTHORIZATION = "authorization"  # trying again is useless until somebody logs in or changes a token
    HUNG = "hung"  # it is there, but answers nothing


@dataclass(frozen=True, slots=True)
class Loss:
    """What ended a life, in words and in kind."""

    reason: str
    kind: LossKind = LossKind.CRASH


@dataclass(frozen=True, slots=True)
class StartRequested:
    """It shall run; delays and failures so far are forgotten."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """It shall not run."""


@dataclass(frozen=True, slots=True)
class CauseChanged:
    """Whatever it failed of may be mended: a file, a variable, a token."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The life that was being opened is ready for use."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The life is over by itself, or never came to be; what it owned may not be closed yet."""

    loss: Loss


@dataclass(frozen=True, slots=True)
class Closed:
    """Everything that the life owned is closed and reaped."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The deadline has passed."""


Input: TypeAlias = StartRequested | StopRequested | CauseChanged | Connected | Lost | Closed | TimerFired


class Effect(StrEnum):
    """What the owner of the life is to do."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"


TRANSITIONS: Final[Mapping[State, Mapping[type[Input], State]]] = {
    State.STOPPED: {StartRequested: State.STARTING},
    State.STARTING: {
        Connected: State.READY,
        Lost: State.STOPPING,
        TimerFired: State.STOPPING,
        StopRequested: State.STOPPING,
    },
    State.READY: {Lost: State.STOPPING, StopRequested: State.STOPPING},
    State.STOPPING: {Closed: State.STOPPED},
    State.BACKOFF: {
        TimerFired: State.STARTING,
        StartRequested: State.STARTING,
        CauseChanged: State.STARTING,
        StopRequested: State.STOPPED,
    },
    State.FAILED: {
        StartRequested: State.STARTING,
        CauseChanged: State.STARTING,
        StopRequested: State.STOPPED,
    },
    State.AUTH_REQUIRED: {
        StartRequested: State.STARTING,
        CauseChanged: State.STARTING,
        StopRequested: State.STOPPED,
    },
}

# Repeated wishes, and a life that connects or ends while it is being closed.
IGNORED: Final[Mapping[State, frozenset[type[Input]]]] = {
    State.STOPPED: frozenset({StopRequested, CauseChanged}),
    State.STARTING: frozenset({StartRequested, CauseChanged}),
    State.READY: frozenset({StartRequested, CauseChanged}),
    State.STOPPING: frozenset({StartRequested, StopRequested, CauseChanged, Connected, Lost}),
    State.BACKOFF: frozenset(),
    State.FAILED: frozenset(),
    State.AUTH_REQUIRED: frozenset(),
}

GIVEN_UP: Final[Mapping[LossKind, State]] = {
    LossKind.CONFIGURATION: State.FAILED,
    LossKind.AUTHORIZATION: State.AUTH_REQUIRED,
}
"""Kinds of loss that waiting does not mend."""


class Supervisor:
    """Decides for one thing when to connect, when to wait and when to give up."""

    def __init__(self, policy: RestartPolicy, *, start_timeout: float) -> None:
        self.policy = policy
        self.start_timeout = start_timeout
        self.state = State.STOPPED
        self.wanted = False
        self.attempt = 0
        self.restarts = 0
        self.loss: Loss | None = None
        self.deadline: float | None = None
        self._ready_since: float | None = None
        self._was_stable = False

    def handle(self, what: Input, now: float, random01: float) -> tuple[Effect, ...]:
        """Apply one input at one instant; `random01` spreads the delay that may follow from it.

        Raises:
            IllegalInput: The state can neither accept nor ignore this input; nothing has changed.
        """
        target = TRANSITIONS[self.state].get(type(what))
        if target is None and type(what) not in IGNORED[self.state]:
            raise IllegalInput(f"{type(what).__name__} while {self.state}")
        self._note(what, now)
        return () if target is None else self._enter(target, now, random01)

    def _note(self, what: Input, now: float) -> None:
        match what:
            case StartRequested():
                self.wanted, self.attempt = True, 0
            case StopRequested():
                self.wanted, self.loss = False, None
            case CauseChanged():
                self.attempt = 0
            case Lost(loss) if self.state is not State.STOPPING:
                self._end(loss, now)
            case TimerFired() if self.state is State.STARTING:
                self._end(Loss(f"not ready after {self.start_timeout:g} s", LossKind.HUNG), now)
            case _:
                pass

    def _end(self, loss: Loss, now: float) -> None:
        since, self._ready_since = self._ready_since, None
        self._was_stable = since is not None and now - since >= self.policy.stable_after
        self.loss = loss

    def _enter(self, state: State, now: float, random01: float) -> tuple[Effect, ...]:
        self.state, self.deadline = state, None
        match state:
            case State.STARTING:
                self.deadline = now + self.start_timeout
                return (Effect.CONNECT,)
            case State.READY:
                self.loss, self._ready_since = None, now
            case State.STOPPING:
                self._ready_since = None
                return (Effect.DISCONNECT,)
            case State.STOPPED if self.wanted:
                return self._again(now, random01)
            case _:
                pass
        return ()

    def _again(self, now: float, random01: float) -> tuple[Effect, ...]:
        """Decide what follows a life that should not have ended, or was stopped to be started again."""
        if self.loss is None:
            return self._enter(State.STARTING, now, random01)
        if (given_up := GIVEN_UP.get(self.loss.kind)) is not None:
            return self._enter(given_up, now, random01)
        self.attempt = 0 if self._was_stable else self.attempt + 1
        if self.policy.exhausted(self.attempt):
            return self._enter(State.FAILED, now, random01)
        self.restarts += 1
        if self.attempt == 0:
            return self._enter(State.STARTING, now, random01)
        self._enter(State.BACKOFF, now, random01)
        self.deadline = now + self.policy.delay(self.attempt, random01)
        return ()
