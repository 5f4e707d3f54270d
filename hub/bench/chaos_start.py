"""Servers that cannot start, start in their own way, or start all at once: rows of the chaos table."""

import os
import signal
import stat
import sys
import time
from pathlib import Path

from hub.bench.chaos_house import NAME, Entry, House, Seen, until
from hub.core.spec import Era
from hub.pool.era import Eras

MANY = 10
AT_MOST = 4
"""How many of them the Pool may start at the same time."""
LATE = "late-program"


async def no_program(house: House) -> Seen:
    """No such program; then it is installed."""
    entry = house.entry()
    return await _installed(house, entry | {"command": LATE})


async def shell_finds_nothing(house: House) -> Seen:
    """A shell finds no such program (exit code 127); then it is installed."""
    entry = house.entry()
    line = f"exec {LATE} {' '.join(entry['args'])}"
    return await _installed(house, entry | {"command": "sh", "args": ["-c", line]})


async def _installed(house: House, entry: Entry) -> Seen:
    folder = house.place / "bin"
    folder.mkdir()
    entry["env"] |= {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    try:
        await house.follow({NAME: entry})
        status, seen = await house.state(NAME, "failed"), Seen()
        said = status.last_error or ""
        seen.check(LATE in said, f"said: {said}")
        seen.check("nstall" in said or "command" in said, f"says no remedy: {said}")
        seen.check(status.restarts == 0, "it was tried over and over")
        begun = time.perf_counter()
        program = folder / LATE
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        await house.state(NAME, "ready")
        seen.usable = time.perf_counter() - begun
        seen.told = await house.call("read")
    finally:
        os.environ["PATH"] = os.environ["PATH"].partition(os.pathsep)[2]
    return seen


async def no_variable(house: House) -> Seen:
    """A variable is missing; then it is set in .env."""
    following = await house.follow({NAME: house.entry(env={"KEY": "${CHAOS_KEY}"})})
    async with following.running():
        status, seen = house.status(), Seen()
        seen.check(status.state == "not_configured", f"it is {status.state}")
        seen.check("CHAOS_KEY" in (status.last_error or ""), f"said: {status.last_error}")
        seen.check(not house.logged("start"), "it was started")
        begun = time.perf_counter()
        (house.place / ".env").write_text("CHAOS_KEY=1\n", "utf-8")
        await house.state(NAME, "ready")
        seen.usable = time.perf_counter() - begun
        seen.told = await house.call("read")
    return seen


async def exits_at_question(house: House) -> Seen:
    """Exits at an unknown first message."""
    return await _settled(house, "exitfirst", starts=2)


async def ignores_question(house: House) -> Seen:
    """Ignores an unknown first message."""
    return await _settled(house, "mutefirst", starts=1)


async def deaf_after_question(house: House) -> Seen:
    """Is deaf for ever after an unknown first message."""
    return await _settled(house, "deaffirst", starts=2)


async def _settled(house: House, mode: str, *, starts: int) -> Seen:
    """It comes up in the legacy era, and the next time at once."""
    begun, seen = time.perf_counter(), Seen()
    await house.start(server=house.entry(mode, era="auto", timeouts={"start": 8}))
    seen.usable = time.perf_counter() - begun
    seen.check(house.logged("start") == starts, f"it took {house.logged('start')} starts")
    known = Eras(house.place / "home" / "eras.json").get(house.status().version or "")
    seen.check(known is Era.LEGACY, "the verdict is not remembered")
    os.kill(house.pid(), signal.SIGKILL)
    await until(lambda: house.status().restarts > starts - 1 - (mode == "exitfirst"))
    await house.state(NAME, "ready")
    seen.check(house.logged("start") == starts + 1, "it was asked again")
    seen.told = await house.call("read")
    return seen


async def many_begin(house: House) -> Seen:
    """Ten servers start at once."""
    seen = Seen()
    begun = time.perf_counter()
    await house.follow(_many(house))
    seen.usable = await _all_up(house, seen, begun)
    return seen


async def many_die(house: House) -> Seen:
    """Ten servers are killed at once."""
    seen = Seen()
    await house.start(**_many(house))
    pids = [house.pid(name) for name in _many(house)]
    begun = time.perf_counter()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: all(house.status(name).restarts for name in _many(house)))
    seen.usable = await _all_up(house, seen, begun)
    return seen


def _many(house: House) -> dict[str, Entry]:
    return {f"s{at}": house.entry("slowstart", log=f"s{at}") for at in range(MANY)}


async def _all_up(house: House, seen: Seen, begun: float) -> float:
    """Wait for all, and see how many processes were there that had not come up."""
    names, most = list(_many(house)), 0

    def all_ready() -> bool:
        nonlocal most
        statuses = [house.status(name) for name in names]
        most = max(
            most,
            sum(status.state == "starting" and bool(_started(house, status.name)) for status in statuses),
        )
        return all(status.state == "ready" for status in statuses)

    at = await until(all_ready)
    seen.check(most <= AT_MOST, f"{most} were being started at the same time")
    return at - begun


def _started(house: House, name: str) -> bool:
    """Whether the newest process of a server that is not ready is there."""
    last = house.lines("start", name)[-1:]
    return bool(last) and Path(f"/proc/{last[0].split()[1]}/cmdline").exists()


async def tools_before_it_is_up(house: House) -> Seen:
    """The hub starts anew; its server takes a second to start."""
    place = house.place / "other"
    async with House.open(place) as first:
        await first.start(server=first.entry("slowstart"))
        await until((place / "home" / "catalog.json").exists)
    async with House.open(place) as again:
        begun, seen = time.perf_counter(), Seen()
        await again.follow({NAME: again.entry("slowstart")})
        seen.noticed = time.perf_counter() - begun
        seen.check(f"{NAME}__read" in again.pool.catalog.routes, "its tools are not offered at once")
        seen.check(again.status().state == "starting", "it was up already")
        seen.told = await again.call("read")
        seen.usable = time.perf_counter() - begun
    return seen


ROWS = (
    *(no_program, shell_finds_nothing, no_variable, exits_at_question, ignores_question, deaf_after_question),
    *(many_begin, many_die, tools_before_it_is_up),
)
