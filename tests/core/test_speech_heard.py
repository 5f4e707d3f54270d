"""A caller's few words: calling off, or only listening."""

import pytest

from hub.core.speech_heard import calls_off, goes_on, only_listening


@pytest.mark.parametrize(
    "text",
    [
        "Never mind.",
        "Oh, nevermind!",
        "Stop.",
        "Stop it, please.",
        "No, forget it.",
        "Forget about it",
        "Cancel that.",
        "Okay, never mind, thanks.",
        "Actually, don\N{RIGHT SINGLE QUOTATION MARK}t bother.",
        "Wait, stop!",
        "I changed my mind.",
        "Vergiss es.",
        "Leave it.",
    ],
)
def test_these_words_call_off(text: str) -> None:
    assert calls_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stop the server.",
        "Cancel order 42.",
        "How many customers are there?",
        "Forget the customers, show me the orders.",
        "Please don't stop.",
        "Never.",
        "Delete it.",
        "Yes.",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not calls_off(text)


MURMURS = ["Mm-hm.", "mhm", "Uh-huh.", "Hmm", "[cough]", "(laughs)", "...", "", "I see."]
AGREED = ["Okay.", "Yeah, right.", "Yes.", "Good, mm-hm."]
FLOOR = ["Stop.", "Wait.", "No.", "Okay, but what about it?", "What?", "yeah yeah yeah yeah", "Right now?"]


@pytest.mark.parametrize("text", MURMURS + AGREED)
def test_these_only_show_that_somebody_listens(text: str) -> None:
    assert only_listening(text)


@pytest.mark.parametrize("text", FLOOR)
def test_these_want_the_floor(text: str) -> None:
    assert not only_listening(text)


@pytest.mark.parametrize("text", AGREED)
def test_they_are_answers_where_something_was_asked(text: str) -> None:
    assert not only_listening(text, asked=True)


@pytest.mark.parametrize("text", MURMURS)
def test_a_murmur_never_is(text: str) -> None:
    assert only_listening(text, asked=True)


@pytest.mark.parametrize(
    "text",
    [
        "My number is 555",
        "five five five",
        "It is spelled A. D. A.",
        "4 2 7",
        "I want the red one and",
        "My name is",
        "um",
    ],
)
def test_who_pauses_here_goes_on(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text",
    [
        "How many customers are there?",
        "Show me order 42.",
        "I have two.",
        "",
        "Thanks!",
        "Plan B.",
        "room 4 b",
    ],
)
def test_who_pauses_here_may_be_done(text: str) -> None:
    assert not goes_on(text)
