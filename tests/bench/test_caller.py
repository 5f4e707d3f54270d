"""The instrument itself: an agent that answers after a known delay is never heard to be quicker than that."""

import asyncio
import os
import socket
import subprocess
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import numpy as np
import pytest
from livekit import api, rtc

from hub.bench.caller import Caller
from hub.bench.heard import LOUD
from hub.bench.providers import TONES
from hub.bench.script import PLAIN
from hub.bench.telephone import Telephone, Ticket
from hub.parts.livekit_server import config
from hub.parts.places import Places

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]
RATE = 24_000
FRAME = RATE // 50


@pytest.fixture(scope="module")
def places(livekit_server_bin: Path) -> Iterator[Places]:
    """A private livekit-server, as the hub configures it."""
    here = Places(
        livekit_port=free_port(socket.SOCK_STREAM),
        livekit_udp_port=free_port(socket.SOCK_DGRAM),
        livekit_key="bench",
        livekit_secret=uuid.uuid4().hex + uuid.uuid4().hex,
        practice_port=0,
        practice_token="",
    )
    keys = {
        "LIVEKIT_CONFIG": config(here, None),
        "LIVEKIT_KEYS": f"{here.livekit_key}: {here.livekit_secret}",
    }
    process = subprocess.Popen(  # our own program
        [livekit_server_bin], env={**os.environ, **keys}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        answered(f"http://127.0.0.1:{here.livekit_port}/")
        yield here
    finally:
        process.kill()
        process.wait()


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answered(url: str, seconds: float = 10) -> None:
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


def token(places: Places, room: str, identity: str) -> str:
    grants = api.VideoGrants(room_join=True, room=room)
    maker = api.AccessToken(places.livekit_key, places.livekit_secret)
    return maker.with_identity(identity).with_grants(grants).to_jwt()


@asynccontextmanager
async def agent(places: Places, room: str, delay: float) -> AsyncGenerator[None]:
    """Answers everything it hears with a tone, so many seconds after the last loud sample came."""
    me, source = rtc.Room(), rtc.AudioSource(RATE, 1, queue_size_ms=60)
    hearing = anyio.Event()
    track_of_caller: list[rtc.Track] = []

    def subscribed(track: rtc.Track, *_: object) -> None:
        track_of_caller.append(track)
        hearing.set()

    me.on("track_subscribed", subscribed)
    await me.connect(f"ws://127.0.0.1:{places.livekit_port}", token(places, room, "agent"))
    await me.local_participant.publish_track(rtc.LocalAudioTrack.create_audio_track("voice", source))

    async def converse() -> None:
        await hearing.wait()
        last: float | None = None
        async for event in rtc.AudioStream(track_of_caller[0], sample_rate=RATE, num_channels=1):
            sound = np.frombuffer(event.frame.data, np.int16).astype(np.float64)
            if np.sqrt((sound**2).mean()) > LOUD:
                last = time.time()
            elif last is not None and time.time() - last >= delay:
                last = None
                await tone(source)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(converse)
        yield
        tasks.cancel_scope.cancel()
    await me.disconnect()
    await source.aclose()


async def tone(source: rtc.AudioSource) -> None:
    wave = (8000 * np.sin(2 * np.pi * TONES["reply"] * np.arange(FRAME * 25) / RATE)).astype(np.int16)
    for start in range(0, len(wave), FRAME):
        frame = rtc.AudioFrame(wave[start : start + FRAME].tobytes(), RATE, 1, FRAME)
        await source.capture_frame(frame)


async def measured(places: Places, delay: float) -> float:
    room = f"room-{uuid.uuid4().hex[:8]}"
    url = f"ws://127.0.0.1:{places.livekit_port}"
    async with api.LiveKitAPI(
        url.replace("ws", "http", 1), places.livekit_key, places.livekit_secret
    ) as livekit:
        await livekit.room.create_room(api.CreateRoomRequest(name=room))
    mine = Ticket("call", url, token(places, room, "caller"), "caller", time.time(), time.time())
    async with agent(places, room, delay), Caller.joined(mine.url, mine.token) as caller:
        with anyio.fail_after(10):
            while caller.track_at is None:  # noqa: ASYNC110  # LiveKit calls back
                await asyncio.sleep(0.02)
        turn = await Telephone(mine, caller).turn(PLAIN, "reply")
    assert turn.first is not None
    assert turn.answer is not None
    return turn.answer


async def test_a_turn_is_never_shorter_than_the_agents_delay(places: Places) -> None:
    quick, slow = await measured(places, 0.3), await measured(places, 1.3)
    assert quick >= 0.3
    assert slow >= 1.3


async def test_hanging_up_leaves_no_task_behind(places: Places) -> None:
    await measured(places, 0.1)
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]  # coroutines
    assert not {name for name in names if name.startswith("Caller.")}
