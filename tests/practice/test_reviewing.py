"""A review by the practice model: true to the turns, and open where they do not decide."""

import json
from typing import Any

import aiohttp
import pytest

from hub.core.records import Role, Turn
from hub.core.review import TASK, ReviewAsked, read, verified
from hub.parts.language_model import ChatCompletions
from hub.practice import reviewing
from tests.practice.conftest import Running

SAID = (
    ("agent", "Hello. Which day suits you for the delivery?"),
    ("caller", "Monday would be fine."),
    ("agent", "How many boxes do you expect?"),
    ("caller", "I expect twenty boxes."),
    ("agent", "Shall somebody ring the bell?"),
    ("caller", "No, please do not."),
    ("agent", "Morning or evening: what do you prefer?"),
    ("caller", "The evening."),
    ("caller", "I do not want a receipt."),
    ("agent", "Goodbye, and thank you."),
)
QUESTIONS = (
    {"key": "delivery_day", "question": "Which day suits you for the delivery?"},
    {"key": "boxes", "question": "How many boxes do you expect?", "type": "number"},
    {"key": "ring", "question": "Shall somebody ring the bell?", "type": "boolean"},
    {
        "key": "time",
        "question": "Morning or evening, what do you prefer?",
        "type": "choice",
        "choices": ["morning", "evening"],
    },
    {"key": "colour", "question": "Which colour shall the door have?"},
)


def asked(*criteria: str, said: tuple[tuple[str, str], ...] = SAID) -> ReviewAsked:
    turns = [
        Turn(n=n, t=0.0, role=Role(role), text=text, final=True) for n, (role, text) in enumerate(said, 1)
    ]
    return ReviewAsked(goal="g", ended="caller_left", criteria=criteria, questions=QUESTIONS, turns=turns)


def reviewed(review: ReviewAsked) -> dict[str, Any]:
    plan = reviewing.review({"messages": review.messages()})
    assert plan is not None
    given = read(plan.text)
    assert given is not None
    return verified(review, given)


def test_the_answer_to_a_question_is_what_the_caller_said_after_it() -> None:
    assert reviewed(asked())["answers"] == {
        "delivery_day": {"value": "Monday would be fine.", "quote": "Monday would be fine", "turn": 2},
        "boxes": {"value": 20.0, "quote": "I expect twenty boxes", "turn": 4},
        "ring": {"value": False, "quote": "No, please do not", "turn": 6},
        "time": {"value": "evening", "quote": "The evening", "turn": 8},
    }


@pytest.mark.parametrize(
    ("criterion", "met", "turn"),
    [
        ("The caller says “Monday”", True, 2),
        ('The caller says "Tuesday"', False, None),
        ("The agent says “evening”", True, 7),
        ("The caller says “thank you”", False, None),
        ("The caller names a delivery day", True, 2),
        ("The agent says goodbye", True, 10),
        ("The caller wants a receipt", "unknown", None),
        ("The caller does not want a receipt", "unknown", None),
        ("The caller is happy", "unknown", None),
        ("The caller names the colour of the door", "unknown", None),
        ("The caller and the agent", "unknown", None),
    ],
)
def test_a_criterion_is_decided_by_words_or_not_at_all(criterion: str, met: Any, turn: int | None) -> None:
    (found,) = reviewed(asked(criterion))["criteria"]
    assert (found["met"], found["turn"]) == (met, turn)


@pytest.mark.parametrize("reply", ["Perhaps", "Morning or evening", "twenty or thirty", "yes and no"])
def test_an_answer_that_is_none_is_left_out(reply: str) -> None:
    said = [("agent", str(one["question"])) for one in QUESTIONS[1:4]]
    turns = tuple(turn for question in said for turn in (question, ("caller", reply)))
    assert reviewed(asked(said=turns))["answers"] == {}


def test_the_last_answer_to_a_question_counts_and_one_without_any_is_open() -> None:
    again = (("agent", "Sorry, which day suits you for the delivery?"), ("caller", "Friday."))
    assert reviewed(asked(said=SAID + again))["answers"]["delivery_day"]["value"] == "Friday."
    assert reviewed(asked(said=SAID[:1]))["answers"] == {}


def test_the_summary_says_only_what_was_said() -> None:
    assert reviewed(asked())["summary"] == (
        "The caller spoke 5 times and the agent 5 times. The caller began with “Monday would be fine.”. "
        "The caller's last words were “I do not want a receipt.”. "
        "The agent's last words were “Goodbye, and thank you.”. The call ended: caller left."
    )
    assert reviewed(asked(said=(("caller", "Hm"),)))["summary"] == (
        "The caller spoke once and the agent 0 times. The caller began with “Hm”. "
        "The call ended: caller left."
    )


@pytest.mark.parametrize(
    "messages",
    [
        [],
        ["x"],
        [{"role": "user", "content": f"a {TASK}"}],
        [{"content": [TASK]}],
        [{"content": f'["{TASK}"]'}],
    ],
)
def test_whatever_else_is_asked_is_no_review(messages: list[Any]) -> None:
    assert reviewing.review({"messages": messages}) is None


@pytest.mark.anyio
async def test_the_hub_gets_its_review_from_practice_over_http(practice: Running) -> None:
    async with aiohttp.ClientSession() as session:
        model = ChatCompletions(session, key=practice.token, url=f"{practice.url}/v1")
        completion = await model.complete("gpt-4o", asked("The caller says “Monday”").messages())
    assert json.loads(completion.text)["criteria"] == [{"n": 1, "met": True, "quote": "Monday", "turn": 2}]
    assert completion.input_tokens > 0 < completion.output_tokens
