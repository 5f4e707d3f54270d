"""However a call ends, whoever keeps something for it is told so, once."""

from pathlib import Path

import pytest

from hub.calls.live import LiveCalls
from hub.core.records import EndedReason
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal
from tests.calls.conftest import House, hello
from tests.calls.test_voice_calls import ENDED, JOINED

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("how", ["by the worker", "by a desktop", "by the keeper", "with the hub"])
async def test_every_end_of_a_call_is_told_once(hub_home: Path, how: str) -> None:
    over: list[str] = []
    async with SqlJournal.opened(open_database(None, hub_home)) as journal:
        house = House(journal, live=LiveCalls(over.append))
        house.link.hello(hello())
        call_id = (await house.calls.start({"goal": "Talk"}))["call_id"]
        live = house.live.get(call_id)
        assert live is not None
        match how:
            case "by the worker":
                await house.join({"call_id": call_id})
                worker = await house.work(call_id)
                await worker.tell(JOINED, ENDED)
            case "by a desktop":
                await house.calls.end({"call_id": call_id})
            case "by the keeper":
                await house.calls.over(live, EndedReason.NO_SHOW)
            case _:
                await house.join({"call_id": call_id})
                await house.keeper.stop()
        house.live.remove(call_id)
    assert over == [call_id]
