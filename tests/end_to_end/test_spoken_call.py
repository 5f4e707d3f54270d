"""A virtual caller speaks recordings into the room and hears the answer that came out of the database."""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import numpy as np
import psycopg
import pytest

from hub.bench.caller import Caller
from hub.bench.sounds import RATE, samples
from tests.end_to_end.house import House
from tests.failed_calls import kept_when_failing
from tests.voices import wav

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

SPENT = "show me all customers who signed up in the last month and spent over one hundred dollars"
COUNTS = {
    SPENT: "select count(*) from customers "
    "where signed_up_at >= now() - interval '1 month' and total_spent > 100",
    "how many orders came in this week": "select count(*) from orders "
    "where ordered_at >= date_trunc('week', now())",
}
ANSWER_SECONDS = 40


@asynccontextmanager
async def spoken_call(hub: House) -> AsyncGenerator[tuple[Caller, str]]:
    """Somebody has joined a browser call and heard the greeting."""
    started = hub.post("/api/calls", goal="talk")
    key = started["join_url"].partition("#")[2]
    joined = hub.post("/api/join", call_id=started["call_id"], key=key)
    async with Caller.joined(joined["url"], joined["token"]) as caller:
        await caller.onset(0, seconds=20)
        await caller.quiet(0.8, seconds=20)
        with kept_when_failing(caller):
            yield caller, started["call_id"]


async def spoken_answer(hub: House, caller: Caller, call_id: str, recording: Path) -> str:
    """Speak, hear something, and read what it was."""
    before = hub.get(f"/api/calls/{call_id}")["last_event"]
    said = await caller.say(recording)
    await caller.onset(said.end, seconds=ANSWER_SECONDS)
    with anyio.fail_after(ANSWER_SECONDS):
        while True:
            events = hub.get(f"/api/calls/{call_id}", after_event=before)["events"]
            words = [event["text"] for event in events if event.get("role") == "agent"]
            if any(not word.startswith("One moment") for word in words):
                return " ".join(words)
            await anyio.sleep(0.2)


@pytest.mark.parametrize("voice", ["en-us", "en-us+f3"])
async def test_the_three_questions_are_answered_aloud_with_what_the_database_holds(
    hub: House, tmp_path: Path, voice: str
) -> None:
    async with spoken_call(hub) as (caller, call_id):
        tables = wav("which tables do we have", tmp_path / "tables.wav", voice=voice)
        assert "customers and orders" in await spoken_answer(hub, caller, call_id, tables)
        for at, (question, sql) in enumerate(COUNTS.items()):
            recording = wav(question, tmp_path / f"{at}.wav", voice=voice)
            answer = await spoken_answer(hub, caller, call_id, recording)
            async with await psycopg.AsyncConnection.connect(hub.dsn()) as database:
                row = await (await database.execute(sql)).fetchone()
            assert row is not None
            assert str(row[0]) in re.findall(r"\d+", answer), f"{question}: {answer}, but there are {row[0]}"


TRIES = 3
"""Practice's recogniser now and then refuses a sentence that is torn; that is not what is proven here."""
NOT_UNDERSTOOD = "[not understood]"


async def test_a_pause_of_0_8_seconds_inside_a_sentence_does_not_end_the_turn(hub: House) -> None:
    pause = np.zeros(int(0.8 * RATE), np.int16)
    spoken = np.concatenate([samples("which tables"), pause, samples("do we have")])
    heard: list[str] = []
    async with spoken_call(hub) as (caller, call_id):
        for times in range(1, TRIES + 1):
            said = await caller.say(spoken)
            await caller.onset(said.end, seconds=ANSWER_SECONDS)
            await caller.quiet()
            turns = hub.get(f"/api/calls/{call_id}/transcript")["turns"]
            heard = [turn["text"] for turn in turns if turn["role"] == "caller"]
            assert len(heard) == times, "the pause has ended the turn"
            if heard[-1] != NOT_UNDERSTOOD:
                break
    assert heard[-1] == "which tables do we have"


async def test_a_sentence_outside_the_phrases_is_answered_with_what_practice_can_do(
    hub: House, tmp_path: Path
) -> None:
    async with spoken_call(hub) as (caller, call_id):
        outside = wav("my dog ate the printer paper", tmp_path / "outside.wav")
        answer = await spoken_answer(hub, caller, call_id, outside)
        turns = hub.get(f"/api/calls/{call_id}/transcript")["turns"]
    assert "understand only my phrases" in answer
    assert [turn["text"] for turn in turns if turn["role"] == "caller"] == ["[not understood]"]


async def test_a_caller_who_leaves_ends_the_call(hub: House) -> None:
    async with spoken_call(hub) as (_, call_id):
        left_at = time.time()
    got = hub.get(f"/api/calls/{call_id}", wait_seconds=20, until="ended")
    assert (got["status"], got["ended_reason"]) == ("ended", "caller_left")
    assert time.time() >= left_at


async def test_what_is_typed_in_a_browser_call_is_answered_aloud(hub: House) -> None:
    async with spoken_call(hub) as (caller, call_id):
        typed_at = time.time()
        await caller.type("Which tables do we have?")
        await caller.onset(typed_at, seconds=ANSWER_SECONDS)
        with anyio.fail_after(ANSWER_SECONDS):
            while True:
                if "customers and orders" in str(hub.get(f"/api/calls/{call_id}/transcript")["turns"]):
                    break
                await anyio.sleep(0.2)
