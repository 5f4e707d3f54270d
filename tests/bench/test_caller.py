"""The instrument itself: an agent that answers after a known delay is never heard to be quicker than that."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import numpy as np
import pytest
from livekit import api, rtc

from hub.bench.caller import Caller
from hub.bench.heard import LOUD
from hub.bench.providers import TONES
from hub.bench.script import PLAIN
from hub.bench.telephone import Telephone, Ticket
from tests import livekit_server
from tests.livekit_server import LiveKit

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]
RATE = 24_000
FRAME = RATE // 50


@pytest.fixture(scope="module")
def livekit(livekit_server_bin: Path) -> Iterator[LiveKit]:
    with livekit_server.running(livekit_server_bin) as server:
        yield server


@asynccontextmanager
async def agent(livekit: LiveKit, room: str, delay: float) -> AsyncGenerator[None]:
    """Answers everything it hears with a tone, so many seconds after the last loud sample came."""
    me, source = rtc.Room(), rtc.AudioSource(RATE, 1, queue_size_ms=60)
    hearing = anyio.Event()
    track_of_caller: list[rtc.Track] = []

    def subscribed(track: rtc.Track, *_: object) -> None:
        track_of_caller.append(track)
        hearing.set()

    me.on("track_subscribed", subscribed)
    await me.connect(livekit.url, livekit.token(room, "agent"))
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


async def measured(livekit: LiveKit, delay: float) -> float:
    room = f"room-{uuid.uuid4().hex[:8]}"
    async with livekit.api() as client:
        await client.room.create_room(api.CreateRoomRequest(name=room))
    mine = Ticket("call", livekit.url, livekit.token(room, "caller"), "caller", time.time(), time.time())
    async with agent(livekit, room, delay), Caller.joined(mine.url, mine.token) as caller:
        with anyio.fail_after(10):
            while caller.track_at is None:  # noqa: ASYNC110  # LiveKit calls back
                await asyncio.sleep(0.02)
        turn = await Telephone(mine, caller).turn(PLAIN, "reply")
    assert turn.first is not None
    assert turn.answer is not None
    return turn.answer


async def test_a_turn_is_never_shorter_than_the_agents_delay(livekit: LiveKit) -> None:
    quick, slow = await measured(livekit, 0.3), await measured(livekit, 1.3)
    assert quick >= 0.3
    assert slow >= 1.3


async def test_hanging_up_leaves_no_task_behind(livekit: LiveKit) -> None:
    await measured(livekit, 0.1)
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]  # coroutines
    assert not {name for name in names if name.startswith("Caller.")}
