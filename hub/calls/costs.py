"""What a call has cost: the worker's counts and the table of prices in, plain results out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.calls.prices import Prices
from hub.core.records import Event

Result = dict[str, Any]
KINDS: Final = ("stt", "llm", "tts")


def usage_result(events: Sequence[Event], prices: Prices, review: Mapping[str, Any] | None) -> Result | None:
    """What each provider was asked for, and what that costs by the table of prices."""
    used = _used(events)
    told: Result = {kind: _priced(kind, one, prices) for kind, one in used.items()}
    of_review = (review or {}).get("usage")
    if of_review:
        told["review"] = _priced("llm", _Used(**of_review), prices)
    if not told:
        return None
    unpriced = [f"{kind} {one['model']}" for kind, one in told.items() if one["cost_usd"] is None]
    return told | {
        "cost_usd": round(sum(one["cost_usd"] or 0.0 for one in told.values()), 6),
        "prices_as_of": prices.as_of.isoformat(),
        **({"unpriced": unpriced} if unpriced else {}),
    }


def cost(events: Sequence[Event], prices: Prices, review: Mapping[str, Any] | None = None) -> float:
    """What a call has cost, in dollars, as far as the prices are known."""
    told = usage_result(events, prices, review)
    return float(told["cost_usd"]) if told is not None else 0.0


@dataclass(slots=True)
class _Used:
    """What one provider was asked for."""

    model: str = ""
    practice: bool = False
    amounts: dict[str, float] = field(default_factory=dict)


def _used(events: Sequence[Event]) -> dict[str, _Used]:
    """Each job counts from nothing, so the last count of each is added up."""
    last: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event.data.get("usage"):
            last[event.data.get("job", "")] = event.data
    found: dict[str, _Used] = {}
    for data in last.values():
        for name, amount in data["usage"].items():
            kind, _, what = name.partition("_")
            if kind not in KINDS:
                continue
            used = found.setdefault(kind, _Used())
            used.model = data.get("models", {}).get(kind, used.model)
            used.practice = kind in data.get("practice", ())
            used.amounts[what] = used.amounts.get(what, 0.0) + amount
    return found


def _priced(kind: str, used: _Used, prices: Prices) -> Result:
    price = 0.0 if used.practice else prices.cost(kind, used.model, used.amounts)
    amounts = {name: round(amount, 3) for name, amount in sorted(used.amounts.items())}
    return {
        "model": used.model,
        "practice": used.practice,
        **amounts,
        "cost_usd": None if price is None else round(price, 6),
    }
