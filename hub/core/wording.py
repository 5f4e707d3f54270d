"""How the gate speaks and what it hears, one table per language; another language is another table."""

from collections.abc import Iterable, Mapping
from typing import Final

from hub.core.languages import base
from hub.core.wording_english import ENGLISH
from hub.core.wording_french import FRENCH
from hub.core.wording_german import GERMAN
from hub.core.wording_spanish import SPANISH
from hub.core.wording_table import Wording, words

__all__ = ["ENGLISH", "LANGUAGES", "Wording", "joined", "wording", "words"]
LANGUAGES: Final[Mapping[str, Wording]] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH}


def wording(language: str | None) -> Wording:
    """The table of a language like `en` or `en-GB`; English where there is none."""
    return LANGUAGES.get(base(language), ENGLISH)


def joined(parts: Iterable[str], and_: str, *, between: str = ", ") -> str:
    """Make “a”, “a and b”, “a, b and c” of the parts; long ones also have a mark before the last."""
    *first, last = list(parts) or [""]
    mark = "" if between == ", " else between.strip()
    return f"{between.join(first)}{mark} {and_} {last}" if first else last
