"""What the model is told before anybody speaks: persona, goal, questions and what the desktop added."""

from collections.abc import Iterable

from hub.core.languages import NAMES, base
from hub.core.wire import Brief, Question
from hub.voice.persona import Persona

NOT_UNDERSTOOD = "[not understood]"


def instructions(persona: Persona, brief: Brief) -> str:
    """The system prompt of one call."""
    parts = [persona.instructions.strip(), f"The goal of this call: {brief.goal.strip()}"]
    if brief.mode == "text":
        parts.append("This call is typed: the caller reads what you write. Keep to short plain sentences.")
    if brief.context:
        parts.append(f"What you should know:\n{brief.context.strip()}")
    if brief.success_criteria:
        parts.append("The call is a success when:\n" + _listed(brief.success_criteria))
    if brief.questions:
        parts.append("Find out, one at a time:\n" + _listed(map(_asked, brief.questions)))
    if brief.language:
        parts.append(_in_language(brief.language))
    if brief.instructions:
        parts.append(f"For this call in particular:\n{brief.instructions.strip()}")
    if "stt" in brief.practice:
        parts.append(
            f"Where the caller's words are {NOT_UNDERSTOOD}, the recogniser heard "
            "something that it does not know: say that you did not catch it."
        )
    return "\n\n".join(parts)


def _in_language(tag: str) -> str:
    """Which language to speak, and whether code turns what is written in it into words."""
    code = base(tag)
    named = f"{NAMES[code]} ({tag})" if code in NAMES else tag
    told = (
        f"Speak and understand this language: {named}. Whatever tools answer in, all that you say is in it."
    )
    if code in NAMES:
        return f"{told} Write numbers, money, dates and times as is usual in it."
    return f"{told} Write numbers, money, dates and units as words, so that they can be said."


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _asked(question: Question) -> str:
    if question.choices:
        return f"{question.question} (one of: {', '.join(question.choices)})"
    return question.question
