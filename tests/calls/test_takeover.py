"""A call that loses its worker goes on with another one: nothing said or ordered is lost or doubled."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from hub.calls import keeper
from hub.calls.live import LiveCall, LiveCalls
from hub.core.errors import AlreadyEnded
from hub.core.records import EndedReason
from hub.core.takeover import FOUND_SECONDS, MOST, SILENT_SECONDS
from tests.calls.conftest import House, Worker, hello
from tests.calls.test_voice_calls import JOINED, SAID

pytestmark = pytest.mark.anyio
LOST: dict[str, Any] = {"kind": "ended", "reason": "media_lost", "message": "away", "handover": True}


@asynccontextmanager
async def kept(house: House) -> AsyncGenerator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.keeper.run)
        yield
        tasks.cancel_scope.cancel()


async def led(house: House) -> tuple[LiveCall, Worker]:
    """A typed call in which the agent is in the middle of a sentence."""
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    await worker.tell(JOINED, SAID, SAID | {"item": "b", "text": "Let me", "final": False})
    live = house.live.get(call_id)
    assert live is not None
    return live, worker


async def until_dispatched(house: House, times: int = 1) -> None:
    with anyio.fail_after(5):
        while len(house.rooms.dispatched) < times:  # noqa: ASYNC110  # the keeper looks by itself
            await anyio.sleep(0.02)


async def test_a_call_of_a_dead_worker_is_led_on_by_the_next_with_its_history(house: House) -> None:
    live, _ = await led(house)
    async with kept(house):
        await house.takeover.lost(live, EndedReason.WORKER_LOST)
        await until_dispatched(house)
    assert house.rooms.cleared == house.rooms.dispatched == [f"call-{live.id}"]
    brief = (await house.work(live.id, worker="w2", job="j2")).brief
    assert brief["taken_over"]
    assert [turn["text"] for turn in brief["history"]] == ["Hello.", "Let me"]
    assert live.loss is None
    told = await house.calls.get({"call_id": live.id})
    assert told["status"] == "in_progress"
    assert "the agent was lost; another one is called" in [event["text"] for event in told["events"]]
    turns = (await house.calls.transcript({"call_id": live.id}))["turns"]
    assert [(turn["text"], turn["final"], turn["interrupted"]) for turn in turns] == [
        ("Hello.", True, False),
        ("Let me", True, True),
    ]


async def test_what_the_lost_job_still_delivers_is_kept_but_its_end_is_not_the_calls(house: House) -> None:
    live, first = await led(house)
    await house.takeover.lost(live, EndedReason.WORKER_LOST)
    second = await house.work(live.id, worker="w2", job="j2")
    await second.tell(JOINED)
    await first.tell(SAID | {"item": "c", "text": "Late."}, {"kind": "ended", "reason": "operator_ended"})
    assert house.live.get(live.id) is live
    turns = (await house.calls.transcript({"call_id": live.id}))["turns"]
    assert [turn["text"] for turn in turns] == ["Hello.", "Let me", "Late."]


async def test_a_job_that_hands_its_call_over_does_not_end_it(house: House) -> None:
    live, worker = await led(house)
    assert await worker.tell(LOST) == worker.seq
    assert live.loss is not None
    assert live.loss.reason is EndedReason.MEDIA_LOST
    assert not (await house.calls.get({"call_id": live.id}))["done"]


async def test_what_was_ordered_and_not_done_goes_to_the_next_worker_once(house: House) -> None:
    live, worker = await led(house)
    for text in ("done", "not done"):
        live.order("context", text)
    seen = (await house.link.commands(live.id, 0, 0)).commands
    await worker.tell({"kind": "command_done", "command": seen[0].n, "outcome": "in_context"})
    await house.takeover.lost(live, EndedReason.WORKER_LOST)
    live.order("context", "meanwhile")
    brief = (await house.work(live.id, worker="w2", job="j2")).brief
    new = (await house.link.commands(live.id, brief["after_command"], 0)).commands
    assert [(command.n, command.text) for command in new] == [(3, "not done"), (4, "meanwhile")]
    assert not (await house.link.commands(live.id, 4, 0)).commands


async def test_a_silent_worker_is_given_up(house: House) -> None:
    live, _ = await led(house)
    async with kept(house):
        live.heard_at = time.time() - SILENT_SECONDS - 1
        await until_dispatched(house)
    assert live.losses == 1


async def test_nobody_comes_and_the_call_ends_with_the_first_reason(house: House) -> None:
    live, worker = await led(house)
    house.worker_is_there = False
    await worker.tell(LOST)
    assert live.loss is not None
    live.loss = replace(live.loss, at=live.loss.at - FOUND_SECONDS)
    async with kept(house):
        got = await house.calls.get({"call_id": live.id, "wait_seconds": 5, "until": "ended"})
    assert (got["ended_reason"], house.rooms.dispatched) == ("media_lost", [])


async def test_a_call_that_costs_worker_after_worker_ends(house: House) -> None:
    live, _ = await led(house)
    for number in range(MOST):
        await house.takeover.lost(live, EndedReason.WORKER_LOST)
        await house.work(live.id, worker=f"w{number + 2}", job=f"j{number + 2}")
    await house.takeover.lost(live, EndedReason.WORKER_LOST)
    assert (await house.calls.get({"call_id": live.id}))["ended_reason"] == "worker_lost"


async def test_a_call_that_was_to_end_does_so_when_its_worker_dies(house: House) -> None:
    live, _ = await led(house)
    live.end_asked_at = time.time()
    await house.takeover.lost(live, EndedReason.WORKER_LOST)
    assert house.live.get(live.id) is None


async def test_a_call_without_a_worker_can_be_ended_at_once(house: House) -> None:
    live, _ = await led(house)
    await house.takeover.lost(live, EndedReason.WORKER_LOST)
    with anyio.fail_after(2):
        assert (await house.calls.end({"call_id": live.id}))["status"] == "ended"


async def test_a_hub_that_was_stopped_for_a_while_blames_no_worker(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "AWAY_SECONDS", 0.0)
    live, _ = await led(house)
    async with kept(house):
        await anyio.wait_all_tasks_blocked()
        live.heard_at = time.time() - SILENT_SECONDS - 1  # as it looks after SIGSTOP and SIGCONT
        await anyio.sleep(keeper.LOOK_SECONDS * 2)
    assert live.losses == 0


async def test_after_a_crash_the_call_of_a_worker_elsewhere_goes_on(house: House) -> None:
    live, worker = await led(house)
    live.order("context", "before")
    after = House(house.journal, live=LiveCalls())
    await after.keeper.recover()
    again = after.live.get(live.id)
    assert again is not None
    worker.house = after
    after.link.hello(hello())
    await worker.tell(SAID | {"item": "b", "text": "Let me see."})
    again.order("context", "after")
    new = (await after.link.commands(live.id, 1, 0)).commands
    assert [command.text for command in new] == ["after"]
    assert not (await after.link.commands(live.id, new[0].n, 0)).commands
    turns = (await after.calls.transcript({"call_id": live.id}))["turns"]
    assert [turn["text"] for turn in turns] == ["Hello.", "Let me see."]
    again.worker_id = "w1"
    with pytest.raises(AlreadyEnded, match="leads this call"):
        await after.work(live.id, worker="w2", job="j2")
