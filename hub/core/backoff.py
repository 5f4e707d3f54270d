"""When to try again, and when to give up."""

from dataclasses import dataclass

_EXPONENT_CAP = 64
"""Far over every sensible `max_delay`, and low enough that no power overflows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """Exponential delays with jitter; whoever was up for `stable_after` starts afresh, and at once."""

    first_delay: float = 0.5
    factor: float = 2.0
    max_delay: float = 30.0
    jitter: float = 0.2
    """Up to this part of a delay is taken off by chance: what died together does not start together."""
    stable_after: float = 10.0
    max_attempts: int | None = None
    """None: never gives up."""

    def delay(self, attempt: int, random01: float) -> float:
        """Seconds to wait before the given attempt, counted from 1; attempt 0 does not wait."""
        if attempt <= 0:
            return 0.0
        whole = self.first_delay * self.factor ** min(attempt - 1, _EXPONENT_CAP)
        return min(self.max_delay, whole) * (1 - self.jitter * random01)

    def exhausted(self, attempt: int) -> bool:
        return self.max_attempts is not None and attempt > self.max_attempts
