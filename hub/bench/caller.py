"""A virtual caller: joins a room, speaks recordings, and times what it HEARS in the agent's sound.

Times are `time.time()` floats. The end of speech is the moment the last loud sample leaves the microphone's
queue; an onset is the arrival of the first loud sample of the agent.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from livekit import rtc
from livekit.rtc.data_stream import StreamError

from hub.bench.heard import Heard
from hub.bench.sounds import RATE, Samples, read_wav, resampled

EAR_RATE: Final = 16_000
FRAME_SECONDS: Final = 0.02
QUEUE_MS: Final = 60
LOOK_SECONDS: Final = 0.02
WAIT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Said:
    """When an utterance began and ended."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of transcript that the room sent."""

    t: float
    identity: str
    text: str
    final: bool
    segment: str


class Caller:
    """One person with a microphone and an ear."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.heard = Heard()
        self.lines: list[Line] = []
        self.notices: list[str] = []
        """What came on the topic hub.events."""
        self.sound: list[Samples] = []
        """All that came out of the agent's track, at EAR_RATE."""
        self.left = asyncio.Event()
        """The room is over."""
        self.connected_at = 0.0
        self.track_at: float | None = None
        """When the agent's sound was first there, silent as it may have been."""
        self._pcm: Samples = np.zeros(0, np.int16)
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE_MS)
        self._spoken: list[asyncio.Future[Said]] = []
        self._started: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def joined(cls, url: str, token: str, *, microphone: bool = True) -> AsyncGenerator["Caller"]:
        """In the room until the block is left; then hang up."""
        caller = cls()
        try:
            await caller.join(url, token, microphone=microphone)
            yield caller
        finally:
            await caller.hang_up()

    async def join(self, url: str, token: str, *, microphone: bool = True) -> None:
        """Enter the room and publish the microphone.

        Raises:
            livekit.rtc.ConnectError: LiveKit does not let us in.
        """
        self.room.on("track_subscribed", self._track)
        self.room.on("disconnected", lambda *_: self.left.set())
        self.room.register_text_stream_handler(
            "lk.transcription", lambda reader, who: self._own(self._line(reader, who))
        )
        self.room.register_text_stream_handler(
            "hub.events", lambda reader, _who: self._own(self._notice(reader))
        )
        await self.room.connect(url, token)
        self.connected_at = time.time()
        if microphone:
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
            await self.room.local_participant.publish_track(track, options)
            self._own(self._speak())

    async def say(self, what: Samples | Path, rate: int = RATE) -> Said:
        """Speak samples or a mono WAV; returns when the last sample was sent."""
        speech, rate = (what, rate) if isinstance(what, np.ndarray) else read_wav(what)
        done: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._spoken.append(done)
        self._pcm = resampled(speech, rate, RATE)
        return await done

    async def type(self, text: str) -> None:
        """What a caller without a microphone does."""
        await self.room.local_participant.send_text(text, topic="lk.chat")

    async def onset(self, after: float, hz: int | None = None, seconds: float = WAIT_SECONDS) -> float:
        """Wait until the agent is heard (at that pitch).

        Raises:
            TimeoutError: It was not.
        """
        async with asyncio.timeout(seconds):
            while (at := self.heard.onset(after, hz)) is None:  # noqa: ASYNC110  # sound comes in pieces
                await asyncio.sleep(LOOK_SECONDS)
        return at

    async def quiet(self, gap: float = 0.5, seconds: float = WAIT_SECONDS) -> float | None:
        """Wait until nothing has been heard for `gap` seconds; returns when the last sound was.

        Raises:
            TimeoutError: There was no such pause.
        """
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
        """Leave the room."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for done in self._spoken:
            done.cancel()
        await self.room.disconnect()
        await self._source.aclose()

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        """LiveKit calls back synchronously; what follows is ours to end."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _track(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self.track_at = self.track_at or time.time()
            self._own(self._listen(track))

    async def _speak(self) -> None:
        """The microphone: silence, and speech when there is some."""
        count = int(RATE * FRAME_SECONDS)
        while True:
            piece, self._pcm = self._pcm[:count], self._pcm[count:]
            if len(piece) and self._started is None:
                self._started = time.time() + self._source.queued_duration
            frame = np.pad(piece, (0, count - len(piece))).tobytes()
            await self._source.capture_frame(rtc.AudioFrame(frame, RATE, 1, count))
            if len(piece) and not len(self._pcm):
                self._finished(time.time() + self._source.queued_duration - (count - len(piece)) / RATE)

    def _finished(self, end: float) -> None:
        for done in self._spoken:
            if not done.done():
                done.set_result(Said(self._started or end, end))
        self._spoken.clear()
        self._started = None

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=EAR_RATE, num_channels=1, frame_size_ms=20)
        try:
            async for event in stream:
                piece = np.frombuffer(event.frame.data, np.int16)
                self.heard.take(piece, EAR_RATE, time.time())
                self.sound.append(piece)
        finally:
            await stream.aclose()

    async def _line(self, reader: rtc.TextStreamReader, identity: str) -> None:
        text = await _text(reader)
        attributes = reader.info.attributes or {}
        final = attributes.get("lk.transcription_final") == "true"
        self.lines.append(Line(time.time(), identity, text, final, attributes.get("lk.segment_id", "")))

    async def _notice(self, reader: rtc.TextStreamReader) -> None:
        self.notices.append(await _text(reader))


async def _text(reader: rtc.TextStreamReader) -> str:
    """A stream of text; what was begun when the room ended is lost."""
    try:
        return await reader.read_all()
    except StreamError:
        return ""
