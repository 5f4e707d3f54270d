"""How long a call's resources stay after its caller has left or died."""

import json
import logging
import os
import signal
import sys
import time

import anyio
from livekit import api

from hub.bench.caller import Caller
from hub.bench.providers import TONES
from hub.bench.stage import RunningHub, Stage
from hub.bench.telephone import admitted, all_hung_up, events, telephone
from hub.core.errors import Unavailable

logger = logging.getLogger(__name__)

FREE_SECONDS = 45.0
LOOK_SECONDS = 0.05
LONG_POLL_SECONDS = 50


async def after_leaving(hub: RunningHub, stand_in: str) -> float | None:
    """Seconds from hanging up after the greeting until everything is free."""
    async with telephone(hub) as mine:
        await mine.greeting()
        at = time.time()
    return await _free(hub, stand_in, mine.ticket.call_id, at)


async def after_death(stage: Stage, hub: RunningHub, stand_in: str) -> float | None:
    """Seconds from killing the caller's process until everything is free; None where nobody greeted it."""
    await all_hung_up(hub)
    started = await hub.post("/api/calls", {"goal": "A caller that dies"})
    mine = await admitted(hub, started["call_id"], started["join_url"].partition("#")[2])
    try:
        async with stage.program("hub.bench.afterwards", mine.url, mine.token) as (process, _):
            at = time.time()
            os.kill(process.pid, signal.SIGKILL)
            return await _free(hub, stand_in, mine.call_id, at)
    except Unavailable as error:
        logger.warning("the caller who was to be killed has not come so far: %s", error.message)
        return None


async def _free(hub: RunningHub, stand_in: str, call_id: str, since: float) -> float | None:
    """Ended for the hub, its room gone from LiveKit, its recogniser let go by the worker: all three."""
    with anyio.move_on_after(FREE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_ended, hub, call_id)
            tasks.start_soon(_room_gone, hub, f"call-{call_id}")
            tasks.start_soon(_let_go, stand_in, since)
        return time.time() - since
    return None


async def _ended(hub: RunningHub, call_id: str) -> None:
    while not (await hub.get(f"/api/calls/{call_id}", wait_seconds=LONG_POLL_SECONDS, until="ended"))["done"]:
        pass


async def _room_gone(hub: RunningHub, room: str) -> None:
    async with api.LiveKitAPI(*hub.livekit()) as livekit:
        wanted = api.ListRoomsRequest(names=[room])
        while (await livekit.room.list_rooms(wanted)).rooms:  # noqa: ASYNC110  # LiveKit does not tell
            await anyio.sleep(LOOK_SECONDS)


async def _let_go(stand_in: str, since: float) -> None:
    def closed(seen: list[tuple[float, str]]) -> bool:
        return any(at > since and what == "stt closed" for at, what in seen)

    while not closed(await events(stand_in)):  # noqa: ASYNC110  # another process
        await anyio.sleep(LOOK_SECONDS)


async def hold(*place: str) -> None:
    """Stay in a call (its URL and token) until killed; says so once the greeting has been heard."""
    async with Caller.joined(*place) as caller:
        await caller.onset(0, TONES["greeting"])
        sys.stdout.write(json.dumps({"heard": True}) + "\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(hold, *sys.argv[1:3])
