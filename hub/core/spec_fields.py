"""The kinds of values in servers.json: each reads one, reports what is wrong, and knows its JSON Schema."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hub.core.jsonc import Document, Path
from hub.core.spec import Problem, Severity

ANNOTATION_PATTERNS = ("@read", "@write", "@destructive")
_PLAIN_NAME = re.compile(r"[^\s.\[\]\"]+")
_LONGEST_SHOWN = 60
_CLOSE = 0.75


class _Unusable:
    """What a kind returns for a value that it has reported."""


UNUSABLE = _Unusable()
Read = Callable[[Any, Path, "Report"], Any]


@dataclass(slots=True)
class Report:
    """Collects the Problems of a file; `server` is the entry that is being read."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    server: str | None = None

    def add(self, path: Path, message: str, remedy: str, severity: Severity = Severity.ERROR) -> _Unusable:
        line = self.document.line(path)
        self.problems.append(Problem(shown_path(path), line, message, remedy, self.server, severity))
        return UNUSABLE

    def warn(self, path: Path, message: str, remedy: str) -> None:
        self.add(path, message, remedy, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is read, and its JSON Schema."""

    read: Read
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A named value of an object; `default` is for the schema only, the types hold the real ones."""

    kind: Kind
    about: str
    default: Any = None


def shown_path(path: Path) -> str:
    """Write a path as people do: mcpServers.notes.args[2]."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_NAME.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def shown(value: Any) -> str:
    """Write a value as JSON does, shortened."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def close_to(name: str, known: Iterable[str]) -> str | None:
    """Find the name that was probably meant."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=_CLOSE)
    return by_lower[found[0]] if found else None


def one_of(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _checked(accepts: Callable[[Any], bool], wanted: str, schema: Mapping[str, Any]) -> Kind:
    def read(value: Any, path: Path, report: Report) -> Any:
        if accepts(value):
            return value
        return report.add(path, f"{shown(value)} is not {wanted}.", f"Write {wanted}.")

    return Kind(read, schema)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(*, least: float = 0, most: float | None = None, over: bool = False) -> Kind:
    """Accept a number between bounds; `over`: the lower bound itself is not allowed."""
    wanted = f"a number over {least}" if over else f"a number from {least} up"
    schema: dict[str, Any] = {"type": "number", "exclusiveMinimum" if over else "minimum": least}
    if most is not None:
        wanted = f"a number from {least} to {most}"
        schema["maximum"] = most

    def accepts(value: Any) -> bool:
        if not _is_number(value) or value < least or (over and value == least):
            return False
        return most is None or value <= most

    return _checked(accepts, wanted, schema)


def integer(least: int) -> Kind:
    return _checked(
        lambda value: _is_number(value) and isinstance(value, int) and value >= least,
        f"a whole number from {least} up",
        {"type": "integer", "minimum": least},
    )


def or_null(kind: Kind) -> Kind:
    def read(value: Any, path: Path, report: Report) -> Any:
        return None if value is None else kind.read(value, path, report)

    return Kind(read, {**kind.schema, "type": [kind.schema["type"], "null"]})


BOOLEAN = _checked(lambda value: isinstance(value, bool), "true or false", {"type": "boolean"})
TEXT = _checked(
    lambda value: isinstance(value, str) and bool(value.strip()),
    "a text in double quotes that is not empty",
    {"type": "string", "minLength": 1},
)


def choice(values: type[StrEnum]) -> Kind:
    """Accept one of a few words."""
    words = [str(value) for value in values]

    def read(value: Any, path: Path, report: Report) -> Any:
        if isinstance(value, str) and value in words:
            return values(value)
        return report.add(path, f"{shown(value)} is not {one_of(words)}.", meant(value, words))

    return Kind(read, {"enum": words})


def meant(value: Any, words: Iterable[str]) -> str:
    """Write the remedy for a word that is none of those allowed."""
    words = list(words)
    close = close_to(value, words) if isinstance(value, str) else None
    quoted = [json.dumps(word) for word in words]
    return f'Did you mean "{close}"?' if close else f"Write {one_of(quoted)}."


def _scalar_text(value: Any) -> str | None:
    """Take numbers and true/false as their text, as other clients do."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | str) else None


def _read_texts(value: Any, path: Path, report: Report) -> Any:
    if not isinstance(value, list):
        return report.add(path, f"{shown(value)} is not a list of texts.", 'Write ["first", "second"].')
    texts = [_scalar_text(item) for item in value]
    for index, text in enumerate(texts):
        if text is None:
            report.add((*path, index), f"{shown(value[index])} is not a text.", "Put it into double quotes.")
    return UNUSABLE if None in texts else tuple(texts)


TEXTS = Kind(_read_texts, {"type": "array", "items": {"type": ["string", "number", "boolean"]}})


def globs(*, annotations: bool) -> Kind:
    """Accept a list of globs, and of @read, @write, @destructive where annotations count."""

    def read(value: Any, path: Path, report: Report) -> Any:
        texts = _read_texts(value, path, report)
        if texts is UNUSABLE:
            return UNUSABLE
        wrong = [index for index, text in enumerate(texts) if not _is_pattern(text, annotations=annotations)]
        for index in wrong:
            report.add(
                (*path, index),
                f"{shown(texts[index])} matches nothing.",
                _right_pattern(texts[index]),
            )
        return UNUSABLE if wrong else texts

    return Kind(read, {"type": "array", "items": {"type": "string", "minLength": 1}})


def _is_pattern(text: str, *, annotations: bool) -> bool:
    return text in ANNOTATION_PATTERNS if annotations and text.startswith("@") else bool(text)


def _right_pattern(text: str) -> str:
    if text.startswith("@"):
        return meant(text, ANNOTATION_PATTERNS)
    return "Write a name or a glob like list_*."


def mapping(read_item: Read, wanted: str, schema: Mapping[str, Any]) -> Kind:
    """Accept an object whose values are all of one kind."""

    def read(value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, dict):
            return report.add(path, f"{shown(value)} is not an object.", f"Write {wanted}.")
        found = {name: read_item(item, (*path, name), report) for name, item in value.items()}
        return UNUSABLE if UNUSABLE in found.values() else found

    return Kind(read, {"type": "object", "additionalProperties": schema})


def _read_text_item(value: Any, path: Path, report: Report) -> Any:
    text = _scalar_text(value)
    return (
        report.add(path, f"{shown(value)} is not a text.", "Put it into double quotes.")
        if text is None
        else text
    )


def _read_object(value: Any, path: Path, report: Report) -> Any:
    if isinstance(value, dict):
        return value
    return report.add(path, f"{shown(value)} is not an object.", 'Write {"argument": value}.')


TEXT_MAP = mapping(_read_text_item, '{"NAME": "value"}', {"type": ["string", "number", "boolean"]})
RENAME = mapping(TEXT.read, '{"tool": "new name"}', TEXT.schema)
PRESET = mapping(_read_object, '{"tool": {"argument": value}}', {"type": "object"})


def record(make: Callable[..., Any], fields: Mapping[str, Field]) -> Kind:
    """Accept an object of the hub's own: every key known; `make` gets what is there and usable."""

    def read(value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, dict):
            return report.add(
                path, f"{shown(value)} is not an object.", f"Write {{…}} with {one_of(fields)}."
            )
        for name in [name for name in value if name not in fields]:
            report.add((*path, name), f"There is no {shown(name)} here.", meant(name, fields))
        found = {
            name: fields[name].kind.read(item, (*path, name), report)
            for name, item in value.items()
            if name in fields
        }
        if UNUSABLE in found.values() or len(found) < len(value):
            return UNUSABLE
        return make(**found)

    return Kind(read, object_schema(fields, closed=True))


def object_schema(fields: Mapping[str, Field], *, closed: bool) -> dict[str, Any]:
    """Write the JSON Schema of an object with these fields."""
    properties = {
        name: {
            **each.kind.schema,
            "description": each.about,
            **({} if each.default is None else {"default": each.default}),
        }
        for name, each in fields.items()
    }
    return {"type": "object", "properties": properties, **({"additionalProperties": False} if closed else {})}
