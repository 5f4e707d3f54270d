"""Waits before the next attempt."""

import random
from collections.abc import Callable

import anyio

from hub.core.backoff import RestartPolicy


async def pause(policy: RestartPolicy, attempt: int, random01: Callable[[], float] = random.random) -> None:
    """Sleep as the policy says; attempt 0, after a success, does not wait."""
    await anyio.sleep(policy.delay(attempt, random01()))
