"""From typed and spoken words to phrases, and never by force."""

import pytest

from hub.practice.matching import match
from hub.practice.phrases import Phrases
from tests.practice.recognition import FRESH, HELD_OUT, OUTSIDE


def found(text: str, phrases: Phrases) -> tuple[str, dict[str, str]] | None:
    meaning = match(text, phrases)
    return (meaning.phrase.id, dict(meaning.slots)) if meaning is not None else None


@pytest.mark.parametrize(
    ("text", "phrase", "slots"),
    [
        ("which tables do we have", "tables", {}),
        ("Which tables do we have?", "tables", {}),
        ("Could you please list the tables?", "tables", {}),
        ("What's the latest order?", "latest_order", {}),
        ("what\N{RIGHT SINGLE QUOTATION MARK}s the latest order", "latest_order", {}),
        ("How many orders came in this week?", "orders_came_in", {"when": "this week"}),
        (
            "Show me all customers who signed up in the last month and spent over $100.",
            "customers_spent",
            {"span": "month", "number": "100"},
        ),
        (
            "show me all customers who signed up in the last year and spent more than 1,250 dollars",
            "customers_spent",
            {"span": "year", "number": "1250"},
        ),
        (
            "show me all customers who signed up in the last week and spent over a hundred and fifty dollars",
            "customers_spent",
            {"span": "week", "number": "150"},
        ),
        ("How many ordres came in tody?", "orders_came_in", {"when": "today"}),
        ("Yes, drop products.", "yes_change", {"table": "products"}),
        ("Thanks!", "thanks", {}),
        ("hello", "hello", {}),
        ("Which customers are from Berlin?", "customers_from", {"city": "berlin"}),
    ],
)
def test_what_is_meant_is_found(text: str, phrase: str, slots: dict[str, str], phrases: Phrases) -> None:
    assert found(text, phrases) == (phrase, slots)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "[not understood]",
        "how many orders came in next week",
        "how many orders came in",
        "show me all customers",
        "drop the ordrs table",  # what changes something is never guessed
        "yes drop prodcts",
        "show me all customers who signed up in the last month and spent over dollars",
        "which tables do we have and which columns",
    ],
)
def test_what_is_not_a_phrase_stays_none(text: str, phrases: Phrases) -> None:
    assert found(text, phrases) is None


def test_no_sentence_from_outside_is_bent_onto_a_phrase(phrases: Phrases) -> None:
    assert [text for text in (*OUTSIDE, *HELD_OUT, *FRESH) if found(text, phrases)] == []


def test_every_sentence_that_can_be_heard_is_understood_as_its_phrase(phrases: Phrases) -> None:
    for phrase in phrases.phrases:
        for text in phrases.sentences(phrase):
            assert (found(text, phrases) or ("", {}))[0] == phrase.id, text


def test_every_example_is_understood_as_its_phrase(phrases: Phrases) -> None:
    for phrase in phrases.phrases:
        assert (found(phrase.example, phrases) or ("", {}))[0] == phrase.id
