"""Delays grow, are spread by chance, and end where the policy says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.backoff import RestartPolicy


def test_delays_grow_by_the_factor_up_to_the_longest() -> None:
    policy = RestartPolicy(first_delay=0.5, factor=2, max_delay=3)
    assert [policy.delay(attempt, 0) for attempt in range(6)] == [0, 0.5, 1, 2, 3, 3]


def test_jitter_takes_off_at_most_its_part() -> None:
    policy = RestartPolicy(first_delay=10, jitter=0.2)
    assert policy.delay(1, 1) == pytest.approx(8)
    assert policy.delay(1, 0.5) == pytest.approx(9)


@given(attempt=st.integers(1, 10**9), random01=st.floats(0, 1))
def test_every_delay_lies_between_its_jitter_and_the_longest(attempt: int, random01: float) -> None:
    policy = RestartPolicy()
    assert policy.first_delay * (1 - policy.jitter) <= policy.delay(attempt, random01) <= policy.max_delay


def test_without_a_limit_it_never_gives_up() -> None:
    assert not RestartPolicy().exhausted(10**6)


def test_with_a_limit_it_gives_up_after_so_many_attempts() -> None:
    policy = RestartPolicy(max_attempts=3)
    assert [policy.exhausted(attempt) for attempt in (3, 4)] == [False, True]
