"""Whether a hub that has made very many ToolCalls takes more memory than one that has made many."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from hub.bench.chaos_house import ON_PIPES
from hub.bench.figures import Figure, Section, single
from hub.bench.machine import pss_mb
from hub.bench.stage import RunningHub, Stage, Wanted
from hub.bench.wires import HttpLoad

DEFAULT_N: Final = 100_000
STEPS: Final = 10
CALLERS: Final = 8
TOOL: Final = "echo"
WARM_UP_STEPS: Final = 2
"""Memory that is taken once (caches, the allocator's arenas) is no leak."""
OWN: Final = "Pss_Anon"
"""Pages of files count by how many processes use them: one that ends would look like growth."""
GROWTH_MB: Final = 1.0
ENOUGH: Final = 50_000
"""Of fewer ToolCalls too many are of the time in which memory is taken once, so nothing is concluded."""
METHOD: Final = (
    "A whole hub without voice and one stdio server (`hub/bench/unruly.py`); {callers} bare sockets (2025 "
    "wire) call its tool over `/mcp`, each one call at a time, {n:,} in all, each journaled. The hub's own "
    "memory (PSS without the pages of files) is taken after every {step:,}. The growth is the slope of the "
    "straight line that fits best what comes after the first {warm_up:,}, over {n:,} ToolCalls."
)


async def measure(n: int | None) -> list[Section]:
    """The Section of endurance; n is the number of ToolCalls.

    Raises:
        HubError: The hub did not start, or an answer was wrong.
    """
    entry = {"command": sys.executable, "args": list(ON_PIPES), "concurrency": CALLERS}
    wanted = Wanted(servers={"mcpServers": {"s": entry}}, voice=False, environment={"HUB_PRACTICE": "off"})
    step = max(CALLERS, (n or DEFAULT_N) // STEPS)
    async with Stage.set_up() as stage, stage.hub(wanted) as hub:
        taken = await _taken(hub, step)
    total, warm_up = step * STEPS, step * WARM_UP_STEPS
    method = METHOD.format(callers=CALLERS, n=total, step=step, warm_up=warm_up)
    return [Section("endurance", "Endurance", method, _figures(taken, step))]


async def _taken(hub: RunningHub, step: int) -> list[float]:
    """The hub's megabytes after each step."""
    load = HttpLoad(f"{hub.url}/mcp", hub.token, f"s__{TOOL}")
    await load.open()
    taken = []
    for _ in range(STEPS):
        await _calls(load, step)
        taken.append(pss_mb(hub.pid, OWN))
    return taken


async def _calls(load: HttpLoad, count: int) -> None:
    left = iter(range(count))

    async def one() -> None:
        async with load.caller() as call:
            for _ in left:
                await call()

    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(one())


def _figures(taken: Sequence[float], step: int) -> list[Figure]:
    values = {f"after {step * (at + 1):,}": mb for at, mb in enumerate(taken)}
    growth, total = slope(taken[WARM_UP_STEPS:]) * STEPS, step * STEPS
    return [
        Figure(what="memory of the hub", unit="MB", values=values, n=1),
        single(
            f"growth over {total:,} ToolCalls", "MB", growth, bound=GROWTH_MB if total >= ENOUGH else None
        ),
    ]


def slope(values: Sequence[float]) -> float:
    """By how much the straight line rises from one value to the next that fits them best."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    above = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return above / sum((at - middle) ** 2 for at in range(len(values)))
