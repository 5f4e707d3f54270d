"""Who is asked before something is changed: the caller of the VoiceCall whose path it is, and nobody else."""

from dataclasses import dataclass
from typing import Any

import pytest

from hub.core.records import Approval, ApprovalState, Question
from hub.core.wire import TURN_META
from hub.gateway.asked import Asked, Askers, Client
from hub.gateway.elicitation import without
from hub.gateway.eras import forwarded_meta
from hub.gateway.target import Kind, Target

pytestmark = pytest.mark.anyio

QUESTION = Question(text="This would.", phrase="yes", strong=False, about=(), tool="notes__add")


async def silent(_progress: float, _total: float | None, _message: str | None) -> None:
    return


def asked(target: Target, **meta: Any) -> Asked:
    params = {"name": "notes__add", "_meta": meta}
    return Asked(target=target, version="2026-07-28", params=params, client="x", report=silent)


@pytest.mark.parametrize(("meta", "turn"), [({TURN_META: 3}, 3), ({}, 0), ({TURN_META: "3"}, 0)])
async def test_the_caller_of_the_call_is_asked_and_after_which_turn_is_told(meta: Any, turn: int) -> None:
    questions = []

    async def ask(call_id: str, question: Question, after: int) -> Approval:
        questions.append((call_id, question, after))
        return Approval(state=ApprovalState.APPROVED)

    async def consult(*_: Any) -> str:
        raise AssertionError

    askers = Askers(caller=ask, desktop=consult, server=refuses)
    client = Client(asked(Target(Kind.CALL, "c1"), **meta), askers)
    assert (await client.confirm(QUESTION)).state is ApprovalState.APPROVED
    assert questions == [("c1", QUESTION, turn)]


@pytest.mark.parametrize("target", [Target(Kind.HUB), Target(Kind.CALL, "c1")])
async def test_where_nobody_can_be_asked_the_answer_is_no(target: Target) -> None:
    assert (await Client(asked(target)).confirm(QUESTION)).state is ApprovalState.UNASKABLE


@dataclass
class Told:
    """What people have answered a server."""

    result: dict[str, Any]
    secrets: tuple[str, ...] = ()


async def refuses(*_: Any) -> Told:
    raise AssertionError


async def test_a_server_asks_whoever_is_in_the_call_and_no_secret_of_theirs_comes_back() -> None:
    params = {"message": "m"}

    async def server(call_id: str, name: str, given: Any, alive: Any) -> Told:
        assert (call_id, name, given) == ("c1", "notes", params)
        await alive()
        return Told({"action": "accept", "content": {"pin": "1234"}}, ("1234",))

    async def other(*_: Any) -> Any:
        raise AssertionError

    client = Client(asked(Target(Kind.CALL, "c1")), Askers(caller=other, desktop=other, server=server))
    assert client.elicits == {"form", "url"}
    assert not client.resumes
    assert (await client.elicit("notes", params))["action"] == "accept"
    result = {
        "content": [{"type": "text", "text": "pin 1234 ok"}],
        "structuredContent": {"1234": [1234, 5, True]},
    }
    assert without(result, client.secrets) == {
        "content": [{"type": "text", "text": "pin *** ok"}],
        "structuredContent": {"***": ["***", 5, True]},
    }
    assert without(result, {"1"}) == result


async def test_a_desktop_is_not_asked_for_a_call() -> None:
    client = Client(asked(Target(Kind.HUB)))
    assert client.elicits == frozenset()
    assert await client.elicit("notes", {}) == {"action": "decline"}


def test_a_server_is_not_told_which_turn_it_was() -> None:
    assert forwarded_meta({"_meta": {TURN_META: 3, "other": 1}}) == {"other": 1}
    assert forwarded_meta({"_meta": {TURN_META: 3}}) is None
