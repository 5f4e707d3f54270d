"""What a ToolCall costs: the same stdio server called directly and through the hub, in the same run."""

import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from hub.bench.figures import Figure, Section, difference, figure, single
from hub.bench.machine import processor_seconds
from hub.bench.stage import RunningHub, Stage, Wanted
from hub.bench.wires import HttpLoad, PipeLoad, rate
from hub.core.errors import HubError, Unavailable

DEFAULT_N: Final = 1000
WARM_UP: Final = 50
CALL_SECONDS: Final = 30.0
LOAD_SECONDS: Final = 3.0
AT_ONCE: Final = (16, 64)
ADDED_MS: Final[Mapping[str, float]] = {"p50": 3.0, "p99": 10.0}
SHOW: Final = ("p50", "p95", "p99")
LEGACY: Final = "legacy"
MODERN: Final = "2026-07-28"
ECHO: Final = ("-m", "hub.bench.echo")
PAIRS: Final = (
    ("2025 era", LEGACY, "old"),
    ("2026 era", MODERN, "new"),
    ("2025 client, 2026 server", LEGACY, "new"),
)
"""What it is called, the era that the client speaks, and the server (whose era is pinned) it is led to."""
METHOD: Final = (
    "A ToolCall of a stdio server (`hub/bench/echo.py`, on the Python SDK, it says a word again), called by "
    "the SDK's `Client` over the server's own stdio, and by the same `Client` over HTTP through `/mcp` of "
    "a whole hub that runs as a process of its own; one connection each, the calls take turns in one run, "
    "after {warm_up} that do not count. Calls a second: bare sockets (2025 wire) with so many callers, each "
    "with one call at a time, {seconds:.0f} s; to the server itself over bare pipes."
)
Timed = Callable[[], Awaitable[None]]


async def measure(n: int | None) -> list[Section]:
    """The Section of ToolCalls.

    Raises:
        HubError: The hub did not start, or an answer was wrong.
    """
    wanted = Wanted(servers=servers(), voice=False, environment={"HUB_PRACTICE": "off"})
    async with Stage.set_up() as stage, stage.hub(wanted) as hub:
        await _check_era(hub)
        figures: list[Figure] = []
        for title, era, server in PAIRS:
            figures += await _pair(hub, title, era, server, n or DEFAULT_N)
        status = {one["name"]: one for one in (await hub.get("/api/status"))["servers"]}
        figures += await _bare(hub, n or DEFAULT_N)
    method = METHOD.format(warm_up=WARM_UP, seconds=LOAD_SECONDS)
    return [Section("toolcall", "A ToolCall", method, figures, _seen(status))]


def servers() -> dict[str, object]:
    """One server for each era; it is the same program, and the hub is told how to speak to one of them."""
    entry = {"command": sys.executable, "args": list(ECHO), "concurrency": max(AT_ONCE)}
    return {"mcpServers": {"old": {**entry, "era": LEGACY}, "new": entry}}


async def _check_era(hub: RunningHub) -> None:
    era = (await hub.get("/api/servers/new"))["era"]
    if era != MODERN:
        raise Unavailable(
            f"Hub and server have agreed on {era} instead of {MODERN}, so the eras cannot be compared.",
            next_step="Measure again when this machine has less to do.",
        )


async def _pair(hub: RunningHub, title: str, era: str, server: str, n: int) -> list[Figure]:
    direct_era = LEGACY if server == "old" else MODERN
    async with AsyncExitStack() as stack:
        direct = await stack.enter_async_context(direct_client(direct_era))
        through = await stack.enter_async_context(hub_client(hub, era))
        calls = [_call(direct, "echo"), _call(through, f"{server}__echo")]
        before = processor_seconds([hub.pid])
        samples = await in_turns(calls, n, WARM_UP)
        worked = (processor_seconds([hub.pid]) - before) * 1000 / (n + WARM_UP)
    under = figure(f"{title}: directly", "ms", samples[0], show=SHOW)
    over = figure(f"{title}: through the hub", "ms", samples[1], show=SHOW)
    return [
        under,
        over,
        *difference(f"{title}: the hub adds", over, under, ADDED_MS),
        single(f"{title}: processor time of the hub", "ms a call", worked),
    ]


@asynccontextmanager
async def direct_client(era: str) -> AsyncGenerator[Client]:
    """The server by itself."""
    server = StdioServerParameters(command=sys.executable, args=list(ECHO), cwd=os.getcwd())  # noqa: PTH109  # a string
    async with Client(stdio_client(server), mode=era, cache=None) as client:
        yield client


@asynccontextmanager
async def hub_client(hub: RunningHub, era: str) -> AsyncGenerator[Client]:
    """The hub, as a desktop client would reach it."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=CALL_SECONDS, trust_env=False) as http,
        Client(streamable_http_client(f"{hub.url}/mcp", http_client=http), mode=era, cache=None) as client,
    ):
        yield client


def _call(client: Client, tool: str) -> Timed:
    async def call() -> None:
        result = await client.call_tool(tool, {"text": "word"})
        said = result.content[0] if result.content else None
        if not isinstance(said, TextContent) or said.text != "word":
            raise HubError(f"{tool} answered {said!r} instead of what it was sent.")

    return call


async def in_turns(calls: Sequence[Timed], n: int, warm_up: int) -> list[list[float]]:
    """Milliseconds of n rounds in which each call is made once, so that all see the same machine."""
    samples: list[list[float]] = [[] for _ in calls]
    for number in range(warm_up + n):
        for at, call in enumerate(calls):
            begun = time.perf_counter()
            await call()
            if number >= warm_up:
                samples[at].append((time.perf_counter() - begun) * 1000)
    return samples


async def _bare(hub: RunningHub, n: int) -> list[Figure]:
    """Without a client library: what is left is the hub, the server and the wires."""
    http = HttpLoad(f"{hub.url}/mcp", hub.token, "old__echo")
    await http.open()
    async with PipeLoad.open(ECHO, "echo") as pipes:
        async with pipes.caller() as direct, http.caller() as through:
            samples = await in_turns([direct, through], n, WARM_UP)
        figures = [
            figure("bare pipe to the server", "ms", samples[0], show=SHOW),
            figure("bare socket through the hub", "ms", samples[1], show=SHOW),
        ]
        for at_once in AT_ONCE:
            for words, load in (("the server alone", pipes), ("through the hub", http)):
                value = await rate(load, at_once, LOAD_SECONDS)
                figures.append(single(f"{at_once} at once, {words}", "calls/s", value))
    return figures


def _seen(status: Mapping[str, Mapping[str, object]]) -> list[str]:
    return [
        f"by the hub's own clock, server `{name}` and the pipe to it take {one['p50_ms']:.2f} ms (p50) of a "
        "call; the rest is HTTP, the gateway and the client"
        for name, one in status.items()
        if isinstance(one["p50_ms"], float)
    ]
