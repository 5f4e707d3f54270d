"""What somebody said to a question of a server's: a value for its field, a refusal, or something else."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from hub.core.form import Choice, Field, Kind
from hub.core.form_numbers import number_in
from hub.core.form_values import Misfit, checked, needed
from hub.core.form_wording import FormWording
from hub.core.speech_heard import calls_off
from hub.core.wording import Wording, words

_NOT_HEARD: Final = re.compile(r"\W*\[[^\]]*\]\W*")
_YEAR: Final = 1000


class Said(StrEnum):
    """What a turn of somebody's is for an open field."""

    VALUE = "value"
    SKIPPED = "skipped"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MISFIT = "misfit"
    OTHER = "other"
    """No answer: a question back, or nothing."""


class Tongue:
    """The two tables of one language, and the day on which it is spoken."""

    def __init__(self, plain: Wording, form: FormWording, today: date) -> None:
        self.plain = plain
        self.form = form
        self.today = today


def heard(one: Field, said: str, tongue: Tongue, *, spoken: bool) -> tuple[Said, Any]:
    """Tell what a whole turn means for a field; with a misfit comes what would fit."""
    tokens = words(said)
    if not tokens or _NOT_HEARD.fullmatch(said):
        return (Said.MISFIT, needed(one)) if tokens else (Said.OTHER, None)
    if " ".join(tokens) in tongue.form.skips and (not one.required or one.default is not None):
        return Said.SKIPPED, one.default
    if one.kind in (Kind.CHOICE, Kind.CHOICES) and _chosen(one.choices, tokens, tongue):
        return _fitting(
            one, _value(one, said, tongue, spoken=spoken)
        )  # a choice may be called "no" or "stop"
    refusal = _refusal(one, said, tokens, tongue)
    if refusal is not None:
        return refusal, None
    value = _value(one, said, tongue, spoken=spoken)
    if value is None and (tokens[0] in tongue.form.questions or "?" in said):
        return Said.OTHER, None
    return _fitting(one, value)


def refused(said: str, tongue: Tongue) -> Said | None:
    """Whether somebody who is to do something on a page does not want to; None: they did not say so."""
    return _refusal(None, said, words(said), tongue)


def only_waits(said: str, tongue: Tongue) -> bool:
    """Whether a turn says no more than that somebody is at it."""
    bare = " ".join(word for word in words(said) if word not in tongue.plain.fillers)
    return " ".join(words(said)) in tongue.form.waits or not bare or bare in tongue.form.waits


def asks_back(said: str, tongue: Tongue) -> bool:
    """Whether a turn is a question of its own."""
    tokens = words(said)
    return "?" in said or bool(tokens and tokens[0] in tongue.form.questions)


def _refusal(one: Field | None, said: str, tokens: Sequence[str], tongue: Tongue) -> Said | None:
    if calls_off(said):
        return Said.CANCELLED
    if one is not None and one.kind is Kind.BOOLEAN:
        return None
    meant = [word for word in tokens if word not in tongue.plain.fillers]
    if tuple(meant) in tongue.plain.refusals:
        return Said.DECLINED
    no = bool(meant) and all(word in tongue.plain.noes for word in meant)
    return Said.DECLINED if no or meant in (["decline"], ["i", "decline"], ["i", "refuse"]) else None


def _fitting(one: Field, value: Any) -> tuple[Said, Any]:
    if value is None:
        return Said.MISFIT, needed(one)
    try:
        return Said.VALUE, checked(one, value)
    except Misfit as error:
        return Said.MISFIT, str(error)


def _value(one: Field, said: str, tongue: Tongue, *, spoken: bool) -> Any:
    tokens = words(said)
    match one.kind:
        case Kind.BOOLEAN:
            return _yes_or_no(said, tokens, tongue)
        case Kind.NUMBER | Kind.INTEGER:
            return number_in(said, tongue.form)
        case Kind.CHOICE:
            chosen = _chosen(one.choices, tokens, tongue)
            return chosen[0].value if len(chosen) == 1 else None
        case Kind.CHOICES:
            if " ".join(tokens) in tongue.form.all_:
                return [choice.value for choice in one.choices]
            return [choice.value for choice in _chosen(one.choices, tokens, tongue)] or None
        case _:
            return _text(one, said, tongue, spoken=spoken)


def _yes_or_no(said: str, tokens: Sequence[str], tongue: Tongue) -> bool | None:
    plain = tongue.plain
    meant = [word for word in tokens if word not in plain.fillers] or list(tokens)
    if tuple(meant) in plain.refusals:
        return False
    if "?" in said or not plain.doubts.isdisjoint(tokens):
        return None
    no = meant[0] in plain.noes or meant[0] == "false"
    yes = meant[0] in plain.yeses or meant[0] == "true" or tuple(tokens) in plain.plain_yeses
    later = not plain.noes.isdisjoint(meant[1:]) or not plain.yeses.isdisjoint(meant[1:])
    return None if yes == no or (later and len(set(meant)) > 1) else yes


def _chosen(choices: Sequence[Choice], tokens: Sequence[str], tongue: Tongue) -> list[Choice]:
    """The choices that are named, in their order; "large" is not named by "extra large"."""
    line = f" {' '.join(tokens)} "
    named = {
        choice: name
        for choice in choices
        for name in sorted((" ".join(words(choice.title)), " ".join(words(choice.value))), key=len)
        if name and f" {name} " in line
    }
    negated = not tongue.plain.noes.isdisjoint(tokens) or "not" in tokens or "except" in tokens
    exact = [choice for choice, name in named.items() if f" {name} " == line]
    if exact or negated:
        return exact[:1]
    kept = [
        choice
        for choice, name in named.items()
        if not any(f" {name} " in f" {other} " and name != other for other in named.values())
    ]
    return kept or _counted(choices, tokens, tongue)


def _counted(choices: Sequence[Choice], tokens: Sequence[str], tongue: Tongue) -> list[Choice]:
    """A choice by its place: "the second one", "number two", "the last"."""
    places = {*(tongue.form.ordinals.get(word, 0) for word in tokens)} - {0}
    if not places and len(tokens) <= 2 and (number := number_in(" ".join(tokens), tongue.form)) is not None:  # noqa: PLR2004  # "number two"
        places = {int(number)}
    return [choices[place - 1] for place in sorted(places) if 1 <= place <= len(choices)]


def _text(one: Field, said: str, tongue: Tongue, *, spoken: bool) -> str | None:
    flat = " ".join(said.split())
    if one.format in ("date", "date-time"):
        day = _day(flat, tongue)
        if day is None or one.format == "date":
            return day or (None if spoken else flat)
        return f"{day}T{_clock(flat)}" if _clock(flat) else None
    if one.format == "":
        if "?" in flat and asks_back(flat, tongue) and words(flat)[0] in tongue.form.questions:
            return None
        return _without_lead_in(flat, one, tongue.form) if spoken else flat
    return _address(flat, tongue.form) if spoken else flat


def _without_lead_in(text: str, one: Field, table: FormWording) -> str:
    """“It's Oslo.” is Oslo; the stop is the recogniser's."""
    bare = text.rstrip(" .!,;").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    label = one.label.lower()
    begins = (*table.lead_ins, *(f"{article} {label} is" for article in ("the", "my", "our")))
    for begin in begins:
        if bare.lower().startswith(f"{begin} "):
            return bare[len(begin) :].strip(" ,")
    return bare


def _address(text: str, table: FormWording) -> str:
    """An address as it is spoken: “ada at example dot com”."""
    spoken = {table.at: "@", table.dot: "."} | dict(table.signs)
    bare = text.rstrip(" .!,;").lower()
    for begin in table.lead_ins:
        bare = bare.removeprefix(f"{begin} ")
    return "".join(spoken.get(word, word) for word in bare.split())


def _day(text: str, tongue: Tongue) -> str | None:
    """A date in ISO 8601: as it is written so, by the name of its month, or by its distance."""
    iso = re.search(r"\b\d{4}-\d{2}-\d{2}\b", text)
    if iso is not None:
        return iso[0]
    tokens = words(text)
    ahead = next((tongue.form.days[word] for word in tokens if word in tongue.form.days), None)
    if ahead is not None:
        return (tongue.today + timedelta(days=ahead)).isoformat()
    month = next((n for n, name in enumerate(tongue.form.months, 1) if name in tokens), None)
    numbers = [int(found) for found in re.findall(r"\b(\d+)(?:st|nd|rd|th)?\b", text.lower())]
    days = [number for number in numbers if number < _YEAR] or [
        tongue.form.ordinals[word] for word in tokens if word in tongue.form.ordinals
    ]
    if month is None or len(days) < 1:
        return None
    year = next((number for number in numbers if number >= _YEAR), tongue.today.year)
    try:
        return date(year, month, days[0]).isoformat()
    except ValueError:
        return None


def _clock(text: str) -> str | None:
    """A time of the day in a turn, as HH:MM."""
    found = re.search(r"(?:\bT|\b)(\d{1,2}):(\d{2})\b", text) or re.search(
        r"\b(?:at )?(\d{1,2})()(?= ?(?:a\.?m|p\.?m|o'clock)\b)", text.lower()
    )
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if re.search(r"\d ?p\.?m\b", text.lower()) and hour < 12:  # noqa: PLR2004  # noon
        hour += 12
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None  # noqa: PLR2004  # of a day
