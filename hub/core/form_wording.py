"""How a server's question is said: one table per language; another language is another table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.core.form import Elicitation, Field, Kind
from hub.core.speech import shortened
from hub.core.wording import joined, words

SPOKEN_MOST: Final = 300
CHOICES_SAID: Final = 6
EXAMPLES: Final = 3
_LINK: Final = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWording:
    """One language."""

    asks: str
    """Before the first question: {server} and what it says, {message}."""
    link: str
    """Instead of an address, which is never read out."""
    kinds: Mapping[Kind, str]
    """The question for one field; {label}, {choices}."""
    many: str
    """A choice of more than can be said; {label}, {count}, {choices}."""
    formats: Mapping[str, str]
    between: str
    from_: str
    up_to: str
    optional: str
    default: str
    on_page: str
    """Of what is secret; {labels}."""
    opened: str
    places: Mapping[bool, str]
    """Where the caller finds it: on the page they have joined by, or (False) in the hub's dashboard."""
    not_aloud: str
    misfit: str
    """{what} would fit."""
    and_: str
    or_: str
    skips: frozenset[str]
    all_: frozenset[str]
    questions: frozenset[str]
    """First words of a question back."""
    waits: frozenset[str]
    """Whole turns that only say that somebody is at it."""
    units: Mapping[str, int]
    scales: Mapping[str, int]
    ordinals: Mapping[str, int]
    point: str
    minus: frozenset[str]
    at: str
    dot: str
    signs: Mapping[str, str]
    lead_ins: tuple[str, ...]
    months: tuple[str, ...]
    days: Mapping[str, int]


def _set(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(","))


_UNITS: Final = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS: Final = words("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS: Final = words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
ENGLISH: Final = FormWording(
    asks="{server} asks: {message}",
    link="a link",
    kinds={
        Kind.TEXT: "What should I put for {label}?",
        Kind.NUMBER: "What number should I put for {label}?",
        Kind.INTEGER: "What number should I put for {label}?",
        Kind.BOOLEAN: "{label}: yes or no?",
        Kind.CHOICE: "Which {label}: {choices}?",
        Kind.CHOICES: "Which {label}: {choices}? You can say several.",
    },
    many="Which {label}? There are {count} to choose from, for example {choices}.",
    formats={
        "email": "It is an email address.",
        "uri": "It is a web address.",
        "date": "It is a date.",
        "date-time": "It is a date and a time.",
    },
    between="From {least} to {most}.",
    from_="At least {least}.",
    up_to="At most {most}.",
    optional='You can say "skip".',
    default='Say "skip" for {default}.',
    on_page='{labels} is secret, so do not say it. Type it {place}, or say "never mind".',
    opened='I have put a link {place}. Open it there to go on, or say "never mind".',
    places={True: "on your page", False: "in the hub's dashboard"},
    not_aloud='Please do not say that here, I have not kept it. Type it {place}, or say "never mind".',
    misfit="That does not fit: I need {what}.",
    and_="and",
    or_="or",
    skips=_set("skip, skip it, skip that, leave it out, leave it empty, no answer, default, the default"),
    all_=_set("all, all of them, everything, every one"),
    questions=frozenset(words("what why which how when where who whose can could do does is are")),
    waits=_set(
        "okay, ok, yes, yeah, sure, alright, all right, one moment, just a moment, a moment, moment, wait, "
        "hold on, one second, just a second, done, i am typing, i'm typing, typing, got it, right, mm-hm"
    ),
    units={word: number for number, word in enumerate(_UNITS)}
    | {word: 20 + 10 * number for number, word in enumerate(_TENS)}
    | {"dozen": 12},
    scales={"hundred": 100, "thousand": 1000, "million": 1_000_000},
    ordinals={word: number for number, word in enumerate(_ORDINALS, 1)},
    point="point",
    minus=frozenset(("minus", "negative")),
    at="at",
    dot="dot",
    signs={"underscore": "_", "dash": "-", "hyphen": "-", "plus": "+"},
    lead_ins=("it's", "it is", "that's", "that is", "that would be", "i'd say", "let's say"),
    months=tuple(
        words("january february march april may june july august september october november december")
    ),
    days={"yesterday": -1, "today": 0, "tomorrow": 1},
)  # fmt: skip
_LANGUAGES: Final[Mapping[str, FormWording]] = {"en": ENGLISH}


def form_wording(language: str | None) -> FormWording:
    """The table of a language like `en` or `en-GB`; English where there is none."""
    return _LANGUAGES.get((language or "en").partition("-")[0].lower(), ENGLISH)


def opening(asked: Elicitation, table: FormWording) -> str:
    """Who asks, and in their own words why; no address is read out."""
    message = shortened(_LINK.sub(table.link, asked.message), SPOKEN_MOST)
    if message and message[-1] not in ".!?…":
        message += "."
    return table.asks.format(server=asked.server.replace("_", " "), message=message).strip()


def question(one: Field, table: FormWording) -> str:
    """What is said for one field."""
    return " ".join(part for part in (_asked(one, table), *_hints(one, table)) if part)


def _asked(one: Field, table: FormWording) -> str:
    titles = [choice.title for choice in one.choices]
    if len(titles) > CHOICES_SAID:
        examples = joined(titles[:EXAMPLES], table.and_)
        return table.many.format(label=one.label, count=len(titles), choices=examples)
    return table.kinds[one.kind].format(label=one.label, choices=joined(titles, table.or_))


def _hints(one: Field, table: FormWording) -> Sequence[str]:
    described = shortened(_LINK.sub(table.link, one.description), SPOKEN_MOST)
    if described and described[-1] not in ".!?…":
        described += "."
    optional = "" if one.required else table.optional
    if one.default is not None and not isinstance(one.default, bool | list):
        named = {choice.value: choice.title for choice in one.choices}.get(str(one.default), one.default)
        optional = table.default.format(default=named)
    return described, table.formats.get(one.format, ""), _bounds(one, table), optional


def _bounds(one: Field, table: FormWording) -> str:
    if one.kind not in (Kind.NUMBER, Kind.INTEGER):
        return ""
    if one.least is not None and one.most is not None:
        return table.between.format(least=f"{one.least:g}", most=f"{one.most:g}")
    if one.least is not None:
        return table.from_.format(least=f"{one.least:g}")
    return table.up_to.format(most=f"{one.most:g}") if one.most is not None else ""


def typed_only(fields: Sequence[Field], table: FormWording, *, page: bool) -> str:
    """What is said of fields that are asked in writing only."""
    labels = joined([one.label for one in fields], table.and_)
    said = labels[:1].upper() + labels[1:]
    return table.on_page.format(labels=said, place=table.places[page])
