"""The floor between the recogniser and the session, without either."""

from collections.abc import AsyncGenerator

import anyio
import pytest
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType

from hub.voice.floor import Floor

pytestmark = pytest.mark.anyio
START, END = SpeechEvent(SpeechEventType.START_OF_SPEECH), SpeechEvent(SpeechEventType.END_OF_SPEECH)
LONG = 60.0


def final(text: str) -> SpeechEvent:
    data = SpeechData(language="en", text=text)  # type: ignore[arg-type]  # LiveKit's own kind of a code
    return SpeechEvent(SpeechEventType.FINAL_TRANSCRIPT, alternatives=[data])


async def through(floor: Floor, *events: SpeechEvent | str) -> list[SpeechEvent | str]:
    async def source() -> AsyncGenerator[SpeechEvent | str]:
        for event in events:
            yield event

    with anyio.fail_after(5):
        return [event async for event in floor.heard(source())]


async def test_a_murmur_over_the_agent_is_not_heard() -> None:
    assert await through(Floor(lambda: True, LONG), START, final("Mm-hm."), END) == [START, END]


async def test_words_over_the_agent_are() -> None:
    stop = final("Stop, please.")
    assert await through(Floor(lambda: True, LONG), START, stop, END, "plain") == [START, stop, END, "plain"]


async def test_the_first_words_over_the_agent_wait_for_what_they_become() -> None:
    data = SpeechData(language="en", text="well")  # type: ignore[arg-type]
    first = SpeechEvent(SpeechEventType.INTERIM_TRANSCRIPT, alternatives=[data])
    assert await through(Floor(lambda: True, LONG), START, first, final("Mm-hm."), END) == [START, END]
    assert await through(Floor(lambda: False, LONG), START, first) == [START, first]


async def test_okay_is_an_answer_when_the_agent_asks() -> None:
    floor, okay = Floor(lambda: True, LONG), final("Okay.")
    assert await through(floor, okay) == []

    async def question() -> AsyncGenerator[str]:
        yield "Shall I"
        yield " go on?"

    assert [piece async for piece in floor.noted(question())] == ["Shall I", " go on?"]
    assert await through(floor, okay) == [okay]


async def test_a_murmur_in_silence_is_a_turn() -> None:
    okay = final("Okay.")
    assert await through(Floor(lambda: False, LONG), START, okay, END) == [START, okay, END]


async def test_a_pause_inside_a_number_does_not_end_the_turn() -> None:
    first, second = final("My number is 555"), final("one two three four")
    events = await through(Floor(lambda: False, LONG), START, first, END, START, second)
    assert events == [START, first, START, second]


async def test_who_does_not_go_on_is_answered_a_little_later() -> None:
    floor, number, released = Floor(lambda: False, 0.01), final("My number is 555"), anyio.Event()

    async def source() -> AsyncGenerator[SpeechEvent | str]:
        yield number
        yield END
        await released.wait()
        yield "later"

    heard: list[SpeechEvent | str] = []
    with anyio.fail_after(5):
        async for event in floor.heard(source()):
            heard.append(event)
            if event is END:
                released.set()
    assert heard == [number, END, "later"]
