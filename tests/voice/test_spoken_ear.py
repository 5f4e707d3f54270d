"""What an ear can bear, tried by a virtual caller: murmurs, pauses, slow tools, "never mind", numbers."""

import json
import time
from typing import Any

import anyio
import numpy as np
import pytest

from hub.bench.providers import TONES, Rule, Utterance
from hub.bench.sounds import RATE, lasting, noise, samples
from hub.core.wire import ToolEnded
from tests.voice.conftest import Stage
from tests.voice.fake_hub import Endless, FakeCall, text
from tests.voice.test_spoken_call import talking

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]

MURMUR = Utterance("Mm-hm.", 0.5)
OFFICE = Utterance("tell me about the office", 1.0)
DIGITS = Utterance("my number is five five five", 1.5)
MORE_DIGITS = Utterance("one two three four", 1.9)
OFF = Utterance("never mind", 2.3)
STORY = "The answer is " + "a long story that goes on " * 8


@pytest.fixture(autouse=True)
def ears(stage: Stage) -> None:
    stage.providers.utterances = [MURMUR, OFFICE, DIGITS, MORE_DIGITS, OFF]


def sound(utterance: Utterance) -> Any:
    return lasting(samples(utterance.text), utterance.seconds)


def silence(seconds: float) -> Any:
    return np.zeros(int(seconds * RATE), np.int16)


async def whole_story(call: FakeCall) -> None:
    """The story is one turn of the agent's, heard to its end."""
    await call.until(lambda call: len(call.said("agent")) == 2)
    told = call.turns()[-1]
    assert (told.text, told.interrupted) == (STORY.strip(), False)
    assert call.said("caller") == [OFFICE.text]


@pytest.mark.parametrize("sounds", [sound(MURMUR), noise(0.25)], ids=["mm-hm", "a cough"])
async def test_after_a_murmur_or_a_cough_the_sentence_goes_on(stage: Stage, sounds: Any) -> None:
    stage.providers.rules.append(Rule("office", say=STORY))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        began = await caller.onset(said.end, TONES["answer"])
        await caller.say(sounds)
        await caller.onset(max(began, time.time()), TONES["answer"])
        await whole_story(call)


async def test_a_number_with_a_pause_in_it_is_one_turn(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _):
        await caller.say(np.concatenate([sound(DIGITS), silence(0.5), sound(MORE_DIGITS)]))
        await call.until(lambda call: call.said("caller"))
        assert call.said("caller") == [f"{DIGITS.text} {MORE_DIGITS.text}"]


async def test_a_slow_tool_is_announced_and_never_mind_stops_it_at_the_server(stage: Stage) -> None:
    endless = Endless()
    stage.hub.tool("db__count", endless)
    stage.providers.rules.append(Rule("office", "db__count"))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end)  # the announcement
        await caller.quiet()
        off = await caller.say(sound(OFF))
        await call.until(lambda _: endless.cancelled.is_set())
        await caller.onset(off.end, TONES["reply"])
        await call.until(lambda call: call.of(ToolEnded))
        assert call.of(ToolEnded)[0].text == "called off by the caller"
        assert not call.of(ToolEnded)[0].ok


async def test_who_talks_while_a_slow_tool_runs_is_answered_and_hears_its_result_later(stage: Stage) -> None:
    done = anyio.Event()

    async def count(_arguments: object, _progress: object) -> dict[str, object]:
        await done.wait()
        return text("forty two")

    stage.hub.tool("db__count", count)
    stage.providers.rules.append(Rule("office", "db__count"))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["announcement"])  # the filler
        await caller.quiet()
        meanwhile = await caller.say(sound(MORE_DIGITS))
        await caller.onset(meanwhile.end, TONES["reply"])
        await call.until(lambda call: f"I heard {MORE_DIGITS.text}" in call.said("agent"))
        assert not call.of(ToolEnded)
        await caller.quiet()
        done.set()
        await caller.onset(time.time(), TONES["answer"])
        await call.until(lambda call: "The answer is forty two" in call.said("agent"))


async def test_numbers_are_said_in_words_and_written_as_they_were(stage: Stage) -> None:
    stage.providers.rules.append(Rule("office", say="I heard it costs **$12.50** since 2024-03-15."))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["reply"])
        await call.until(lambda call: len(call.said("agent")) == 2)
        assert call.said("agent")[1] == "I heard it costs **$12.50** since 2024-03-15."
    words = "it costs twelve dollars and fifty cents since March fifteenth, twenty twenty-four."
    assert any(words in spoken for spoken in stage.providers.spoken)


async def test_the_page_gets_the_whole_of_a_result(stage: Stage) -> None:
    rows = [{"name": f"Customer {n}", "city": "Berlin"} for n in range(100)]

    async def customers(_arguments: object, _progress: object) -> dict[str, object]:
        return text(json.dumps(rows))

    stage.hub.tool("db__customers", customers)
    stage.providers.rules.append(Rule("office", "db__customers"))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["answer"])
        await call.until(lambda _: len(caller.notices) == 2)
        assert json.loads(caller.notices[1])["rows"] == rows
        assert '"total":100' in call.of(ToolEnded)[0].text
        assert call.of(ToolEnded)[0].whole["rows"] == rows
