"""A LiveKit server, a hub and providers that are fakes, and a worker that is the real process."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from livekit import api

from hub.bench.providers import Providers
from tests.voice.fake_hub import FakeCall, FakeHub

SERVER_YAML = """
port: {port}
bind_addresses: ['127.0.0.1']
rtc:
  udp_port: {udp}
  tcp_port: 0
  node_ip: 127.0.0.1
  use_external_ip: false
  enable_loopback_candidate: true
  interfaces: {{includes: [lo]}}
  ips: {{includes: ['127.0.0.1/32']}}
  stun_servers: ['127.0.0.1:9']
room: {{auto_create: true, empty_timeout: 60, departure_timeout: 20}}
logging: {{json: true, level: warn}}
"""


@dataclass(frozen=True)
class LiveKit:
    """A running livekit-server."""

    url: str
    key: str
    secret: str

    @asynccontextmanager
    async def api(self) -> AsyncGenerator[api.LiveKitAPI]:
        async with api.LiveKitAPI(self.url.replace("ws", "http", 1), self.key, self.secret) as client:
            yield client

    def token(self, room: str, identity: str) -> str:
        grants = api.VideoGrants(room_join=True, room=room)
        return api.AccessToken(self.key, self.secret).with_identity(identity).with_grants(grants).to_jwt()

    async def dispatch(self, room: str, metadata: str = "", agent: str = "voice-hub") -> None:
        async with self.api() as client:
            await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=60))
            await client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name=agent, room=room, metadata=metadata)
            )

    async def rooms(self) -> list[str]:
        async with self.api() as client:
            return [room.name for room in (await client.room.list_rooms(api.ListRoomsRequest())).rooms]

    async def closed(self, room: str, seconds: float = 5) -> None:
        """Wait until a room is gone."""
        with anyio.fail_after(seconds):
            while room in await self.rooms():  # noqa: ASYNC110  # LiveKit does not tell
                await anyio.sleep(0.05)


@pytest.fixture(scope="session")
def livekit(livekit_server_bin: Path) -> Iterator[LiveKit]:
    """One livekit-server for all tests of this folder."""
    port, udp = free_port(), free_port(socket.SOCK_DGRAM)
    key, secret = f"key{uuid.uuid4().hex[:8]}", uuid.uuid4().hex + uuid.uuid4().hex
    env = {
        **os.environ,
        "LIVEKIT_CONFIG": SERVER_YAML.format(port=port, udp=udp),
        "LIVEKIT_KEYS": f"{key}: {secret}",
    }
    process = subprocess.Popen(
        [livekit_server_bin], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_http(f"http://127.0.0.1:{port}/")
        yield LiveKit(f"ws://127.0.0.1:{port}", key, secret)
    finally:
        process.kill()
        process.wait()


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
    code = "import sys; from hub.voice.main import main; sys.exit(main(sys.argv[1:]))"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        env=worker_env(livekit, hub, providers, home),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,
    )
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


async def _keep(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        lines.append(line.decode(errors="replace").rstrip())


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_http(url: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
