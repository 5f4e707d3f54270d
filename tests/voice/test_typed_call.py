"""Typed calls from end to end: real worker, real livekit-server, fake hub, fake providers."""

import json
from functools import partial
from typing import Any

import anyio
import pytest
from livekit import rtc

from hub.bench.providers import Rule
from hub.core.wire import CallerState, CommandDone, Joined, ProviderState, ToolEnded, ToolStarted
from tests.voice.conftest import Stage
from tests.voice.fake_hub import Endless, FakeCall, text

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]


async def greeted(stage: Stage, **values: Any) -> FakeCall:
    """A typed call in which the agent has spoken first."""
    call, _ = await stage.start(mode="text", **values)
    await call.until(lambda call: call.said("agent"))
    return call


def _said_more_than(count: int, call: FakeCall) -> bool:
    return len(call.said("agent")) > count


async def ended(call: FakeCall) -> str:
    call.order("end")
    await call.until(lambda call: call.ended)
    assert call.ended
    return call.ended.reason


async def test_the_agent_speaks_first_and_answers_out_of_a_tool(stage: Stage) -> None:
    async def tables(_arguments: object, _progress: object) -> dict[str, object]:
        return text('{"tables":[{"name":"customers"},{"name":"orders"}]}')

    stage.hub.tool("db__list_tables", tables)
    stage.providers.rules.append(Rule("which tables", "db__list_tables"))
    call, room = await stage.start(mode="text", first_message="Good morning!")
    await call.until(lambda call: call.said("agent"))
    assert call.said("agent") == ["Good morning!"]
    number = call.order("caller", "which tables do we have")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert call.said("caller") == ["which tables do we have"]
    assert "customers" in call.said("agent")[1]
    assert [event.tool for event in call.of(ToolStarted)] == ["db__list_tables"]
    assert call.of(ToolEnded)[0].ok
    assert [(done.command, done.outcome) for done in call.of(CommandDone)] == [(number, "in_context")]
    assert call.of(Joined)
    call.order("end", "Goodbye then.")
    await call.until(lambda call: call.ended)
    assert call.ended is not None
    assert call.ended.reason == "operator_ended"
    assert call.said("agent")[-1] == "Goodbye then."
    assert call.of(CommandDone)[-1].outcome == "spoken"
    assert call.events[-1] is call.ended
    await stage.livekit.closed(room)


async def test_without_a_first_message_the_persona_greets(stage: Stage) -> None:
    call = await greeted(stage)
    assert call.said("agent")[0].startswith("Hello")
    assert await ended(call) == "operator_ended"


async def test_in_a_german_call_the_persona_greets_in_german(stage: Stage) -> None:
    call = await greeted(stage, language="de-AT")
    assert call.said("agent")[0].startswith("Guten Tag")
    assert await ended(call) == "operator_ended"


async def test_typed_lines_are_answered_in_order(stage: Stage) -> None:
    call = await greeted(stage)
    for line in ("first", "second", "third"):
        call.order("caller", line)
    await call.until(lambda call: len(call.said("agent")) == 4)
    turns = [(turn.role, turn.text) for turn in call.turns()[1:]]
    assert turns == [
        (role, f"{heard}{line}")
        for line in ("first", "second", "third")
        for role, heard in (("caller", ""), ("agent", "I heard "))
    ]
    await ended(call)


async def test_what_a_desktop_has_said_is_word_for_word_and_the_operators(stage: Stage) -> None:
    call = await greeted(stage)
    number = call.order("say", "Please hold the line.")
    await call.until(lambda call: call.of(CommandDone))
    assert call.said("operator") == ["Please hold the line."]
    done = call.of(CommandDone)[0]
    assert (done.command, done.outcome, done.text) == (number, "spoken", "Please hold the line.")
    await ended(call)


async def test_an_instruction_makes_the_agent_speak_and_stays_known(stage: Stage) -> None:
    call = await greeted(stage)
    call.order("instruct", "Ask for the order number.")
    await call.until(lambda call: call.of(CommandDone))
    assert call.of(CommandDone)[0].outcome == "spoken"
    assert "Ask for the order number." in stage.providers.heard[-1]["messages"][-1]["content"]
    call.order("caller", "hello")
    await call.until(lambda call: len(call.said("agent")) == 3)
    assert any("Ask for the order number." in str(m) for m in stage.providers.heard[-1]["messages"])
    await ended(call)


async def test_context_is_added_without_a_word(stage: Stage) -> None:
    call = await greeted(stage)
    call.order("context", "The caller is a gold customer.")
    await call.until(lambda call: call.of(CommandDone))
    assert call.of(CommandDone)[0].outcome == "in_context"
    assert len(call.said("agent")) == 1
    call.order("caller", "hello")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert "gold customer" in json.dumps(stage.providers.heard[-1]["messages"])
    await ended(call)


async def test_a_failing_tool_reaches_the_model_as_a_sentence(stage: Stage) -> None:
    async def fails(_arguments: object, _progress: object) -> dict[str, object]:
        message = 'Failed to run sql query: ERROR:  42P01: relation "nope" does not exist\nLINE 1'
        return text(json.dumps({"error": {"name": "Error", "message": message}}), error=True)

    stage.hub.tool("db__execute_sql", fails)
    stage.providers.rules.append(Rule("nope", "db__execute_sql", {"query": "select * from nope"}))
    call = await greeted(stage)
    call.order("caller", "show me nope")
    await call.until(lambda call: len(call.said("agent")) == 2)
    told = stage.providers.heard[-1]["messages"][-1]["content"]
    assert told == 'There is no such table: relation "nope" does not exist.'
    assert call.of(ToolEnded)[0].ok is False
    assert call.of(ToolEnded)[0].text == told
    await ended(call)


async def test_a_slow_tool_is_announced_and_frees_the_turn(stage: Stage) -> None:
    finish = anyio.Event()

    async def slow(_arguments: object, progress: Any) -> dict[str, object]:
        await progress(1)
        await finish.wait()
        return text("forty two")

    stage.hub.tool("db__slow", slow)
    stage.providers.rules.append(Rule("slowly", "db__slow"))
    call = await greeted(stage)
    call.order("caller", "slowly please")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert "I'm looking that up" in call.said("agent")[1]
    call.order("caller", "are you there")
    await call.until(lambda call: "I heard are you there" in call.said("agent"))
    finish.set()
    await call.until(lambda call: any("forty two" in said for said in call.said("agent")))
    await ended(call)


async def test_ending_a_call_cancels_its_running_tools(stage: Stage) -> None:
    forever = Endless()
    stage.hub.tool("db__forever", forever)
    stage.providers.rules.append(Rule("forever", "db__forever"))
    call = await greeted(stage)
    call.order("caller", "forever")
    with anyio.fail_after(10):
        await forever.started.wait()
        assert await ended(call) == "operator_ended"
        await forever.cancelled.wait()
    assert call.of(ToolEnded)[0].ok is False


async def test_a_tool_that_appears_during_the_call_can_be_used(stage: Stage) -> None:
    async def new(_arguments: object, _progress: object) -> dict[str, object]:
        return text("brand new")

    stage.providers.rules.append(Rule("new tool", "db__new"))
    call = await greeted(stage)
    call.order("caller", "the new tool")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert call.said("agent")[1] == "I heard the new tool"
    stage.hub.tool("db__new", new)
    await stage.hub.tools_changed()
    for count in range(2, 12):  # the news needs a moment to arrive
        call.order("caller", "the new tool")
        await call.until(partial(_said_more_than, count))
        if "brand new" in call.said("agent")[-1]:
            break
    assert "brand new" in call.said("agent")[-1]
    await ended(call)


async def test_the_agent_can_end_the_call_itself(stage: Stage) -> None:
    stage.providers.rules.append(Rule("goodbye", "end_call"))
    call = await greeted(stage)
    call.order("caller", "goodbye")
    await call.until(lambda call: call.ended)
    assert call.ended
    assert call.ended.reason == "agent_ended"
    assert call.said("agent")[-1] == "Thank you for calling. Goodbye."


async def test_a_call_ends_when_its_time_is_up_and_says_so(stage: Stage) -> None:
    call = await greeted(stage, max_seconds=1.0)
    await call.until(lambda call: call.ended)
    assert call.ended
    assert call.ended.reason == "max_duration"
    assert "time is up" in call.said("agent")[-1]


async def test_a_call_that_the_hub_has_ended_stops(stage: Stage) -> None:
    call, room = await stage.start(mode="text")
    await call.until(lambda call: call.said("agent"))
    call.over = True
    call.touch()
    await stage.livekit.closed(room)
    await call.until(lambda call: call.ended)


async def test_a_model_that_fails_is_apologised_for_and_then_ends_the_call(stage: Stage) -> None:
    call = await greeted(stage)
    stage.providers.refuse["llm"] = 500
    call.order("caller", "hello")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert "say that again" in call.said("agent")[1]
    assert [(e.provider, e.state, e.fatal) for e in call.of(ProviderState)] == [("llm", "failed", False)]
    stage.providers.refuse.clear()
    call.order("caller", "again")
    await call.until(lambda call: "I heard again" in call.said("agent"))
    await call.until(lambda call: call.of(ProviderState)[-1].state == "recovered")
    stage.providers.refuse["llm"] = 401
    call.order("caller", "and now")
    await call.until(lambda call: call.ended)
    assert call.ended
    assert call.ended.reason == "provider_failed"
    assert "not working" in call.said("agent")[-1]
    assert call.of(ProviderState)[-1].fatal


async def test_a_call_in_a_room_of_somebody_else_becomes_a_call_of_the_hub(stage: Stage) -> None:
    before = set(stage.hub.calls)
    room = rtc.Room()
    await stage.livekit.dispatch("playground", '{"theirs": 1}')
    await room.connect(stage.livekit.url, stage.livekit.token("playground", "somebody"))
    with anyio.fail_after(10):
        while not (new := set(stage.hub.calls) - before):  # noqa: ASYNC110  # no call yet, nothing to wait on
            await anyio.sleep(0.05)
    call = stage.hub.calls[new.pop()]
    await call.until(lambda call: call.of(CallerState))
    assert call.jobs[0].call_id is None
    assert call.jobs[0].room == "playground"
    assert call.jobs[0].caller_identity == "somebody"
    await room.disconnect()
    await call.until(lambda call: call.ended)
    assert call.ended
    assert call.ended.reason == "caller_left"


async def test_a_burst_of_six_dispatches_is_taken_whole(stage: Stage) -> None:
    calls = [(await stage.start(mode="text"))[0] for _ in range(6)]
    for call in calls:
        await call.until(lambda call: call.said("agent"))
    for call in calls:
        assert await ended(call) == "operator_ended"
