"""What fits into the fields of a server's question."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from hub.core.form import Elicitation, Field, Kind, number_of

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class Misfit(ValueError):
    """A value does not fit into its field; says what would."""


def needed(one: Field) -> str:
    """What a field takes, in words."""
    text = _FORMATS[one.format][0] if one.format in _FORMATS else "a text"
    return text if one.kind is Kind.TEXT else _NEEDED[one.kind]


def checked(one: Field, value: Any) -> Any:
    """The value, if it fits into its field.

    Raises:
        Misfit: It does not; says what would.
    """
    match one.kind:
        case Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise Misfit(needed(one))
        case Kind.NUMBER | Kind.INTEGER:
            return _checked_number(one, value)
        case Kind.CHOICE:
            if value not in [choice.value for choice in one.choices]:
                raise Misfit(needed(one))
        case Kind.CHOICES:
            _check_choices(one, value)
        case _:
            _check_text(one, value)
    return value


def _checked_number(one: Field, value: Any) -> int | float:
    number = number_of(value)
    if number is None or (one.kind is Kind.INTEGER and number != int(number)):
        raise Misfit(needed(one))
    if one.least is not None and number < one.least:
        raise Misfit(f"at least {one.least:g}")
    if one.most is not None and number > one.most:
        raise Misfit(f"at most {one.most:g}")
    return int(number) if one.kind is Kind.INTEGER else number


def _check_choices(one: Field, value: Any) -> None:
    known = [choice.value for choice in one.choices]
    if not isinstance(value, list) or any(part not in known for part in value):
        raise Misfit(needed(one))
    if one.least is not None and len(value) < one.least:
        raise Misfit(f"at least {one.least:g} of the choices")
    if one.most is not None and len(value) > one.most:
        raise Misfit(f"at most {one.most:g} of the choices")


def _check_text(one: Field, value: Any) -> None:
    if not isinstance(value, str) or (one.required and not value):
        raise Misfit("a text")
    if one.least is not None and len(value) < one.least:
        raise Misfit(f"at least {one.least:g} characters")
    if one.most is not None and len(value) > one.most:
        raise Misfit(f"at most {one.most:g} characters")
    wanted = _FORMATS.get(one.format)
    if wanted is not None and not wanted[1](value):
        raise Misfit(wanted[0])


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


_NEEDED: Final = {
    Kind.BOOLEAN: "yes or no",
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number",
    Kind.CHOICE: "one of the choices",
    Kind.CHOICES: "some of the choices",
}
_FORMATS: Final = {
    "email": ("an email address", _is_email),
    "uri": ("a web address", _is_uri),
    "date": ("a date", _is_date),
    "date-time": ("a date and a time", _is_moment),
}


def content(fields: Sequence[Field], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is answered to a form that was filled in whole, and what does not fit, by field."""
    taken, wrong = dict[str, Any](), dict[str, str]()
    for one in fields:
        value = given.get(one.name)
        if value is None or (value == "" and one.kind is not Kind.BOOLEAN):
            if one.required:
                wrong[one.name] = "it is needed"
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
