"""Programs that are hard to get rid of, and a way to see whether they are gone."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from hub.supervision import orphans

GRANDCHILD = "sleep 1000 & echo $!; wait"
LEADER_DIES_FIRST = "sleep 1000 & echo $!; exit 3"
STUBBORN = "trap '' TERM; echo $$; while :; do sleep 1; done"
DAEMON = f"""
'{sys.executable}' -c '
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(1000)
    os._exit(0)
'; cat
"""
GONE_SECONDS = 5
"""What the hub promises: nothing of it is alive five seconds after it has gone."""
PROGRAMS = {
    "a wrapper with a grandchild": GRANDCHILD,
    "a leader that dies first": LEADER_DIES_FIRST,
    "one that ignores end of input and SIGTERM": STUBBORN,
    "a daemon that left session and group": DAEMON,
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def stubborn_program(request: pytest.FixtureRequest) -> str:
    """Return a shell script that prints the pid which must not survive."""
    return str(request.param)


@pytest.fixture
def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


@pytest.fixture
def gone() -> Callable[[int], Awaitable[None]]:
    async def wait_until_gone(pid: int) -> None:
        with anyio.fail_after(GONE_SECONDS):
            while orphans.alive(pid, 0):  # noqa: ASYNC110  # nothing tells of a stranger's end
                await anyio.sleep(0.02)

    return wait_until_gone


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
