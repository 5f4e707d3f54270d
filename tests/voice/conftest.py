"""A LiveKit server, a hub and providers that are fakes, and a worker that is the real process."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.bench.providers import Providers
from tests import livekit_server
from tests.livekit_server import LiveKit
from tests.voice.fake_hub import FakeCall, FakeHub


@pytest.fixture(scope="session")
def livekit(livekit_server_bin: Path) -> Iterator[LiveKit]:
    """One livekit-server for all tests of this folder."""
    with livekit_server.running(livekit_server_bin) as server:
        yield server


@dataclass
class WorkerProcess:
    """A `hub worker` that is ready."""

    process: asyncio.subprocess.Process
    worker_id: str
    log: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid


@dataclass
class Stage:
    """Everything that a call needs."""

    livekit: LiveKit
    hub: FakeHub
    providers: Providers
    worker: WorkerProcess

    async def start(self, **values: Any) -> tuple[FakeCall, str]:
        """A call of the hub in a new room, dispatched."""
        call = self.hub.call(**values)
        room = f"room-{call.brief.call_id}"
        await self.livekit.dispatch(room, json.dumps({"call_id": call.brief.call_id}))
        return call, room


@pytest.fixture(scope="module")
async def theatre(livekit: LiveKit, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A worker that stays for the tests of one module."""
    home = tmp_path_factory.mktemp("home")
    async with (
        Providers().running() as providers,
        FakeHub().running() as hub,
        worker_process(livekit, hub, providers, home) as worker,
    ):
        yield Stage(livekit, hub, providers, worker)


@pytest.fixture
def stage(theatre: Stage) -> Stage:
    """As new: no tools, no rules, nothing refused."""
    theatre.hub.tools.clear()
    theatre.providers.rules.clear()
    theatre.providers.refuse.clear()
    theatre.providers.heard.clear()
    return theatre


def worker_env(livekit: LiveKit, hub: FakeHub, providers: Providers, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(home),
        "HUB_URL": hub.url,
        "HUB_WORKER_TOKEN": hub.token,
        "LIVEKIT_URL": livekit.url,
        "LIVEKIT_API_KEY": livekit.key,
        "LIVEKIT_API_SECRET": livekit.secret,
        "OPENAI_BASE_URL": providers.openai_url,
        "ASSEMBLYAI_BASE_URL": providers.assemblyai_url,
    }


@asynccontextmanager
async def worker_process(
    livekit: LiveKit, hub: FakeHub, providers: Providers, home: Path
) -> AsyncGenerator[WorkerProcess]:
    """Start the real worker and wait until it says that it is ready."""
    process = await start_worker(worker_env(livekit, hub, providers, home))
    worker = WorkerProcess(process, "")
    reading = asyncio.create_task(_keep(process, worker.log))
    try:
        assert process.stdout is not None
        with anyio.fail_after(30):
            line = await process.stdout.readline()
        assert line, "\n".join(worker.log)
        worker.worker_id = json.loads(line)["worker_id"]
        yield worker
    finally:
        if process.returncode is None:
            process.terminate()
            with anyio.move_on_after(6, shield=True):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading
        sys.stderr.write("\n".join(worker.log[-60:]) + "\n")


async def start_worker(env: Mapping[str, str]) -> asyncio.subprocess.Process:
    """The real worker as a process, not awaited."""
    code = "import sys; from hub.voice.main import main; sys.exit(main([]))"
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=env, stdout=pipe, stderr=pipe, limit=2**20
    )


async def _keep(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        lines.append(line.decode(errors="replace").rstrip())
