"""A Pool over scripted servers, and the ToolCalls that tests make of it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import trio.testing

from hub.core.backoff import RestartPolicy
from hub.core.errors import HubError
from hub.core.spec import Config, Overlay, ServerSpec
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Pool
from tests.callers import Unasked

QUICK = RestartPolicy(first_delay=1, jitter=0)
NOTES = ServerSpec(name="notes", command="notes", restart=QUICK)
TWINNED = replace(NOTES, read_only=Overlay(args=("--read-only",)))
CHANGED = replace(NOTES, args=("--new",))


def virtual_clock() -> tuple[str, dict[str, Any]]:
    """The backend of tests in which time passes by itself."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def plain(command: str, args: Any, home: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    return (command, *args)


@asynccontextmanager
async def pooled(connect: Any, home: Path, *specs: ServerSpec) -> AsyncGenerator[Pool]:
    pool = Pool(guardian=None, home=home, connect=connect, resolve=plain, random01=lambda: 0)
    async with anyio.create_task_group() as tasks:
        await tasks.start(pool.run)
        await pool.apply(config(*specs))
        yield pool
        tasks.cancel_scope.cancel()
    assert connect.open == []
    assert connect.overlaps == []


def config(*specs: ServerSpec, **more: Any) -> Config:
    return Config(servers={spec.name: spec for spec in specs}, **more)


@dataclass
class Caller(Unasked):
    """Somebody who makes ToolCalls: with an id, a voice call."""

    name: str = "desktop"
    call_id: str | None = None

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        return

    async def confirm(self, question: Any) -> Any:
        raise AssertionError("the pool asks nobody")


def voice_call(call_id: str) -> Caller:
    return Caller(f"call:{call_id}", call_id)


async def call(
    pool: Pool, tool: str = "read", server: str = "notes", *, caller: Caller | None = None, twin: bool = False
) -> dict[str, Any]:
    return (await pool.call(server, "tools/call", {"name": tool}, caller=caller, twin=twin)).result


async def in_background(tasks: Any, pool: Pool, tool: str, into: list[Any], **more: Any) -> None:
    """Start a ToolCall and return once it has reached the server or waits."""

    async def run() -> None:
        try:
            into.append(await call(pool, tool, **more))
        except (ConnectionLost, HubError, TimeoutError) as error:
            into.append(error)

    tasks.start_soon(run)
    await anyio.wait_all_tasks_blocked()
