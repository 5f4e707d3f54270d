"""Two definitions of one thing → what differs, as lines a person can read, in which nothing can hide."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

UNREAD = frozenset({"_meta"})
"""For programs: no model reads it, and servers put versions and times into it."""
CONTEXT = 2
"""Unchanged lines that are shown around a change."""
COMPARED = 40_000
"""Lines times lines that are matched; of more, all old ones are shown and then all new ones."""
SHOWN_LINES = 2000
LONGEST_LINE = 400
WIDE = 8
"""More spaces than this in a row are counted instead of shown."""
_DEEPEST = 64
_FIRST = ("title", "description", "instructions", "annotations", "inputSchema", "outputSchema", "arguments")
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are drawn as nothing."""
_VARIATIONS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_SENTENCE = re.compile(r"(?<=[.!?;:]) (?=\S)")
_RUN = re.compile(rf"(?<=\S) {{{WIDE + 1},}}")

KEPT, REMOVED, ADDED, LEFT_OUT = " ", "-", "+", "@"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference; `sign` is KEPT, REMOVED, ADDED or LEFT_OUT (`text` says what of)."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What differs in one field."""

    field: str
    lines: tuple[Line, ...]


def compared(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Give what counts of a definition: neither the order of keys, nor null for what might be left out."""
    counted = _without_nulls(definition)
    if isinstance(counted.get("annotations"), Mapping):
        counted["annotations"] = _without_nulls(counted["annotations"])
    return {key: _settled(value) for key, value in counted.items() if key not in UNREAD}


def canonical(value: Any) -> str:
    """Write a value so that equal ones are written the same."""
    return json.dumps(value, sort_keys=True, default=str)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Tell field by field what differs, in the order in which a person would ask."""
    old, new = compared(before), compared(after)
    rank = {field: number for number, field in enumerate(_FIRST)}
    fields = sorted({**old, **new}, key=lambda field: (rank.get(field, len(rank)), field))
    return tuple(
        FieldChange(visible(field), _field(old.get(field), new.get(field)))
        for field in fields
        if canonical(old.get(field)) != canonical(new.get(field))
    )


def visible(text: str) -> str:
    """Write out what would not be seen, or would steer what is seen: ⟨U+202E⟩."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(f"⟨U+{ord(char):04X}⟩" if _hides(char) else char for char in text)
    return _RUN.sub(lambda run: f"⟨{len(run[0])} spaces⟩", text)


def _hides(char: str) -> bool:
    if unicodedata.category(char) in _HIDDEN or char in _BLANKS:
        return True
    if unicodedata.category(char) == "Zs":
        return char != " "
    return any(first <= ord(char) <= last for first, last in _VARIATIONS)


def _without_nulls(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}


def _settled(value: Any, depth: int = 0) -> Any:
    """Sort what a schema says in no order: `required`."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        return [_settled(item, depth + 1) for item in value]
    if not isinstance(value, Mapping):
        return value
    settled = {key: _settled(item, depth + 1) for key, item in value.items()}
    required = settled.get("required")
    if isinstance(required, list) and all(isinstance(name, str) for name in required):
        settled["required"] = sorted(required)
    return settled


def _field(old: Any, new: Any) -> tuple[Line, ...]:
    before, after = _lines_of(old), _lines_of(new)
    if before == after:  # they differ only in what does not show: a line's end, a text that looks like JSON
        before, after = [json.dumps(old, ensure_ascii=False)], [json.dumps(new, ensure_ascii=False)]
    lines = _folded(_matched(before, after))
    shown = [Line(line.sign, visible(line.text)) for line in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        shown.append(Line(LEFT_OUT, f"{len(lines) - SHOWN_LINES} more lines: too many to be read here"))
    return tuple(shown)


def _lines_of(value: Any) -> list[str]:
    """Split a text into its lines and sentences, anything else into the lines of its JSON."""
    if value is None:
        return []
    if isinstance(value, str):
        lines = [sentence for line in value.split("\n") for sentence in _SENTENCE.split(line)]
    else:
        lines = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str).split("\n")
    return [
        line[at : at + LONGEST_LINE] for line in lines for at in range(0, max(len(line), 1), LONGEST_LINE)
    ]


def _matched(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Find what stayed; in time that a server cannot make long by what it sends."""
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    lines = [Line(KEPT, text) for text in before[:start]]
    if len(old) * len(new) > COMPARED:
        lines += [Line(REMOVED, text) for text in old] + [Line(ADDED, text) for text in new]
    else:
        for what, first, last, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if what == "equal":
                lines += [Line(KEPT, text) for text in old[first:last]]
            else:
                lines += [Line(REMOVED, text) for text in old[first:last]]
                lines += [Line(ADDED, text) for text in new[begin:stop]]
    return lines + [Line(KEPT, text) for text in before[len(before) - end :]]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the lines that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _folded(lines: Sequence[Line]) -> list[Line]:
    """Leave out what stayed, but for a little around each change."""
    near: set[int] = set()
    for at, line in enumerate(lines):
        if line.sign != KEPT:
            near.update(range(at - CONTEXT, at + CONTEXT + 1))
    folded: list[Line] = []
    skipped = 0
    for at, line in enumerate(lines):
        if at not in near:
            skipped += 1
            continue
        folded += [*_skip(skipped), line]
        skipped = 0
    return [*folded, *_skip(skipped)]


def _skip(lines: int) -> list[Line]:
    return [Line(LEFT_OUT, f"{lines} unchanged line{'' if lines == 1 else 's'}")] if lines else []
