"""A room that LiveKit has closed ends its call, unless that is over already or has not begun."""

import pytest

from tests.calls.conftest import House
from tests.calls.test_voice_calls import JOINED

pytestmark = pytest.mark.anyio


async def test_a_call_whose_room_is_gone_has_lost_its_media(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await (await house.work(call_id)).tell(JOINED)
    await house.calls.room_finished(f"call-{call_id}")
    await house.calls.room_finished(f"call-{call_id}")
    assert (await house.calls.get({"call_id": call_id}))["ended_reason"] == "media_lost"


async def test_a_call_that_nobody_has_joined_yet_is_left_alone(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g"}))["call_id"]
    await house.calls.room_finished(f"call-{call_id}")
    assert (await house.calls.get({"call_id": call_id}))["status"] == "waiting_for_caller"


async def test_rooms_of_running_calls_are_made_again_when_livekit_comes_back(house: House) -> None:
    typed = (await house.calls.start({"goal": "g", "mode": "text", "max_minutes": 2}))["call_id"]
    await house.calls.start({"goal": "nobody has joined"})
    house.rooms.opened.clear()
    await house.calls.reopen()
    assert house.rooms.opened == [(f"call-{typed}", 120)]
