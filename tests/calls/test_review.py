"""Every call that is over is looked through, however it ended, and what cannot be said is not said."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from hub.calls import review
from hub.calls.live import LiveCalls
from hub.calls.prices import load_prices
from hub.calls.review import Reviewer
from hub.core.errors import HubError, ServerUnavailable, Unavailable
from hub.core.records import End, EndedReason
from hub.core.review import Completion
from tests.calls.conftest import House

pytestmark = pytest.mark.anyio

CRITERIA = ["a day is agreed", "the price is told"]
QUESTIONS = [{"key": "day", "question": "Which day?"}]
ASKED = {"goal": "g", "mode": "text", "success_criteria": CRITERIA, "questions": QUESTIONS}
GIVEN = {
    "summary": "They agreed on Monday.",
    "criteria": [
        {"n": 1, "met": True, "quote": "on Monday", "turn": 2},
        {"n": 2, "met": True, "quote": "ten dollars", "turn": 1},
    ],
    "answers": [{"key": "day", "value": "Monday", "quote": "Monday", "turn": 2}],
}
TALK: list[dict[str, Any]] = [
    {"kind": "joined"},
    {"kind": "turn", "item": "a", "role": "agent", "text": "Which day?", "final": True},
    {"kind": "turn", "item": "b", "role": "caller", "text": "Come on Monday.", "final": True},
    {"kind": "measured", "usage": {"llm_input_tokens": 1e6}, "models": {"llm": "gpt-4o-mini"}},
]
ENDED = {"kind": "ended", "reason": "caller_left"}


@dataclass
class FakeModel:
    """Answers what it is told to; errors first."""

    errors: list[HubError] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    asked: list[tuple[str, Sequence[Mapping[str, str]]]] = field(default_factory=list)

    async def complete(self, model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
        self.asked.append((model, messages))
        if self.errors:
            raise self.errors.pop(0)
        text = self.texts.pop(0) if self.texts else json.dumps(GIVEN)
        return Completion(text, 1_000_000, 100_000)


@asynccontextmanager
async def reviewing(
    house: House, model: FakeModel | None, practice: Callable[[], list[str]] = list
) -> AsyncGenerator[None]:
    reviewer = Reviewer(house.journal, model, load_prices(), practice=practice)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reviewer.run)
        with anyio.fail_after(10):
            yield
        tasks.cancel_scope.cancel()


async def talked(house: House, *more: dict[str, Any]) -> str:
    call_id = str((await house.calls.start(ASKED))["call_id"])
    await (await house.work(call_id)).tell(*TALK, *more)
    return call_id


async def settled(house: House, call_id: str) -> dict[str, Any]:
    """What a desktop does that polls until the review is there."""
    after = 0
    while True:
        got = await house.calls.get({"call_id": call_id, "wait_seconds": 20, "after_event": after})
        after = got["last_event"]
        if got["review"] in {"ready", "not_available"}:
            return got


async def test_a_call_that_its_caller_left_is_reviewed_with_proof(house: House) -> None:
    model = FakeModel()
    call_id = await talked(house, ENDED)
    before = await house.calls.get({"call_id": call_id})
    assert (before["done"], before["review"], before.get("summary")) == (True, "pending", None)
    assert "review follows" in before["next_step"]
    async with reviewing(house, model):
        got = await settled(house, call_id)
    assert got["summary"] == "They agreed on Monday."
    assert got["criteria"] == [
        {"text": CRITERIA[0], "met": True, "quote": "on Monday", "turn": 2},
        {"text": CRITERIA[1], "met": "unknown", "quote": None, "turn": None},
    ]
    assert got["answers"] == {"day": {"value": "Monday", "quote": "Monday", "turn": 2}}
    assert got["outcome"] == "partly"
    assert got["usage"]["llm"]["cost_usd"] == 0.15
    assert got["usage"]["review"]["cost_usd"] == 0.15 + 0.06
    assert got["usage"]["cost_usd"] == 0.36
    record = await house.journal.call(call_id)
    assert record is not None
    assert record.cost == 0.36
    ((name, messages),) = model.asked
    assert name == "gpt-4o-mini"
    assert json.loads(messages[1]["content"])["ended"] == "caller_left"
    listed = (await house.calls.list({}))["calls"][0]
    assert (listed["outcome"], listed["cost_usd"]) == ("partly", 0.36)


async def test_so_is_one_whose_worker_or_hub_was_killed(house: House) -> None:
    lost = await talked(house)
    live = house.live.get(lost)
    assert live is not None
    await house.calls.over(live, EndedReason.WORKER_LOST)
    killed = await talked(house)
    after = House(house.journal, live=LiveCalls())  # the next hub
    await house.journal.write(killed, End(t=1.0, reason=EndedReason.HUB_STOPPED))
    async with reviewing(after, FakeModel()):
        for call_id in (lost, killed):
            assert (await settled(after, call_id))["outcome"] == "partly"


async def test_what_practice_says_costs_nothing(house: House) -> None:
    call_id = await talked(house, ENDED)
    async with reviewing(house, FakeModel(), practice=lambda: ["llm"]):
        got = await settled(house, call_id)
    assert (got["usage"]["review"]["practice"], got["usage"]["review"]["cost_usd"]) == (True, 0.0)


async def test_a_call_in_which_the_caller_said_nothing_needs_no_model(house: House) -> None:
    model = FakeModel()
    silent = str((await house.calls.start(ASKED))["call_id"])
    await (await house.work(silent)).tell(*TALK[:2], ENDED)
    nobody = str((await house.calls.start(ASKED | {"mode": "browser"}))["call_id"])
    await house.calls.end({"call_id": nobody})
    async with reviewing(house, model):
        first, second = await settled(house, silent), await settled(house, nobody)
    assert (first["summary"], second["summary"]) == ("The caller said nothing.", "Nothing was said.")
    assert {one["met"] for one in first["criteria"]} == {"unknown"}
    assert (first["outcome"], second["outcome"]) == (None, "cancelled")
    assert model.asked == []


async def test_a_model_that_is_away_for_a_while_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "AGAIN_SECONDS", (0.05, 0.05, 0.05))
    model = FakeModel(errors=[ServerUnavailable("It is down.")], texts=["I would say it went well."])
    call_id = await talked(house, ENDED)
    async with reviewing(house, model):
        got = await settled(house, call_id)
    assert (got["review"], len(model.asked)) == ("ready", 3)


@pytest.mark.parametrize(
    ("model", "tries", "why"),
    [
        (FakeModel(errors=[ServerUnavailable("It is down.")] * 9), 4, "It is down."),
        (FakeModel(errors=[Unavailable("It refused.")]), 1, "It refused."),
        (FakeModel(texts=["nonsense"] * 9), 4, "The language model answered something else."),
        (None, 0, "no language model is set up, see OPENAI_API_KEY"),
    ],
)
async def test_without_a_model_that_is_said_plainly_and_once(
    house: House, monkeypatch: pytest.MonkeyPatch, model: FakeModel | None, tries: int, why: str
) -> None:
    monkeypatch.setattr(review, "AGAIN_SECONDS", (0.01, 0.01, 0.01))
    call_id = await talked(house, ENDED)
    async with reviewing(house, model):
        got = await settled(house, call_id)
    assert (got["review"], got["review_message"]) == ("not_available", why)
    assert (got.get("summary"), got.get("criteria"), got.get("answers")) == (None, None, None)
    assert got["events"][-1]["text"] == f"No review: {why}"
    assert model is None or len(model.asked) == tries
