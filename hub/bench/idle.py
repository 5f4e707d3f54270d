"""What a hub costs that only looks after its servers."""

import sys
from typing import Final

import anyio

from hub.bench.chaos_house import ON_PIPES
from hub.bench.figures import Figure, Section, single
from hub.bench.machine import command_line, processor_seconds, pss_mb, tree
from hub.bench.stage import RunningHub, Stage, Wanted

SERVERS: Final = 50
DEFAULT_SECONDS: Final = 60
SETTLE_SECONDS: Final = 10.0
PERCENT: Final = 2.0
GUARDIAN: Final = "orphans.py"
METHOD: Final = (
    "A whole hub without voice and {servers} stdio servers (`hub/bench/unruly.py`, without any SDK, all the "
    "hub's defaults) that nobody asks anything; from {settle:.0f} s after the last one was ready, the "
    "processor time that Linux counts for each process over {seconds} s, as a part of one core."
)


async def measure(n: int | None) -> list[Section]:
    """The Section of the idle hub; n is a number of seconds.

    Raises:
        HubError: The hub did not start.
    """
    entry = {"command": sys.executable, "args": list(ON_PIPES)}
    servers = {"mcpServers": {f"s{number}": entry for number in range(SERVERS)}}
    wanted = Wanted(servers=servers, voice=False, environment={"HUB_PRACTICE": "off"})
    seconds = n or DEFAULT_SECONDS
    async with Stage.set_up() as stage, stage.hub(wanted) as hub:
        await anyio.sleep(SETTLE_SECONDS)
        figures = await _figures(hub, seconds)
    method = METHOD.format(servers=SERVERS, settle=SETTLE_SECONDS, seconds=seconds)
    return [Section("idle", "Idle", method, figures)]


async def _figures(hub: RunningHub, seconds: float) -> list[Figure]:
    started = [pid for pid in tree(hub.pid) if pid != hub.pid]
    guardians = [pid for pid in started if GUARDIAN in command_line(pid)]
    parts = {
        "hub": [hub.pid],
        "guardian": guardians,
        f"all {SERVERS} servers": [pid for pid in started if pid not in guardians],
    }
    before = {what: processor_seconds(pids) for what, pids in parts.items()}
    await anyio.sleep(seconds)
    used = {what: processor_seconds(pids) - before[what] for what, pids in parts.items()}
    figures = [
        single(
            f"processor time: {what}",
            "% of a core",
            used[what] / seconds * 100,
            bound=PERCENT if what == "hub" else None,
        )
        for what in parts
    ]
    figures += [single(f"memory: {what}", "MB", sum(map(pss_mb, pids))) for what, pids in parts.items()]
    return figures
