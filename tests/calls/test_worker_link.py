"""The hub's end of the Link: nothing lost, nothing doubled, and calls of others become ours."""

import anyio
import pytest

from hub.core.errors import AlreadyEnded, CallNotFound, NoSuchAction, Unauthorized
from hub.core.records import Question
from hub.core.wire import AnswerHeard, EventsUp, JobStarted
from tests.calls.conftest import House, hello
from tests.calls.test_voice_calls import ENDED, JOINED, SAID

pytestmark = pytest.mark.anyio


def up(*seqs: int) -> EventsUp:
    events = [{"kind": "error", "message": f"m{seq}", "seq": seq, "t": 1.0} for seq in seqs]
    return EventsUp.model_validate({"job_id": "j1", "events": events})


async def texts(house: House, call_id: str) -> list[str]:
    return [event.text for event in await house.journal.events(call_id) if event.kind == "error"]


async def test_the_brief_tells_the_worker_what_it_needs(house: House) -> None:
    started = await house.calls.start(
        {"goal": "g", "instructions": "be kind", "questions": [{"key": "day", "question": "Which day?"}]}
    )
    worker = await house.work(started["call_id"])
    brief = worker.brief
    assert brief["mcp_path"] == f"/mcp/calls/{started['call_id']}"
    assert house.keys.opens_tools(started["call_id"], brief["token"])
    assert (brief["goal"], brief["instructions"], brief["practice"]) == ("g", "be kind", ["stt"])
    assert brief["questions"][0]["key"] == "day"
    assert brief["caller_identity"] == f"caller-{started['call_id']}"
    assert brief["max_seconds"] == 900


async def test_events_that_come_twice_or_late_are_kept_once_and_in_order(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await house.work(call_id)
    assert (await house.link.events(call_id, up(1, 2))).seq == 2
    assert (await house.link.events(call_id, up(1, 2, 3))).seq == 3
    assert (await house.link.events(call_id, up(5))).seq == 3
    assert (await house.link.events(call_id, up(4, 5, 7))).seq == 5
    assert await texts(house, call_id) == ["m1", "m2", "m3", "m4", "m5"]


async def test_a_turn_told_after_the_end_is_not_lost(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    await worker.tell(JOINED, ENDED)
    assert house.live.get(call_id) is None
    await worker.tell(SAID)
    assert [turn.text for turn in await house.journal.turns(call_id)] == ["Hello."]


async def test_a_worker_of_a_call_that_is_over_is_told_so(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g"}))["call_id"]
    await house.calls.end({"call_id": call_id})
    with pytest.raises(AlreadyEnded):
        await house.work(call_id)
    assert (await house.link.commands(call_id, 0, 5)).over
    with pytest.raises(CallNotFound):
        await house.link.events("nobody", up(1))


async def test_a_waiting_worker_is_released_when_the_hub_ends_the_call(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await house.work(call_id)
    live = house.live.get(call_id)
    assert live is not None
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:

            async def stop() -> None:
                await house.keeper.stop()

            tasks.start_soon(stop)
            assert (await house.link.commands(call_id, 0, 20)).over
    assert house.rooms.closed == [f"call-{call_id}"]


async def test_a_room_of_somebody_else_becomes_a_call(house: House) -> None:
    job = JobStarted(worker_id="w1", job_id="j9", room="sip-1", caller_identity="sip_49", phone=True)
    brief = await house.link.job(job)
    again = await house.link.job(job)
    assert brief.call_id == again.call_id
    assert (brief.mode, brief.caller_identity) == ("phone", "sip_49")
    (call,) = (await house.calls.list({}))["calls"]
    assert (call["status"], call["mode"]) == ("in_progress", "phone")


async def test_the_calls_of_a_worker_that_died_are_known(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    house.link.hello(hello(pid=77))
    await house.work(call_id)
    assert [call.id for call in house.link.gone(77)] == [call_id]
    assert house.link.workers() == []
    assert house.link.personas() is None


async def test_waiting_for_a_worker_ends_when_one_says_hello(house: House) -> None:
    house.link.gone(1)
    assert not await house.link.worker(0.01)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:

            async def come() -> None:
                house.link.hello(hello("w2", pid=2))

            tasks.start_soon(come)
            assert await house.link.worker(60)


@pytest.mark.parametrize(("before", "after"), [(-1, -1), (6, 0)])
async def test_a_new_job_counts_turns_anew_but_a_no_still_wants_a_new_request(
    house: House, before: int, after: int
) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    live = house.live.get(call_id)
    assert live is not None
    live.refused_turn = before
    await house.work(call_id)
    assert live.refused_turn == after


async def test_a_change_is_asked_for_through_the_link_and_shown_by_get_call(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await house.work(call_id)
    asked = Question(text="This would.", phrase="yes", strong=False, about=("this",), tool="notes__add")
    answers = []

    async def ask() -> None:
        answers.append(await house.calls.approvals.ask(call_id, asked, 1))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 5, "until": "question"})
            action = got["pending_action"]["id"]
            orders = await house.link.commands(call_id, 0, 0)
            assert [(one.kind, one.text, one.action) for one in orders.commands] == [
                ("ask", "This would.", action)
            ]
            heard = AnswerHeard(action=action, turn=2, text="yes", began=2, asked_until=1)
            assert house.link.answer(call_id, heard).taken
    got = await house.calls.get({"call_id": call_id})
    assert "pending_action" not in got
    assert [event["text"] for event in got["events"] if event["kind"] == "action"] == [
        "This would.",
        "approved by the caller, by voice, who said “yes”: notes__add",
    ]
    assert answers[0].by == "the caller, by voice"


async def test_a_decision_about_a_call_that_is_over_is_refused(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    decided = {"call_id": call_id, "action_id": "a1", "decision": "approve"}
    with pytest.raises(NoSuchAction):
        await house.calls.decide(decided, "x")
    with pytest.raises(Unauthorized):
        await house.calls.decide_by_link("wrong", decided)
    with pytest.raises(NoSuchAction):
        await house.calls.decide_by_link(house.keys.join_key(call_id), decided)
    with pytest.raises(CallNotFound):
        await house.calls.decide({**decided, "call_id": "nobody"}, "x")
