"""A recorded call: the caller is told, both sides are kept apart, and what was kept outlives the worker."""

import io
import os
import signal
import stat
import time
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import av
import numpy as np
import pytest
from anyio import to_thread
from numpy.typing import NDArray

from hub.bench.caller import Caller
from tests.end_to_end.house import House
from tests.end_to_end.test_durability import house, pid_of  # noqa: F401  # house is a fixture
from tests.end_to_end.test_spoken_call import spoken_answer, spoken_call
from tests.voices import wav

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

TOLD = "This call is recorded."
RATE = 48_000
LOUD = 0.005
SETTLED_SECONDS = 20
LOST_SECONDS = 4.0
"""What a killed worker may take with it: what it had not encoded, and what had not been sent."""
ROLES = ("caller", "agent")


@asynccontextmanager
async def recorded_call(hub: House) -> AsyncGenerator[tuple[Caller, str]]:
    """Somebody has joined a call that is recorded, and heard that, and the greeting."""
    started = hub.post("/api/calls", goal="talk", record=True)
    call_id, key = started["call_id"], started["join_url"].partition("#")[2]
    assert hub.post("/api/join/info", call_id=call_id, key=key)["recorded"] is True
    assert hub.get(f"/api/calls/{call_id}/recording")["state"] == "none"
    joined = hub.post("/api/join", call_id=call_id, key=key)
    async with Caller.joined(joined["url"], joined["token"]) as caller:
        await caller.onset(0, seconds=20)
        await caller.quiet(0.8, seconds=20)
        yield caller, call_id


async def settled(hub: House, call_id: str) -> dict[str, Any]:
    """What there is once the call is over and everything has arrived."""
    with anyio.fail_after(SETTLED_SECONDS):
        while True:
            found = hub.get(f"/api/calls/{call_id}/recording")
            if found["state"] != "recording":
                return found
            await anyio.sleep(0.2)


def sound(hub: House, part: dict[str, Any]) -> NDArray[np.float32]:
    """The two sides of a part, as whoever plays it hears them."""
    with hub.client() as client:
        data = client.get(part["url"]).content
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def level(side: NDArray[np.float32], start: float, end: float) -> float:
    piece = side[int(start * RATE) : int(end * RATE)]
    return float(np.sqrt(np.mean(piece**2))) if len(piece) else 0.0


async def test_both_sides_of_a_recorded_call_can_be_heard_afterwards(hub: House, tmp_path: Path) -> None:
    async with recorded_call(hub) as (caller, call_id):
        question = wav("which tables do we have", tmp_path / "tables.wav")
        assert "customers and orders" in await spoken_answer(hub, caller, call_id, question)
        await caller.quiet(0.8, seconds=20)
        assert hub.get(f"/api/calls/{call_id}")["recording"] == "recording"
    hub.get(f"/api/calls/{call_id}", wait_seconds=20, until="ended")
    found = await settled(hub, call_id)
    turns = hub.get(f"/api/calls/{call_id}/transcript")["turns"]
    assert (turns[0]["role"], turns[0]["text"]) == ("agent", TOLD)
    assert found["state"] == "ready"
    (part,) = found["parts"]
    left, right = sound(hub, part)
    assert abs(len(left) / RATE - part["seconds"]) < 0.1
    starts = {role: [turn["t"] - part["t"] for turn in turns if turn["role"] == role] for role in ROLES}
    assert level(left, 0, starts["caller"][0] - 2) < LOUD < level(right, 0, 3)
    assert level(right, starts["caller"][0], starts["caller"][0] + 0.8) < LOUD
    assert level(left, starts["caller"][0] - 1, starts["caller"][0] + 1) > LOUD
    assert level(left, starts["agent"][-1] + 0.5, part["seconds"]) < LOUD
    assert level(right, starts["agent"][-1], starts["agent"][-1] + 2) > LOUD
    said = await recognised(hub, left, tmp_path / "left.wav")
    assert said == "which tables do we have"


async def recognised(hub: House, side: NDArray[np.float32], path: Path) -> str:
    """What practice hears when the caller's side is played to it in another call."""
    spoken = np.flatnonzero(np.abs(side) > LOUD)
    words = side[max(0, int(spoken[0]) - RATE // 4) : int(spoken[-1]) + RATE // 4]
    pcm = (np.clip(words[::2], -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE // 2)
        file.writeframes(pcm.tobytes())
    async with spoken_call(hub) as (caller, call_id):
        await spoken_answer(hub, caller, call_id, path)
        turns = hub.get(f"/api/calls/{call_id}/transcript")["turns"]
        assert not hub.get(f"/api/calls/{call_id}/recording")["parts"]
    return next(str(turn["text"]) for turn in turns if turn["role"] == "caller")


async def test_a_call_is_not_recorded_unless_it_is_asked_for(hub: House) -> None:
    async with spoken_call(hub) as (_, call_id):
        turns = hub.get(f"/api/calls/{call_id}/transcript")["turns"]
    hub.get(f"/api/calls/{call_id}", wait_seconds=20, until="ended")
    assert TOLD not in [turn["text"] for turn in turns]
    assert hub.get(f"/api/calls/{call_id}/recording")["state"] == "none"
    assert not await to_thread.run_sync((hub.home / "recordings" / call_id).exists)


async def test_what_was_recorded_outlives_its_worker(
    house: House,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> None:
    async with recorded_call(house) as (caller, call_id):
        (part,) = house.get(f"/api/calls/{call_id}/recording")["parts"]
        assert stat.S_IMODE(os.stat(part["path"]).st_mode) == 0o600  # noqa: PTH116  # one look
        heard = time.time()
        os.kill(pid_of(house, "voice worker"), signal.SIGKILL)
        await caller.onset(heard + 1, seconds=40)
        await caller.quiet(0.8, seconds=20)
        question = wav("which tables do we have", tmp_path / "tables.wav")
        assert "customers and orders" in await spoken_answer(house, caller, call_id, question)
        await caller.quiet(0.8, seconds=20)
    house.get(f"/api/calls/{call_id}", wait_seconds=20, until="ended")
    found = await settled(house, call_id)
    texts = [turn["text"] for turn in house.get(f"/api/calls/{call_id}/transcript")["turns"]]
    assert texts.count(TOLD) == 2
    assert [one["part"] for one in found["parts"]] == [1, 2]
    first, second = (sound(house, one) for one in found["parts"])
    call = house.get(f"/api/calls/{call_id}")
    lost = next(event["t"] for event in call["events"] if "another one is called" in event["text"])
    assert first.shape[1] / RATE > lost - found["parts"][0]["t"] - LOST_SECONDS
    assert level(first[1], 0, 3) > LOUD
    assert level(second[0], 0, found["parts"][1]["seconds"]) > LOUD
