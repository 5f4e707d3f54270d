"""What fits into the fields of a server's question."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from hub.core.form import Elicitation, Field, Kind, number_of
from hub.core.form_wording_english import ENGLISH
from hub.core.form_wording_table import FormWording, figure

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class Misfit(ValueError):
    """A value does not fit into its field; says what would."""


def needed(one: Field, table: FormWording = ENGLISH) -> str:
    """What a field takes, in words."""
    formatted = one.kind is Kind.TEXT and one.format in _FORMATS
    return table.needed[one.format if formatted else one.kind.value]


def checked(one: Field, value: Any, table: FormWording = ENGLISH) -> Any:
    """The value, if it fits into its field.

    Raises:
        Misfit: It does not; says what would.
    """
    match one.kind:
        case Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise Misfit(needed(one, table))
        case Kind.NUMBER | Kind.INTEGER:
            return _checked_number(one, value, table)
        case Kind.CHOICE:
            if value not in [choice.value for choice in one.choices]:
                raise Misfit(needed(one, table))
        case Kind.CHOICES:
            _check_choices(one, value, table)
        case _:
            _check_text(one, value, table)
    return value


def _check_bounds(one: Field, size: float, of: str, table: FormWording) -> None:
    if one.least is not None and size < one.least:
        raise Misfit(table.bounds[f"least{of}"].format(count=figure(one.least, table)))
    if one.most is not None and size > one.most:
        raise Misfit(table.bounds[f"most{of}"].format(count=figure(one.most, table)))


def _checked_number(one: Field, value: Any, table: FormWording) -> int | float:
    number = number_of(value)
    if number is None or (one.kind is Kind.INTEGER and number != int(number)):
        raise Misfit(needed(one, table))
    _check_bounds(one, number, "", table)
    return int(number) if one.kind is Kind.INTEGER else number


def _check_choices(one: Field, value: Any, table: FormWording) -> None:
    known = [choice.value for choice in one.choices]
    if not isinstance(value, list) or any(part not in known for part in value):
        raise Misfit(needed(one, table))
    _check_bounds(one, len(value), " choices", table)


def _check_text(one: Field, value: Any, table: FormWording) -> None:
    if not isinstance(value, str) or (one.required and not value):
        raise Misfit(table.needed["text"])
    _check_bounds(one, len(value), " text", table)
    fits = _FORMATS.get(one.format)
    if fits is not None and not fits(value):
        raise Misfit(needed(one, table))


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _is_uri(text: str) -> bool:
    return _SCHEME.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


_FORMATS: Final = {"email": _is_email, "uri": _is_uri, "date": _is_date, "date-time": _is_moment}


def content(fields: Sequence[Field], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is answered to a form that was filled in whole, and what does not fit, by field."""
    taken, wrong = dict[str, Any](), dict[str, str]()
    for one in fields:
        value = given.get(one.name)
        if value is None or (value == "" and one.kind is not Kind.BOOLEAN):
            if one.required:
                wrong[one.name] = ENGLISH.is_needed
            continue
        try:
            taken[one.name] = checked(one, value)
        except Misfit as error:
            wrong[one.name] = str(error)
    return taken, wrong


def secrets(asked: Elicitation, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts in an answer that nobody but the server may see, longest first."""
    hidden = {str(given[one.name]) for one in asked.fields if one.secret and given.get(one.name) is not None}
    return tuple(sorted((text for text in hidden if text), key=len, reverse=True))
