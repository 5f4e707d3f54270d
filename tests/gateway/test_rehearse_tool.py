"""rehearse_call waits for the verdict, tells how far it is, and hands over what takes longer."""

from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.core.errors import TooManyCalls
from hub.core.records import Approval, Question
from hub.gateway import rehearse_tool
from hub.gateway.own_tools import OwnTools
from tests.callers import Unasked

pytestmark = pytest.mark.anyio

ASKED = {"goal": "g", "persona": "default", "caller": ["Hello."]}
TURN = {"n": 1, "t": 0.5, "role": "agent", "text": "Hello\nthere.", "interrupted": False, "final": True}
SEEN: dict[str, Any] = {
    "call_id": "c1",
    "status": "in_progress",
    "done": False,
    "passed": None,
    "problems": [],
    "caller": "scripted",
    "turns": [TURN],
    "tools": [],
    "last_event": 1,
    "next_step": "Ask get_call.",
}
JUDGED = SEEN | {
    "status": "ended",
    "done": True,
    "passed": False,
    "problems": ["The call ended with no_worker."],
    "criteria": [{"text": "it greets", "met": False, "quote": None, "turn": None}],
    "next_step": "",
}


class Listening(Unasked):
    """A client that hears of progress."""

    name = "test"
    call_id = None

    def __init__(self) -> None:
        self.heard: list[tuple[float, float | None, str | None]] = []

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.heard.append((progress, total, message))

    async def confirm(self, question: Question) -> Approval:
        raise AssertionError(question)


class FakeRehearsals:
    """Tells one thing after the other; the last one again and again."""

    def __init__(self, *seen: dict[str, Any]) -> None:
        self.seen = list(seen)
        self.waits: list[float] = []

    async def begin(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not self.seen:
            raise TooManyCalls("Enough run.", next_step="Wait.")
        return {"call_id": "c1", "warnings": ["mail is starting."]}

    async def get(self, call_id: str, wait_seconds: float) -> dict[str, Any]:
        self.waits.append(wait_seconds)
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]


async def rehearse(*seen: dict[str, Any]) -> tuple[dict[str, Any], Listening, FakeRehearsals]:
    player, caller = FakeRehearsals(*seen), Listening()
    tools = OwnTools((rehearse_tool.rehearse_tool(player),))
    result = await tools.run("rehearse_call", ASKED, caller)
    (definition,) = tools.definitions
    Draft202012Validator(definition["outputSchema"]).validate(result["structuredContent"])
    return result, caller, player


async def test_the_verdict_is_told_with_what_was_not_met() -> None:
    result, caller, _ = await rehearse(SEEN, JUDGED)
    assert result["structuredContent"]["passed"] is False
    assert result["structuredContent"]["warnings"] == ["mail is starting."]
    assert result["content"][0]["text"].splitlines() == [
        "Rehearsal c1 failed.",
        "The call ended with no_worker. not met: it greets",
        "Change the persona or the goal where a criterion is not met, and rehearse again.",
    ]
    assert [(round(at), total, text) for at, total, text in caller.heard] == [
        (4, 45.0, "agent: Hello there.")
    ]


async def test_one_that_takes_longer_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearse_tool, "WAIT_SECONDS", 3.0)
    result, caller, player = await rehearse(SEEN | {"turns": []})
    assert result["structuredContent"]["passed"] is None
    assert result["content"][0]["text"].splitlines() == ["Rehearsal c1 goes on.", "Ask get_call."]
    assert caller.heard == []
    assert 0 < player.waits[0] <= 3.0


def test_nothing_waits_longer_than_fifty_seconds() -> None:
    assert rehearse_tool.WAIT_SECONDS < 50


async def test_before_anybody_speaks_that_is_said() -> None:
    _, caller, _ = await rehearse(SEEN | {"turns": []}, JUDGED)
    assert [text for _, _, text in caller.heard] == ["Nothing has been said yet."]


async def test_a_question_to_the_desktop_is_handed_over_at_once() -> None:
    asked = SEEN | {"pending_question": {"id": "q1", "text": "Which?", "deadline": None}}
    result, _, player = await rehearse(asked)
    assert result["structuredContent"]["pending_question"]["id"] == "q1"
    assert len(player.waits) == 1


async def test_it_is_refused_like_every_tool() -> None:
    tools = OwnTools((rehearse_tool.rehearse_tool(FakeRehearsals()),))
    full = await tools.run("rehearse_call", ASKED, Listening())
    wrong = await tools.run("rehearse_call", ASKED | {"caller": 3}, Listening())
    assert full["structuredContent"]["error"]["code"] == "too_many_calls"
    assert "caller is either the list" in wrong["structuredContent"]["error"]["message"]
