"""A wait that a client has given up is remembered, and nobody who follows the call is told of it."""

import pytest

from hub.calls.waits import Waits
from hub.core.errors import CallNotFound
from tests.calls.conftest import House

pytestmark = pytest.mark.anyio


async def test_it_is_known_to_whoever_reads_the_journal_next_and_no_event_of_the_call(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    before = await house.calls.get({"call_id": call_id})
    await house.calls.give_up(call_id, "one")
    after = await house.calls.get({"call_id": call_id, "after_event": before["last_event"]})
    assert await Waits(house.journal).given_up(call_id, "one")
    assert not await house.calls.given_up(call_id, "another")
    assert after["events"] == []
    assert after["status"] == before["status"]


async def test_a_wait_for_a_call_that_there_is_not_cannot_be_given_up(house: House) -> None:
    with pytest.raises(CallNotFound):
        await house.calls.give_up("nobody", "one")
