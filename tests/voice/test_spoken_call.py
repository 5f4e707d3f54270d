"""Spoken calls from end to end: a virtual caller talks to the real worker through the real livekit-server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from hub.bench.caller import Caller
from hub.bench.providers import TONES, Rule, Utterance
from hub.bench.sounds import lasting, samples
from hub.core.wire import CallerState, Measured, ProviderState
from tests.conftest import ROOT
from tests.failed_calls import kept_when_failing
from tests.voice.conftest import Stage
from tests.voice.fake_hub import FakeCall, text

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]

OFFICE = Utterance("tell me about the office", 1.0)
TABLES = Utterance("which tables do we have", 1.5)
STOP = Utterance("stop stop please stop now and wait", 2.0)


@pytest.fixture(autouse=True)
def ears(stage: Stage) -> None:
    stage.providers.utterances = [OFFICE, TABLES, STOP]


def sound(utterance: Utterance) -> Any:
    return lasting(samples(utterance.text), utterance.seconds)


@asynccontextmanager
async def talking(stage: Stage, **values: Any) -> AsyncGenerator[tuple[FakeCall, Caller, str]]:
    """A caller who has heard the greeting."""
    call, room = await stage.start(**values)
    async with Caller.joined(stage.livekit.url, stage.livekit.token(room, "caller")) as caller:
        await caller.onset(0)
        await caller.quiet()
        with kept_when_failing(caller):
            yield call, caller, room


async def test_a_spoken_question_is_answered_aloud_and_both_sides_are_journaled(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["reply"])
        await call.until(lambda call: len(call.said("agent")) == 2)
        assert call.said("caller") == [OFFICE.text]
        assert call.said("agent")[1] == f"I heard {OFFICE.text}"
        assert any(not turn.final for turn in call.events if turn.kind == "turn" and turn.role == "caller")
        assert any(not turn.final for turn in call.events if turn.kind == "turn" and turn.role == "agent")
        assert [state.state for state in call.of(CallerState)] == ["joined"]
        await call.until(lambda call: call.of(Measured))
        assert OFFICE.text in caller.transcript("caller")


async def test_a_tool_is_used_and_the_page_is_told(stage: Stage) -> None:
    async def tables(_arguments: object, _progress: object) -> dict[str, object]:
        return text('{"tables":[{"name":"customers"}]}')

    stage.hub.tool("db__list_tables", tables)
    stage.providers.rules.append(Rule("which tables", "db__list_tables"))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(TABLES))
        await caller.onset(said.end, TONES["answer"])
        await call.until(lambda call: len(call.said("agent")) == 2)
        assert "customers" in call.said("agent")[1]
        kinds = [json.loads(notice)["kind"] for notice in caller.notices]
        assert kinds == ["tool_started", "tool_ended"]


async def test_what_is_typed_into_the_page_is_answered_aloud(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _):
        await caller.type("hello by text")
        await caller.onset(0, TONES["reply"])
        await call.until(lambda call: len(call.said("agent")) == 2)
        assert call.said("caller") == ["hello by text"]


async def test_typed_words_are_the_callers_turn_before_the_agent_says_anything_to_them(stage: Stage) -> None:
    call, room = await stage.start(first_message="Hello, this is " + "a long story " * 12)
    async with Caller.joined(stage.livekit.url, stage.livekit.token(room, "caller")) as caller:
        await call.until(lambda call: call.turns())
        await caller.type("hello by text")
        await call.until(lambda call: len(call.said("agent")) == 2)
    final = [event for event in call.events if event.kind == "turn" and event.final]
    assert [turn.text for turn in final if turn.role == "caller"] == ["hello by text"]
    assert final[0].role == "caller"
    assert [turn.role for turn in call.turns()] == ["agent", "caller", "agent"]
    assert call.turns()[0].interrupted
    assert call.turns()[2].text == "I heard hello by text"


async def test_a_caller_who_talks_over_the_agent_is_heard_and_the_cut_is_told(stage: Stage) -> None:
    stage.providers.rules.append(Rule("office", say="The answer is " + "a long story " * 12))
    async with talking(stage) as (call, caller, _):
        said = await caller.say(sound(OFFICE))
        began = await caller.onset(said.end, TONES["answer"])
        await anyio.sleep(1)
        await caller.say(sound(STOP))
        await caller.onset(began + 3, TONES["reply"])
        await call.until(lambda call: len(call.said("agent")) == 3)
        cut = next(turn for turn in call.turns() if turn.text.startswith("The answer"))
        assert cut.interrupted
        assert 0 < len(cut.text) < 100


async def test_a_clean_leave_frees_everything(stage: Stage) -> None:
    async with talking(stage) as (call, caller, room):
        stage.providers.events.clear()
        await caller.hang_up()
        await call.until(lambda call: call.ended, seconds=10)
        await stage.livekit.closed(room, seconds=10)
        assert call.ended
        assert call.ended.reason == "caller_left"
        assert [what for _, what in stage.providers.events if what.startswith("stt")] == ["stt closed"]


@pytest.mark.slow
async def test_a_caller_who_is_killed_ends_the_call_when_livekit_says_so(stage: Stage) -> None:
    call, room = await stage.start()
    code = (
        "import asyncio, sys; from livekit import rtc\n"
        "async def main():\n"
        "    await rtc.Room().connect(*sys.argv[1:]); print('in', flush=True); await asyncio.sleep(100)\n"
        "asyncio.run(main())"
    )
    process = subprocess.Popen(  # noqa: ASYNC220  # our own code
        [sys.executable, "-c", code, stage.livekit.url, stage.livekit.token(room, "caller")], cwd=ROOT
    )
    await call.until(lambda call: call.of(CallerState))
    process.kill()
    process.wait()
    await call.until(lambda call: call.ended, seconds=30)
    assert call.ended
    assert call.ended.reason == "caller_left"


async def test_a_recogniser_that_is_down_is_said_aloud_and_hears_again_when_it_is_back(stage: Stage) -> None:
    stage.providers.refuse["stt"] = 503
    async with talking(stage) as (call, caller, _):
        await call.until(lambda call: call.of(ProviderState))
        await call.until(lambda call: any("trouble hearing" in said for said in call.said("agent")))
        stage.providers.refuse.clear()
        await call.until(lambda call: call.of(ProviderState)[-1].state == "recovered")
        await caller.quiet()
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["reply"])
        assert [state.provider for state in call.of(ProviderState)] == ["stt", "stt"]


async def test_a_recogniser_that_refuses_the_key_ends_the_call_aloud(stage: Stage) -> None:
    stage.providers.refuse["stt"] = 401
    call, room = await stage.start()
    async with Caller.joined(stage.livekit.url, stage.livekit.token(room, "caller")) as caller:
        await caller.onset(0)
        await call.until(lambda call: call.ended)
    assert call.ended
    assert call.ended.reason == "provider_failed"
    assert "not working" in call.said("agent")[-1]


async def test_speech_that_fails_is_apologised_for_from_kept_sound(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _):
        stage.providers.refuse["tts"] = 500
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["failed"])
        await call.until(lambda call: any("trouble saying" in said for said in call.said("agent")))
        assert call.of(ProviderState)[0].provider == "tts"


async def test_the_link_outlasts_a_restart_of_the_hub(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _):
        stage.hub.broken = 10**6
        said = await caller.say(sound(OFFICE))
        await caller.onset(said.end, TONES["reply"])
        await caller.quiet()
        assert call.said("caller") == []
        stage.hub.broken = 0
        await call.until(lambda call: len(call.said("agent")) == 2)
        assert call.said("caller") == [OFFICE.text]
        assert [event.seq for event in call.events] == list(range(1, len(call.events) + 1))


async def test_a_stopped_worker_hands_its_calls_over_and_is_gone_at_once(stage: Stage) -> None:
    async with talking(stage) as (call, caller, _room):
        os.kill(stage.worker.pid, signal.SIGTERM)
        with anyio.fail_after(15):
            assert await stage.worker.process.wait() == 0
        assert call.ended
        assert (call.ended.reason, call.ended.message) == ("worker_lost", "worker stopping")
        assert call.ended.handover
        assert not caller.left.is_set()  # another worker finds them there
