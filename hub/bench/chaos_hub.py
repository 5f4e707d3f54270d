"""What happens to a whole hub, a process of its own: rows of the chaos table."""

import json
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ToolListChangedNotification

from hub.bench.chaos_house import NAME, Entry, House, Seen, until
from hub.bench.stage import RunningHub, Stage, Wanted
from hub.supervision import orphans

QUIET_SECONDS: Final = 1.0
"""News that is not there by then does not come."""
MODERN: Final = "2026-07-28"
ADDED: Final = 3


async def hub_killed(house: House) -> Seen:
    """Kill -9 of the hub; its servers ignore everything."""
    async with Stage.set_up() as stage, stage.hub(_wanted(_stubborn(house))) as hub:
        theirs = _processes(hub.home)
        seen = Seen()
        seen.check(len(theirs()) >= 2 * len(_stubborn(house)), "the servers have no children")
        begun = time.perf_counter()
        os.kill(hub.pid, signal.SIGKILL)
        seen.usable = await until(lambda: not theirs()) - begun
    return seen


async def guardian_killed_too(house: House) -> Seen:
    """Kill -9 of hub and guardian; then a hub is started."""
    seen = Seen()
    async with Stage.set_up() as stage:
        async with stage.hub(_wanted(_stubborn(house))) as hub:
            theirs = _processes(hub.home)
            os.kill(hub.pid, signal.SIGSTOP)  # or it would start another guardian
            for pid in [*_guardians(hub.pid), hub.pid]:
                os.kill(pid, signal.SIGKILL)
            (hub.home / "hub.json").unlink()
        await anyio.sleep(QUIET_SECONDS)
        seen.check(theirs(), "there was nothing left to find")
        begun = time.perf_counter()
        async with stage.hub(_wanted({NAME: house.entry(log="again")})):
            seen.usable = await until(lambda: not theirs()) - begun
    return seen


async def announced(house: House) -> Seen:
    """Its server adds three tools: what clients of the two eras are told."""
    async with _listened_to(house.entry(pin=False)) as (hub, told), _client(hub, "legacy") as client:
        seen, before, begun = Seen(), told(), time.perf_counter()
        for number in range(ADDED):
            await client.call_tool(f"{NAME}__add", {"text": f"new{number}"})
        await until(lambda: all(now > earlier for now, earlier in zip(told(), before, strict=True)))
        seen.noticed = time.perf_counter() - begun
        await anyio.sleep(QUIET_SECONDS)
        times = tuple(now - earlier for now, earlier in zip(told(), before, strict=True))
        seen.check(times == (1, 1), f"clients of the eras were told {times} times")
        seen.told = f"{times[0]} and {times[1]} list_changed"
        names = [tool.name for tool in (await client.list_tools()).tools]
        seen.check(f"{NAME}__new{ADDED - 1}" in names, "the new tools are not offered")
    return seen


async def silent_restart(house: House) -> Seen:
    """Its server is killed and comes back with the same tools: what clients are told."""
    async with _listened_to(house.entry(pin=False)) as (hub, told), _client(hub, "legacy") as client:
        first = (await hub.get(f"/api/servers/{NAME}"))["pid"]
        seen, before, begun = Seen(told="nothing"), told(), time.perf_counter()
        os.kill(first, signal.SIGKILL)
        result: Any = await client.call_tool(f"{NAME}__read", {})
        seen.usable = time.perf_counter() - begun
        seen.check(not result.is_error, f"a read was told: {result.content}")
        await anyio.sleep(QUIET_SECONDS)
        seen.check(told() == before, "clients were told of tools that are the same")
    return seen


def _wanted(entries: dict[str, Entry]) -> Wanted:
    return Wanted(servers={"mcpServers": entries}, voice=False, environment={"HUB_PRACTICE": "off"})


def _stubborn(house: House) -> dict[str, Entry]:
    return {mode: house.entry("stubborn", mode, log=mode) for mode in ("brood", "daemon")}


def _processes(home: Path) -> Callable[[], dict[int, int]]:
    """Look for what a hub has started, also when it has gone."""
    marker = str(json.loads((home / "processes.json").read_text("utf-8"))["marker"])
    return lambda: orphans.belonging({}, marker)


def _guardians(pid: int) -> list[int]:
    """The guardian of a hub is a child of it without its marker."""
    rows = (orphans.row(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit())
    children = [row.pid for row in rows if row is not None and row.parent == pid]
    return [each for each in children if b"orphans.py" in Path(f"/proc/{each}/cmdline").read_bytes()]


@asynccontextmanager
async def _client(hub: RunningHub, era: str, **more: Any) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
        Client(
            streamable_http_client(f"{hub.url}/mcp", http_client=http), mode=era, cache=None, **more
        ) as client,
    ):
        yield client


@asynccontextmanager
async def _listened_to(entry: Entry) -> AsyncGenerator[tuple[RunningHub, Callable[[], tuple[int, int]]]]:
    """A hub and a client of each era that only listen; gives how often they were told of changed tools."""
    legacy: list[object] = []
    modern: list[object] = []

    async def on_message(message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            legacy.append(message)

    async def listen(client: Client) -> None:
        async with client.listen(tools_list_changed=True) as events:
            async for event in events:
                modern.append(event)  # noqa: PERF401  # each as it comes

    async with (
        Stage.set_up() as stage,
        stage.hub(_wanted({NAME: entry})) as hub,
        _client(hub, "legacy", message_handler=on_message),
        _client(hub, MODERN) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(listen, client)
        await anyio.sleep(QUIET_SECONDS)
        yield hub, lambda: (len(legacy), len(modern))
        tasks.cancel_scope.cancel()


ROWS = (hub_killed, guardian_killed_too, announced, silent_restart)
