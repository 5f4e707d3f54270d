"""Kill what leads a call: it goes on, and every sentence is in the transcript, whole, once and in order."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from tests.end_to_end.house import House, running_hub
from tests.end_to_end.test_spoken_call import spoken_answer, spoken_call
from tests.voices import wav

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

SENTENCES = 6
BACK_SECONDS = 45
STOPPED_SECONDS = 20.0


@pytest.fixture(scope="module")
def house(
    hub_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory, config_of_house: str
) -> Iterator[House]:
    """A hub that may be maltreated."""
    home = tmp_path_factory.mktemp("durable")
    for folder in (home, *home.parents[:2]):
        folder.chmod(0o711)
    config = home / "servers.json"
    config.write_text(config_of_house)
    with running_hub(home, config, hub_environment, wait_for=("supabase",)) as one:
        yield one


def pid_of(house: House, name: str) -> int:
    parts = {part["name"]: part["pid"] for part in house.get("/api/status")["parts"]}
    return int(parts[name])


async def numbered(house: House, call_id: str, first: int, last: int) -> None:
    """Have the agent say numbered sentences, one order after the other."""
    for number in range(first, last + 1):
        house.post(f"/api/calls/{call_id}/send", text=f"This is sentence number {number}.", kind="say")


async def all_spoken(house: House, call_id: str, last: int) -> list[dict[str, Any]]:
    """Wait until the last of them has been heard to its end; returns the transcript."""
    with anyio.fail_after(BACK_SECONDS + last * 4):
        while True:
            turns = list(house.get(f"/api/calls/{call_id}/transcript", limit=500)["turns"])
            if any(f"number {last}." in turn["text"] and whole(turn) for turn in turns):
                return turns
            await anyio.sleep(0.3)


def whole(turn: dict[str, Any]) -> bool:
    return bool(turn["final"]) and not turn["interrupted"]


def numbers(turns: list[dict[str, Any]]) -> list[int]:
    """Of the sentences that were said to their end."""
    return [
        int(turn["text"].split()[-1].rstrip("."))
        for turn in turns
        if whole(turn) and turn["text"].startswith("This is sentence number")
    ]


async def test_a_typed_call_outlives_its_worker(house: House) -> None:
    call_id = house.post("/api/calls", goal="g", mode="text", first_message="Hello.")["call_id"]
    await said(house, call_id, "Hello.")
    os.kill(pid_of(house, "voice worker"), signal.SIGKILL)
    house.post(f"/api/calls/{call_id}/send", text="Which tables do we have?", kind="caller")
    await said(house, call_id, "customers and orders")
    turns = house.get(f"/api/calls/{call_id}/transcript")["turns"]
    assert [turn["text"] for turn in turns].count("Hello.") == 1
    assert [turn["text"] for turn in turns if turn["role"] == "caller"] == ["Which tables do we have?"]
    house.post(f"/api/calls/{call_id}/end")


async def said(house: House, call_id: str, words: str) -> None:
    with anyio.fail_after(BACK_SECONDS):
        while words not in str(house.get(f"/api/calls/{call_id}/transcript")["turns"]):  # noqa: ASYNC110
            await anyio.sleep(0.2)


# The caller is LiveKit's Python client, which disposes of a handle twice after its server has been away.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("victim", ["voice worker", "livekit-server", "practice"])
async def test_a_spoken_call_outlives(house: House, tmp_path: Path, victim: str) -> None:
    async with spoken_call(house) as (caller, call_id):
        await numbered(house, call_id, 1, 3)
        await caller.onset(time.time(), seconds=20)
        os.kill(pid_of(house, victim), signal.SIGKILL)
        if victim == "practice":  # without it nothing can be said, which the order then tells
            await to_thread.run_sync(house.wait_part, victim)
        await numbered(house, call_id, 4, SENTENCES)
        turns = await all_spoken(house, call_id, SENTENCES)
        assert numbers(turns) == list(range(1, SENTENCES + 1))
        question = wav("which tables do we have", tmp_path / "tables.wav")
        assert "customers and orders" in await spoken_answer(house, caller, call_id, question)


async def test_a_hub_that_is_stopped_for_a_while_loses_nothing(house: House, tmp_path: Path) -> None:
    async with spoken_call(house) as (caller, call_id):
        await numbered(house, call_id, 1, 3)
        await caller.onset(time.time(), seconds=20)
        house.send(signal.SIGSTOP)
        await anyio.sleep(STOPPED_SECONDS)
        house.send(signal.SIGCONT)
        await numbered(house, call_id, 4, SENTENCES)
        turns = await all_spoken(house, call_id, SENTENCES)
        assert numbers(turns) == list(range(1, SENTENCES + 1))
        question = wav("which tables do we have", tmp_path / "tables.wav")
        assert "customers and orders" in await spoken_answer(house, caller, call_id, question)
        events = house.get(f"/api/calls/{call_id}")["events"]
        assert not [event for event in events if "lost" in event["text"]]
