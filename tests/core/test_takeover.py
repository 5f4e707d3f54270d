"""When a call that has lost its job is given to another one."""

import pytest

from hub.core.records import EndedReason
from hub.core.takeover import OWN_WORKER, Loss, given_up, may_go_on, of_own_worker, silent, to_be_called


@pytest.mark.parametrize(
    ("heard", "now", "is_silent"), [(None, 99.0, False), (5.0, 24.9, False), (5.0, 25.0, True)]
)
def test_a_worker_that_is_silent_for_long_is_given_up(
    heard: float | None, now: float, is_silent: bool
) -> None:
    assert silent(heard, now) is is_silent


def test_a_call_that_costs_one_worker_after_the_other_is_not_given_to_a_further_one() -> None:
    assert [may_go_on(losses) for losses in (1, 3, 4)] == [True, True, False]


@pytest.mark.parametrize(("called", "now", "again"), [(None, 0.0, True), (2.0, 7.9, False), (2.0, 8.0, True)])
def test_an_agent_is_called_for_at_once_and_then_now_and_again(
    called: float | None, now: float, again: bool
) -> None:
    assert to_be_called(Loss(at=0.0, reason=EndedReason.WORKER_LOST, called_at=called), now) is again


def test_nobody_is_waited_for_for_ever() -> None:
    loss = Loss(at=10.0, reason=EndedReason.MEDIA_LOST)
    assert not given_up(loss, 39.9)
    assert given_up(loss, 40.0)


def test_the_workers_that_die_with_the_hub_are_known_by_name() -> None:
    assert of_own_worker(f"{OWN_WORKER}1")
    assert not of_own_worker("worker-1")
