"""When a call begins: at its time, also over a restart of the hub; and within which bounds."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from hub.calls.live import LiveCalls
from hub.core.errors import InvalidArguments, OverBudget, ServerUnavailable, TooManyCalls
from hub.core.records import EndedReason, Spent
from hub.core.sentences import sentences
from hub.core.spec import Limits
from tests.calls.conftest import House

pytestmark = pytest.mark.anyio

TEXT = {"goal": "g", "mode": "text"}


def at(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@asynccontextmanager
async def kept(house: House) -> AsyncGenerator[None]:
    """The keeper looks at the calls meanwhile."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.keeper.run)
        with anyio.fail_after(10):
            yield
        tasks.cancel_scope.cancel()


async def status(house: House, call_id: str) -> str:
    return str((await house.calls.get({"call_id": call_id}))["status"])


async def until(house: House, call_id: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    after = 0
    while True:
        got = await house.calls.get({"call_id": call_id, "wait_seconds": 5, "after_event": after})
        after = got["last_event"]
        if wanted(got):
            return got


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("tomorrow", "schedule_at is not a moment in ISO 8601"),
        ("2999-01-01T12:00:00", "schedule_at has no offset"),
        ("2001-01-01T12:00:00+02:00", "schedule_at is in the past: it is 20"),
    ],
)
async def test_a_moment_that_cannot_be_meant_is_refused_in_one_sentence(
    house: House, moment: str, words: str
) -> None:
    with pytest.raises(InvalidArguments, match=words) as refused:
        await house.calls.start({"goal": "g", "schedule_at": moment})
    assert refused.value.next_step
    assert (await house.calls.list({}))["calls"] == []


async def test_a_typed_call_begins_at_its_time(house: House) -> None:
    started = await house.calls.start(TEXT | {"schedule_at": at(0.6)})
    assert (started["status"], house.rooms.opened) == ("scheduled", [])
    assert started["scheduled_at"] in started["next_step"]
    async with kept(house):
        got = await until(house, started["call_id"], lambda got: got["status"] == "in_progress")
    assert house.rooms.opened == [(f"call-{started['call_id']}", 900)]
    assert not [event for event in got["events"] if event["kind"] == "error"]


async def test_a_link_of_a_scheduled_call_opens_at_its_time_and_not_before(house: House) -> None:
    started = await house.calls.start({"goal": "g", "schedule_at": at(0.6)})
    with pytest.raises(ServerUnavailable, match="This call begins at"):
        await house.join(started)
    async with kept(house):
        await until(house, started["call_id"], lambda got: got["status"] == "waiting_for_caller")
    assert (await house.join(started))["identity"] == f"caller-{started['call_id']}"


async def test_a_scheduled_call_outlives_the_hub(house: House) -> None:
    started = await house.calls.start(TEXT | {"schedule_at": at(1)})
    after = House(house.journal, live=LiveCalls())
    await after.keeper.recover()
    assert await status(after, started["call_id"]) == "scheduled"
    async with kept(after):
        await until(after, started["call_id"], lambda got: got["status"] == "in_progress")


async def later(house: House, monkeypatch: pytest.MonkeyPatch, seconds: float) -> House:
    """The next hub starts so many seconds after its calls had been made."""
    now = time.time()
    monkeypatch.setattr("hub.calls.keeper.time.time", lambda: now + seconds)
    after = House(house.journal, live=LiveCalls())
    await after.keeper.recover()
    return after


async def test_a_call_whose_time_came_while_no_hub_ran_begins_late(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await house.calls.start(TEXT | {"schedule_at": at(60)})
    after = await later(house, monkeypatch, 120)
    async with kept(after):
        await until(after, started["call_id"], lambda got: got["status"] == "in_progress")


async def test_a_call_that_would_be_much_too_late_is_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await house.calls.start(TEXT | {"schedule_at": at(60)})
    after = await later(house, monkeypatch, 2 * 3600)
    got = await after.calls.get({"call_id": started["call_id"]})
    assert (got["ended_reason"], got["events"][-1]["text"]) == (
        "hub_stopped",
        "ended: no hub was running at its time",
    )


async def test_ending_a_scheduled_call_cancels_it(house: House) -> None:
    call_id = (await house.calls.start(TEXT | {"schedule_at": at(60)}))["call_id"]
    ended = await house.calls.end({"call_id": call_id})
    assert (ended["status"], ended["already_ended"]) == ("ended", False)
    got = await house.calls.get({"call_id": call_id})
    assert got["ended_reason"] == got["outcome"] == "cancelled"
    assert house.rooms.opened == []


async def test_a_full_house_keeps_a_scheduled_call_waiting_for_a_place(house: House) -> None:
    house.places = 1
    running = (await house.calls.start(TEXT))["call_id"]
    call_id = (await house.calls.start(TEXT | {"schedule_at": at(0.3)}))["call_id"]
    async with kept(house):
        got = await until(house, call_id, lambda got: bool(got["events"]))
        assert got["events"][0]["text"].startswith("It cannot begin yet: 1 calls are running")
        house.live.remove(running)
        waiting = house.live.get(call_id)
        assert waiting is not None
        waiting.begins_at = time.time()
        await until(house, call_id, lambda got: got["status"] == "in_progress")


async def test_a_scheduled_call_that_never_finds_a_worker_says_so(house: House) -> None:
    house.worker_is_there = False
    call_id = (await house.calls.start(TEXT | {"schedule_at": at(0.2)}))["call_id"]
    async with kept(house):
        await until(house, call_id, lambda got: any(e["kind"] == "error" for e in got["events"]))
        live = house.live.get(call_id)
        assert live is not None
        live.begins_at = time.time()
        object.__setattr__(live.record, "scheduled_at", time.time() - 301)
        got = await until(house, call_id, lambda got: bool(got["done"]))
    assert got["ended_reason"] == "no_worker"
    assert "No voice worker is ready" in got["events"][-1]["text"]


async def test_a_key_that_is_used_again_leads_to_its_call_whatever_became_of_it(house: House) -> None:
    asked = TEXT | {"idempotency_key": "k", "schedule_at": at(0.2)}
    first = await house.calls.start(asked)
    await house.calls.end({"call_id": first["call_id"]})
    await anyio.sleep(0.25)  # its moment is past now
    again = await house.calls.start(asked)
    assert (again["call_id"], again["status"], again["warnings"][1:]) == (first["call_id"], "ended", [])
    other = await house.calls.start(asked | {"goal": "another"})
    assert other["call_id"] == first["call_id"]
    assert "other arguments; nothing new was started" in other["warnings"][-1]


async def test_two_at_once_with_one_key_start_one_call(house: House) -> None:
    found: list[dict[str, Any]] = []

    async def start() -> None:
        found.append(await house.calls.start(TEXT | {"idempotency_key": "k"}))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(start)
    assert len({one["call_id"] for one in found}) == len(house.rooms.opened) == 1


async def test_more_minutes_than_the_file_allows_are_refused_and_fewer_are_the_default(house: House) -> None:
    house.bounds = Limits(minutes=5)
    with pytest.raises(InvalidArguments, match=r"max_minutes is 6 and limits\.minutes is 5"):
        await house.calls.start(TEXT | {"max_minutes": 6})
    started = await house.calls.start(TEXT)
    assert house.rooms.opened == [(f"call-{started['call_id']}", 300)]


async def test_livekit_that_hangs_does_not_make_the_desktop_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: object, **__: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(house.rooms, "open", hangs)
    monkeypatch.setattr("hub.calls.starting.START_SECONDS", 0.05)
    with pytest.raises(Exception, match="LiveKit is too slow"), anyio.fail_after(5):
        await house.calls.start(TEXT)
    (call,) = (await house.calls.list({}))["calls"]
    assert call["ended_reason"] == "no_worker"


async def test_a_day_that_has_cost_enough_starts_no_further_call(house: House) -> None:
    house.bounds = Limits(cost_per_day=1.5)
    first = await house.calls.start(TEXT)
    waiting = await house.calls.start({"goal": "later"})
    await house.journal.write(first["call_id"], Spent(cost=1.5))
    with pytest.raises(OverBudget, match=r"have cost \$1.50 and limits.cost_per_day is \$1.50") as refused:
        await house.calls.start(TEXT)
    assert refused.value.code == "over_budget"
    with pytest.raises(OverBudget):
        await house.join(waiting)
    scheduled = await house.calls.start(TEXT | {"schedule_at": at(0.2)})  # its day may be another one
    async with kept(house):
        got = await until(house, scheduled["call_id"], lambda got: bool(got["done"]))
    assert got["ended_reason"] == "over_budget"


async def test_a_scheduled_call_takes_no_place_until_its_time(house: House) -> None:
    house.places = 1
    await house.calls.start(TEXT | {"schedule_at": at(60)})
    await house.calls.start(TEXT)
    with pytest.raises(TooManyCalls):
        await house.calls.start(TEXT)


@pytest.mark.parametrize(
    "bounds", [Limits(cost_per_call=0.2), Limits(cost_per_day=0.2), Limits(cost_per_call=0.2, cost_per_day=9)]
)
async def test_a_call_that_costs_too_much_ends_with_words_to_its_caller(house: House, bounds: Limits) -> None:
    house.bounds = bounds
    call_id = (await house.calls.start(TEXT))["call_id"]
    worker = await house.work(call_id)
    half = {"kind": "measured", "usage": {"llm_input_tokens": 1e6}, "models": {"llm": "gpt-4o-mini"}}
    await worker.tell({"kind": "joined"}, half)
    async with kept(house):
        live = house.live.get(call_id)
        assert live is not None
        while live.cost_seen != 0.15:  # noqa: ASYNC110  # the keeper looks by itself
            await anyio.sleep(0.02)
        assert live.commands == []
        await worker.tell(half | {"usage": {"llm_input_tokens": 2e6}})
        down = await house.link.commands(call_id, 0, 5.0)
        (end,) = down.commands
        assert (end.kind, end.text, end.reason) == ("end", sentences(None).over_budget, "over_budget")
        await worker.tell({"kind": "ended", "reason": "over_budget"})
        got = await house.calls.get({"call_id": call_id})
    assert (got["ended_reason"], got["usage"]["cost_usd"]) == ("over_budget", 0.3)


async def test_a_worker_that_does_not_end_it_is_not_waited_for(house: House) -> None:
    call_id = (await house.calls.start(TEXT))["call_id"]
    await (await house.work(call_id)).tell({"kind": "joined"})
    live = house.live.get(call_id)
    assert live is not None
    house.calls.close(live, EndedReason.OVER_BUDGET, sentences(None).over_budget)
    assert live.end_asked_at is not None
    live.end_asked_at -= 11
    async with kept(house):
        got = await until(house, call_id, lambda got: bool(got["done"]))
    assert got["ended_reason"] == "over_budget"
