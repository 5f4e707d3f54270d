"""What a pattern of the phrases file means: words, {slot}, [optional words] and (either | or)."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*(\{[a-z_]+\}|[\[\]()|]|[a-z0-9']+)")
_CLOSING = {"[": "]", "(": ")"}


class PatternError(ValueError):
    """A pattern cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Item:
    """One place in a pattern: a word, a slot, or a choice between sequences of items."""

    word: str = ""
    slot: str = ""
    choices: tuple[tuple["Item", ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence a pattern stands for, and what its slots were filled with, in order."""

    text: str
    slots: tuple[tuple[str, str], ...]


def parse(pattern: str) -> tuple[Item, ...]:
    """Read one pattern.

    Raises:
        PatternError: A bracket is not closed, or a character means nothing here.
    """
    tokens = _tokens(pattern)
    choices, rest = _choices(tokens, "")
    if rest:
        raise PatternError(f"“{rest[0]}” has no opening bracket in “{pattern}”")
    return choices[0] if len(choices) == 1 else (Item(choices=choices),)


def _tokens(pattern: str) -> list[str]:
    tokens, at = [], 0
    text = pattern.strip().lower()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PatternError(f"“{text[at:].strip()[0]}” cannot stand in a pattern: “{pattern}”")
        tokens.append(match[1])
        at = match.end()
    if not tokens:
        raise PatternError("a pattern is empty")
    return tokens


def _choices(tokens: Sequence[str], closing: str) -> tuple[tuple[tuple[Item, ...], ...], Sequence[str]]:
    """Read alternatives up to the closing bracket; what follows it is the rest."""
    found: list[tuple[Item, ...]] = []
    items: list[Item] = []
    while tokens:
        part, tokens = tokens[0], tokens[1:]
        if part == closing:
            return (*found, tuple(items)), tokens
        if part in _CLOSING:
            inner, tokens = _choices(tokens, _CLOSING[part])
            items.append(Item(choices=(*inner, ()) if part == "[" else inner))
        elif part == "|":
            found.append(tuple(items))
            items = []
        elif part in _CLOSING.values():
            return (*found, tuple(items)), [part, *tokens]
        else:
            items.append(Item(slot=part[1:-1]) if part.startswith("{") else Item(word=part))
    if closing:
        raise PatternError(f"a “{closing}” is missing")
    return (*found, tuple(items)), tokens


def slots_of(items: Sequence[Item]) -> Iterator[str]:
    """The names of the slots in a pattern."""
    for item in items:
        if item.slot:
            yield item.slot
        for choice in item.choices:
            yield from slots_of(choice)


def expand(items: Sequence[Item], values: Mapping[str, Sequence[str]]) -> Iterator[Sentence]:
    """Every sentence the pattern stands for, with the given values in its slots."""
    for parts in itertools.product(*(_expand_item(item, values) for item in items)):
        text = " ".join(part.text for part in parts if part.text)
        yield Sentence(text, tuple(pair for part in parts for pair in part.slots))


def _expand_item(item: Item, values: Mapping[str, Sequence[str]]) -> list[Sentence]:
    if item.word:
        return [Sentence(item.word, ())]
    if item.slot:
        return [Sentence(value, ((item.slot, value),)) for value in values[item.slot]]
    return [sentence for choice in item.choices for sentence in expand(choice, values)]


def jsgf(items: Sequence[Item]) -> str:
    """The pattern as JSGF, the grammar format of the recogniser."""
    return " ".join(_jsgf_item(item) for item in items)


def _jsgf_item(item: Item) -> str:
    if item.word:
        return item.word
    if item.slot:
        return f"<{item.slot}>"
    body = " | ".join(jsgf(choice) for choice in item.choices if choice)
    return f"[ {body} ]" if () in item.choices else f"( {body} )"
