"""Every input in every state is decided exactly once, and what follows is what a person would want."""

from itertools import pairwise, product
from typing import get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.core.backoff import RestartPolicy
from hub.core.errors import IllegalInput
from hub.core.supervisor import (
    GIVEN_UP,
    IGNORED,
    TRANSITIONS,
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

POLICY = RestartPolicy(first_delay=1, factor=2, max_delay=8, jitter=0, max_attempts=3, stable_after=30)
CRASH = Loss("exit code 1")
# What one owner task and one ordered inbox rule out. Anything else must be decided in a table.
IMPOSSIBLE: set[tuple[State, type[Input]]] = {
    (State.STOPPED, Connected),
    (State.STOPPED, Lost),
    (State.STOPPED, Closed),
    (State.STOPPED, TimerFired),
    (State.STARTING, Closed),
    (State.READY, Connected),
    (State.READY, Closed),
    (State.READY, TimerFired),
    (State.STOPPING, TimerFired),
    *product(
        (State.BACKOFF, State.FAILED, State.AUTH_REQUIRED),
        (Connected, Lost, Closed),
    ),
    (State.FAILED, TimerFired),
    (State.AUTH_REQUIRED, TimerFired),
}
EXAMPLES: dict[type[Input], Input] = {
    StartRequested: StartRequested(),
    StopRequested: StopRequested(),
    CauseChanged: CauseChanged(),
    Connected: Connected(),
    Lost: Lost(CRASH),
    Closed: Closed(),
    TimerFired: TimerFired(),
}


def supervisor_after(*inputs: Input, policy: RestartPolicy = POLICY) -> Supervisor:
    """Each input comes one second after the one before."""
    supervisor = Supervisor(policy, start_timeout=20)
    for now, what in enumerate(inputs):
        supervisor.handle(what, now, 0)
    return supervisor


@pytest.mark.parametrize(("state", "what"), list(product(State, get_args(Input))))
def test_every_pair_is_decided_exactly_once(state: State, what: type[Input]) -> None:
    assert [what in TRANSITIONS[state], what in IGNORED[state], (state, what) in IMPOSSIBLE].count(True) == 1


@pytest.mark.parametrize(("state", "what"), sorted(IMPOSSIBLE, key=str))
def test_an_impossible_input_is_refused_and_changes_nothing(state: State, what: type[Input]) -> None:
    supervisor = supervisor_after()
    supervisor.state = state
    before = vars(supervisor).copy()
    with pytest.raises(IllegalInput):
        supervisor.handle(EXAMPLES[what], 1, 0)
    assert vars(supervisor) == before


@pytest.mark.parametrize(("state", "what"), [(s, w) for s, whats in IGNORED.items() for w in whats])
def test_an_ignored_input_asks_for_nothing_and_keeps_the_state(state: State, what: type[Input]) -> None:
    supervisor = supervisor_after()
    supervisor.state = state
    assert supervisor.handle(EXAMPLES[what], 1, 0) == ()
    assert supervisor.state is state


def test_crashes_back_off_exponentially_and_then_fail() -> None:
    supervisor, now = supervisor_after(), 0.0
    delays: list[float] = []
    assert supervisor.handle(StartRequested(), now, 0) == (Effect.CONNECT,)
    while True:
        supervisor.handle(Lost(CRASH), now, 0)
        supervisor.handle(Closed(), now, 0)
        if supervisor.deadline is None:
            break
        delays.append(supervisor.deadline - now)
        now = supervisor.deadline
        assert supervisor.handle(TimerFired(), now, 0) == (Effect.CONNECT,)
    assert delays == [1, 2, 4]
    assert (supervisor.state, supervisor.loss, supervisor.restarts) == (State.FAILED, CRASH, 3)


def test_the_delay_is_spread_by_the_given_number() -> None:
    policy = RestartPolicy(first_delay=10, jitter=0.5)
    supervisor = supervisor_after(StartRequested(), Lost(CRASH), policy=policy)
    supervisor.handle(Closed(), 100, 1)
    assert supervisor.deadline == 105


def test_a_loss_is_closed_before_anything_else_happens() -> None:
    supervisor = supervisor_after(StartRequested(), Connected())
    assert supervisor.handle(Lost(CRASH), 2, 0) == (Effect.DISCONNECT,)
    assert (supervisor.state, supervisor.deadline) == (State.STOPPING, None)
    assert supervisor.handle(Closed(), 5, 0) == ()
    assert (supervisor.state, supervisor.deadline) == (State.BACKOFF, 6)


def test_a_start_that_hangs_is_closed_before_it_is_retried() -> None:
    supervisor = supervisor_after(StartRequested())
    assert supervisor.deadline == 20
    assert supervisor.handle(TimerFired(), 20, 0) == (Effect.DISCONNECT,)
    supervisor.handle(Lost(CRASH), 21, 0)
    supervisor.handle(Closed(), 22, 0)
    assert (supervisor.state, supervisor.deadline) == (State.BACKOFF, 23)
    assert supervisor.loss == Loss("not ready after 20 s", LossKind.HUNG)


def test_what_had_been_stable_starts_again_at_once_and_afresh() -> None:
    supervisor = supervisor_after(StartRequested(), Lost(CRASH), Closed(), TimerFired(), Connected())
    supervisor.handle(Lost(CRASH), 40, 0)
    assert supervisor.handle(Closed(), 41, 0) == (Effect.CONNECT,)
    assert (supervisor.state, supervisor.attempt, supervisor.restarts) == (State.STARTING, 0, 2)
    supervisor.handle(Lost(CRASH), 42, 0)
    supervisor.handle(Closed(), 43, 0)
    assert (supervisor.state, supervisor.deadline) == (State.BACKOFF, 44)


def test_what_connects_and_soon_dies_backs_off_further_each_time() -> None:
    once = (Connected(), Lost(CRASH), Closed(), TimerFired())
    supervisor = supervisor_after(StartRequested(), *once, *once)
    assert supervisor.attempt == 2


@pytest.mark.parametrize(("kind", "state"), GIVEN_UP.items())
@pytest.mark.parametrize("before", [(), (Connected(),)])
def test_what_waiting_does_not_mend_is_not_tried_again(
    kind: LossKind, state: State, before: tuple[Input, ...]
) -> None:
    loss = Loss("no such program: nope", kind)
    supervisor = supervisor_after(StartRequested(), *before, Lost(loss), Closed())
    assert (supervisor.state, supervisor.deadline, supervisor.loss) == (state, None, loss)


@pytest.mark.parametrize("kind", [LossKind.CRASH, LossKind.CONFIGURATION, LossKind.AUTHORIZATION])
def test_it_is_tried_again_when_a_cause_may_have_changed(kind: LossKind) -> None:
    supervisor = supervisor_after(StartRequested(), Lost(Loss("x", kind)), Closed())
    assert supervisor.handle(CauseChanged(), 9, 0) == (Effect.CONNECT,)
    assert (supervisor.state, supervisor.attempt) == (State.STARTING, 0)


def test_a_changed_cause_does_not_start_what_is_not_wanted() -> None:
    assert supervisor_after(CauseChanged()).state is State.STOPPED


def test_a_stop_ends_the_waiting_for_the_next_attempt() -> None:
    supervisor = supervisor_after(StartRequested(), Lost(CRASH), Closed(), StopRequested())
    assert (supervisor.state, supervisor.deadline, supervisor.loss) == (State.STOPPED, None, None)


def test_a_stop_during_the_clean_up_after_a_loss_is_final() -> None:
    supervisor = supervisor_after(StartRequested(), Lost(CRASH), StopRequested(), Closed())
    assert supervisor.state is State.STOPPED


@pytest.mark.parametrize("loss", [(), (Lost(CRASH),)])
def test_a_restart_starts_at_once_whatever_happened_before(loss: tuple[Input, ...]) -> None:
    supervisor = supervisor_after(StartRequested(), Connected(), *loss, StopRequested(), StartRequested())
    assert supervisor.state is State.STOPPING
    assert supervisor.handle(Closed(), 9, 0) == (Effect.CONNECT,)


def test_ready_forgets_the_last_loss() -> None:
    assert supervisor_after(StartRequested(), Lost(CRASH), Closed(), TimerFired(), Connected()).loss is None


class AnyLife(RuleBasedStateMachine):
    """Whatever the world does in whatever order, an owner who obeys is never told something impossible."""

    @initialize(
        attempts=st.sampled_from([None, 0, 2]),
        stable_after=st.sampled_from([0.0, 10.0]),
        jitter=st.sampled_from([0.0, 0.2]),
    )
    def begin(self, attempts: int | None, stable_after: float, jitter: float) -> None:
        self.policy = RestartPolicy(max_attempts=attempts, stable_after=stable_after, jitter=jitter)
        self.supervisor = Supervisor(self.policy, start_timeout=5)
        self.now = 0.0
        self.open = self.connected = self.lost = False
        self.since = 0.0
        self.waits: list[float] = []
        """The back-offs since somebody last wished something, or it was stable."""

    def tell(self, what: Input) -> None:
        before = self.supervisor.state
        for effect in self.supervisor.handle(what, self.now, 0.5):
            if effect is Effect.CONNECT:
                assert not self.open, "two lives at once"
                self.open, self.connected, self.lost = True, False, False
            else:
                assert self.open, "nothing to close"
        if self.supervisor.state is State.BACKOFF and before is not State.BACKOFF:
            self.waits.append((self.supervisor.deadline or 0) - self.now)

    @rule(seconds=st.floats(0, 60), what=st.sampled_from([StartRequested(), StopRequested(), CauseChanged()]))
    def wish(self, seconds: float, what: Input) -> None:
        self.now += seconds
        if not isinstance(what, StopRequested):
            self.waits = []
        self.tell(what)

    @rule(what=st.sampled_from(list(EXAMPLES.values())))
    def nonsense(self, what: Input) -> None:
        if (self.supervisor.state, type(what)) in IMPOSSIBLE:
            before = vars(self.supervisor).copy()
            with pytest.raises(IllegalInput):
                self.supervisor.handle(what, self.now, 0.5)
            assert vars(self.supervisor) == before

    @precondition(lambda self: self.open and not self.connected and not self.lost)
    @rule()
    def connect(self) -> None:
        self.connected, self.since = True, self.now
        self.tell(Connected())

    @precondition(lambda self: self.open and not self.lost)
    @rule(seconds=st.sampled_from([0.0, 1.0, 30.0]), kind=st.sampled_from(LossKind))
    def lose(self, seconds: float, kind: LossKind) -> None:
        if self.supervisor.state is State.READY:  # it could not stay in any other for so long
            self.now += seconds
            if self.now - self.since >= self.policy.stable_after:
                self.waits = []
        self.lost = True
        self.tell(Lost(Loss("x", kind)))

    @precondition(lambda self: self.open and self.supervisor.state is State.STOPPING)
    @rule()
    def close(self) -> None:
        self.open = False
        self.tell(Closed())

    @precondition(lambda self: self.supervisor.deadline is not None)
    @rule()
    def wait(self) -> None:
        self.now = max(self.now, self.supervisor.deadline or 0)
        self.tell(TimerFired())

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        assert (self.supervisor.deadline is not None) == (
            self.supervisor.state in (State.BACKOFF, State.STARTING)
        )

    @invariant()
    def what_is_open_has_an_open_state(self) -> None:
        assert self.open == (self.supervisor.state in (State.STARTING, State.READY, State.STOPPING))

    @invariant()
    def what_is_wanted_is_given_up_only_for_a_reason(self) -> None:
        state, loss = self.supervisor.state, self.supervisor.loss
        if state is State.STOPPED:
            assert not self.supervisor.wanted
        elif state is State.AUTH_REQUIRED:
            assert loss is not None
            assert loss.kind is LossKind.AUTHORIZATION
        elif state is State.FAILED and self.policy.max_attempts is None:
            assert loss is not None
            assert loss.kind is LossKind.CONFIGURATION

    @invariant()
    def each_wait_is_longer_than_the_one_before(self) -> None:
        longest = self.policy.max_delay
        assert all(0 < wait <= longest for wait in self.waits)
        for one, next_one in pairwise(self.waits):
            assert next_one > one or next_one == pytest.approx(longest * (1 - self.policy.jitter / 2))


TestAnyLife = AnyLife.TestCase
