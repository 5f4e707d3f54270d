"""A file of `hub rehearse`: TOML in; what to rehearse and what is expected of it out, or what is wrong."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from hub.core.rehearsal_expected import Expected
from hub.core.spec_fields import close_to, shown_path

EXPECT: Final = "expect"
_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TABLE: Final = re.compile(r"^\s*\[+\s*([^\[\]]+?)\s*\]+")
_KEY: Final = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=""")
_LONG: Final = re.compile(r'"""|\'\'\'')
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class RehearsalFile:
    """One rehearsal; where there is something wrong, it is not to be run."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    wrong: Sequence[Wrong] = ()


def read(text: str, model: type[BaseModel]) -> RehearsalFile:
    """Read a file that has the keys of `model` and the table `[expect]`; tells all that is wrong at once."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return RehearsalFile(wrong=(_no_toml(text, str(error)),))
    keys = _Keys.of(text)
    given = {name: value for name, value in values.items() if name != EXPECT}
    wrong = list(_wrong(model, given, (), keys))
    wrong += _wrong(Expected, values.get(EXPECT, {}), (EXPECT,), keys)
    if wrong:
        return RehearsalFile(wrong=tuple(sorted(wrong, key=lambda one: one.line)))
    return RehearsalFile(given, Expected.model_validate(values.get(EXPECT, {})))


def _no_toml(text: str, message: str) -> Wrong:
    at = _AT_LINE.search(message)
    line = int(at[1]) if at and at[1] else max(1, len(text.splitlines()))
    told = _AT_LINE.sub("", message)
    return Wrong(line, f"This is not TOML: {told[0].lower()}{told[1:]}.")


def _wrong(model: type[BaseModel], values: Any, under: Place, keys: "_Keys") -> Iterator[Wrong]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        for one in error.errors():
            place = tuple(one["loc"])
            yield Wrong(keys.line((*under, *place)), _sentence(model, place, under, one))


def _sentence(model: type[BaseModel], place: Place, under: Place, problem: Any) -> str:
    name = shown_path((*under, *place)) or "the file"
    if problem["type"] == "missing":
        return f"{name} is missing."
    if problem["type"] != "extra_forbidden":
        return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}."
    known = [*_fields(model, place[:-1]), *([] if under or len(place) > 1 else [EXPECT])]
    meant = close_to(str(place[-1]), known)
    hint = f"do you mean {meant}?" if meant else f"there are {', '.join(known)}."
    return f"There is no key {name}; {hint}"


def _fields(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that are known at a place."""
    for part in place:
        if isinstance(part, str):
            model = _models(model.model_fields[part].annotation)[0]
    return list(model.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    own = [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
    return own + [model for part in get_args(annotation) for model in _models(part)]


@dataclass(frozen=True, slots=True)
class _Keys:
    """On which lines the keys of a file stand."""

    lines: Mapping[tuple[str, ...], int]

    @classmethod
    def of(cls, text: str) -> "_Keys":
        lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        quoted = False
        for number, line in enumerate(text.splitlines(), start=1):
            if not quoted and (header := _TABLE.match(line)) and not _KEY.match(line):
                table = _parts(header[1])
                lines.setdefault(table, number)
            elif not quoted and (key := _KEY.match(line)):
                lines.setdefault((*table, *_parts(key[1])), number)
            quoted ^= len(_LONG.findall(line)) % 2 == 1
        return cls(lines)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        names = tuple(str(part) for part in place if isinstance(part, str))
        for length in range(len(names), 0, -1):
            if names[:length] in self.lines:
                return self.lines[names[:length]]
        return 1


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
