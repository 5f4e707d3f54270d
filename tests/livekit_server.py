"""A livekit-server of the tests' own, with the configuration that the hub gives its private one."""

import os
import socket
import subprocess
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
from livekit import api

from hub.parts.livekit_server import config
from hub.parts.places import Places

READY_SECONDS = 10.0


@dataclass(frozen=True)
class LiveKit:
    """A running livekit-server and how to get in."""

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


@contextmanager
def running(program: Path) -> Iterator[LiveKit]:
    """Start one on free ports with a key of its own, and kill it afterwards."""
    port, key, secret = free_port(), f"key{uuid.uuid4().hex[:8]}", uuid.uuid4().hex + uuid.uuid4().hex
    env = os.environ | environment(port, free_port(socket.SOCK_DGRAM), key, secret)
    process = subprocess.Popen([program], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _answering(process, f"http://127.0.0.1:{port}/")
        yield LiveKit(f"ws://127.0.0.1:{port}", key, secret)
    finally:
        process.kill()
        process.wait()


def environment(port: int, udp_port: int, key: str, secret: str) -> dict[str, str]:
    """What makes a livekit-server listen on loopback alone and take this key."""
    places = Places(
        livekit_port=port,
        livekit_udp_port=udp_port,
        livekit_key=key,
        livekit_secret=secret,
        practice_port=0,
        practice_token="",
    )
    return {"LIVEKIT_CONFIG": config(places, None), "LIVEKIT_KEYS": f"{key}: {secret}"}


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answering(process: "subprocess.Popen[bytes]", url: str) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            assert process.poll() is None, "livekit-server ended"
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
