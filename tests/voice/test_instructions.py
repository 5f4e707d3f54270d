"""The system prompt."""

from typing import Any

from hub.core.wire import Brief, Question
from hub.voice.instructions import NOT_UNDERSTOOD, instructions
from hub.voice.persona import Persona

PERSONA = Persona(name="p", greeting="Hi", instructions="Be kind.")


def brief(**values: Any) -> Brief:
    given: dict[str, Any] = {"mode": "browser", "goal": "Sell tea.", "max_seconds": 60.0} | values
    return Brief(call_id="c", token="t", mcp_path="/mcp/calls/c", **given)  # noqa: S106


def test_persona_and_goal_come_first() -> None:
    assert instructions(PERSONA, brief()) == "Be kind.\n\nThe goal of this call: Sell tea."


def test_everything_that_the_desktop_gave_is_in_it() -> None:
    text = instructions(
        PERSONA,
        brief(
            context="Tea is green.",
            instructions="Be brief.",
            language="de",
            success_criteria=["A pot is sold"],
            questions=[Question(key="size", question="Which size?", choices=["small", "large"])],
        ),
    )
    for part in (
        "Tea is green.",
        "Be brief.",
        "language: German (de)",
        "- A pot is sold",
        "Which size? (one of: small, large)",
    ):
        assert part in text


def test_a_language_without_tables_wants_its_numbers_in_words() -> None:
    assert "dates and times as is usual" in instructions(PERSONA, brief(language="fr-CA"))
    assert "as words" in instructions(PERSONA, brief(language="nl"))


def test_a_practice_recogniser_is_explained() -> None:
    assert NOT_UNDERSTOOD in instructions(PERSONA, brief(practice=["stt"]))
    assert NOT_UNDERSTOOD not in instructions(PERSONA, brief(practice=["llm"]))


def test_a_typed_call_says_so() -> None:
    assert "typed" in instructions(PERSONA, brief(mode="text"))
