"""A played caller speaks when the agent has finished, hangs up, and what came of it is judged and told."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from hub.calls import rehearsals
from hub.calls.live import LiveCalls
from hub.calls.prices import load_prices
from hub.calls.rehearsals import Rehearsals
from hub.calls.review import Reviewer
from hub.core.errors import (
    CallNotFound,
    HubError,
    InvalidArguments,
    ServerUnavailable,
    TooManyCalls,
    Unavailable,
)
from tests.calls.conftest import House, Worker
from tests.calls.test_review import FakeModel

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {
    "goal": "g",
    "persona": "default",
    "caller": ["Which tables?", "Thank you."],
    "success_criteria": ["tables are named"],
    "tools": {"allow": ["*"], "read_only": False},
}
JUDGED = json.dumps({"criteria": [{"n": 1, "met": True, "quote": "orders", "turn": 3}]})
TOOL = {"tool_call": "t1", "tool": "shop__list"}


class Stage:
    """One hub with a player and a reviewer; the agent is the test's."""

    def __init__(self, house: House, model: FakeModel | None, practice: Sequence[str]) -> None:
        self.house = house
        self.model = model
        self.rehearsals = Rehearsals(house.journal, house.live, house.calls, model, practice=lambda: practice)
        self.reviewer = Reviewer(house.journal, model, load_prices(), practice=lambda: practice)

    async def begin(self, **more: Any) -> "Agent":
        begun = await self.rehearsals.begin(ASKED | more)
        worker = await self.house.work(begun["call_id"])
        await worker.tell({"kind": "joined"})
        return Agent(worker)

    async def judged(self, call_id: str) -> dict[str, Any]:
        """As the terminal follows it."""
        while True:
            seen = await self.rehearsals.get(call_id, 5, unattended=True)
            if seen["passed"] is not None:
                return seen


class Agent:
    """The agent of one rehearsal, told what to do by the test."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.call_id = worker.call_id
        self._seen = 0
        self._said = 0

    async def say(self, text: str, role: str = "agent") -> None:
        self._said += 1
        turn = {"kind": "turn", "item": f"i{self._said}", "role": role, "text": text, "final": True}
        await self.worker.tell(turn)

    async def ordered(self) -> Any:
        """The next command, carried out as far as it is heard."""
        (command, *_) = (await self.worker.house.link.commands(self.call_id, self._seen, 5)).commands
        self._seen = command.n
        if command.kind == "caller":
            await self.say(command.text, "caller")
        await self.worker.tell({"kind": "command_done", "command": command.n, "outcome": "in_context"})
        return command

    async def nothing_is_ordered(self) -> bool:
        return not (await self.worker.house.link.commands(self.call_id, self._seen, 0.3)).commands

    async def leave(self, reason: str) -> None:
        await self.worker.tell({"kind": "ended", "reason": reason})


@asynccontextmanager
async def staged(
    house: House, model: FakeModel | None = None, practice: Sequence[str] = ()
) -> AsyncGenerator[Stage]:
    stage = Stage(house, model or FakeModel(texts=[JUDGED]), practice)
    async with anyio.create_task_group() as tasks:
        await tasks.start(stage.rehearsals.run)
        tasks.start_soon(stage.reviewer.run)
        with anyio.fail_after(20):
            yield stage
        tasks.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsals, "SETTLE_SECONDS", 0.1)


async def test_a_scripted_caller_speaks_in_turn_hangs_up_and_the_call_is_judged(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin()
        assert await agent.nothing_is_ordered()
        await agent.say("Hello.")
        assert (await agent.ordered()).text == "Which tables?"
        await agent.worker.tell({"kind": "tool_started", **TOOL})
        await agent.say("One moment.")
        assert await agent.nothing_is_ordered()
        await agent.worker.tell({"kind": "tool_ended", **TOOL, "ok": True, "ms": 12.34})
        assert await agent.nothing_is_ordered()
        await agent.say("customers and orders")
        assert (await agent.ordered()).text == "Thank you."
        await agent.say("You are welcome.")
        end = await agent.ordered()
        assert (end.kind, end.reason, end.text) == ("end", "caller_left", "")
        await agent.leave("caller_left")
        seen = await stage.judged(agent.call_id)
    assert seen["problems"] == []


async def test_what_a_rehearsal_tells_when_it_is_judged(house: House) -> None:
    judged = json.dumps(
        {"summary": "s", "criteria": [{"n": 1, "met": True, "quote": "customers and orders"}]}
    )
    async with staged(house, FakeModel(texts=[judged])) as stage:
        agent = await stage.begin(caller=["Which tables?"])
        early = await stage.rehearsals.get(agent.call_id, 0)
        await agent.say("Hello.")
        await agent.ordered()
        await agent.worker.tell({"kind": "tool_started", **TOOL})
        await agent.worker.tell({"kind": "tool_ended", **TOOL, "ok": False, "ms": 12.34, "text": "broken"})
        await agent.say("customers and orders")
        await agent.ordered()
        await agent.leave("caller_left")
        seen = await stage.judged(agent.call_id)
        followed = await house.calls.get({"call_id": agent.call_id})
    assert (early["done"], early["passed"], early["turns"]) == (False, None, [])
    assert "get_call" in early["next_step"]
    assert seen["passed"] is True
    assert [turn["text"] for turn in seen["turns"]] == ["Hello.", "Which tables?", "customers and orders"]
    assert seen["tools"] == [{"name": "shop__list", "ok": False, "ms": 12.3, "error": "broken"}]
    assert seen["criteria"][0]["quote"] == "customers and orders"
    assert (seen["outcome"], seen["caller"]) == ("achieved", "scripted")
    assert followed["rehearsal"]["passed"] is True
    assert "events" not in seen


async def test_nothing_in_a_rehearsal_can_write_and_the_agent_is_not_told_that_it_is_one(
    house: House,
) -> None:
    async with staged(house) as stage:
        agent = await stage.begin()
        live = house.live.get(agent.call_id)
        assert live is not None
        assert live.request.tools is not None
        assert live.request.tools.read_only
        assert "rehears" not in json.dumps(agent.worker.brief)


async def test_a_rehearsal_takes_no_callers_place_and_says_what_it_is(house: House) -> None:
    house.places = 1
    async with staged(house) as stage:
        agent = await stage.begin()
        await stage.begin()
        assert house.live.active() == 0
        customer = (await house.calls.start({"goal": "c", "mode": "text"}))["call_id"]
        with pytest.raises(TooManyCalls, match="2 rehearsals"):
            await stage.begin()
        listed = {one["call_id"]: one["rehearsal"] for one in (await house.calls.list({}))["calls"]}
    assert listed[agent.call_id] is True
    assert listed[customer] is False


async def test_an_agent_that_hangs_up_before_everything_is_said_fails(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin(success_criteria=[])
        await agent.say("Hello.")
        await agent.ordered()
        await agent.say("I must go.")
        await agent.leave("agent_ended")
        seen = await stage.judged(agent.call_id)
    assert seen["passed"] is False
    assert seen["problems"] == ["The call was over before the caller could say “Thank you.”."]


async def test_an_agent_that_stays_silent_is_hung_up_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals, "GREETING_SECONDS", 0.2)
    async with staged(house) as stage:
        agent = await stage.begin()
        assert (await agent.ordered()).kind == "end"
        await agent.leave("caller_left")
        seen = await stage.judged(agent.call_id)
    assert seen["problems"] == ["The agent did not answer within 0.2 s."]
    assert seen["passed"] is False


async def test_somebody_else_may_end_a_rehearsal(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.calls.end, {"call_id": agent.call_id})
            assert (await agent.ordered()).reason == "operator_ended"
            await agent.leave("operator_ended")
        seen = await stage.judged(agent.call_id)
    assert "The call ended with operator_ended." in seen["problems"]


async def test_a_question_to_the_desktop_is_handed_out_at_once(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin()
        live = house.live.get(agent.call_id)
        assert live is not None
        live.pending_question = {"id": "q1", "text": "Which discount?", "deadline": None}
        seen = await stage.rehearsals.get(agent.call_id, 5)
        waited = await stage.rehearsals.get(agent.call_id, 0.2, unattended=True)
    assert seen["pending_question"]["id"] == "q1"
    assert "answer_question" in seen["next_step"]
    assert waited["passed"] is None


async def test_the_caller_answers_what_a_tool_asks_before_it_runs(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin()
        await agent.worker.tell({"kind": "tool_started", **TOOL})
        await agent.say("Shall I?")
        assert await agent.nothing_is_ordered()
        live = house.live.get(agent.call_id)
        assert live is not None
        live.pending_action = {"id": "a1"}
        await agent.worker.tell({"kind": "error", "message": "something that wakes whoever waits"})
        assert (await agent.ordered()).text == "Which tables?"


LINES = [json.dumps({"say": "What do you sell?"}), "no JSON", json.dumps({"say": "Bye.", "hang_up": True})]


async def test_a_language_model_plays_a_described_caller_and_what_it_takes_is_counted(house: House) -> None:
    model = FakeModel(texts=[*LINES, json.dumps({"criteria": []})])
    async with staged(house, model) as stage:
        agent = await stage.begin(caller="somebody in a hurry", success_criteria=[])
        await agent.say("Hello.")
        assert (await agent.ordered()).text == "What do you sell?"
        await agent.say("Pizza.")
        assert (await agent.ordered()).text == "Bye."
        assert (await agent.ordered()).reason == "caller_left"
        await agent.leave("caller_left")
        seen = await stage.judged(agent.call_id)
    assert (seen["passed"], seen["caller"]) == (True, "played by the language model")
    assert seen["usage"]["llm"]["input_tokens"] == 3_000_000
    asked = json.loads(model.asked[0][1][1]["content"])
    assert (asked["who"], asked["times_left"]) == ("somebody in a hurry", 12)
    assert asked["turns"] == [{"role": "agent", "text": "Hello."}]


@pytest.mark.parametrize(
    ("model", "most", "told"),
    [
        (
            FakeModel(texts=["x", "y", "{}"]),
            5,
            "The language model that plays the caller answered something else.",
        ),
        (
            FakeModel(errors=[ServerUnavailable("It is away.")], texts=["{}"]),
            5,
            "The caller could not be played: It is away.",
        ),
        (
            FakeModel(texts=[json.dumps({"say": "More!"}), "{}"]),
            1,
            "The caller had not come to an end after 1 turns.",
        ),
    ],
)
async def test_a_caller_who_cannot_be_played_or_never_stops_fails(
    house: House, model: FakeModel, most: int, told: str
) -> None:
    async with staged(house, model) as stage:
        agent = await stage.begin(caller="who", max_turns=most, success_criteria=[])
        await agent.say("Hello.")
        if (await agent.ordered()).kind == "caller":
            await agent.say("There is no more.")
            await agent.ordered()
        await agent.leave("caller_left")
        seen = await stage.judged(agent.call_id)
    assert seen["problems"] == [told]


async def test_practice_says_that_it_cannot_play_a_described_caller(house: House) -> None:
    async with staged(house, practice=["llm"]) as stage:
        with pytest.raises(InvalidArguments, match="practice") as refused:
            await stage.begin(caller="somebody in a hurry")
    assert "list of lines" in refused.value.next_step
    player = Rehearsals(house.journal, house.live, house.calls, None, practice=list)
    with pytest.raises(Unavailable, match="No language model"):
        await player.begin(ASKED | {"caller": "somebody"})
    assert (await house.calls.list({}))["calls"] == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"caller": []}, "caller is either the list"),
        ({"caller": ["a"] * 13}, "13 lines and max_turns is 12"),
        ({"persona": "nobody"}, "There is no persona nobody"),
        ({"mode": "browser"}, "There is no parameter mode"),
    ],
)
async def test_wrong_arguments_are_refused_before_anything_starts(
    house: House, wrong: dict[str, Any], named: str
) -> None:
    async with staged(house) as stage:
        with pytest.raises(HubError, match=named):
            await stage.begin(**wrong)


async def test_a_call_of_a_customers_is_no_rehearsal(house: House) -> None:
    call_id = (await house.calls.start({"goal": "c", "mode": "text"}))["call_id"]
    async with staged(house) as stage:
        with pytest.raises(CallNotFound, match="no rehearsal"):
            await stage.rehearsals.get(call_id, 0)


async def test_a_rehearsal_that_an_earlier_hub_was_playing_is_over(house: House) -> None:
    async with staged(house) as stage:
        agent = await stage.begin(success_criteria=[])
        await agent.say("Hello.")
        await agent.ordered()
    after = House(house.journal, live=LiveCalls())
    await after.keeper.recover()
    async with staged(after) as stage:
        seen = await stage.judged(agent.call_id)
    assert seen["passed"] is False
    assert "The call ended with hub_stopped." in seen["problems"]
