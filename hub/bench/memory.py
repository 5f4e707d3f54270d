"""How much memory each part of a hub takes: idle, and with calls that talk."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

import anyio

from hub.bench.figures import Bound, Figure, Section
from hub.bench.machine import command_line, pss_mb, tree
from hub.bench.script import SERVER
from hub.bench.sounds import samples
from hub.bench.stage import RunningHub, Stage, Wanted, find_livekit_server, with_livekit_server
from hub.bench.telephone import Telephone, all_hung_up, telephone

LEVELS: Final = (1, 4)
HUB_MB, CALL_MB = 120.0, 10.0
QUESTION: Final = "which tables do we have"
SETTLE_SECONDS: Final = 3.0
HEARD_SECONDS: Final = 20.0
OWN_NAMES: Final = (
    ("postgres", "practice: PostgreSQL"),
    ("orphans.py", "guardian"),
)
METHOD: Final = (
    "PSS (a page shared by several processes counts in parts) of every process of a whole hub with all of it "
    "in practice: idle, then with calls in each of which a virtual caller has said one sentence and is still "
    "there, then with all of them ended. One run; what a process takes grows with what it has done."
)
Taken = dict[str, float]


async def measure(_n: int | None) -> list[Section]:
    """The Section of memory.

    Raises:
        HubError: The hub or livekit-server did not start.
    """
    path = with_livekit_server(find_livekit_server())
    entry = {"command": sys.executable, "args": ["-m", "hub.bench.echo"]}
    wanted = Wanted(
        servers={"mcpServers": {SERVER: entry}}, voice=True, environment=path | {"HUB_PRACTICE": "on"}
    )
    async with Stage.set_up() as stage, stage.hub(wanted) as hub:
        await anyio.sleep(SETTLE_SECONDS)
        idle = await taken(hub)
        with_calls = {level: await _with_calls(hub, level) for level in LEVELS}
        await all_hung_up(hub)
        after = await taken(hub)
    return [Section("memory", "Memory", METHOD, _figures(idle, with_calls, after))]


async def _with_calls(hub: RunningHub, level: int) -> Taken:
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(telephone(hub)) for _ in range(level)]
        async with anyio.create_task_group() as tasks:
            for mine in lines:
                tasks.start_soon(_talk, mine)
        found = await taken(hub)
    await all_hung_up(hub)
    return found


async def _talk(mine: Telephone) -> None:
    """Hear the greeting, ask one question, hear the answer."""
    caller = mine.caller
    with anyio.move_on_after(HEARD_SECONDS):
        await caller.onset(0)
        await caller.quiet()
        said = await caller.say(samples(QUESTION))
        await caller.onset(said.end)
        await caller.quiet()


async def taken(hub: RunningHub) -> Taken:
    """Megabytes by part."""
    status = await hub.get("/api/status")
    known = {hub.pid: "hub"} | {part["pid"]: part["name"] for part in status["parts"] if part["pid"]}
    known |= {server["pid"]: f"server {server['name']}" for server in status["servers"] if server["pid"]}
    found: Taken = {}
    above = {pid: f"{name}: what it has started" for root, name in known.items() for pid in tree(root)}
    for pid in tree(hub.pid):
        name = known.get(pid) or _own_name(command_line(pid)) or above[pid]
        found[name] = found.get(name, 0.0) + pss_mb(pid)
    return found


def _own_name(command: str) -> str | None:
    return next((name for part, name in OWN_NAMES if part in command), None)


def _figures(idle: Taken, with_calls: Mapping[int, Taken], after: Taken) -> list[Figure]:
    states = {"idle": idle} | {f"with {level} calls": found for level, found in with_calls.items()}
    states["after them"] = after
    names: Sequence[str] = sorted({name for found in states.values() for name in found})
    rows = [_row(name, {state: found.get(name, 0.0) for state, found in states.items()}) for name in names]
    most = max(with_calls)
    least = min(with_calls)
    worker = "voice worker"
    grown = with_calls[most].get(worker, 0.0) - with_calls[least].get(worker, 0.0)
    rows.append(
        Figure(
            what="worker: each further call",
            unit="MB",
            values={f"with {most} calls": grown / (most - least)},
            n=most - least,
            bound=Bound(f"with {most} calls", CALL_MB),
        )
    )
    return rows


def _row(name: str, values: Mapping[str, float]) -> Figure:
    bound = Bound(next(reversed(list(values)[:-1])), HUB_MB) if name == "hub" else None
    return Figure(what=name, unit="MB", values=values, n=1, bound=bound)
