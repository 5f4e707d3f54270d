"""What a caller's few words are for: to call off what runs, or only to show that they listen."""

import re
from typing import Final

from hub.core.languages import base
from hub.core.speech_heard_words import PASSING, Passing

_NOISE: Final = re.compile(r"[\[(*](?:cough\w*|laugh\w*|noise|music|sneez\w*|breath\w*|inaudible)[\])*]")
FEWEST_SPELLED: Final = 3
"""Digits or letters in a row that are no count any more: more of them may come."""
MOST_WORDS: Final = 3
"""More words than this are a sentence, whatever they are."""


def _passing(tag: str | None) -> Passing:
    return PASSING.get(base(tag), PASSING["en"])


def calls_off(text: str, tag: str | None = None) -> bool:
    """Whether somebody wants what runs to be stopped; "stop the server" is about something else."""
    return _passing(tag).called_off.fullmatch(_bare(text)) is not None


def only_listening(text: str, tag: str | None = None, *, asked: bool = False) -> bool:
    """Whether words said over the agent's do not want the floor: mm-hm, okay, a cough.

    Where the agent asks something, "okay" is an answer and only a murmur is none.
    """
    bare = _bare(_NOISE.sub("", text.lower()))
    if not bare:
        return True
    known = _passing(tag).murmured if asked else _passing(tag).listening
    return len(bare.split()) <= MOST_WORDS and known.fullmatch(bare) is not None


def goes_on(text: str, tag: str | None = None) -> bool:
    """Whether somebody who pauses here is in the middle: a number, a name that is spelled, "and"."""
    words = _bare(text.replace(".", " ")).split()
    if not words:
        return False
    passing = _passing(tag)
    if passing.open_end.fullmatch(words[-1]) and not text.rstrip().endswith("?"):
        return True
    spelled = 0
    for word in reversed(words):
        if not passing.spelled.fullmatch(word):
            break
        spelled += len(word) if word.isdecimal() else 1
    return spelled >= FEWEST_SPELLED


def _bare(text: str) -> str:
    lowered = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(re.sub(r"[^\w' ]+", " ", lowered).split())
