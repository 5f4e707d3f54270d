"""What somebody said to a question of a server's: a value for its field, a refusal, or something else."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from hub.core.form import Choice, Field, Kind
from hub.core.form_numbers import number_in, numbers_in
from hub.core.form_values import Misfit, checked, needed
from hub.core.form_wording_table import FormWording
from hub.core.speech_heard import calls_off
from hub.core.wording import Wording, words

_NOT_HEARD: Final = re.compile(r"\W*\[[^\]]*\]\W*")
_YEAR: Final = 1000
_NOON: Final = 12
_CLOCK: Final = re.compile(r"(?:\b\d{4}-\d{2}-\d{2}t|\b)(\d{1,2}):(\d{2})\b")


class Said(StrEnum):
    """What a turn of somebody's is for an open field."""

    VALUE = "value"
    SKIPPED = "skipped"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MISFIT = "misfit"
    OTHER = "other"
    """No answer: a question back, or nothing."""


class Hearing:
    """The two tables of one language, and the day on which it is spoken.

    `told` is the table in whose words it is said what would fit, if not of the same language.
    """

    def __init__(
        self, plain: Wording, form: FormWording, today: date, *, told: FormWording | None = None
    ) -> None:
        self.plain = plain
        self.form = form
        self.today = today
        self.told = told or form


def heard(one: Field, said: str, hearing: Hearing, *, spoken: bool) -> tuple[Said, Any]:
    """Tell what a whole turn means for a field; with a misfit comes what would fit."""
    tokens = words(said)
    if not tokens or _NOT_HEARD.fullmatch(said):
        return (Said.MISFIT, needed(one, hearing.told)) if tokens else (Said.OTHER, None)
    if " ".join(tokens) in hearing.form.skips and (not one.required or one.default is not None):
        return Said.SKIPPED, one.default
    if one.kind in (Kind.CHOICE, Kind.CHOICES) and _chosen(one.choices, tokens, hearing):
        # a choice may be called "no" or "stop"
        return _fitting(one, _value(one, said, hearing, spoken=spoken), hearing)
    refusal = _refusal(one, said, tokens, hearing)
    if refusal is not None:
        return refusal, None
    value = _value(one, said, hearing, spoken=spoken)
    if value is None and (tokens[0] in hearing.form.questions or "?" in said):
        return Said.OTHER, None
    return _fitting(one, value, hearing)


def refused(said: str, hearing: Hearing) -> Said | None:
    """Whether somebody who is to do something on a page does not want to; None: they did not say so."""
    return _refusal(None, said, words(said), hearing)


def only_waits(said: str, hearing: Hearing) -> bool:
    """Whether a turn says no more than that somebody is at it."""
    bare = " ".join(word for word in words(said) if word not in hearing.plain.fillers)
    return " ".join(words(said)) in hearing.form.waits or not bare or bare in hearing.form.waits


def asks_back(said: str, hearing: Hearing) -> bool:
    """Whether a turn is a question of its own."""
    tokens = words(said)
    return "?" in said or bool(tokens and tokens[0] in hearing.form.questions)


def _refusal(one: Field | None, said: str, tokens: Sequence[str], hearing: Hearing) -> Said | None:
    if calls_off(said, hearing.form.tag):
        return Said.CANCELLED
    if one is not None and one.kind is Kind.BOOLEAN:
        return None
    meant = [word for word in tokens if word not in hearing.plain.fillers]
    if tuple(meant) in hearing.plain.refusals:
        return Said.DECLINED
    no = bool(meant) and all(word in hearing.plain.noes for word in meant)
    return Said.DECLINED if no or " ".join(meant) in hearing.form.declines else None


def _fitting(one: Field, value: Any, hearing: Hearing) -> tuple[Said, Any]:
    if value is None:
        return Said.MISFIT, needed(one, hearing.told)
    try:
        return Said.VALUE, checked(one, value, hearing.told)
    except Misfit as error:
        return Said.MISFIT, str(error)


def _value(one: Field, said: str, hearing: Hearing, *, spoken: bool) -> Any:
    tokens = words(said)
    match one.kind:
        case Kind.BOOLEAN:
            return _yes_or_no(said, tokens, hearing)
        case Kind.NUMBER | Kind.INTEGER:
            return number_in(said, hearing.form)
        case Kind.CHOICE:
            chosen = _chosen(one.choices, tokens, hearing)
            return chosen[0].value if len(chosen) == 1 else None
        case Kind.CHOICES:
            if " ".join(tokens) in hearing.form.all_:
                return [choice.value for choice in one.choices]
            return [choice.value for choice in _chosen(one.choices, tokens, hearing)] or None
        case _:
            return _text(one, said, hearing, spoken=spoken)


def _yes_or_no(said: str, tokens: Sequence[str], hearing: Hearing) -> bool | None:
    plain = hearing.plain
    meant = [word for word in tokens if word not in plain.fillers] or list(tokens)
    if tuple(meant) in plain.refusals:
        return False
    if "?" in said or not plain.doubts.isdisjoint(tokens):
        return None
    truth = hearing.form.truths.get(meant[0])
    no = meant[0] in plain.noes or truth is False
    yes = meant[0] in plain.yeses or truth is True or tuple(tokens) in plain.plain_yeses
    later = not plain.noes.isdisjoint(meant[1:]) or not plain.yeses.isdisjoint(meant[1:])
    return None if yes == no or (later and len(set(meant)) > 1) else yes


def _chosen(choices: Sequence[Choice], tokens: Sequence[str], hearing: Hearing) -> list[Choice]:
    """The choices that are named, in their order; "large" is not named by "extra large"."""
    line = f" {' '.join(_unelided(tokens, hearing))} "
    named = {
        choice: name
        for choice in choices
        for name in sorted((_name(choice.title, hearing), _name(choice.value, hearing)), key=len)
        if name and f" {name} " in line
    }
    negated = not (hearing.plain.noes | hearing.form.excepts).isdisjoint(tokens)
    exact = [choice for choice, name in named.items() if f" {name} " == line]
    if exact or negated:
        return exact[:1]
    kept = [
        choice
        for choice, name in named.items()
        if not any(f" {name} " in f" {other} " and name != other for other in named.values())
    ]
    return kept or _counted(choices, tokens, hearing)


def _unelided(tokens: Sequence[str], hearing: Hearing) -> list[str]:
    """L'orange is orange."""
    starts = tuple(hearing.form.elided)
    return [token.partition("'")[2] if token.startswith(starts) else token for token in tokens]


def _name(text: str, hearing: Hearing) -> str:
    return " ".join(_unelided(words(text), hearing))


def _counted(choices: Sequence[Choice], tokens: Sequence[str], hearing: Hearing) -> list[Choice]:
    """A choice by its place: "the second one", "number two"; "a big one" is none."""
    table = hearing.form
    places = {*(table.ordinals.get(word, 0) for word in tokens)} - {0}
    meant = [word for word in tokens if word not in hearing.plain.fillers]
    if not places and (len(meant) == 1 or (meant and meant[0] in table.places_by)):
        number = number_in(" ".join(meant), table)
        places = {int(number)} if number is not None else set()
    return [choices[place - 1] for place in sorted(places) if 1 <= place <= len(choices)]


def _text(one: Field, said: str, hearing: Hearing, *, spoken: bool) -> str | None:
    flat = " ".join(said.split())
    if one.format in ("date", "date-time"):
        day = _day(flat, hearing)
        if day is None or one.format == "date":
            return day or (None if spoken else flat)
        clock = _clock(flat, hearing.form)
        return f"{day}T{clock}" if clock else None
    if one.format == "":
        if "?" in flat and asks_back(flat, hearing) and words(flat)[0] in hearing.form.questions:
            return None
        return _without_lead_in(flat, one, hearing.form) if spoken else flat
    return _address(flat, hearing.form) if spoken else flat


def _without_lead_in(text: str, one: Field, table: FormWording) -> str:
    """“It's Oslo.” is Oslo; the stop is the recogniser's."""
    bare = text.rstrip(" .!,;").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    label = one.label.lower()
    begins = (*(begin.format(label=label) for begin in table.label_lead_ins), *table.lead_ins)
    for begin in begins:
        if bare.lower().startswith(f"{begin} "):
            return bare[len(begin) :].strip(" ,")
    return bare


def _address(text: str, table: FormWording) -> str:
    """An address as it is spoken: “ada at example dot com”."""
    bare = text.rstrip(" .!,;").lower()
    for begin in table.lead_ins:
        bare = bare.removeprefix(f"{begin} ")
    line = f" {'  '.join(bare.split())} "
    for name in sorted(table.signs, key=len, reverse=True):
        line = line.replace(f" {name.replace(' ', '  ')} ", table.signs[name])
    return "".join(line.split())


def _day(text: str, hearing: Hearing) -> str | None:
    """A date in ISO 8601: as it is written so, by the name of its month, or by its distance."""
    iso = re.search(r"\b\d{4}-\d{2}-\d{2}\b", text)
    if iso is not None:
        return iso[0]
    table = hearing.form
    ahead = _ahead(words(text), table)
    if ahead is not None:
        return (hearing.today + timedelta(days=ahead)).isoformat()
    figures = table.day_first and re.search(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b", text)
    if figures:
        return _date(int(figures[3]), int(figures[2]), int(figures[1]))
    plain = _CLOCK.sub(" ", table.hour.sub(" ", text.lower()))
    month = next((table.months[word] for word in words(plain) if word in table.months), None)
    numbers = _numbers(plain, table)
    day = next((number for number in numbers if number < _YEAR), None)
    if month is None or day is None:
        return None
    return _date(next((number for number in numbers if number >= _YEAR), hearing.today.year), month, day)


def _ahead(tokens: Sequence[str], table: FormWording) -> int | None:
    """How far off a day is; “mañana por la mañana” is tomorrow."""
    line = f" {' '.join(tokens)} "
    for part in table.day_parts:
        line = line.replace(f" {part} ", " ")
    longest = sorted(table.days, key=len, reverse=True)
    return next((table.days[name] for name in longest if f" {name} " in line), None)


def _numbers(plain: str, table: FormWording) -> list[int]:
    """The numbers of a date: in figures, as ordinals (the longest first), in words."""
    figures = [int(found) for found in re.findall(rf"\b(\d+)(?:{table.day_marks})?\b", plain)]
    line = f" {' '.join(words(plain))} "
    ordinals = [
        table.ordinals[name] for name in sorted(table.ordinals, key=len, reverse=True) if f" {name} " in line
    ]
    said = [
        int(number) for number, by in numbers_in(re.sub(r"\d", " ", plain), table) if by not in table.articles
    ]
    return [*figures, *ordinals, *said]


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _clock(text: str, table: FormWording) -> str | None:
    """A time of the day in a turn, as HH:MM."""
    lowered = text.lower()
    found = _CLOCK.search(lowered) or table.hour.search(lowered)
    if found is None:
        return None
    hour, *minutes = (int(part) for part in found.groups() if part is not None)
    minute = minutes[0] if minutes else 0
    if hour < _NOON and table.afternoon.search(lowered):
        hour += _NOON
    elif hour == _NOON and table.midnight.search(lowered):
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None  # noqa: PLR2004  # of a day
