"""A LiveKit of somebody else's: it is used as it is, and rooms that ask for our agent become calls."""

import json
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from livekit import api
from livekit.protocol.agent_dispatch import RoomAgentDispatch

from hub.bench.caller import Caller
from tests.end_to_end.conftest import SERVERS
from tests.end_to_end.house import House, running_hub
from tests.web.livekit_room import LivekitServer

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
async def outside(livekit_server_bin: Path) -> AsyncGenerator[LivekitServer]:
    server = LivekitServer(livekit_server_bin)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def house(outside: LivekitServer, hub_home: Path) -> Iterator[House]:
    """A hub that is told of the other LiveKit, with one small server."""
    config = hub_home / "servers.json"
    notes = {"command": sys.executable, "args": [str(SERVERS / "notes.py")]}
    config.write_text(json.dumps({"mcpServers": {"notes": notes}}))
    env = {
        "LIVEKIT_URL": outside.url,
        "LIVEKIT_API_KEY": outside.key,
        "LIVEKIT_API_SECRET": outside.secret,
    }
    with running_hub(hub_home, config, env) as house:
        yield house


async def foreign_call(house: House) -> dict[str, Any]:
    """The one call whose room the hub did not make."""
    calls = (await to_thread.run_sync(house.get, "/api/calls"))["calls"]
    (found,) = [call for call in calls if "visitor" in call["goal"]]
    return dict(found)


async def test_a_room_that_asks_for_our_agent_becomes_a_call(house: House, outside: LivekitServer) -> None:
    assert "livekit-server" not in "\n".join(house.processes().values())
    async with api.LiveKitAPI(outside.url.replace("ws", "http", 1), outside.key, outside.secret) as livekit:
        await livekit.room.create_room(
            api.CreateRoomRequest(name="playground", agents=[RoomAgentDispatch(agent_name="voice-hub")])
        )
    async with Caller.joined(outside.url, outside.token("visitor", "playground")) as caller:
        await caller.onset(0, seconds=20)
        call = await foreign_call(house)
        assert call["status"] == "in_progress"
        await caller.quiet(0.8)
    with anyio.fail_after(20):
        while call["status"] != "ended":
            call = await foreign_call(house)
    assert call["ended_reason"] == "caller_left"
    transcript = await to_thread.run_sync(house.get, f"/api/calls/{call['call_id']}/transcript")
    assert "data" in transcript["turns"][0]["text"]


async def test_a_call_of_ours_runs_on_it_too(house: House) -> None:
    started = await to_thread.run_sync(lambda: house.post("/api/calls", goal="ours"))
    key = started["join_url"].partition("#")[2]
    joined = await to_thread.run_sync(lambda: house.post("/api/join", call_id=started["call_id"], key=key))
    async with Caller.joined(joined["url"], joined["token"]) as caller:
        await caller.onset(0, seconds=20)
