"""How the gate speaks and what it hears, one table per language; another language is another table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    noes: frozenset[str]
    refusals: frozenset[tuple[str, ...]]
    """Words in a row that refuse, wherever they stand."""
    doubts: frozenset[str]
    fillers: frozenset[str]
    goes_with_yes: frozenset[str]
    """Words that may stand beside a yes without meaning anything else."""


def words(text: str) -> list[str]:
    """The words of a text: no capitals, no punctuation."""
    return [word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") for word in _WORD.findall(text.lower())]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _rows(*texts: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(text.split()) for text in texts)


ENGLISH: Final = Wording(
    acts={
        Act.READ: "read from {names}",
        Act.CREATE: "create the {thing} {names}",
        Act.REPLACE: "replace the {thing} {names}",
        Act.INDEX: "create an index on {names}",
        Act.ENABLE: "enable the extension {names}",
        Act.ADD_COLUMNS: "add {columns} to the table {names}",
        Act.DROP_COLUMNS: "drop {columns} of the table {names}",
        Act.ALTER: "change the {thing} {names}",
        Act.INSERT: "add rows to {names}",
        Act.UPSERT: "add rows to {names} and overwrite rows that are there",
        Act.UPDATE: "change rows in {names}",
        Act.UPDATE_ALL: "change all rows in {names}",
        Act.DELETE: "delete rows from {names}",
        Act.DELETE_ALL: "delete all rows from {names}",
        Act.MERGE: "add, change or delete rows in {names}",
        Act.DROP: "drop the {thing} {names}",
        Act.CALL: "call the database function {names}",
        Act.OTHER: "run a statement of the kind {thing}, whose effect I cannot tell",
        Act.UNREADABLE: "run something that I cannot read and that may destroy data",
    },
    phrases={
        Act.DROP: "yes, drop {names}",
        Act.DROP_COLUMNS: "yes, drop {columns}",
        Act.DELETE: "yes, delete {names}",
        Act.DELETE_ALL: "yes, delete {names}",
        Act.UPDATE: "yes, change {names}",
        Act.UPDATE_ALL: "yes, change {names}",
        Act.UPSERT: "yes, change {names}",
        Act.MERGE: "yes, change {names}",
        Act.ALTER: "yes, change {names}",
        Act.REPLACE: "yes, replace {names}",
    },
    anything="yes, do all of that",
    things={},
    plurals={"table": "tables", "view": "views", "index": "indexes", "schema": "schemas"},
    query="run a query",
    unnamed="something with a name I cannot say",
    in_schema="{name} in the schema {schema}",
    column="the column {columns}",
    columns="the columns {columns}",
    with_columns=", with {columns}",
    cascade=", and everything that depends on it",
    would="This would {deeds}.",
    several="This would do {count} things: {deeds}.",
    more_deeds="{count} more",
    tool="This would use {tool} of the server {server}{arguments}.",
    arguments=", with {arguments}",
    more_arguments="{count} more values",
    long_text="a text of {count} characters that begins with {start}",
    many="{count} entries",
    fields="{count} fields",
    nothing="nothing",
    true="yes",
    false="no",
    ask='Say "no" to leave it. To go ahead, say "{phrase}".',
    ask_again='I have done nothing yet. To go ahead, say "{phrase}".',
    yes="yes",
    and_="and",
    yeses=_set("yes yeah yep yup"),
    plain_yeses=_rows(
        "sure", "absolutely", "definitely", "certainly", "of course", "correct", "please do", "go ahead",
        "do it", "do that", "please go ahead", "sure go ahead",
    ),
    noes=_set("no nope nah never don't dont cancel stop negative"),
    refusals=_rows(
        "never mind", "do not", "don't", "leave it", "rather not", "better not", "not now", "not yet",
        "changed my mind", "forget it", "forget about it", "no way",
    ),
    doubts=_set(
        "but wait hold maybe unless if actually hmm hm first before think guess perhaps except only instead "
        "later not what why which how when who question mean suppose until after hang sorry"
    ),
    fillers=_set("um uh er erm oh well okay ok please thanks thank you then now so right alright all"),
    goes_with_yes=_set(
        "go ahead do it that this the a an and table tables column columns rows from of in my"
    ),
)  # fmt: skip
_LANGUAGES: Final[Mapping[str, Wording]] = {"en": ENGLISH}


def wording(language: str | None) -> Wording:
    """The table of a language like `en` or `en-GB`; English where there is none."""
    return _LANGUAGES.get((language or "en").partition("-")[0].lower(), ENGLISH)


def joined(parts: Iterable[str], and_: str, *, between: str = ", ") -> str:
    """Make “a”, “a and b”, “a, b and c” of the parts; long ones also have a mark before the last."""
    *first, last = list(parts) or [""]
    mark = "" if between == ", " else between.strip()
    return f"{between.join(first)}{mark} {and_} {last}" if first else last
