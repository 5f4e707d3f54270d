"""How a server's question is said and answered in one language: the shape of its table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.core.form import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWording:
    """One language."""

    tag: str
    consent: str
    """A form without fields."""
    needed: Mapping[str, str]
    """What fits a kind or a format."""
    bounds: Mapping[str, str]
    """Why something does not fit; {count}."""
    is_needed: str

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
    declines: frozenset[str]
    truths: Mapping[str, bool]
    excepts: frozenset[str]
    """Words after which a choice is not the one."""
    elided: tuple[str, ...]
    """What is written together with the word after it: l'orange."""
    places_by: frozenset[str]
    """Before a number that is a choice's place."""
    units: Mapping[str, int]
    """Up to 99 (and hundreds that are one word), each as the words that are said, longest taken first."""
    glued: tuple[str, ...]
    """Scales that are written in one with what is around them: zweihundertfünf."""
    scales: Mapping[str, int]
    bare: frozenset[str]
    """Scales that are numbers by themselves."""
    ordinals: Mapping[str, int]
    articles: frozenset[str]
    """Words that are a one only where a number is asked for."""
    points: frozenset[str]
    tenths: int
    """The greatest number that is said at once after the point."""
    halves: frozenset[str]
    """Parts of a number that is not understood."""
    decimal: str
    grouped: re.Pattern[str]
    """Figures in groups of three."""
    minus: frozenset[str]
    no_minus: frozenset[str]
    """Words before it with which it is none: au moins."""
    signs: Mapping[str, str]
    lead_ins: tuple[str, ...]
    label_lead_ins: tuple[str, ...]
    """The same with {label}."""
    months: Mapping[str, int]
    days: Mapping[str, int]
    day_parts: tuple[str, ...]
    """Not a day, though a word of it is one: de la mañana."""
    day_first: bool
    """24.12.2026 is the 24th of December."""
    day_marks: str
    """After the figures of a day: 3rd."""
    hour: re.Pattern[str]
    """An hour, and minutes in any later group."""
    afternoon: re.Pattern[str]
    midnight: re.Pattern[str]
    """With these words twelve is midnight."""


def phrases(text: str) -> frozenset[str]:
    """Whole phrases, between commas."""
    return frozenset(part.strip() for part in text.split(","))


def counted(text: str, start: int = 1) -> dict[str, int]:
    """Words one after the other that count up; forms of the same are joined by a stroke."""
    return {form: n for n, word in enumerate(text.split(), start) for form in word.split("|")}


def compounds(tens: Mapping[str, int], ones: Iterable[tuple[str, int]], shape: str) -> dict[str, int]:
    """Numbers put together of {ten} and {one}."""
    pairs = list(ones)
    return {
        shape.format(ten=ten, one=one): value + more for ten, value in tens.items() for one, more in pairs
    }


def figure(number: float, table: FormWording) -> str:
    """A number in figures, as the language writes them."""
    return str(int(number)) if number == int(number) else f"{number:g}".replace(".", table.decimal)
