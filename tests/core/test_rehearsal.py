"""When a played caller may speak, what a model that plays one is asked and believed, and what counts."""

import json
from typing import Any

import pytest

from hub.core.records import CallRecord, CallStatus, EndedReason, Event, EventKind, Mode, Role, Turn
from hub.core.rehearsal import LINE_MOST, AgentTurn, Line, messages, passed, problems, read_line

SAID_ALL = {"how": "said_all", "said": 2, "why": ""}


def agent(*kinds: str) -> AgentTurn:
    """What it makes of these events; `tool+`, `tool-`, or who has spoken."""
    turn = AgentTurn()
    for n, kind in enumerate(kinds, start=1):
        turn.note(_event(n, kind))
    return turn


def _event(n: int, kind: str) -> Event:
    if kind[-1] in "+-":
        what = EventKind.TOOL_STARTED if kind[-1] == "+" else EventKind.TOOL_ENDED
        return Event(n=n, t=1.0, kind=what, data={"tool_call": kind[:-1]})
    if kind == "status":
        return Event(n=n, t=1.0, kind=EventKind.STATUS)
    return Event(n=n, t=1.0, kind=EventKind.TURN, role=Role(kind))


@pytest.mark.parametrize(
    ("kinds", "over"),
    [
        ((), False),
        (("agent",), True),
        (("agent", "status"), True),
        (("agent", "a+"), False),
        (("a+", "agent"), False),
        (("a+", "agent", "a-"), False),
        (("a+", "agent", "a-", "agent"), True),
        (("a+", "b+", "a-", "agent"), False),
        (("a-", "caller", "operator"), False),
    ],
)
def test_it_is_the_callers_turn_when_the_agent_has_spoken_last_and_waits_for_nothing(
    kinds: tuple[str, ...], over: bool
) -> None:
    assert agent(*kinds).over(asks=False) is over


def test_a_tool_that_waits_for_the_callers_own_yes_does_not_keep_them_from_speaking() -> None:
    assert agent("a+", "agent").over(asks=True)
    assert not agent("a+").over(asks=True)


def test_a_model_that_plays_the_caller_is_told_who_it_is_and_what_was_said() -> None:
    turns = [
        Turn(n=1, t=1.0, role=Role.AGENT, text="Hello.", final=True),
        Turn(n=2, t=2.0, role=Role.CALLER, text="Grüezi.", final=True),
    ]
    system, user = messages("somebody in a hurry", turns, 3)
    assert system["role"] == "system"
    assert "Grüezi" in user["content"]
    assert json.loads(user["content"]) == {
        "task": "the caller of a rehearsed voice call",
        "who": "somebody in a hurry",
        "turns": [{"role": "agent", "text": "Hello."}, {"role": "you", "text": "Grüezi."}],
        "times_left": 3,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"say": " Which  tables? "}', Line("Which tables?")),
        ('```json\n{"say": "Bye.", "hang_up": true, "mood": "cross"}\n```', Line("Bye.", hang_up=True)),
        ('{"hang_up": true}', Line("", hang_up=True)),
        (json.dumps({"say": "x" * 9000}), Line("x" * LINE_MOST)),
        ('{"say": "  "}', None),
        ("Which tables?", None),
        ("[]", None),
    ],
)
def test_what_a_model_answers_is_a_line_or_nothing(text: str, line: Line | None) -> None:
    assert read_line(text) == line


@pytest.mark.parametrize(
    ("ended", "stopped", "told"),
    [
        ("caller_left", SAID_ALL, []),
        ("agent_ended", {"how": "agent_ended", "said": 3, "why": ""}, []),
        ("caller_left", {"how": "hung_up", "said": 1, "why": ""}, []),
        (None, SAID_ALL, []),
        ("provider_failed", SAID_ALL, ["The call ended with provider_failed."]),
        ("caller_left", {"how": "no_answer", "said": 1, "why": "It was silent."}, ["It was silent."]),
        ("caller_left", {"how": "most_turns", "said": 9, "why": "No end."}, ["No end."]),
        (
            "agent_ended",
            {"how": "agent_ended", "said": 2, "why": ""},
            ["The call was over before the caller could say “three”."],
        ),
        (
            "agent_ended",
            {"how": "agent_ended", "said": 1, "why": ""},
            ["The call was over before the caller could say “two” and 1 more line."],
        ),
        (
            "hub_stopped",
            None,
            ["The call ended with hub_stopped.", "The hub stopped before the caller had said everything."],
        ),
    ],
)
def test_what_kept_a_call_from_being_a_whole_rehearsal_is_said(
    ended: str | None, stopped: dict[str, Any] | None, told: list[str]
) -> None:
    reason = EndedReason(ended) if ended else None
    assert problems(reason, stopped, ["one", "two", "three"]) == told


def test_more_than_one_line_is_counted() -> None:
    stopped = {"how": "agent_ended", "said": 0, "why": ""}
    (told,) = problems(EndedReason.AGENT_ENDED, stopped, ["one", "two", "three"])
    assert told.endswith("“one” and 2 more lines.")


@pytest.mark.parametrize(
    ("found", "met", "good"),
    [
        ([], [], True),
        ([], [True, True], True),
        ([], [True, False], False),
        ([], ["unknown"], False),
        (["It was silent."], [True], False),
    ],
)
def test_a_rehearsal_passes_when_nothing_went_wrong_and_every_criterion_is_shown(
    found: list[str], met: list[Any], good: bool
) -> None:
    assert passed(found, [{"met": one} for one in met]) is good


@pytest.mark.parametrize("played", [None, {"lines": 2}])
def test_a_call_says_whether_somebody_plays_its_caller(played: dict[str, Any] | None) -> None:
    call = CallRecord(
        id="c",
        mode=Mode.TEXT,
        goal="g",
        room="r",
        status=CallStatus.IN_PROGRESS,
        created_at=0.0,
        request={"goal": "g"} | ({"rehearsal": played} if played else {}),
    )
    assert call.rehearsal == played
