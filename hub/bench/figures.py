"""What was measured: samples become Figures, Figures of one kind with their method a Section."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

MIDDLE, HIGH, HIGHEST = 0.5, 0.95, 0.99
QUANTILES: Mapping[str, float] = {"p50": MIDDLE, "p95": HIGH, "p99": HIGHEST}


@dataclass(frozen=True, slots=True)
class Bound:
    """What one value of a Figure should not exceed."""

    value: str
    at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of a table: `values` are in `unit`; `missed` attempts gave no sample.

    `words` are columns of text; `broken` says what did not hold, None where nothing was to be proved.
    """

    what: str
    unit: str
    values: Mapping[str, float]
    n: int
    missed: int = 0
    bound: Bound | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    broken: Sequence[str] | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the bound is kept; None where there is none, or nothing was measured."""
        if self.broken:
            return False
        if self.bound is None and self.broken is not None:
            return True
        if self.bound is None or self.bound.value not in self.values:
            return None
        return not self.missed and self.values[self.bound.value] <= self.bound.at_most

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


@dataclass(frozen=True, slots=True)
class Section:
    """The Figures of one measurement, how they were got, and what else was seen."""

    name: str
    title: str
    method: str
    figures: Sequence[Figure]
    seen: Sequence[str] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "method": self.method,
            "figures": [figure.as_dict() for figure in self.figures],
            "seen": list(self.seen),
        }


def quantile(values: Sequence[float], q: float) -> float:
    """The value below which a share q of the samples lies, between neighbours in proportion.

    Raises:
        ValueError: There are no samples.
    """
    if not values:
        raise ValueError("no samples")
    ordered = sorted(values)
    at = (len(ordered) - 1) * q
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def figure(
    what: str,
    unit: str,
    samples: Sequence[float | None],
    *,
    show: Sequence[str] = ("p50", "p95"),
    bound: Bound | None = None,
) -> Figure:
    """A Figure of samples; None stands for an attempt that gave none."""
    there = [sample for sample in samples if sample is not None]
    values: dict[str, float] = {}
    if there:
        values = {name: quantile(there, QUANTILES[name]) for name in show} | {"worst": max(there)}
    return Figure(
        what=what, unit=unit, values=values, n=len(there), missed=len(samples) - len(there), bound=bound
    )


def single(what: str, unit: str, value: float, *, bound: float | None = None) -> Figure:
    """A Figure of one value."""
    return Figure(
        what=what,
        unit=unit,
        values={"value": value},
        n=1,
        bound=Bound("value", bound) if bound is not None else None,
    )


def difference(what: str, over: Figure, under: Figure, bounds: Mapping[str, float]) -> list[Figure]:
    """By how much the quantiles of one Figure exceed those of another, one Figure for each bound."""
    return [
        Figure(
            what=f"{what}, {name}",
            unit=over.unit,
            values={"value": over.values[name] - under.values[name]},
            n=min(over.n, under.n),
            missed=over.missed + under.missed,
            bound=Bound("value", at_most),
        )
        for name, at_most in bounds.items()
        if name in over.values and name in under.values
    ]
