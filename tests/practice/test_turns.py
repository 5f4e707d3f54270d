"""The recogniser behind its endpointer, on espeak's recordings: in and out of the phrases."""

from pathlib import Path

import pytest

from hub.practice.book import Book
from tests.practice.recognition import (
    HELD_OUT,
    HELD_OUT_VOICES,
    OUTSIDE,
    Channel,
    Outcome,
    listen,
    measure,
)

CALL = [
    ("which tables do we have", True),
    ("show me all customers who signed up in the last month and spent over one hundred dollars", True),
    ("how many orders came in this week", True),
]
VOICES = ("en-us", "en-us+f3", "en-gb-x-rp")


def shares(outcomes: list[Outcome], *, known: bool) -> dict[str, float]:
    mine = [outcome.verdict for outcome in outcomes if outcome.known is known]
    return {verdict: mine.count(verdict) / len(mine) for verdict in ("right", "wrong", "refused")}


@pytest.mark.parametrize("noise", [None, 20])
def test_the_three_sentences_of_the_first_call_are_heard(noise: int | None) -> None:
    book = Book(Path("/nonexistent"))
    heard: dict[str, int] = {text: 0 for text, _ in CALL}
    for voice in VOICES:
        for outcome in listen(book.grammar, CALL, Channel(voice, 150, noise)):
            heard[outcome.said] += outcome.verdict == "right"
            assert outcome.verdict != "wrong"
    assert min(heard.values()) >= 2, heard


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_phrases_are_heard_and_hardly_anything_else_becomes_one() -> None:
    channels = [Channel("en-us", 150, None), Channel("en", 165, 20), Channel("en-us+f3", 150, 20)]
    outcomes = measure(channels, OUTSIDE, 12, 1)
    assert shares(outcomes, known=True)["right"] >= 0.85
    assert shares(outcomes, known=True)["wrong"] <= 0.04
    assert shares(outcomes, known=False)["wrong"] <= 0.07


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_sentences_and_voices_that_nothing_was_tuned_with_are_refused_as_well() -> None:
    channels = [Channel(voice, 155, 20) for voice in HELD_OUT_VOICES[:2]]
    outcomes = measure(channels, HELD_OUT, 14, 2)
    assert shares(outcomes, known=False)["wrong"] <= 0.1
    assert shares(outcomes, known=True)["wrong"] <= 0.05
