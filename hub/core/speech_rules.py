"""What the tables of all languages are made of: patterns, each with what is said for it, applied in turn."""

import re
from collections.abc import Callable, Iterable
from typing import Final

Match = re.Match[str]
Rule = tuple[re.Pattern[str], Callable[[Match], str]]
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]+)\W{0,2}$")
_WORD_AFTER: Final = re.compile(r"\s+([^\W\d_]+)")


def word_set(text: str) -> frozenset[str]:
    """The words of a table, written one after the other."""
    return frozenset(text.split())


def rule(pattern: str, say: Callable[[Match], str], flags: int = 0) -> Rule:
    """One pattern and what is said for it."""
    return re.compile(pattern, flags), say


def saying(text: str) -> Callable[[Match], str]:
    """Always the same, with what the pattern has caught in it."""
    return lambda found: found.expand(text)


APART: Final = rule(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)", saying(" "))
"""3e40 → 3 e 40: no word grows together with a number, whatever it may be."""


def applied(rules: Iterable[Rule], text: str) -> str:
    """A few words of text after all of the rules."""
    for pattern, say in rules:
        text = pattern.sub(say, text)
    return text


def word_before(found: Match) -> str:
    """The word that stands before a match, in lower case, as far as it is known."""
    word = _WORD_BEFORE.search(found.string, 0, found.start())
    return word[1].lower() if word else ""


def word_after(found: Match) -> str:
    """The word that stands behind a match, as far as it is known."""
    word = _WORD_AFTER.match(found.string, found.end())
    return word[1] if word else ""
