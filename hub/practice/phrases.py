"""The phrases file: one file drives the recogniser's grammar, the model and the list of what can be said."""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from hub.practice import numbers, patterns

Kind = Literal["read", "write", "confirm", "talk"]
MAX_SENTENCES = 20_000  # more would make the recogniser slow to load and easy to confuse
NUMBER_KEY = "#"
T = TypeVar("T")


class PhrasesError(ValueError):
    """The phrases file cannot be used: `line` says where, the text says what is wrong."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand in a {slot}: the spoken forms, each with the texts it puts into tool arguments."""

    values: Mapping[str, Mapping[str, str]]
    number: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """How a result is told: templates over its rows. An empty template means the general form."""

    none: str = ""
    one: str = ""
    many: str = ""
    row: str = ""
    done: str = ""
    show: int = 3
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that can be said, and what the practice model does when it hears it."""

    id: str
    kind: Kind
    patterns: tuple[str, ...]
    example: str
    typed: tuple[str, ...] = ()
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    first: str = ""
    answer: str = ""
    suggest: bool = False
    reply: Reply = field(default_factory=Reply)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Recognition:
    """How sure the recogniser must be, and how long it waits for more; measured in docs/practice.md."""

    threshold: float = -3.6
    strict_threshold: float = -3.2
    worst_word: float = -6.5
    coverage: float = 0.7
    partial_threshold: float = -3.6
    settle_ms: int = 180
    pause_ms: int = 420
    patience_ms: int = 700


@dataclass(frozen=True, slots=True)
class Answers:
    """What the practice model says when no phrase decides."""

    greeting: str = (
        "Hello, this is the practice assistant for your database. You can ask me, for example: {one}"
    )
    not_understood: str = (
        "I did not understand that. I am the practice assistant and understand only my phrases. "
        "You can say, for example: {one} Or: {two}"
    )
    read_only: str = "In this call I can only read the data."
    no_tool: str = "In this call I have no tool for that."
    running: str = "This takes a moment. I will tell you as soon as the answer is there."
    instructed: str = (
        "I was given an instruction that practice cannot follow, because it understands only its phrases."
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which phrase was said, and what its slots were filled with."""

    phrase: Phrase
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """A whole phrases file, checked."""

    phrases: tuple[Phrase, ...]
    slots: Mapping[str, Slot]
    answers: Answers
    recognition: Recognition
    pronunciations: Mapping[str, tuple[str, ...]]
    keys: Mapping[str, tuple[Phrase, tuple[tuple[str, str], ...]]]  # normal form → phrase and slots

    def sentences(self, phrase: Phrase) -> set[str]:
        """Every sentence that the recogniser may hear as this phrase."""
        values = {name: tuple(slot.values) for name, slot in self.slots.items()}
        return {s.text for p in phrase.patterns for s in patterns.expand(patterns.parse(p), values)}

    def fields(self, slots: Mapping[str, str]) -> dict[str, str]:
        """What a template may name: {slot} and {slot.field}, for slots filled with these spoken forms."""
        found: dict[str, str] = {}
        for name, spoken in slots.items():
            found[name] = spoken
            for key, text in self.slots[name].values.get(spoken, {}).items():
                found[f"{name}.{key}"] = text
        return found


def load(text: str) -> Phrases:
    """Read and check the text of a phrases file.

    Raises:
        PhrasesError: It is not TOML, or something in it cannot be meant; `line` says where.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PhrasesError(f"it is not TOML: {error}", _line_of_toml_error(str(error), text)) from error
    lines = text.splitlines()
    slots = {name: _slot(name, value, lines) for name, value in _table(data, "slots").items()}
    items = data.get("phrase", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise PhrasesError("phrases are written as [[phrase]]", _line_of(lines, "phrase"))
    heads = [number for number, line in enumerate(lines, 1) if line.strip().startswith("[[phrase]]")]
    phrases = tuple(
        _phrase(item, slots, line)
        for item, line in itertools.zip_longest(items, heads[: len(items)], fillvalue=0)
    )
    if not phrases:
        raise PhrasesError("it has no [[phrase]]")
    _refuse_twins(phrases)
    return Phrases(
        phrases=phrases,
        slots=slots,
        answers=_record(Answers, _table(data, "answers"), "answers", lines),
        recognition=_record(Recognition, _table(data, "recognition"), "recognition", lines),
        pronunciations={
            word.lower(): tuple([value] if isinstance(value, str) else value)
            for word, value in _table(data, "pronunciations").items()
        },
        keys=_keys(phrases, slots),
    )


def _line_of_toml_error(message: str, text: str) -> int:
    digits = message.partition("at line ")[2].partition(",")[0]
    return int(digits) if digits.isdigit() else len(text.splitlines())


def _line_of(lines: list[str], key: str) -> int:
    """The line that sets this key, or opens its table."""
    opening = re.compile(rf'\s*(\[\w+\.)?"?{re.escape(key)}\b')
    return next((number for number, line in enumerate(lines, 1) if opening.match(line)), 0)


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise PhrasesError(f"[{name}] must be a table")
    return table


def _record(kind: type[T], table: Mapping[str, Any], name: str, lines: list[str], line: int = 0) -> T:
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]  # every caller passes a dataclass
    for key, value in table.items():
        at = line or _line_of(lines, key)
        if key not in known:
            raise PhrasesError(f"[{name}] knows no “{key}”; it knows {', '.join(known)}", at)
        wanted = known[key].default
        number = isinstance(wanted, int | float) and not isinstance(wanted, bool)
        fits = isinstance(value, int | float) if number else isinstance(value, type(wanted))
        if not fits:
            raise PhrasesError(f"[{name}] {key} must be like {wanted!r}", at)
    return kind(**table)


def _slot(name: str, value: object, lines: list[str]) -> Slot:
    line = _line_of(lines, name)
    if isinstance(value, dict) and isinstance(value.get("numbers"), list):
        return Slot({str(number): {} for number in value["numbers"]}, number=True)
    if isinstance(value, list) and value:
        return Slot({str(spoken): {} for spoken in value})
    if isinstance(value, dict) and value:
        if all(isinstance(fields, dict) for fields in value.values()):
            return Slot({spoken: {k: str(v) for k, v in fields.items()} for spoken, fields in value.items()})
        return Slot({spoken: {"value": str(text)} for spoken, text in value.items()})
    raise PhrasesError(f"slot “{name}” must be a list of what can be said, or a table spoken = text", line)


def _phrase(item: Any, slots: Mapping[str, Slot], line: int) -> Phrase:
    name = item.get("id") if isinstance(item, dict) else None
    if not isinstance(name, str) or not name:
        raise PhrasesError("a [[phrase]] has no id", line)
    unknown = set(item) - {
        "id", "kind", "say", "typed", "example", "tool", "arguments", "first", "answer", "suggest", "reply",
    }  # fmt: skip
    if unknown:
        raise PhrasesError(f"phrase “{name}” knows no “{min(unknown)}”", line)
    say, typed = _patterns(item, "say", line), _patterns(item, "typed", line)
    if not say:
        raise PhrasesError(f'phrase “{name}” needs say = ["…"]', line)
    if item.get("kind", "read") not in get_args(Kind):
        raise PhrasesError(f"phrase “{name}”: kind is one of {', '.join(get_args(Kind))}", line)
    if not item.get("tool") and not item.get("answer"):
        raise PhrasesError(f"phrase “{name}” needs a tool or an answer", line)
    phrase = Phrase(
        id=name,
        kind=item.get("kind", "read"),
        patterns=say,
        typed=typed,
        example=item.get("example", ""),
        tool=item.get("tool", ""),
        arguments=item.get("arguments", {}),
        first=item.get("first", ""),
        answer=item.get("answer", ""),
        suggest=bool(item.get("suggest", False)),
        reply=_record(Reply, item.get("reply", {}), f"reply of {name}", [], line),
        line=line,
    )
    return _checked(phrase, slots)


def _patterns(item: Mapping[str, Any], key: str, line: int) -> tuple[str, ...]:
    given = item.get(key, [])
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise PhrasesError(f'{key} must be like ["how many orders came in {{when}}"]', line)
    return tuple(texts)


def _checked(phrase: Phrase, slots: Mapping[str, Slot]) -> Phrase:
    """The phrase with an example, once its patterns are known to be readable."""
    values = {name: tuple(slot.values) for name, slot in slots.items()}
    count = 0
    for pattern in (*phrase.patterns, *phrase.typed):
        try:
            items = patterns.parse(pattern)
        except patterns.PatternError as error:
            raise PhrasesError(f"phrase “{phrase.id}”: {error}", phrase.line) from error
        for name in patterns.slots_of(items):
            if name not in slots:
                raise PhrasesError(f"phrase “{phrase.id}” uses the unknown slot {{{name}}}", phrase.line)
        for _ in patterns.expand(items, values):
            count += 1
            if count > MAX_SENTENCES:
                raise PhrasesError(
                    f"phrase “{phrase.id}” stands for more than {MAX_SENTENCES} sentences", phrase.line
                )
    if phrase.example:
        return phrase
    first = next(patterns.expand(patterns.parse(phrase.patterns[0]), values)).text
    return _with_example(phrase, first)


def _with_example(phrase: Phrase, text: str) -> Phrase:
    fields = {name: getattr(phrase, name) for name in Phrase.__dataclass_fields__}
    return Phrase(**{**fields, "example": text[:1].upper() + text[1:] + "."})


def _refuse_twins(phrases: tuple[Phrase, ...]) -> None:
    seen: set[str] = set()
    for phrase in phrases:
        if phrase.id in seen:
            raise PhrasesError(f"two phrases are called “{phrase.id}”", phrase.line)
        seen.add(phrase.id)


def _keys(
    phrases: tuple[Phrase, ...], slots: Mapping[str, Slot]
) -> dict[str, tuple[Phrase, tuple[tuple[str, str], ...]]]:
    """Every sentence in its normal form; a number slot stands for any number."""
    values = {name: (NUMBER_KEY,) if slot.number else tuple(slot.values) for name, slot in slots.items()}
    keys: dict[str, tuple[Phrase, tuple[tuple[str, str], ...]]] = {}
    for phrase in phrases:
        for pattern in (*phrase.patterns, *phrase.typed):
            for sentence in patterns.expand(patterns.parse(pattern), values):
                key = " ".join(numbers.to_digits(sentence.text.split()))
                keys.setdefault(key, (phrase, sentence.slots))
    return keys
