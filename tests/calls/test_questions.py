"""The agent asks the desktop: shown while it is open, answered once, by whoever is first, or by nobody."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from hub.calls import questions
from hub.calls.questions import BUSY, NOBODY, Questions
from hub.core.errors import AlreadyEnded, NoSuchQuestion
from tests.calls.conftest import House
from tests.calls.test_voice_calls import JOINED

pytestmark = pytest.mark.anyio
WANTED = "May they have a discount?"


async def begun(house: House) -> str:
    call_id = str((await house.calls.start({"goal": "g", "mode": "text"}))["call_id"])
    await (await house.work(call_id)).tell(JOINED)
    return call_id


@asynccontextmanager
async def asking(house: House, call_id: str) -> AsyncGenerator[tuple[dict[str, Any], list[str], list[int]]]:
    """The agent asks; yields what get_call shows, what the agent is told, and signs of life."""
    told: list[str] = []
    alive: list[int] = []

    async def sign() -> None:
        alive.append(1)

    async def ask() -> None:
        told.append(await house.calls.questions.ask(call_id, WANTED, sign))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        got = await house.calls.get({"call_id": call_id, "wait_seconds": 5, "until": "question"})
        yield got["pending_question"], told, alive


async def test_a_question_is_answered_by_whoever_follows_the_call(house: House) -> None:
    call_id = await begun(house)
    async with asking(house, call_id) as (pending, told, _):
        assert pending["text"] == WANTED
        answer = {"call_id": call_id, "question_id": pending["id"], "answer": "Ten percent."}
        assert (await house.calls.answer(answer, "the desktop"))["state"] == "answered"
        with pytest.raises(NoSuchQuestion, match="No such question"):
            await house.calls.answer(answer, "another desktop")
    assert told == ["The answer to your question is: Ten percent."]
    got = await house.calls.get({"call_id": call_id})
    asked = [event["text"] for event in got["events"] if event["kind"] == "question"]
    assert asked == [WANTED, "answered by the desktop: Ten percent."]
    assert got.get("pending_question") is None


async def test_without_an_answer_the_agent_goes_on(house: House) -> None:
    call_id = await begun(house)

    async def sign() -> None: ...

    assert await Questions(house.journal, house.live, seconds=0.05).ask(call_id, WANTED, sign) == NOBODY
    got = await house.calls.get({"call_id": call_id})
    assert got["events"][-1]["text"] == f"not answered: {WANTED}"


async def test_whoever_waits_for_the_answer_hears_that_it_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "ALIVE_SECONDS", 0.02)
    call_id = await begun(house)
    async with asking(house, call_id) as (pending, _, alive):
        with anyio.fail_after(5):
            while len(alive) < 3:  # noqa: ASYNC110  # signs come by themselves
                await anyio.sleep(0.01)
        await house.calls.answer({"call_id": call_id, "question_id": pending["id"], "answer": "No."}, "d")


async def test_one_question_at_a_time(house: House) -> None:
    call_id = await begun(house)

    async def sign() -> None: ...

    async with asking(house, call_id) as (pending, _, _):
        assert await house.calls.questions.ask(call_id, "And?", sign) == BUSY
        await house.calls.answer({"call_id": call_id, "question_id": pending["id"], "answer": "No."}, "d")


async def test_a_call_that_ends_takes_its_question_with_it(house: House) -> None:
    call_id = await begun(house)
    live = house.live.get(call_id)
    assert live is not None
    async with asking(house, call_id) as (pending, told, _):
        house.calls.let_go(live, "operator_ended")
    assert told == [NOBODY]
    with pytest.raises((NoSuchQuestion, AlreadyEnded)):
        await house.calls.answer({"call_id": call_id, "question_id": pending["id"], "answer": "No."}, "d")
