"""What a server says that nobody can use: rows of the chaos table."""

import time
from pathlib import Path
from typing import Any

import anyio

from hub.bench.chaos_house import NAME, Entry, House, Seen, until

HUGE = 100_000_000
SIBLING_SECONDS = 1.0
"""A ToolCall of a sibling may take so long while another server floods the hub."""


async def noise(house: House) -> Seen:
    """Rubbish, invalid UTF-8 and a deep nest on stdout."""
    await house.start(server=house.entry("noisy"))
    seen = Seen(told=await house.call("read"))
    seen.check("Welcome!" in _log(house), "the log of the server does not name it")
    return seen


async def bad_tool(house: House) -> Seen:
    """A list of tools with two bad entries."""
    await house.start(server=house.entry("badlist"))
    seen = Seen(told=await house.call("read"))
    seen.check("has no name" in _log(house), "the log of the server does not name it")
    return seen


async def huge(house: House) -> Seen:
    """100 MB in one result."""
    return await _message(house, "big", bytes=HUGE)


async def nest(house: House) -> Seen:
    """A result nested 100,000 deep."""
    return await _message(house, "nest")


async def garbage(house: House) -> Seen:
    """A result that is not UTF-8."""
    return await _message(house, "garbage")


async def _message(house: House, tool: str, **arguments: Any) -> Seen:
    """One ToolCall fails at once, nothing else does, and the log says of which message."""
    limits: Entry = {"timeouts": {"call": 20}}
    await house.start(server=house.entry(**limits), sibling=house.entry(log="sibling"))
    first, begun, seen = house.pid(), time.perf_counter(), Seen()
    waits: list[float] = []
    async with anyio.create_task_group() as tasks:

        async def in_flight() -> None:
            seen.told = await house.call(tool, **arguments)
            tasks.cancel_scope.cancel()

        tasks.start_soon(in_flight)
        while True:
            asked = time.perf_counter()
            words = await house.call("write", "sibling")
            seen.check("isError" not in words, f"the sibling's ToolCall was told: {words}")
            waits.append(time.perf_counter() - asked)
            await anyio.sleep(0.01)
    seen.noticed = time.perf_counter() - begun
    after = await house.call("write")
    seen.usable = time.perf_counter() - begun
    seen.check("isError" in seen.told or "refused" in seen.told, f"the ToolCall was told: {seen.told[:60]}")
    seen.check("in time" not in seen.told, "the ToolCall was left to its timeout")
    seen.check(after == str(first), f"the session did not go on: {after}")
    seen.check(max(waits, default=0) < SIBLING_SECONDS, f"a sibling waited {max(waits, default=0):.2f} s")
    await until(lambda: _log(house))
    return seen


def _log(house: House) -> str:
    path = Path(house.place / "home" / "logs" / f"server-{NAME}.log")
    return path.read_text("utf-8") if path.exists() else ""


ROWS = (noise, bad_tool, huge, nest, garbage)
