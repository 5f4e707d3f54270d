"""The recording of one call: nothing is kept before the caller has begun to hear that it is."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import anyio
from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from hub.core.wire import Brief, Recorded
from hub.voice.recording_taps import AgentTap, CallerTap
from hub.voice.recording_upload import Upload
from hub.voice.recording_writer import What, Writer
from hub.voice.shared import Shared
from hub.voice.speaker import Speaker

log = logging.getLogger(__name__)
AGENT_RATE: Final = 24_000
"""What LiveKit's output has where it does not say."""
ATTEMPTS: Final = 3
AGAIN_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a recording is told of: the hub's Journal, and the caller's page."""

    tell: Callable[..., None]
    notify: Callable[..., None]


class Recording:
    """Made only for a call that is to be recorded; `announce` begins it."""

    def __init__(
        self, shared: Shared, brief: Brief, session: AgentSession[Any], speaker: Speaker, out: Outlets
    ) -> None:
        self._session = session
        self._speaker = speaker
        self._part = brief.record_part
        self._wording = shared.persona(brief).phrases.recorded[0]
        self._spawn = shared.spawn
        self._out = out
        self._upload = Upload(shared.hub, brief.call_id, brief.record_part, stopped=self._stopped)
        self._writer: Writer | None = None
        self._announcement: SpeechHandle | None = None
        self._early: list[tuple[float, bytes]] = []
        self._on = False
        self._told = False
        self._seconds = 0.0
        self._finished = asyncio.Event()

    def listen(self, hearing_rate: int) -> None:
        """Stand between the room and the session; before anything is said."""
        heard, spoken = self._session.input.audio, self._session.output.audio
        if heard is None or spoken is None:
            return  # a session without sound
        loop = asyncio.get_running_loop()
        self._writer = Writer(
            caller_rate=hearing_rate,
            agent_rate=spoken.sample_rate or AGENT_RATE,
            give=lambda data, seconds: _on_loop(loop, self._encoded, data, seconds),
            over=lambda failure: _on_loop(loop, self._written, failure),
        )
        self._session.input.audio = CallerTap(heard, self)
        self._session.output.audio = AgentTap(spoken, self)

    def announce(self) -> None:
        """Say, as the first thing of all, that the call is recorded; what is said next waits behind it."""
        try:
            self._announcement = self._speaker.insist(self._wording)
        except RuntimeError:  # the session is closing
            self._announcement = None

    async def run(self) -> None:
        """See to it that the announcement is heard; a recording that cannot be announced is none."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await anyio.sleep(AGAIN_SECONDS)
                self.announce()
            if self._announcement is not None:
                await self._announcement.wait_for_playout()
            if self._on or self._told:
                return
        self._fail("the caller could not be told of it")

    def begins(self, t: float) -> None:
        """The agent's next words begin to be heard: the recording begins with those that tell of it."""
        if self._on:
            self.heard("plays", t)
        elif self._is_announced() and self._writer is not None and not self._told:
            self._on = True
            self._writer.start()
            self._spawn(self._upload.run)
            for at, samples in self._early:
                self._writer.put("agent", at, samples)
            self._early.clear()
            self._writer.put("plays", t)
            self._out.tell(Recorded, state="began", part=self._part)
            self._out.notify("recording", on=True)

    def heard(self, what: What, t: float, samples: bytes = b"") -> None:
        """A tap's frame, or news of earlier ones; only of the announcement before it is heard."""
        if self._on and self._writer is not None:
            self._writer.put(what, t, samples)
        elif what == "agent" and self._is_announced():
            self._early.append((t, samples))
        elif what != "caller":
            self._early.clear()

    def _is_announced(self) -> bool:
        return self._announcement is not None and self._session.current_speech is self._announcement

    def _encoded(self, data: bytes, seconds: float) -> None:
        self._seconds = seconds
        self._upload.add(data)

    def _written(self, failure: str | None) -> None:
        """The writer's thread has ended."""
        self._upload.close()
        if failure is not None:
            self._fail(failure)
        self._finished.set()

    def _stopped(self, why: str) -> None:
        """The hub takes no more."""
        self._fail(why)
        if self._writer is not None:
            self._writer.put("close", 0.0)

    def _fail(self, why: str) -> None:
        self._on = False
        if not self._told:
            self._told = True
            self._out.tell(Recorded, state="failed", part=self._part, seconds=self._seconds, message=why)
            self._out.notify("recording", on=False)

    async def aclose(self, t: float) -> None:
        """Write what there is to its end; what is not with the hub yet follows by itself."""
        on, self._on = self._on, False
        if not on or self._writer is None:
            return
        self._writer.put("close", t)
        with anyio.move_on_after(CLOSE_SECONDS):
            await self._finished.wait()
        if not self._told:
            self._told = True
            self._out.tell(Recorded, state="ended", part=self._part, seconds=round(self._seconds, 1))


def _on_loop(loop: asyncio.AbstractEventLoop, told: Callable[..., None], *values: Any) -> None:
    """From the writer's thread; a loop that is closed does not want to know."""
    try:
        loop.call_soon_threadsafe(told, *values)
    except RuntimeError:
        log.debug("a recording outlived its worker")
