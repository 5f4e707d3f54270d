"""A sentence that nobody cut off goes on, whatever became of LiveKit's own timer."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal, cast

import anyio
import pytest
from livekit.agents.voice import AgentSession
from livekit.agents.voice.events import UserStateChangedEvent
from livekit.rtc import EventEmitter

from hub.voice.resuming import Resuming

pytestmark = pytest.mark.anyio


@dataclass
class Speech:
    interrupted: bool = False


@dataclass
class Sound:
    resumed: anyio.Event = field(default_factory=anyio.Event)

    def resume(self) -> None:
        self.resumed.set()


class Session(EventEmitter[str]):
    """What is looked at of a session."""

    def __init__(self) -> None:
        super().__init__()
        self.current_speech: Speech | None = Speech()
        self.agent_state = "listening"
        self.sound = Sound()
        self.output = SimpleNamespace(audio=self.sound)
        Resuming(cast("AgentSession[Any]", self), resume=0, lost=0.01)

    def caller(self, now: Literal["speaking", "listening"]) -> None:
        before: Literal["speaking", "listening"] = "listening" if now == "speaking" else "speaking"
        self.emit("user_state_changed", UserStateChangedEvent(old_state=before, new_state=now))

    async def resumes(self) -> bool:
        """Whether it does, in many times the time that it takes."""
        with anyio.move_on_after(0.2):
            await self.sound.resumed.wait()
        return self.sound.resumed.is_set()


async def test_a_pause_that_nobody_ends_is_ended_when_the_sound_is_over() -> None:
    session = Session()
    session.caller("speaking")
    session.caller("listening")
    with anyio.fail_after(10):
        await session.sound.resumed.wait()


async def test_a_caller_who_goes_on_speaking_keeps_the_floor() -> None:
    session = Session()
    session.caller("listening")
    session.caller("speaking")
    assert not await session.resumes()


@pytest.mark.parametrize(
    "speech", [None, Speech(interrupted=True)], ids=["nothing was being said", "it was cut off"]
)
async def test_nothing_goes_on_where_nothing_waits(speech: Speech | None) -> None:
    session = Session()
    session.current_speech = speech
    session.caller("listening")
    assert not await session.resumes()


async def test_a_sentence_that_goes_on_by_itself_is_left_alone() -> None:
    session = Session()
    session.agent_state = "speaking"
    session.caller("listening")
    assert not await session.resumes()


async def test_a_session_that_is_over_is_not_looked_at() -> None:
    session = Session()
    session.caller("listening")
    session.emit("close", None)
    assert not await session.resumes()
