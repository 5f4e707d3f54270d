"""What calls may cost: checked before one begins, and while it runs."""

from collections.abc import Callable
from datetime import datetime

from hub.calls.live import LiveCall
from hub.core.errors import OverBudget
from hub.core.ports import Journal
from hub.core.spec import Limits


class Budget:
    """Compares what the providers ask, estimated, with `limits` of servers.json."""

    def __init__(self, journal: Journal, limits: Callable[[], Limits]) -> None:
        self._journal = journal
        self._limits = limits

    async def check(self) -> None:
        """Whether another call may begin.

        Raises:
            OverBudget: What the calls of a day may cost has been spent.
        """
        limit = self._limits().cost_per_day
        spent = await self._spent_today() if limit is not None else 0.0
        if limit is not None and spent >= limit:
            raise OverBudget(
                f"Today's calls have cost {_dollars(spent)} and limits.cost_per_day is {_dollars(limit)}.",
                next_step="Wait until tomorrow, or raise limits.cost_per_day in servers.json.",
            )

    async def exceeded(self, live: LiveCall) -> str | None:
        """Why a running call must end; None while it may go on."""
        limits = self._limits()
        if limits.cost_per_call is not None and live.record.cost > limits.cost_per_call:
            return f"it has cost {_dollars(live.record.cost)}, more than {_dollars(limits.cost_per_call)}"
        if limits.cost_per_day is None or not live.record.cost:
            return None
        spent = await self._spent_today()
        if spent <= limits.cost_per_day:
            return None
        return f"today's calls have cost {_dollars(spent)}, more than {_dollars(limits.cost_per_day)}"

    async def _spent_today(self) -> float:
        midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return await self._journal.spent(midnight.timestamp())


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}".rstrip("0").rstrip(".")
