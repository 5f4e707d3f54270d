"""Servers that die, hang, or leave something behind: rows of the chaos table."""

import os
import signal
import time
from functools import partial

from hub.bench.chaos_house import (
    NAME,
    UNKNOWN,
    House,
    Seen,
    at_once,
    block_until_gone,
    gone,
    kill,
    strike,
    until,
)

WAITING = 5
TWICE = 2
LOOPS = 4
DEAF_TRIES = 10
"""Each is told after its own timeout that it was not answered, until the server has been found out."""
SOON = {"first_delay": 0.05, "factor": 2, "jitter": 0}


async def killed_writing(house: House) -> Seen:
    """Kill -9, a write in flight."""
    await house.start(server=house.entry())
    seen = await strike(house, kill(house.pid(), signal.SIGKILL))
    seen.check(UNKNOWN in seen.told, "the write was not told that its outcome is unknown")
    seen.check(house.logged("run write") == 1, "the write was repeated")
    seen.check(house.status().state == "ready", "it is not ready again")
    return seen


async def killed_reading(house: House) -> Seen:
    """Kill -9, a read in flight."""
    return await _repeated(house, "read")


async def killed_idempotent(house: House) -> Seen:
    """Kill -9, an idempotent write in flight."""
    return await _repeated(house, "touch")


async def _repeated(house: House, tool: str) -> Seen:
    await house.start(server=house.entry())
    seen = await strike(house, kill(house.pid(), signal.SIGKILL), tool=tool, seconds=0.3)
    seen.check(seen.told == str(house.pid()), f"it was told: {seen.told}")
    seen.check(house.logged(f"run {tool} in flight") == TWICE, "it was not repeated just once")
    return seen


async def killed_unnoticed(house: House) -> Seen:
    """Kill -9, a write that comes before it is noticed."""
    await house.start(server=house.entry())
    begun = time.perf_counter()
    block_until_gone(house.pid(), signal.SIGKILL)
    seen = Seen(told=await house.call("write"))
    seen.usable = time.perf_counter() - begun
    seen.check(seen.told == str(house.pid()), f"it was told: {seen.told}")
    seen.check(house.logged("run write") == 1, "the write ran twice or never")
    return seen


async def killed_awaited(house: House) -> Seen:
    """Kill -9, five writes come while it is down."""
    await house.start(server=house.entry("slowstart"))
    seen = await strike(house, kill(house.pid(), signal.SIGKILL), tool="")
    os.kill(house.pid(), signal.SIGKILL)
    await until(lambda: house.status().state != "ready")
    told = await at_once(*([lambda: house.call("write")] * WAITING))
    seen.told = told[0]
    seen.check({*told} == {str(house.pid())}, f"one of them was told: {told}")
    seen.check(house.logged("run write") == WAITING, "not each of them ran just once")
    return seen


async def exits(house: House) -> Seen:
    """Exits with a code, its own ToolCall in flight."""
    await house.start(server=house.entry())
    begun = time.perf_counter()
    seen = Seen(told=await house.call("exit"))
    seen.noticed = time.perf_counter() - begun
    await house.call("read")
    seen.usable = time.perf_counter() - begun
    seen.check(
        house.status().last_error == "exit code 3: exits as told", f"said: {house.status().last_error}"
    )
    seen.check(UNKNOWN in seen.told, "the ToolCall was not told that its outcome is unknown")
    return seen


async def brood(house: House) -> Seen:
    """Leader killed; its child ignores SIGTERM and holds all pipes."""
    return await _family(house, "brood")


async def daemon(house: House) -> Seen:
    """The same, the child in a session of its own."""
    return await _family(house, "daemon")


async def _family(house: House, mode: str) -> Seen:
    await house.start(server=house.entry(mode))
    before = house.left()
    seen = await strike(house, kill(house.pid(), signal.SIGKILL))
    seen.check(len(before) >= TWICE, "it had no child")
    seen.check(all(gone(pid) for pid in before), "something of the earlier life is still there")
    seen.check(not house.logged("overlap"), "two lives overlapped")
    seen.check(UNKNOWN in seen.told, "the write was not told that its outcome is unknown")
    return seen


async def stubborn(house: House) -> Seen:
    """Restarted by hand; ignores end of input and SIGTERM."""
    await house.start(server=house.entry("stubborn", "brood"))
    first = house.pid()
    seen = await strike(house, lambda: house.pool.restart(NAME), tool="")
    seen.check(gone(first), "the earlier life is still there")
    seen.check(not house.logged("overlap"), "two lives overlapped")
    return seen


async def stopped(house: House) -> Seen:
    """SIGSTOP, a write in flight."""
    await house.start(server=house.entry(), sibling=house.entry(log="sibling"))
    first, sibling = house.pid(), house.pid("sibling")
    seen = await strike(house, kill(first, signal.SIGSTOP))
    seen.check(UNKNOWN in seen.told, "the write was not told that its outcome is unknown")
    seen.check(gone(first), "the stopped process is still there")
    told = await house.call("write", "sibling")
    seen.check(told == str(sibling) == str(house.pid("sibling")), "its sibling was harmed")
    return seen


async def deaf(house: House) -> Seen:
    """Reads and answers nothing any more."""
    timeouts = {"call": 2}
    await house.start(server=house.entry(timeouts=timeouts), sibling=house.entry(log="sibling"))
    first, sibling = house.pid(), house.pid("sibling")
    seen = await strike(house, lambda: None, tool="spin", seconds=0, tries=DEAF_TRIES)
    seen.check("in time" in seen.told, f"the ToolCall in flight was told: {seen.told}")
    seen.check(gone(first), "the deaf process is still there")
    seen.check(house.pid("sibling") == sibling, "its sibling was harmed")
    return seen


async def loops(house: House) -> Seen:
    """Dies right after the handshake, over and over."""
    await house.follow({NAME: house.entry("loop", restart=SOON | {"stable_after": 5})})
    waits: list[float] = []
    seen = Seen()
    for number in range(LOOPS):
        await until(partial(_restarted, house, number))
        status = await house.state(NAME, "backoff")
        waits.append((status.next_attempt_at or 0) - time.time())
    seen.check(waits[-1] > 2 * waits[0], f"the waits did not grow: {waits}")
    words = "exit code 1: cannot keep the database open"
    seen.check(house.status().last_error == words, f"said: {house.status().last_error}")
    seen.check(house.pool.stderr_tail(NAME)[-1:], "the last lines of its stderr are not to be seen")
    seen.told = await _healed(house)
    return seen


def _restarted(house: House, number: int) -> bool:
    return house.status().restarts > number


async def crashes(house: House) -> Seen:
    """Dies before the handshake, over and over; its era is not known."""
    await house.follow({NAME: house.entry("crash", restart=SOON, era="auto")})
    seen = Seen()
    await until(lambda: house.status().restarts >= LOOPS)
    starts, restarts = house.logged("start"), house.status().restarts
    seen.check(starts <= restarts + 1, f"{starts} processes for {restarts} restarts")
    words = "exit code 1: cannot open the database"
    seen.check(house.status().last_error == words, f"said: {house.status().last_error}")
    seen.told = await _healed(house)
    return seen


async def _healed(house: House) -> str:
    """A ToolCall that comes while it is down waits, and succeeds once the cause is gone."""
    (house.place / f"{NAME}.healed").touch()
    if not house.pool.catalog.routes:
        await house.state(NAME, "ready")
    return await house.call("read")


ROWS = (
    *(killed_writing, killed_reading, killed_idempotent, killed_unnoticed, killed_awaited, exits),
    *(brood, daemon, stubborn, stopped, deaf, loops, crashes),
)
NOTICED_AT_ONCE = (killed_writing, killed_reading, killed_idempotent, killed_awaited, exits, brood, daemon)
