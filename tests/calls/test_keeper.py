"""Each call ends, also when nobody is left to end it; and what an earlier hub left open is closed."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from hub.calls.live import LiveCalls
from hub.core.errors import AlreadyEnded
from hub.core.records import CallStatus
from hub.core.takeover import OWN_WORKER
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal
from tests.calls.conftest import House
from tests.calls.test_voice_calls import JOINED, SAID

pytestmark = pytest.mark.anyio


async def test_a_call_without_a_worker_ends_as_such(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    live = house.live.get(call_id)
    assert live is not None
    assert live.dispatched_at is not None
    live.dispatched_at -= 11
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.keeper.run)
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 50, "until": "ended"})
            tasks.cancel_scope.cancel()
    assert got["ended_reason"] == "no_worker"
    assert house.rooms.closed == [f"call-{call_id}"]


async def test_after_a_crash_running_calls_say_hub_stopped_and_unused_links_stay_good(house: House) -> None:
    running = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await (await house.work(running, worker=f"{OWN_WORKER}1")).tell(
        JOINED, SAID, SAID | {"item": "b", "text": "Let me", "final": False}
    )
    waiting = await house.calls.start({"goal": "later"})
    after = House(house.journal, live=LiveCalls())
    await after.keeper.recover()
    got = await after.calls.get({"call_id": running})
    assert (got["status"], got["ended_reason"]) == ("ended", "hub_stopped")
    said = await after.calls.transcript({"call_id": running})
    assert [(turn["text"], turn["interrupted"]) for turn in said["turns"]] == [
        ("Hello.", False),
        ("Let me", True),
    ]
    assert await after.join(waiting)


async def test_stopping_the_hub_ends_what_has_begun_and_keeps_what_has_not(
    house: House, hub_home: Path
) -> None:
    running = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    waiting = (await house.calls.start({"goal": "later"}))["call_id"]
    await house.keeper.stop()
    async with SqlJournal.opened(open_database(None, hub_home)) as journal:
        statuses = {call_id: await journal.call(call_id) for call_id in (running, waiting)}
    assert {key: call.status for key, call in statuses.items() if call} == {
        running: CallStatus.ENDED,
        waiting: CallStatus.WAITING_FOR_CALLER,
    }


async def until(there: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not there():  # noqa: ASYNC110  # the keeper looks by itself
            await anyio.sleep(0.02)


@pytest.mark.parametrize("down", [False, True])
async def test_an_agent_that_nobody_sent_is_called_once_more(house: House, down: bool) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    live = house.live.get(call_id)
    assert live is not None
    assert live.dispatched_at is not None
    live.dispatched_at -= 3
    house.rooms.down = down
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.keeper.run)
        await until(lambda: live.dispatched_again)
        await until(lambda: down or house.rooms.dispatched == [f"call-{call_id}"])
        tasks.cancel_scope.cancel()


async def test_of_two_agents_for_one_call_the_second_is_sent_away(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await house.work(call_id)
    await house.work(call_id)  # the same job asks again after a lost answer
    with pytest.raises(AlreadyEnded, match="leads this call"):
        await house.work(call_id, job="j2")
