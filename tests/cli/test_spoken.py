"""`hub talk --wav` against a real livekit-server: the recording is heard by somebody in the room."""

import math
import struct
import subprocess
import sys
import wave
from array import array
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from livekit import rtc

from hub.cli import spoken
from hub.cli.main import main
from hub.cli.wav import Sound
from tests import livekit_server
from tests.cli.fake_hub import FakeHub
from tests.livekit_server import LiveKit, free_port

pytestmark = [pytest.mark.livekit, pytest.mark.timeout(90)]
Output = pytest.CaptureFixture[str]
ROOM = "call-c1"
TONE_HZ, LOUD = 440, 8000


@dataclass
class Ear:
    """What somebody in the room hears."""

    anything: anyio.Event
    tone: anyio.Event


@pytest.fixture
def livekit(livekit_server_bin: Path) -> Iterator[LiveKit]:
    with livekit_server.running(livekit_server_bin) as server:
        yield server


@asynccontextmanager
async def listening(livekit: LiveKit) -> AsyncGenerator[Ear]:
    """Somebody in the room, who knows when sound comes and when half a second of tone has been heard."""
    room, ear = rtc.Room(), Ear(anyio.Event(), anyio.Event())

    async def listen(track: rtc.Track) -> None:
        loud = 0
        stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1)
        try:
            async for event in stream:
                ear.anything.set()
                samples = array("h", bytes(event.frame.data))
                loud += sum(abs(sample) > LOUD // 2 for sample in samples)
                if loud > 48_000 // 2:
                    ear.tone.set()
        finally:
            with anyio.move_on_after(2, shield=True):
                await stream.aclose()

    async with anyio.create_task_group() as tasks:

        def subscribed(track: rtc.Track, *_: object) -> None:
            if track.kind == rtc.TrackKind.KIND_AUDIO:
                tasks.start_soon(listen, track)

        room.on("track_subscribed", subscribed)
        await room.connect(livekit.url, livekit.token(ROOM, "agent"))
        yield ear
        tasks.cancel_scope.cancel()
    await room.disconnect()


def tone(path: Path, rate: int) -> Path:
    """One and a half seconds of a sine, in stereo."""
    wave_of = (round(LOUD * math.sin(2 * math.pi * TONE_HZ * i / rate)) for i in range(rate * 3 // 2))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(struct.pack("<hh", sample, sample) for sample in wave_of))
    return path


@pytest.mark.anyio
async def test_a_recording_of_any_rate_is_spoken_into_the_room(
    fake: FakeHub, livekit: LiveKit, tmp_path: Path, capsys: Output
) -> None:
    ticket = {
        "url": livekit.url,
        "token": livekit.token(ROOM, "caller-c1"),
        "identity": "caller-c1",
        "expires_at": "-",
    }
    fake.routes["POST /api/join"] = (200, ticket)
    with anyio.fail_after(60):
        async with listening(livekit) as ear, anyio.create_task_group() as tasks:
            ended: list[int] = []

            async def talk() -> None:
                wav = str(tone(tmp_path / "tone.wav", 22_050))
                ended.append(await anyio.to_thread.run_sync(partial(main, ["talk", "--wav", wav])))

            tasks.start_soon(talk)
            await ear.anything.wait()
            fake.tell({"kind": "turn", "role": "agent", "text": "Hello"})
            await ear.tone.wait()
            fake.tell(
                {"kind": "turn", "role": "caller", "text": "beep"},
                {"kind": "turn", "role": "agent", "text": "I heard a tone."},
            )
    assert ended == [0]
    said = capsys.readouterr().out
    assert "  you: beep\nagent: I heard a tone.\nThe call is over" in said
    assert ("POST /api/join", {"call_id": "c1", "key": "the-key"}) in fake.asked


def test_a_room_that_cannot_be_joined_is_explained_in_one_sentence(fake: FakeHub, tmp_path: Path) -> None:
    nowhere = f"ws://127.0.0.1:{free_port()}"
    fake.routes["POST /api/join"] = (200, {"url": nowhere, "token": "x", "identity": "caller-c1"})
    recording = tone(tmp_path / "tone.wav", 48_000)
    # A process of its own: what LiveKit's native library logs is for a handler that pytest would be.
    talked = subprocess.run(
        [sys.executable, "-m", "hub", "talk", "--wav", recording],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert talked.stderr == "LiveKit could not be joined from here. hub doctor checks what it needs.\n"
    assert talked.returncode == 1
    assert fake.ended_reason == "operator_ended"


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_samples_keep_their_length_in_seconds(rate: int) -> None:
    sound = Sound(rate, array("h", [0] * rate))
    assert len(spoken.at_rate(sound)) == pytest.approx(48_000, rel=0.02)
