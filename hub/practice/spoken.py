"""From a tool result to one or two sentences. Every fact in them is out of the result."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from hub.practice.phrases import Reply
from hub.practice.results import Result, Row

_FIELD = re.compile(r"\{([a-z_][a-z0-9_.]*)(?::([^{}]*))?\}")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)\S*)?$")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_READ_ONLY = "That was refused, because this call may only read the data."
_LEFT = "so I left everything as it is."
_ERRORS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"^the caller said no\b", "All right, I leave everything as it is."),
        (r"^the caller did not clearly say yes", f"That was not a clear yes, {_LEFT}"),
        (r"^the caller gave no answer in time", f"I heard no answer, {_LEFT}"),
        (r"^the caller asked for something else instead", "All right, not that."),
        (r"^the caller has just not agreed", "As you have not agreed, I leave everything as it is."),
        (r"\b25006\b|\b42501\b|read-only mode|read-only transaction", _READ_ONLY),
        (r'(?:relation|table) "([\w.]+)" does not exist', "There is no table called {0}."),
        (r'relation "([\w.]+)" already exists', "There is a table called {0} already."),
        (
            r'extension "([\w-]+)" (?:is not available|does not exist)',
            "The {0} extension is not available in this database.",
        ),
        (r"\b57014\b|statement timeout|timed out|time limit", "It took too long and was stopped."),
        (r"\b2BP01\b|other objects depend on it", "That cannot be done, because other data depends on it."),
        (r"\b23503\b|violates foreign key", "That cannot be done, because other data refers to it."),
        (r"\b53100\b|no space left on device", "The disk of the database is full."),
        (r"unauthorized|access token|\b401\b", "The database did not accept our key."),
        (
            r"unavailable|connection closed|not connected|restarting",
            "The database cannot be reached at the moment. Please try again in a moment.",
        ),
    )
)
MAX_ERROR = 160


def tell(result: Result, reply: Reply, fields: Mapping[str, str]) -> str:
    """What to say about a result that has come."""
    if result.kind == "error":
        return explain(result.text)
    if result.kind == "prose":
        return _known_cause(result.text) or _sentence(result.text)
    if result.kind == "done":
        return _render(reply.done, {**fields}) or "That is done."
    return _of_rows(result, reply, fields)


def explain(text: str) -> str:
    """An error in words: never a code, never the statement."""
    known = _known_cause(text)
    if known:
        return known
    bare = re.sub(
        r"Failed to run sql query:\s*|ERROR:\s*|\b[0-9A-Z]{5}:\s*", "", text.split("\nLINE ", maxsplit=1)[0]
    )
    bare = " ".join(re.sub(r"^.{0,60}? failed:\s*", "", bare).split())
    if not bare or bare[:1] in "{[<" or len(bare) > MAX_ERROR:
        return "That did not work, and the tool gave no reason that can be read out."
    return _sentence(f"That did not work: {bare}")


def _known_cause(text: str) -> str:
    for pattern, words in _ERRORS:
        found = pattern.search(text)
        if found is not None:
            return words.format(*[_name(name) for name in found.groups()])
    return ""


def _of_rows(result: Result, reply: Reply, fields: Mapping[str, str]) -> str:
    template = reply.none if result.total == 0 else reply.one if result.total == 1 else reply.many
    first = dict(result.rows[0]) if result.rows else {}
    told = _render(
        template, {**first, **fields, "count": result.total, "listing": _listing(result, reply, fields)}
    )
    return told or _general(result)


def _listing(result: Result, reply: Reply, fields: Mapping[str, str]) -> str:
    """The first rows, and a word on how many more there are."""
    shown = [_render(reply.row, {**row, **fields}) or _plainly(row) for row in result.rows[: reply.show]]
    if not shown:
        return ""
    words = joined(shown)
    if _is_lead(reply):
        return words if len(shown) >= result.total else f"{words}, and {result.total - len(shown)} more"
    if len(shown) >= result.total:
        return f"They are {words}"
    return f"The first is {words}" if len(shown) == 1 else f"The first {_small(len(shown))} are {words}"


def _is_lead(reply: Reply) -> bool:
    """Whether the template leads into the listing with words of its own."""
    before = reply.many.partition("{listing}")[0].rstrip()
    return bool(before) and not before.endswith((".", "!", "?"))


def _small(number: int) -> str:
    return ("two", "three", "four", "five")[number - 2] if 2 <= number <= 5 else str(number)  # noqa: PLR2004


def _general(result: Result) -> str:
    """A result that no template fits: how many rows, and the first of them as it is."""
    if result.total == 0:
        return "I found nothing."
    if result.total == 1 and result.rows:
        return _sentence(_plainly(result.rows[0]))
    if not result.rows:
        return f"There are {result.total} rows."
    return _sentence(f"There are {result.total} rows. The first one: {_plainly(result.rows[0])}")


def _plainly(row: Row) -> str:
    parts = [
        f"{_name(key)} {_value(value)}" for key, value in row.items() if not isinstance(value, dict | list)
    ]
    return ", ".join(parts[:4]) or "no details"


def joined(words: list[str]) -> str:
    """One sentence part of several: “a”, “a and b”, “a, b and c”."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """A template of arguments with the slots' texts in place; other braces stay as they are."""
    return _FIELD.sub(lambda found: str(fields.get(found[1], found[0])), template)


def _render(template: str, values: Mapping[str, Any]) -> str:
    """The template filled in, or nothing when the result lacks something it names."""
    names = [found[1] for found in _FIELD.finditer(template)]
    if not template or any(name not in values for name in names):
        return ""
    text = _FIELD.sub(lambda found: _formatted(values[found[1]], found[2] or ""), template)
    return text if template.startswith("{name") and "." not in template else _sentence(text, stop=False)


def _formatted(value: Any, how: str) -> str:
    if how == "money":
        return _money(value)
    if how == "name":
        return _name(str(value))
    if how in {"", "date"}:
        return _value(value)
    one, _, many = how.partition("/")
    number = _number(value)
    if number == "1":
        return f"1 {one}"
    return f"{'no' if number == '0' else number} {many or one + 's'}"


def _money(value: Any) -> str:
    number = _number(value)
    return "1 dollar" if number == "1" else f"{number} dollars"


def _number(value: Any) -> str:
    text = str(value).replace(",", "").strip().removeprefix("$")
    return re.sub(r"\.0+$", "", text)


def _name(text: str) -> str:
    return text.removeprefix("public.").strip('"').replace("_", " ")


def _value(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    found = _DATE.match(str(value))
    return _date(found) if found is not None else re.sub(r"(?<=\d)\.0+$", "", str(value))


def _date(found: re.Match[str]) -> str:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return found[0]
    clock = f" at {found[4]}:{found[5]}" if found[4] else ""
    return f"{day.day} {_MONTHS[day.month - 1]}{clock}"


def _sentence(text: str, *, stop: bool = True) -> str:
    text = text[:1].upper() + text[1:]
    return text if not stop or text.endswith((".", "!", "?")) else text + "."
