"""Real small servers that ask back, in both eras and over both transports, behind a real Pool."""

import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from hub.core.spec import Config, Era, ServerSpec, Timeouts, Transport
from hub.core.supervisor import State
from hub.pool.pool import Pool
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, running

SERVER = Path(__file__).parent.parent / "servers" / "asks.py"
SECONDS = 30
WAYS = {
    "stdio_2025": (Transport.STDIO, Era.LEGACY),
    "stdio_2026": (Transport.STDIO, Era.MODERN),
    "http_2025": (Transport.HTTP, Era.LEGACY),
    "http_2026": (Transport.HTTP, Era.MODERN),
}


def spec(name: str, url: str = "", **more: Any) -> ServerSpec:
    transport, era = WAYS[name]
    if transport is Transport.STDIO:
        return ServerSpec(
            name=name, transport=transport, command=sys.executable, args=(str(SERVER),), era=era, **more
        )
    return ServerSpec(name=name, transport=transport, url=url, era=era, **more)


@asynccontextmanager
async def over_http() -> AsyncGenerator[str]:
    """The server as a process of its own, and its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    command = Command((sys.executable, str(SERVER), "http", str(port)), dict(os.environ))
    async with running(command, name="asks", guardian=None):
        while True:
            try:
                async with await anyio.connect_tcp("127.0.0.1", port):
                    break
            except OSError:
                await anyio.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"


async def _plain(command: str, args: Any, home: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    return (command, *args)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  # a server that becomes ready announces itself to nobody
        await anyio.sleep(0.02)


@asynccontextmanager
async def pooled(home: Path, *names: str, timeouts: Timeouts | None = None) -> AsyncGenerator[Pool]:
    """A Pool with these servers, all of them up."""
    more = {"timeouts": timeouts} if timeouts is not None else {}
    with anyio.fail_after(SECONDS):
        async with AsyncExitStack() as stack:
            by_http = any(WAYS[name][0] is not Transport.STDIO for name in names)
            url = await stack.enter_async_context(over_http()) if by_http else ""
            guardian = await stack.enter_async_context(Guardian.open(home))
            pool = Pool(guardian=guardian, home=home, resolve=_plain)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            await tasks.start(pool.run)
            await pool.apply(Config(servers={name: spec(name, url, **more) for name in names}))
            await until(lambda: all(pool.server(name).state == State.READY for name in names))
            yield pool
            tasks.cancel_scope.cancel()
