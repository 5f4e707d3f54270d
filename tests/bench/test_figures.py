"""The statistics: quantiles, bounds, and what is said of attempts that gave nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bench.figures import Bound, Section, difference, figure, quantile, single

samples = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


def test_quantiles_lie_between_neighbours_in_proportion() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 2.5
    assert quantile([10, 20], 0.95) == pytest.approx(19.5)
    assert quantile([7], 0.99) == 7


@given(samples, st.floats(0, 1))
def test_a_quantile_is_never_outside_of_its_samples(values: list[float], q: float) -> None:
    assert min(values) <= quantile(values, q) <= max(values)


@given(samples)
def test_a_higher_quantile_is_never_lower(values: list[float]) -> None:
    assert quantile(values, 0.5) <= quantile(values, 0.95) <= quantile(values, 0.99)


def test_no_samples_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


def test_an_attempt_without_a_sample_is_counted_and_breaks_the_bound() -> None:
    found = figure("a turn", "s", [0.5, None, 0.7], bound=Bound("p50", 1))
    assert (found.n, found.missed) == (2, 1)
    assert found.values["p50"] == pytest.approx(0.6)
    assert found.holds is False


def test_a_bound_is_kept_by_the_value_that_it_names() -> None:
    assert figure("a turn", "s", [0.5, 0.6, 3], bound=Bound("p50", 1)).holds is True
    assert figure("a turn", "s", [0.5, 0.6, 3], bound=Bound("worst", 1)).holds is False
    assert figure("a turn", "s", [0.5]).holds is None


def test_what_was_not_measured_keeps_no_bound() -> None:
    found = figure("a turn", "s", [None], bound=Bound("p50", 1))
    assert found.values == {}
    assert found.holds is None


def test_the_difference_is_taken_quantile_by_quantile() -> None:
    under = figure("directly", "ms", [1, 2, 3], show=("p50", "p99"))
    over = figure("through", "ms", [3, 4, 15], show=("p50", "p99"))
    p50, p99 = difference("the hub adds", over, under, {"p50": 3, "p99": 10})
    assert p50.values["value"] == 2
    assert p50.holds is True
    assert p99.values["value"] == pytest.approx(over.values["p99"] - under.values["p99"])
    assert p99.holds is False


def test_a_section_is_plain_values_for_programs() -> None:
    told = Section(
        "memory", "Memory", "by looking", [single("hub", "MB", 90, bound=120)], ["one thing"]
    ).as_dict()
    assert told["figures"][0]["values"] == {"value": 90}
    assert told["figures"][0]["holds"] is True
    assert told["seen"] == ["one thing"]
