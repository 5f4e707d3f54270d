"""Turns as they grow."""

from typing import Any

import pytest

from hub.voice.transcript import GROW_SECONDS, NOT_KEPT, Transcript, Words


class Told:
    """What was told, and a clock."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = 0.0

    def tell(self, _event: object, **values: Any) -> None:
        self.events.append(values)

    def lines(self) -> list[tuple[str, str, bool, bool]]:
        return [(e["role"], e["text"], e["final"], e.get("interrupted", False)) for e in self.events]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def transcript(told: Told) -> Transcript:
    return Transcript(told.tell, clock=lambda: told.now)


def test_a_caller_is_told_at_once_grows_and_becomes_final(told: Told, transcript: Transcript) -> None:
    transcript.heard("which", final=False)
    told.now += GROW_SECONDS
    transcript.heard("which tables", final=False)
    transcript.heard("Which tables?", final=True)
    transcript.caller_said("Which tables?")
    assert told.lines() == [
        ("caller", "which", False, False),
        ("caller", "which tables", False, False),
        ("caller", "Which tables?", True, False),
    ]
    assert len({event["item"] for event in told.events}) == 1


def test_pieces_of_one_turn_are_put_together(told: Told, transcript: Transcript) -> None:
    transcript.heard("I want", final=True)
    told.now += GROW_SECONDS
    transcript.heard("tea", final=False)
    assert told.lines()[-1] == ("caller", "I want tea", False, False)


def test_what_a_session_was_given_is_a_turn_at_once(told: Told, transcript: Transcript) -> None:
    transcript.caller_said("hello")
    assert told.lines() == [("caller", "hello", True, False)]


def test_what_is_typed_is_a_turn_beside_what_is_being_said(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "Hello")
    transcript.heard("which", final=False)
    transcript.caller_wrote("which tables")
    transcript.agent_said("agent", "Hello", interrupted=True)
    transcript.speaking("agent", " there")  # late, on a busy machine
    transcript.agent_said("agent", "customers", interrupted=False)
    transcript.caller_said("which ones")
    assert [line for line in told.lines() if line[2]] == [
        ("caller", "which tables", True, False),
        ("agent", "Hello", True, True),
        ("agent", "customers", True, False),
        ("caller", "which ones", True, False),
    ]
    began = list(dict.fromkeys((event["item"], event["role"]) for event in told.events))
    assert [role for _, role in began] == ["agent", "caller", "caller", "agent"]


def test_the_agent_is_told_word_by_word_and_final_as_far_as_heard(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "One ")
    told.now += GROW_SECONDS
    transcript.speaking("agent", "two ")
    transcript.speaking("agent", "three")
    transcript.agent_said("agent", "One two", interrupted=True)
    assert told.lines() == [
        ("agent", "One", False, False),
        ("agent", "One two", False, False),
        ("agent", "One two", True, True),
    ]


def test_an_announcement_is_complete_when_it_falls_silent(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "One moment.")
    transcript.silent(interrupted=False)
    transcript.silent(interrupted=False)
    assert told.lines() == [("agent", "One moment.", False, False), ("agent", "One moment.", True, False)]


def test_a_call_that_ends_cuts_off_what_was_being_said(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "I was")
    transcript.heard("but", final=False)
    transcript.close()
    assert told.lines()[-2:] == [("agent", "I was", True, True), ("caller", "but", True, True)]


def test_silence_is_no_turn(told: Told, transcript: Transcript) -> None:
    transcript.heard("  ", final=False)
    transcript.speaking("agent", " ")
    transcript.close()
    assert told.events == []


def test_both_sides_may_speak_at_once(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "As I said")
    transcript.heard("stop", final=False)
    transcript.agent_said("agent", "As I", interrupted=True)
    transcript.caller_said("stop")
    assert [line for line in told.lines() if line[2]] == [
        ("agent", "As I", True, True),
        ("caller", "stop", True, False),
    ]


def test_words_that_come_after_the_end_open_no_new_turn(told: Told, transcript: Transcript) -> None:
    transcript.speaking("agent", "Please try ")
    transcript.agent_said("agent", "Please try again later.", interrupted=False)
    transcript.speaking("agent", "again ")
    transcript.speaking("agent", "later.")
    transcript.speaking("agent", "Another")
    assert [text for _, text, _, _ in told.lines()] == ["Please try", "Please try again later.", "Another"]


@pytest.mark.anyio
async def test_words_come_from_the_end_of_livekits_chain() -> None:
    heard: list[str] = []
    words = Words(heard.append)
    await words.capture_text("hello")
    words.flush()
    assert heard == ["hello"]


def test_what_may_be_a_secret_is_told_when_it_is_judged_and_not_as_it_grows(told: Told) -> None:
    asked = [True]
    transcript = Transcript(told.tell, lambda: asked[0], clock=lambda: told.now)
    assert not transcript.heard("my password is", final=False)
    asked[0] = False  # somebody has typed it meanwhile
    assert not transcript.heard("my password is hunter two", final=True)
    transcript.caller_said(NOT_KEPT)
    assert transcript.heard("", final=True)
    assert told.lines() == [("caller", NOT_KEPT, True, False)]
    assert transcript.heard("hello", final=True)


def test_what_may_be_a_secret_is_not_told_either_when_the_call_ends_in_the_middle_of_it(told: Told) -> None:
    transcript = Transcript(told.tell, lambda: True, clock=lambda: told.now)
    transcript.heard("my password is hunter two", final=True)
    transcript.close()
    assert told.lines() == [("caller", NOT_KEPT, True, False)]
