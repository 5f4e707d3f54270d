"""The Pool over real processes that are killed, stopped and edited: the short form of the chaos suite."""

import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.backoff import RestartPolicy
from hub.core.spec import Config, ServerSpec
from hub.pool import connect as connect_module
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Pool
from hub.supervision import orphans
from hub.supervision.guardian import Guardian

pytestmark = pytest.mark.anyio
SECONDS = 20
AT_ONCE = RestartPolicy(first_delay=0.01, stable_after=0)


async def plain(command: str, args: Any, home: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    return (command, *args)


@asynccontextmanager
async def pooled(home: Path, *specs: ServerSpec) -> AsyncGenerator[Pool]:
    with anyio.fail_after(SECONDS):
        async with Guardian.open(home) as guardian:
            pool = Pool(guardian=guardian, home=home, resolve=plain)
            async with anyio.create_task_group() as tasks:
                await tasks.start(pool.run)
                await pool.apply(Config(servers={spec.name: spec for spec in specs}))
                yield pool
                tasks.cancel_scope.cancel()


async def call(pool: Pool, tool: str, server: str = "echo", **arguments: Any) -> str:
    params = {"name": tool, "arguments": arguments}
    answer = await pool.call(server, "tools/call", params, caller=None)
    return str(answer.result["content"][0]["text"])


async def wait_until(fact: Callable[[], bool]) -> None:
    while not fact():  # noqa: ASYNC110  # facts about processes announce themselves to nobody
        await anyio.sleep(0.01)


def pid_of(pool: Pool, server: str = "echo") -> int:
    pid = pool.server(server).pid
    assert pid is not None
    return pid


async def test_a_killed_server_is_back_and_what_arrives_meanwhile_succeeds(
    echo: ServerSpec, tmp_path: Path
) -> None:
    async with pooled(tmp_path, replace(echo, restart=AT_ONCE)) as pool:
        await call(pool, "echo")
        first = pid_of(pool)
        os.kill(first, signal.SIGKILL)
        # Blocking on purpose: nobody in the hub shall learn of it before the ToolCall.
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222
        assert await call(pool, "write", text="hi") == '{"text": "hi"}'
        status = pool.server("echo")
        assert status.pid not in (None, first)
        assert (status.state, status.restarts) == ("ready", 1)
        assert status.last_error == "killed by SIGKILL"


async def test_a_read_that_kills_its_server_is_repeated_and_a_write_is_not(
    echo: ServerSpec, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    async with pooled(tmp_path, replace(echo, restart=AT_ONCE)) as pool:
        trap.touch()
        await call(pool, "die_reading", text=str(trap))
        assert int(await call(pool, "die_reading", text=str(trap))) == pid_of(pool)
        trap.touch()
        with pytest.raises(ConnectionLost) as lost:
            await call(pool, "die", text=str(trap))
        assert lost.value.written


async def test_a_stopped_server_is_recycled_and_its_siblings_are_not_harmed(
    echo: ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "HEALTH_SECONDS", 0.1)
    monkeypatch.setattr(connect_module, "HEALTH_BUDGET", 1.0)
    specs = [replace(echo, name=name, restart=AT_ONCE) for name in ("echo", "sibling")]
    async with pooled(tmp_path, *specs) as pool:
        await call(pool, "echo")
        await call(pool, "echo", "sibling")
        first, sibling = pid_of(pool), pid_of(pool, "sibling")
        os.kill(first, signal.SIGSTOP)
        assert await call(pool, "slow", seconds=0.1) == "slept"
        assert not orphans.alive(first, 0)
        assert pid_of(pool, "sibling") == sibling


async def test_a_crash_loop_is_visible_with_the_last_words(echo: ServerSpec, tmp_path: Path) -> None:
    spec = replace(echo, args=(*echo.args, "crash"), restart=RestartPolicy(first_delay=0.05))
    async with pooled(tmp_path, spec) as pool:
        await wait_until(lambda: pool.server("echo").restarts >= 2)
        status = pool.server("echo")
        assert status.last_error == "exit code 1: cannot open the database"
        assert "cannot open the database" in pool.stderr_tail("echo")[-1]


async def test_nothing_of_any_server_is_left_when_the_pool_leaves(echo: ServerSpec, tmp_path: Path) -> None:
    specs = [replace(echo, name=mode, args=(*echo.args, mode)) for mode in ("stubborn", "daemon", "noisy")]
    async with pooled(tmp_path, *specs) as pool:
        await wait_until(lambda: all(each.state == "ready" for each in pool.servers()))
        roots = {pid_of(pool, spec.name): 0 for spec in specs}
        roots = {pid: orphans.started(pid) for pid in roots}
        assert len(orphans.belonging(roots, "no marker")) == len(specs) + 1
    assert orphans.belonging(roots, "no marker") == {}
    assert not (tmp_path / "processes.json").exists()


async def test_an_edit_replaces_one_process_and_touches_no_other(echo: ServerSpec, tmp_path: Path) -> None:
    other = replace(echo, name="other")
    async with pooled(tmp_path, echo, other) as pool:
        await call(pool, "echo")
        await call(pool, "echo", "other")
        before, untouched = pid_of(pool), pid_of(pool, "other")
        edited = replace(echo, env={"TOKEN": "rotated"})
        await pool.apply(Config(servers={"echo": edited, "other": other}))
        assert await call(pool, "echo") == "{}"
        await wait_until(lambda: not orphans.alive(before, 0))
        assert '"TOKEN": "rotated"' in await call(pool, "environment")
        assert pid_of(pool, "other") == untouched
