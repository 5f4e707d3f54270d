"""A recording begins with the words that tell of it, and not at all without them."""

import time
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from livekit import rtc
from livekit.agents.voice import io

from hub.core.wire import Brief
from hub.voice import recording
from hub.voice.persona import Persona
from hub.voice.recording import Outlets, Recording

pytestmark = pytest.mark.anyio
FRAME = rtc.AudioFrame(bytes(480 * 2), 24_000, 1, 480)
PERSONA = Persona(name="p", greeting="Hello.", instructions="Be brief.")
HEARD = rtc.AudioFrame(bytes(320 * 2), 16_000, 1, 320)


class Speech:
    """One speech; over when it is told to be."""

    def __init__(self) -> None:
        self.over = anyio.Event()

    async def wait_for_playout(self) -> None:
        await self.over.wait()


class Microphone(io.AudioInput):
    async def __anext__(self) -> rtc.AudioFrame:
        return HEARD


class Loudspeaker(io.AudioOutput):
    """Plays nothing until a test says so."""

    def __init__(self) -> None:
        super().__init__(
            label="room", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=24_000
        )
        self.cleared = 0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)

    def flush(self) -> None:
        super().flush()

    def clear_buffer(self) -> None:
        self.cleared += 1


class Stage:
    """A session, a speaker and a hub around one recording."""

    def __init__(self) -> None:
        self.room = Loudspeaker()
        self.session = SimpleNamespace(
            input=SimpleNamespace(audio=Microphone(label="room")),
            output=SimpleNamespace(audio=self.room),
            current_speech=None,
        )
        self.said: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.notices: list[Any] = []
        self.spawned: list[Any] = []
        shared = SimpleNamespace(persona=lambda _brief: PERSONA, hub=self, spawn=self.spawned.append)
        brief = Brief(
            call_id="c1",
            token="t",  # noqa: S106  # it opens nothing
            mcp_path="/",
            mode="browser",
            goal="g",
            max_seconds=60,
            record_part=1,
        )
        out = Outlets(
            lambda _event, **values: self.told.append(values),
            lambda _kind, **values: self.notices.append(values["on"]),
        )
        self.recording = Recording(
            cast("Any", shared), brief, cast("Any", self.session), cast("Any", self), out
        )
        self.recording.listen(16_000)

    def insist(self, text: str) -> Speech:
        self.said.append(text)
        self.session.current_speech = Speech()
        return cast("Speech", self.session.current_speech)

    async def speak(self, frames: int = 50) -> None:
        for _ in range(frames):
            await self.session.output.audio.capture_frame(FRAME)

    async def hear(self, frames: int = 50) -> None:
        for _ in range(frames):
            await anext(self.session.input.audio)

    @property
    def states(self) -> list[str]:
        return [one["state"] for one in self.told]


async def test_it_begins_when_the_announcement_begins_to_be_heard() -> None:
    stage = Stage()
    stage.recording.announce()
    assert stage.said == ["This call is recorded."]
    await stage.hear()
    await stage.speak()
    assert (stage.states, stage.spawned) == ([], [])
    stage.room.on_playback_started(created_at=100.0)
    assert stage.states == ["began"]
    assert stage.notices == [True]
    assert len(stage.spawned) == 1
    stage.room.on_playback_finished(playback_position=1.0, interrupted=False)
    await stage.recording.aclose(time.monotonic() + 3)
    assert stage.told[-1] | {"seconds": 3} == {"state": "ended", "part": 1, "seconds": 3}
    assert 3 <= stage.told[-1]["seconds"] < 30


async def test_other_words_do_not_begin_it() -> None:
    stage = Stage()
    stage.recording.announce()
    stage.session.current_speech = Speech()
    await stage.speak()
    stage.room.on_playback_started(created_at=100.0)
    stage.room.on_playback_finished(playback_position=1.0, interrupted=False)
    await stage.recording.aclose(time.monotonic() + 3)
    assert (stage.states, stage.notices, stage.spawned) == ([], [], [])


async def test_what_cannot_be_announced_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "AGAIN_SECONDS", 0.0)
    stage = Stage()

    def silent(text: str) -> Speech:
        speech = Stage.insist(stage, text)
        speech.over.set()
        return speech

    monkeypatch.setattr(stage, "insist", silent)
    stage.recording.announce()
    with anyio.fail_after(5):
        await stage.recording.run()
    assert len(stage.said) == recording.ATTEMPTS
    assert stage.states == ["failed"]
    await stage.speak()
    stage.room.on_playback_started(created_at=100.0)
    assert stage.states == ["failed"]
    assert stage.spawned == []


async def test_a_session_that_is_closing_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "AGAIN_SECONDS", 0.0)
    stage = Stage()

    def closing(text: str) -> Speech:
        raise RuntimeError(text)

    monkeypatch.setattr(stage, "insist", closing)
    stage.recording.announce()
    with anyio.fail_after(5):
        await stage.recording.run()
    assert stage.states == ["failed"]


async def test_one_that_is_announced_needs_no_second_attempt() -> None:
    stage = Stage()
    stage.recording.announce()
    await stage.speak()
    stage.room.on_playback_started(created_at=100.0)
    stage.session.current_speech.over.set()
    with anyio.fail_after(5):
        await stage.recording.run()
    assert stage.said == ["This call is recorded."]
    await stage.recording.aclose(time.monotonic() + 1)


async def test_what_is_paused_resumed_and_cut_off_reaches_the_room_as_well() -> None:
    stage = Stage()
    stage.recording.announce()
    tap = stage.session.output.audio
    await stage.speak()
    stage.room.on_playback_started(created_at=100.0)
    tap.pause()
    tap.resume()
    tap.flush()
    tap.clear_buffer()
    assert stage.room.cleared == 1
    assert tap.sample_rate == 24_000
    assert tap.can_pause
    stage.room.on_playback_finished(playback_position=0.5, interrupted=True)
    await stage.recording.aclose(time.monotonic() + 2)
    assert stage.states == ["began", "ended"]


async def test_a_session_without_sound_is_left_alone() -> None:
    stage = Stage()
    stage.session.output.audio = None
    stage.recording.listen(16_000)
    assert stage.session.output.audio is None
