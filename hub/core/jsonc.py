"""JSON with comments, trailing commas and a byte-order mark, read so that every place knows its line.

Not a library: those that keep positions take 100 ms for 300 lines, and none says what would be right.
"""

import json
import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

DEEPEST = 60
_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"[\w$.+-]+")
_QUOTES = "'\u2018\u2019\u201c\u201d`"
_LITERALS = {"true": True, "false": False, "null": None}
_MEANT = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}
_LONGEST_SHOWN = 30


class SyntaxFault(Exception):
    """The text is not JSON: where, and what would be right."""

    def __init__(self, line: int, column: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Document:
    """A value, the line of each member and element, and the paths that are there twice."""

    value: Any
    lines: Mapping[Path, int]
    duplicates: tuple[Path, ...]

    def line(self, path: Path) -> int:
        """Return the line of a place, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Read a whole text.

    Raises:
        SyntaxFault: It is not JSON, even with comments and trailing commas.
    """
    reader = _Reader(text)
    return Document(reader.whole(), reader.lines, tuple(reader.duplicates))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.duplicates: list[Path] = []
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def whole(self) -> Any:
        self._skip()
        if not self._next():
            raise self._fault(self.at, "the file is empty", 'Write at least {"mcpServers": {}}.')
        value = self._value(())
        self._skip()
        if self._next():
            raise self._fault(
                self.at,
                f"{self._shown()} follows after the end",
                "One value makes up the file; a bracket may be closed too early.",
            )
        return value

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at)

    def _fault(self, at: int, message: str, hint: str) -> SyntaxFault:
        line = self._line(at)
        return SyntaxFault(line, at - self._starts[line - 1] + 1, message, hint)

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _shown(self) -> str:
        """Name what stands here, for a message."""
        if not self._next():
            return "the end of the file"
        word = _WORD.match(self.text, self.at)
        return repr(word.group()[:_LONGEST_SHOWN] if word else self._next())

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.text.startswith("/*", self.at):
            raise self._fault(self.at, "this comment is never closed", "End it with */.")
        if self._next() == "#":
            raise self._fault(self.at, "'#' begins nothing in JSON", "Comments begin with //.")

    def _value(self, path: Path) -> Any:
        if len(path) > DEEPEST:
            raise self._fault(self.at, f"nested more than {DEEPEST} deep", "Nothing here needs that.")
        self.lines.setdefault(path, self._line(self.at))
        match self._next():
            case "{":
                return self._object(path)
            case "[":
                return self._array(path)
            case '"':
                return self._string()
            case _:
                return self._scalar()

    def _object(self, path: Path) -> dict[str, Any]:
        opened = self.at
        self.at += 1
        found: dict[str, Any] = {}
        while self._more(opened, "}"):
            if self._next() != '"':
                raise self._no_name()
            here = self.at
            name = self._string()
            self._skip()
            if self._next() != ":":
                raise self._fault(
                    self.at,
                    f"a colon is missing after {json.dumps(name)}",
                    f"{self._shown()} stands there instead.",
                )
            self.at += 1
            self._skip()
            inner = (*path, name)
            if name in found:
                self.duplicates.append(inner)
            self.lines[inner] = self._line(here)
            found[name] = self._value(inner)
        return found

    def _array(self, path: Path) -> list[Any]:
        opened = self.at
        self.at += 1
        found: list[Any] = []
        while self._more(opened, "]"):
            found.append(self._value((*path, len(found))))
        return found

    def _more(self, opened: int, closing: str) -> bool:
        """Go to the next member or element, or over the closing bracket."""
        first = self.at == opened + 1
        ended = self.at
        self._skip()
        comma = not first and self._next() == ","
        if comma:
            self.at += 1
            self._skip()
        if self._next() == closing:
            self.at += 1
            return False
        if not self._next():
            line = self._line(opened)
            raise self._fault(
                self.at,
                f"the file ends inside the {self.text[opened]} of line {line}",
                f"Close it with {closing}.",
            )
        if not first and not comma:
            raise self._fault(
                ended,
                f"a comma or {closing} is missing before {self._shown()}",
                "Put a comma between two entries.",
            )
        return True

    def _no_name(self) -> SyntaxFault:
        hint = "Put every name into double quotes."
        if self._next() == ",":
            hint = "Take one of the commas away."
        return self._fault(self.at, f"a name was expected, not {self._shown()}", hint)

    def _string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self._fault(
                self.at,
                "this text is never closed",
                'End it with " on the same line; a line break inside is \\n.',
            )
        try:
            value: str = json.loads(match.group())
        except json.JSONDecodeError as error:
            raise self._fault(
                self.at + error.pos, "this backslash begins no known escape", "Write two of them for one."
            ) from None
        self.at = match.end()
        return value

    def _scalar(self) -> Any:
        number = _NUMBER.match(self.text, self.at)
        if number:
            return self._number(number)
        word = _WORD.match(self.text, self.at)
        if word and word.group() in _LITERALS:
            self.at = word.end()
            return _LITERALS[word.group()]
        raise self._fault(self.at, f"a value was expected, not {self._shown()}", self._meant(word))

    def _number(self, match: re.Match[str]) -> int | float:
        try:
            value: int | float = json.loads(match.group())
        except ValueError:
            value = math.inf
        if not math.isfinite(value):
            raise self._fault(self.at, "this number is too large", "Write a smaller one.")
        self.at = match.end()
        return value

    def _meant(self, word: re.Match[str] | None) -> str:
        if word and word.group() in _MEANT:
            return f"JSON writes it {_MEANT[word.group()]}."
        if self._next() and self._next() in _QUOTES:
            return 'Put texts into straight double quotes: "…".'
        if self._next() and self._next() in ",]}":
            return "A value is missing before it."
        return "A value is a text in double quotes, a number, true, false, null, {…} or […]."
