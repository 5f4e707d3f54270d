"""A virtual caller: joins a room, speaks recordings, and times what it HEARS in the agent's sound.

Times are `time.time()` floats. The end of speech is the moment the last loud sample leaves the microphone's
queue; an onset is the arrival of the first loud sample of the agent.
"""

import asyncio
import time
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from livekit import rtc

Samples = np.ndarray[Any, np.dtype[np.int16]]
RATE: Final = 24_000
EAR_RATE: Final = 16_000
FRAME_SECONDS: Final = 0.02
LOUD: Final = 300.0
IN_A_ROW: Final = 3
"""So many loud pieces of 10 ms make a sound."""
LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Said:
    """When an utterance began and ended."""

    start: float
    end: float


@dataclass
class Line:
    """One piece of transcript that the room sent."""

    t: float
    identity: str
    text: str
    final: bool
    segment: str


@dataclass
class Heard:
    """The agent's sound in pieces of 10 ms: when, how loud, and its main pitch."""

    t: list[float] = field(default_factory=list)
    rms: list[float] = field(default_factory=list)
    hz: list[int] = field(default_factory=list)

    def onset(self, after: float, hz: int | None = None) -> float | None:
        """The first moment after `after` from which it is loud (at that pitch)."""
        run = 0
        for at in range(int(np.searchsorted(self.t, after)), len(self.t)):
            fits = self.rms[at] > LOUD and (hz is None or abs(self.hz[at] - hz) <= 150)
            run = run + 1 if fits else 0
            if run == IN_A_ROW:
                return self.t[at - run + 1]
        return None

    def last_loud(self, before: float = float("inf")) -> float | None:
        for at in range(len(self.t) - 1, -1, -1):
            if self.rms[at] > LOUD and self.t[at] < before:
                return self.t[at]
        return None

    def loud_seconds(self, start: float, end: float = float("inf")) -> float:
        return sum(0.01 for t, rms in zip(self.t, self.rms, strict=True) if start <= t < end and rms > LOUD)


class Caller:
    """One person with a microphone and an ear."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.heard = Heard()
        self.lines: list[Line] = []
        self.notices: list[str] = []
        """What came on the topic hub.events."""
        self.left = asyncio.Event()
        """The room is over."""
        self._pcm: Samples = np.zeros(0, np.int16)
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=60)
        self._spoken: list[asyncio.Future[Said]] = []
        self._started = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def joined(cls, url: str, token: str, *, microphone: bool = True) -> AsyncGenerator["Caller"]:
        """In the room until the block is left; then hang up."""
        caller = cls()
        await caller.join(url, token, microphone=microphone)
        try:
            yield caller
        finally:
            await caller.hang_up()

    async def join(self, url: str, token: str, *, microphone: bool = True) -> None:
        self.room.on("track_subscribed", self._track)
        self.room.on("disconnected", lambda *_: self.left.set())
        self.room.register_text_stream_handler(
            "lk.transcription", lambda r, who: self._own(self._line(r, who))
        )
        self.room.register_text_stream_handler("hub.events", lambda r, _who: self._own(self._notice(r)))
        await self.room.connect(url, token)
        if microphone:
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
            await self.room.local_participant.publish_track(track, options)
            self._own(self._speak())

    async def say(self, what: Samples | Path, rate: int = RATE) -> Said:
        """Speak samples or a mono WAV; returns when the last sample was sent."""
        samples, rate = (what, rate) if isinstance(what, np.ndarray) else read_wav(what)
        self._pcm = resampled(samples, rate, RATE)
        done: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._spoken.append(done)
        self._started = time.time() + self._source.queued_duration
        return await done

    async def type(self, text: str) -> None:
        """What a caller without a microphone does."""
        await self.room.local_participant.send_text(text, topic="lk.chat")

    async def onset(self, after: float, hz: int | None = None, seconds: float = 20) -> float:
        """Wait until the agent is heard (at that pitch).

        Raises:
            TimeoutError: It was not.
        """
        async with asyncio.timeout(seconds):
            while (at := self.heard.onset(after, hz)) is None:  # noqa: ASYNC110  # sound comes in pieces
                await asyncio.sleep(LOOK_SECONDS)
        return at

    async def quiet(self, gap: float = 0.5, seconds: float = 20) -> float | None:
        """Wait until nothing has been heard for `gap` seconds; returns when the last sound was."""
        async with asyncio.timeout(seconds):
            while True:
                last = self.heard.last_loud()
                if last is None or time.time() - last > gap:
                    return last
                await asyncio.sleep(LOOK_SECONDS)

    def transcript(self, identity: str | None = None) -> list[str]:
        """The final lines of one side: of this caller, or of the agent where no identity is given."""
        mine = self.room.local_participant.identity
        return [
            line.text
            for line in self.lines
            if line.final and (line.identity == identity if identity else line.identity != mine)
        ]

    async def hang_up(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self.room.disconnect()
        await self._source.aclose()

    def _own(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _track(self, track: rtc.Track, _publication: Any, _participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._own(self._listen(track))

    async def _speak(self) -> None:
        """The microphone: what is to be said, else silence, in real time."""
        count = int(RATE * FRAME_SECONDS)
        while True:
            piece, self._pcm = self._pcm[:count], self._pcm[count:]
            last = len(piece) > 0 and not len(self._pcm)
            frame = np.pad(piece, (0, count - len(piece))).tobytes()
            await self._source.capture_frame(rtc.AudioFrame(frame, RATE, 1, count))
            if last:
                end = time.time() + self._source.queued_duration - (count - len(piece)) / RATE
                for done in self._spoken:
                    if not done.done():
                        done.set_result(Said(self._started, end))
                self._spoken.clear()

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=EAR_RATE, num_channels=1, frame_size_ms=20)
        block = EAR_RATE // 100
        async for event in stream:
            now = time.time()
            pieces = np.frombuffer(event.frame.data, np.int16).astype(np.float32).reshape(-1, block)
            for at, piece in enumerate(pieces):
                rms = float(np.sqrt((piece**2).mean()))
                self.heard.t.append(now - (len(pieces) - at) * 0.01)
                self.heard.rms.append(rms)
                self.heard.hz.append(int(np.argmax(np.abs(np.fft.rfft(piece)))) * 100 if rms > LOUD else 0)

    async def _line(self, reader: rtc.TextStreamReader, identity: str) -> None:
        text = await reader.read_all()
        attributes = reader.info.attributes or {}
        final = attributes.get("lk.transcription_final") == "true"
        self.lines.append(Line(time.time(), identity, text, final, attributes.get("lk.segment_id", "")))

    async def _notice(self, reader: rtc.TextStreamReader) -> None:
        self.notices.append(await reader.read_all())


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples and the rate of a mono 16-bit WAV."""
    with wave.open(str(path), "rb") as file:
        if file.getnchannels() != 1 or file.getsampwidth() != 2:
            message = f"{path} is not a mono WAV of 16 bits"
            raise ValueError(message)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    if rate == wanted:
        return samples
    count = int(len(samples) * wanted / rate)
    positions = np.linspace(0, len(samples) - 1, count)
    return np.asarray(np.interp(positions, np.arange(len(samples)), samples)).astype(np.int16)


def lasting(samples: Samples, seconds: float, rate: int = RATE) -> Samples:
    """Speech without its pauses, cut or repeated to last exactly so long."""
    block = rate // 100
    pieces = samples[: len(samples) // block * block].reshape(-1, block)
    loud = pieces[np.sqrt((pieces.astype(np.float32) ** 2).mean(1)) > 2 * LOUD]
    count = int(seconds * 100)
    return np.asarray(np.concatenate([loud] * (count // len(loud) + 1))[:count].reshape(-1)).astype(np.int16)
