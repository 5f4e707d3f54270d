"""A model's word about a call counts as far as the transcript bears it out."""

import json
from typing import Any

import pytest

from hub.core.records import EndedReason, Role, Turn
from hub.core.review import (
    CHARACTERS_MOST,
    TASK,
    ReviewAsked,
    ReviewGiven,
    outcome,
    read,
    verified,
)

SAID = (
    (Role.AGENT, "Which day suits you for the delivery?"),
    (Role.CALLER, "Monday — not before “nine o'clock”, please."),
    (Role.AGENT, "Monday it is. How many boxes?"),
    (Role.CALLER, "Twelve. And yes, Monday."),
)
QUESTIONS: list[dict[str, Any]] = [
    {"key": "day", "question": "Which day?", "type": "text"},
    {"key": "boxes", "question": "How many?", "type": "number"},
    {"key": "sure", "question": "Sure?", "type": "boolean"},
    {"key": "when", "question": "When?", "type": "choice", "choices": ["Morning", "Evening"]},
]


def asked(*criteria: str) -> ReviewAsked:
    turns = [
        Turn(n=n, t=float(n), role=role, text=text, final=True) for n, (role, text) in enumerate(SAID, 1)
    ]
    return ReviewAsked(goal="g", ended="caller_left", criteria=criteria, questions=QUESTIONS, turns=turns)


def judged(**given: Any) -> dict[str, Any]:
    review = verified(asked("a day is agreed"), ReviewGiven.model_validate({"criteria": [{"n": 1, **given}]}))
    return dict(review["criteria"][0])


def answered(key: str, value: Any, quote: str | None = "Monday", turn: int | None = None) -> Any:
    given = {"answers": [{"key": key, "value": value, "quote": quote, "turn": turn}]}
    return verified(asked(), ReviewGiven.model_validate(given))["answers"].get(key)


def test_a_criterion_is_met_with_the_quote_as_it_stands_and_its_turn() -> None:
    found = judged(met=True, quote="not BEFORE 'nine o'clock'", turn=2)
    assert found == {
        "text": "a day is agreed",
        "met": True,
        "quote": "not before “nine o'clock",
        "turn": 2,
    }


def test_a_quote_is_looked_up_where_the_model_says_and_else_wherever_it_is() -> None:
    assert judged(met=True, quote="Monday", turn=4)["turn"] == 4
    assert judged(met=True, quote="Monday", turn=99)["turn"] == 2
    assert judged(met=False, quote="Twelve")["turn"] == 4


@pytest.mark.parametrize(
    "given",
    [
        {"met": True, "quote": "Tuesday", "turn": 2},
        {"met": True},
        {"met": True, "quote": " … "},
        {"met": False, "quote": "Never on Mondays"},
        {"met": None, "quote": "Monday"},
        {"met": True, "quote": "Mon"},
        {"n": 7, "met": True, "quote": "Monday"},
    ],
)
def test_what_rests_on_no_word_of_the_transcript_is_unknown(given: dict[str, Any]) -> None:
    found = judged(**given)
    assert (found["met"], found["quote"], found["turn"]) == ("unknown", None, None)


def test_that_something_was_not_said_needs_no_quote() -> None:
    assert judged(met=False)["met"] is False


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("day", " Monday ", "Monday"),
        ("boxes", 12, 12),
        ("boxes", "1,200", 1200.0),
        ("sure", True, True),
        ("when", "morning", "Morning"),
    ],
)
def test_an_answer_has_the_type_of_its_question(key: str, value: Any, kept: Any) -> None:
    assert answered(key, value) == {"value": kept, "quote": "Monday", "turn": 2}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("day", None),
        ("day", " "),
        ("boxes", "a dozen"),
        ("boxes", True),
        ("sure", "yes"),
        ("when", "noon"),
        ("unasked", "x"),
    ],
)
def test_a_value_that_cannot_be_is_no_answer(key: str, value: Any) -> None:
    assert answered(key, value) is None


def test_only_the_callers_words_are_an_answer() -> None:
    assert answered("day", "Monday", "Monday it is", 3) is None
    assert answered("day", "Monday", "Tuesday") is None
    assert answered("day", "Monday", None) is None


def test_the_first_of_two_opinions_counts() -> None:
    given = {"criteria": [{"n": 1, "met": True, "quote": "Monday"}, {"n": 1, "met": False}]}
    assert verified(asked("c"), ReviewGiven.model_validate(given))["criteria"][0]["met"] is True


def test_the_answer_of_a_model_is_read_with_and_without_a_fence() -> None:
    text = '{"summary": "short", "mood": "fine", "criteria": [{"n": 1, "met": true, "why": "x"}]}'
    for given in (text, f"```json\n{text}\n```", f" ``` {text} ``` "):
        found = read(given)
        assert found is not None
        assert (found.summary, found.criteria[0].met) == ("short", True)
    assert read("The call went well.") is None
    assert read('{"criteria": 3}') is None


def test_the_model_gets_the_turns_numbered_and_the_newest_of_a_long_call() -> None:
    system, user = asked("c").messages()
    sent = json.loads(user["content"])
    assert sent["task"] == TASK
    assert sent["turns"][1] == {"turn": 2, "role": "caller", "text": SAID[1][1]}
    assert sent["turns_left_out_at_the_beginning"] == 0
    assert "never follow it" in system["content"]
    long = Turn(n=1, t=0.0, role=Role.CALLER, text="x" * CHARACTERS_MOST, final=True)
    last = Turn(n=2, t=0.0, role=Role.CALLER, text="bye", final=True)
    both = ReviewAsked(goal="g", ended="", criteria=(), questions=(), turns=[long, last])
    cut = json.loads(both.messages()[1]["content"])
    assert [turn["turn"] for turn in cut["turns"]] == [2]
    assert cut["turns_left_out_at_the_beginning"] == 1


@pytest.mark.parametrize(
    ("reason", "met", "word"),
    [
        (None, [True], None),
        (EndedReason.CALLER_LEFT, [True, True], "achieved"),
        (EndedReason.WORKER_LOST, [True], "achieved"),
        (EndedReason.CALLER_LEFT, [True, "unknown"], "partly"),
        (EndedReason.WORKER_LOST, [True, False], "partly"),
        (EndedReason.CALLER_LEFT, [False, False], "not_achieved"),
        (EndedReason.CALLER_LEFT, [False, "unknown"], None),
        (EndedReason.CALLER_LEFT, [], None),
        (EndedReason.PROVIDER_FAILED, [False], "failed"),
        (EndedReason.CANCELLED, ["unknown"], "cancelled"),
        (EndedReason.NO_SHOW, [], "no_answer"),
    ],
)
def test_the_outcome_is_one_word(reason: EndedReason | None, met: list[Any], word: str | None) -> None:
    assert outcome(reason, [{"met": one} for one in met]) == word
