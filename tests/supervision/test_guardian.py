"""What the hub started does not outlive it, however it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.supervision import guardian as guardian_module
from hub.supervision import orphans
from hub.supervision.guardian import Guardian, reap
from hub.supervision.process import Command, running

pytestmark = pytest.mark.anyio
Gone = Callable[[int], Awaitable[None]]
# A hub in small: starts one program under a guardian, says the pids, and never leaves by itself.
HUB = """
import signal
# A shell that runs the tests in the background has its children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
import os, sys, anyio
from pathlib import Path
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, running

async def main():
    async with Guardian.open(Path(sys.argv[1])) as guardian:
        command = Command(("sh", "-c", sys.argv[2]), {"PATH": os.environ["PATH"]})
        async with running(command, name="x", guardian=guardian) as process:
            line = (await process.stdout.receive()).decode().strip()
            print(guardian.pid, process.pid, line, flush=True)
            await anyio.sleep_forever()

anyio.run(main)
"""


@asynccontextmanager
async def small_hub(home: Path, script: str) -> AsyncGenerator[tuple[anyio.abc.Process, list[int]]]:
    command = [sys.executable, "-c", HUB, str(home), script]
    async with await anyio.open_process(
        command, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            with anyio.fail_after(20):
                pids = [int(pid) for pid in (await process.stdout.receive()).split()]
            yield process, pids
        finally:
            if process.returncode is None:
                process.kill()


async def test_nothing_survives_a_killed_hub(stubborn_program: str, home: Path, gone: Gone) -> None:
    async with small_hub(home, stubborn_program) as (hub, pids):
        hub.kill()
        for pid in pids:
            await gone(pid)
    assert "ended what it had left" in (home / "logs" / "guardian.log").read_text()


async def test_the_guardian_outlives_ctrl_c_and_goes_with_the_hub(home: Path, gone: Gone) -> None:
    async with small_hub(home, "echo $$; cat") as (hub, (guardian, *_)):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(guardian, number)
        assert os.getpgid(guardian) != os.getpgid(hub.pid)
        assert orphans.alive(guardian, 0)
        os.killpg(hub.pid, signal.SIGINT)
        await gone(hub.pid)
        await gone(guardian)


async def test_a_guardian_that_dies_is_replaced_and_knows_everything(
    home: Path, gone: Gone, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian_module, "RESPAWN_SECONDS", 0.01)
    async with Guardian.open(home) as guardian:
        first = guardian.pid
        assert first is not None
        async with running(Command(("cat",), environment), name="cat", guardian=guardian):
            os.kill(first, signal.SIGKILL)
            with anyio.fail_after(5):
                while guardian.pid == first:  # noqa: ASYNC110  # it does not announce itself
                    await anyio.sleep(0.01)
    assert guardian.pid is not None
    await gone(guardian.pid)


async def test_a_cancelled_hub_still_stops_its_processes_gently(
    home: Path, environment: dict[str, str]
) -> None:
    script = "trap 'exit 9' TERM; echo up; read line; sleep 0.3; exit 4"
    with anyio.CancelScope() as scope:
        async with (
            Guardian.open(home) as guardian,
            running(Command(("sh", "-c", script), environment), name="x", guardian=guardian) as process,
        ):
            await process.stdout.receive()
            scope.cancel()
            await anyio.sleep_forever()
    assert process.exit_code == 4


async def test_an_orderly_end_leaves_neither_guardian_nor_file(home: Path) -> None:
    async with Guardian.open(home) as guardian:
        assert guardian.pid is not None
        since = orphans.started(guardian.pid)
    assert not orphans.alive(guardian.pid, since)
    assert not (home / "processes.json").exists()


def leftovers(home: Path, pid: int, **changes: Any) -> None:
    """Write what a hub leaves that died with its guardian; its own pid is one that has long been gone."""
    content = {
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "marker": "earlier.",
        "hub": [2**22 - 1, 1],
        "processes": [[pid, orphans.started(pid), "x"]],
    }
    home.mkdir()
    (home / "processes.json").write_text(json.dumps(content | changes))


@pytest.fixture
def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)


async def test_a_new_hub_ends_what_an_earlier_one_has_left(
    home: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    leftovers(home, sleeper.pid)
    async with Guardian.open(home):
        assert sleeper.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"boot": "another boot"}, id="of another boot"),
        pytest.param({"hub": [os.getpid(), orphans.started(os.getpid())]}, id="of a hub that is alive"),
        pytest.param({"processes": None}, id="of a broken file"),
    ],
)
def test_strangers_are_left_alone(
    home: Path, sleeper: subprocess.Popen[bytes], changes: dict[str, Any]
) -> None:
    leftovers(home, sleeper.pid, **changes)
    assert reap(home) == []
    assert sleeper.poll() is None
    sleeper.kill()
    sleeper.wait(5)


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(
    home: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    leftovers(home, sleeper.pid, processes=[[sleeper.pid, orphans.started(sleeper.pid) + 1, "x"]])
    assert reap(home) == []
    assert sleeper.poll() is None
    sleeper.kill()
    sleeper.wait(5)
