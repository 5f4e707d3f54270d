"""How long each tool takes, from its last ToolCalls, whichever session or version of its server ran them."""

from collections import deque
from dataclasses import dataclass
from statistics import quantiles

MEASURED = 50
"""Of how many ToolCalls of one tool."""


@dataclass(frozen=True, slots=True)
class ToolPace:
    """Milliseconds; `n` is how many ToolCalls they are from."""

    p50_ms: float
    p95_ms: float
    n: int


class Paces:
    """Of all tools of a pool."""

    def __init__(self) -> None:
        self._took: dict[tuple[str, str], deque[float]] = {}

    def took(self, server: str, tool: str, ms: float) -> None:
        """A ToolCall was answered."""
        self._took.setdefault((server, tool), deque(maxlen=MEASURED)).append(ms)

    def of(self, server: str, tool: str) -> ToolPace | None:
        """None for a tool that nobody has called."""
        took = self._took.get((server, tool))
        if not took:
            return None
        cuts = quantiles([*took, took[-1]], n=20, method="inclusive")
        return ToolPace(round(cuts[9], 1), round(cuts[18], 1), len(took))
