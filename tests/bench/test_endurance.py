"""Memory over many ToolCalls: the slope tells a leak from what is taken once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bench import endurance

small = st.floats(-1e3, 1e3)


@given(begin=small, rise=small, count=st.integers(2, 20))
def test_the_slope_of_a_straight_line_is_its_rise(begin: float, rise: float, count: int) -> None:
    values = [begin + rise * at for at in range(count)]
    assert endurance.slope(values) == pytest.approx(rise, abs=1e-6)


def test_a_leak_does_not_keep_the_bound_and_a_warm_up_does() -> None:
    leaking = endurance._figures([100 + at / 2 for at in range(endurance.STEPS)], 10_000)
    warmed_up = endurance._figures([90, 105, *[110, 111] * 4], 10_000)
    assert [leaking[-1].holds, warmed_up[-1].holds] == [False, True]


def test_of_few_toolcalls_nothing_is_concluded() -> None:
    figures = endurance._figures([100.0 + at for at in range(endurance.STEPS)], 100)
    assert figures[-1].holds is None
    assert list(figures[0].values)[-1] == "after 1,000"
