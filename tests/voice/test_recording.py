"""The recording in the worker: where each sound is placed, what is written, and how it reaches the hub."""

import io
import queue
from typing import Any

import anyio
import av
import numpy as np
import pytest
from numpy.typing import NDArray

from hub.core.recording import sounding
from hub.core.wire import RecordingStored
from hub.voice import recording_upload
from hub.voice.hub_client import HubRefused, HubUnreachable
from hub.voice.recording_encoder import Encoder
from hub.voice.recording_timeline import Channel, Heard, Samples, Spoken
from hub.voice.recording_upload import KEPT_BYTES_MOST, PIECE_BYTES, Upload
from hub.voice.recording_writer import Writer

pytestmark = pytest.mark.anyio
RATE = 1000
CALLER_RATE, AGENT_RATE = 16_000, 24_000


def loud(samples: int, value: int = 1000) -> Samples:
    return np.full(samples, value, np.int16)


def where(block: Samples) -> list[tuple[int, int]]:
    """From where to where something sounds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], block != 0, [0]]).astype(int)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def test_a_channel_is_silent_where_nothing_was_placed() -> None:
    channel = Channel(RATE, 10.0)
    channel.place(10.1, loud(50))
    channel.place(10.3, loud(100))
    assert where(channel.take(10.35)) == [(100, 150), (300, 350)]
    assert where(channel.take(10.5)) == [(0, 50)]


def test_what_comes_too_late_is_left_out_and_not_put_elsewhere() -> None:
    channel = Channel(RATE, 10.0)
    channel.take(10.2)
    channel.place(10.1, loud(50))
    channel.place(10.15, loud(100))
    assert where(channel.take(10.5)) == [(0, 50)]
    assert len(channel.take(10.4)) == 0


def test_the_callers_frames_are_one_stream_though_the_network_shakes_them() -> None:
    heard = Heard(RATE, 0.0)
    for at, late in enumerate([0.0, 0.03, 0.0, 0.05, 0.01]):
        heard.frame(0.1 * (at + 1) + late, loud(100))
    assert where(heard.channel.take(1.0)) == [(0, 500)]


def test_a_caller_who_was_muted_goes_on_where_they_speak_again() -> None:
    heard = Heard(RATE, 0.0)
    heard.frame(0.1, loud(100))
    heard.frame(0.6, loud(100))
    assert where(heard.channel.take(1.0)) == [(0, 100), (500, 600)]


def test_after_a_jam_the_caller_catches_up_where_they_are_silent() -> None:
    heard = Heard(RATE, 0.0)
    for _ in range(4):
        heard.frame(0.5, loud(100))  # all at once
    for at in range(5):
        heard.frame(0.6 + at * 0.1, loud(100, 0))
    heard.frame(1.1, loud(100))
    ends = where(heard.channel.take(2.0))
    assert ends[0] == (400, 800)
    assert abs(ends[1][0] - 1000) <= 120


def test_the_agent_is_placed_where_it_is_heard_not_where_it_was_made() -> None:
    spoken = Spoken(RATE, 0.0)
    for _ in range(5):
        spoken.frame(0.0, loud(100))
    spoken.plays(0.2)
    assert where(spoken.take(0.4)) == [(200, 400)]
    spoken.ended(0.71, interrupted=False)
    assert where(spoken.take(1.0)) == [(0, 300)]


def test_what_the_caller_cut_off_is_not_in_the_recording() -> None:
    spoken = Spoken(RATE, 0.0)
    spoken.frame(0.0, loud(500))
    spoken.plays(0.0)
    spoken.dropped(0.2)
    spoken.ended(0.21, interrupted=True)
    assert where(spoken.take(1.0)) == [(0, 200)]


def test_a_pause_is_a_pause() -> None:
    spoken = Spoken(RATE, 0.0)
    spoken.frame(0.0, loud(400))
    spoken.plays(0.0)
    spoken.holds(0.1)
    spoken.plays(0.5)
    assert where(spoken.take(1.0)) == [(0, 100), (500, 800)]


def test_an_output_that_ran_dry_goes_on_when_more_comes() -> None:
    spoken = Spoken(RATE, 0.0)
    spoken.frame(0.0, loud(100))
    spoken.plays(0.0)
    spoken.heard(0.3)
    spoken.frame(0.5, loud(100))
    assert where(spoken.take(1.0)) == [(0, 100), (500, 600)]


def tone(hz: int, rate: int, seconds: float) -> Samples:
    wave = 8000 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)
    return wave.astype(np.int16)


def decoded(data: bytes) -> NDArray[np.float32]:
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def pitch(side: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(side))
    return float(np.fft.rfftfreq(len(side), 1 / 48_000)[int(spectrum.argmax())])


def test_the_caller_is_on_the_left_and_the_agent_on_the_right() -> None:
    encoder = Encoder(caller_rate=CALLER_RATE, agent_rate=AGENT_RATE)
    data = b"".join(encoder.add(tone(440, CALLER_RATE, 1), tone(1000, AGENT_RATE, 1)) for _ in range(4))
    data += encoder.close()
    left, right = decoded(data)
    assert abs(pitch(left) - 440) < 5
    assert abs(pitch(right) - 1000) < 5
    assert abs(sounding(data, data) - 4) < 0.05


def test_what_a_killed_worker_had_written_can_be_played() -> None:
    encoder = Encoder(caller_rate=CALLER_RATE, agent_rate=AGENT_RATE)
    data = b"".join(encoder.add(tone(440, CALLER_RATE, 1), tone(1000, AGENT_RATE, 1)) for _ in range(4))
    assert decoded(data).shape[1] / 48_000 > 3.4
    assert decoded(data[:-100]).shape[1] / 48_000 > 2.9
    assert sounding(data, data) > 3.4


def test_a_call_in_which_nothing_was_recorded_ends_well() -> None:
    encoder = Encoder(caller_rate=CALLER_RATE, agent_rate=AGENT_RATE)
    assert encoder.add(np.zeros(0, np.int16), np.zeros(0, np.int16)) == b""
    encoder.close()


class Written:
    """What a writer gave."""

    def __init__(self, rate: int = AGENT_RATE) -> None:
        self.data = b""
        self.seconds = 0.0
        self.over: queue.Queue[str | None] = queue.Queue()
        self.writer = Writer(caller_rate=CALLER_RATE, agent_rate=rate, give=self._give, over=self.over.put)

    def _give(self, data: bytes, seconds: float) -> None:
        self.data += data
        self.seconds = seconds


def test_a_recording_begins_with_the_first_words_of_the_agent() -> None:
    written = Written()
    put = written.writer.put
    put("caller", 99.0, tone(440, CALLER_RATE, 0.5).tobytes())  # before: not kept
    put("agent", 99.5, tone(1000, AGENT_RATE, 2).tobytes())
    put("plays", 100.0)
    for at in range(100):
        put("caller", 100.02 + at * 0.02, tone(440, CALLER_RATE, 0.02).tobytes())
    put("holds", 101.0)
    put("plays", 101.5)
    put("dropped", 101.6)
    put("cut", 101.6)
    put("close", 103.0)
    written.writer.start()
    assert written.over.get(timeout=10) is None
    left, right = decoded(written.data)
    assert abs(written.seconds - 3) < 0.01
    assert abs(len(left) / 48_000 - 3) < 0.05
    assert np.abs(left[: 2 * 48_000]).max() > 0.1
    assert np.abs(left[int(2.1 * 48_000) :]).max() < 0.01
    assert np.abs(right[int(1.1 * 48_000) : int(1.4 * 48_000)]).max() < 0.01
    assert np.abs(right[int(1.52 * 48_000) : int(1.58 * 48_000)]).max() > 0.1


def test_a_worker_that_was_stopped_for_long_leaves_a_silence() -> None:
    written = Written()
    written.writer.put("plays", 0.0)
    written.writer.put("caller", 100.0, tone(440, CALLER_RATE, 0.02).tobytes())
    written.writer.put("close", 100.0)
    written.writer.start()
    assert written.over.get(timeout=30) is None
    assert abs(sounding(written.data[:65_536], written.data[-65_536:]) - 100) < 0.1


def test_a_writer_that_never_began_ends_without_a_word() -> None:
    written = Written()
    written.writer.put("agent", 1.0, b"")
    written.writer.put("close", 2.0)
    written.writer.start()
    assert written.over.get(timeout=10) is None
    assert written.data == b""


def test_an_encoder_that_fails_says_so_and_harms_nobody() -> None:
    written = Written(rate=11_111)  # Opus does not know it
    written.writer.put("plays", 1.0)
    written.writer.put("close", 3.0)
    written.writer.start()
    failure = written.over.get(timeout=10)
    assert failure is not None
    assert failure.startswith("the encoder failed")


class Hub:
    """Keeps what it is brought; fails as often as it is told to."""

    def __init__(self) -> None:
        self.data = b""
        self.failures: list[Exception] = []
        self.over = ""
        self.finished = False
        self.largest = 0

    async def recording(
        self, call_id: str, part: int, at: int, data: bytes, *, last: bool
    ) -> RecordingStored:
        assert (call_id, part) == ("c1", 2)
        if self.failures:
            raise self.failures.pop(0)
        if self.over:
            return RecordingStored(size=0, over=self.over)
        if at <= len(self.data):
            self.data = self.data[:at] + data
        self.largest = max(self.largest, len(data))
        self.finished = last
        return RecordingStored(size=len(self.data))


def uploading(hub: Any, **more: Any) -> tuple[Upload, list[str]]:
    stopped: list[str] = []
    return Upload(hub, "c1", 2, stopped=stopped.append, random01=lambda: 0.0, **more), stopped


async def test_a_recording_comes_to_the_hub_whole_and_in_order() -> None:
    hub = Hub()
    upload, stopped = uploading(hub)
    hub.failures = [HubUnreachable("away"), HubUnreachable("away")]
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(upload.run)
            upload.add(b"a" * (PIECE_BYTES + 10))
            await anyio.wait_all_tasks_blocked()
            upload.add(b"b" * 5)
            upload.close()
            upload.close()
            upload.add(b"too late")
    assert hub.data == b"a" * (PIECE_BYTES + 10) + b"b" * 5
    assert hub.finished
    assert hub.largest <= PIECE_BYTES
    assert stopped == []


@pytest.mark.parametrize(
    ("failure", "over", "words"),
    [
        (None, "the hub's disk is full", "disk is full"),
        (HubRefused(404, "There is no call c1."), "", "There is no call"),
    ],
)
async def test_a_hub_that_takes_no_more_ends_it(failure: Exception | None, over: str, words: str) -> None:
    hub = Hub()
    hub.failures, hub.over = [failure] if failure else [], over
    upload, stopped = uploading(hub)
    upload.add(b"x")
    with anyio.fail_after(10):
        await upload.run()
    upload.add(b"y")
    assert len(stopped) == 1
    assert words in stopped[0]


async def test_a_hub_that_has_lost_a_piece_ends_it() -> None:
    hub = Hub()
    upload, stopped = uploading(hub)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(upload.run)
            upload.add(b"abc")
            await anyio.wait_all_tasks_blocked()
            hub.data = b""
            upload.add(b"def")
    assert stopped == ["the hub has lost a piece of it"]


async def test_a_hub_that_does_not_come_back_is_given_up_after_the_call() -> None:
    hub, now = Hub(), iter([0.0, *[100.0] * 10])
    hub.failures = [HubUnreachable("away")] * 5
    upload, stopped = uploading(hub, clock=lambda: next(now))
    upload.add(b"x")
    upload.close()
    with anyio.fail_after(10):
        await upload.run()
    assert stopped == ["the hub was not reached again"]


async def test_a_hub_that_is_away_for_too_long_does_not_fill_the_workers_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert KEPT_BYTES_MOST < 20_000_000
    monkeypatch.setattr(recording_upload, "KEPT_BYTES_MOST", 10)
    upload, stopped = uploading(Hub())
    upload.add(b"x" * 8)
    upload.add(b"x" * 8)
    assert stopped == ["the hub was away for too long"]
    with anyio.fail_after(5):
        await upload.run()
