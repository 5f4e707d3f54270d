"""Where a recording listens: in LiveKit's chains of sound, between the room and the session."""

import time
from typing import Final, Protocol

from livekit import rtc
from livekit.agents.voice import io

from hub.voice.recording_writer import What

LABEL: Final = "recording"


class Ear(Protocol):
    """What a tap tells."""

    def heard(self, what: What, t: float, samples: bytes = b"") -> None: ...

    def begins(self, t: float) -> None:
        """The agent's next words begin to be heard."""


class CallerTap(io.AudioInput):
    """Passes the caller's frames on, and tells of each."""

    def __init__(self, source: io.AudioInput, ear: Ear) -> None:
        super().__init__(label=LABEL, source=source)
        self._from = source
        self._ear = ear

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await self._from.__anext__()
        self._ear.heard("caller", time.monotonic(), bytes(frame.data))
        return frame


class AgentTap(io.AudioOutput):
    """Passes the agent's frames on, and tells of each, and of when they are heard or dropped."""

    def __init__(self, sink: io.AudioOutput, ear: Ear) -> None:
        super().__init__(
            label=LABEL,
            next_in_chain=sink,
            sample_rate=sink.sample_rate,
            capabilities=io.AudioOutputCapabilities(pause=True),
        )
        self._to = sink
        self._ear = ear
        self._playing = False

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self._to.capture_frame(frame)
        await super().capture_frame(frame)
        self._ear.heard("agent", time.monotonic(), bytes(frame.data))

    def flush(self) -> None:
        super().flush()
        self._to.flush()

    def clear_buffer(self) -> None:
        self._ear.heard("dropped", time.monotonic())
        self._to.clear_buffer()

    def pause(self) -> None:
        self._ear.heard("holds", time.monotonic())
        super().pause()

    def resume(self) -> None:
        super().resume()
        if self._playing:
            self._ear.heard("plays", time.monotonic())

    def on_playback_started(self, *, created_at: float) -> None:
        super().on_playback_started(created_at=created_at)
        self._playing = True
        self._ear.begins(time.monotonic())

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )
        self._playing = False
        self._ear.heard("cut" if interrupted else "ended", time.monotonic())
