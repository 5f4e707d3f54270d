"""What the gate says and hears in one language: the shape of its table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.core.statements import Act

_WORD: Final = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language. In templates {names}, {columns} and {thing} stand for what they say."""

    acts: Mapping[Act, str]
    phrases: Mapping[Act, str]
    """What must be said for an Act that destroys; {names} is what is destroyed."""
    anything: str
    """The same for what has no name that can be said, or for several things."""
    things: Mapping[str, str]
    plurals: Mapping[str, str]
    query: str
    """Reading what has no name."""
    unnamed: str
    """Instead of a name that cannot be said."""
    in_schema: str
    column: str
    columns: str
    with_columns: str
    """After what is created."""
    cascade: str
    would: str
    several: str
    """{count} statements and {deeds}."""
    more_deeds: str
    tool: str
    arguments: str
    more_arguments: str
    long_text: str
    many: str
    fields: str
    nothing: str
    true: str
    false: str
    ask: str
    """After the sentence: {phrase} is what must be said."""
    ask_again: str
    """When what was said is not enough."""
    yes: str
    and_: str
    yeses: frozenset[str]
    plain_yeses: frozenset[tuple[str, ...]]
    """Whole answers without such a word that are a yes as well, where no phrase is asked for."""
    half_yeses: frozenset[tuple[str, ...]]
    """Whole answers that may be a yes and may be none: asked again."""
    noes: frozenset[str]
    refusals: frozenset[tuple[str, ...]]
    """Words in a row that refuse, wherever they stand."""
    doubts: frozenset[str]
    fillers: frozenset[str]
    goes_with_yes: frozenset[str]
    """Words that may stand beside a yes without meaning anything else."""
    same: Mapping[str, str]
    """Forms of a verb that count as the one that the question uses."""
    told: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Two words that tell something and count as one: "it is" may go with a yes, "is it" asks."""


def words(text: str) -> list[str]:
    """The words of a text: no capitals, no punctuation."""
    return [word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") for word in _WORD.findall(text.lower())]


def word_set(text: str) -> frozenset[str]:
    """Words of a table, written one after the other."""
    return frozenset(text.split())


def rows(*texts: str) -> frozenset[tuple[str, ...]]:
    """Words in a row, each text a row."""
    return frozenset(tuple(text.split()) for text in texts)


def same(text: str) -> Mapping[str, str]:
    """Forms of one word: in each line the word, then its forms."""
    lines = [line.split() for line in text.strip().splitlines()]
    return {form: word for word, *forms in lines for form in forms}
