"""The number in what somebody said, as "two hundred and five", "zweihundertfünf" or "1.200,50"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hub.core.form_wording_table import FormWording

_NUMERAL: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_TOKEN: Final = re.compile(r"[+-]?\d[\d,.]*\d|[+-]?\d|[^\W\d_]+(?:'[^\W\d_]+)*")
_HUNDRED: Final = 100
_LONGEST: Final = 5
"""Words of a number that is in a table: quatre-vingt-dix-sept has four."""


def number_in(said: str, table: FormWording) -> float | int | None:
    """The one number in a turn, in figures or in words; None for none or several."""
    found = [number for number, _ in numbers_in(said, table)]
    return found[0] if len(found) == 1 else None


def numbers_in(said: str, table: FormWording) -> list[tuple[float | int, str]]:
    """The numbers in a turn, each with its words; none where a part of one is not understood."""
    tokens = list(_tokens(said, table))
    return [] if not table.halves.isdisjoint(tokens) else list(_numbers(tokens, table))


def _tokens(said: str, table: FormWording) -> Iterator[str]:
    plain = table.grouped.sub(lambda found: re.sub(r"\D", "", found[0]), said.lower())
    if table.decimal != ".":
        plain = re.sub(rf"(?<=\d){re.escape(table.decimal)}(?=\d)", ".", plain)
    for word in _TOKEN.findall(plain.replace("-", " -")):
        yield from _parted(word, table)


def _parted(word: str, table: FormWording) -> list[str]:
    """The parts of a number that is one word, if that is what it is: zwei, hundert, fünf."""
    if not any(scale in word for scale in table.glued):
        return [word]
    parts = re.split(f"({'|'.join(table.glued)})", word)
    bare = [part if part in table.units else part.removeprefix(table.and_) for part in parts]
    known = all(part in table.units or part in table.glued for part in bare if part)
    return [part for part in bare if part] if known else [word]


def _numbers(tokens: Sequence[str], table: FormWording) -> Iterator[tuple[float | int, str]]:
    at = 0
    while at < len(tokens):
        minus = tokens[at] in table.minus and not (at and tokens[at - 1] in table.no_minus)
        start = at + 1 if minus else at
        value, end = _run(tokens, start, table)
        if value is None:
            at += 1
            continue
        yield (-value if minus else value), " ".join(tokens[at:end])
        at = end


def _run(tokens: Sequence[str], at: int, table: FormWording) -> tuple[float | int | None, int]:
    """A number that begins here, in figures or in words, and where it ends."""
    numeral = tokens[at].rstrip(".,") if at < len(tokens) else ""
    if _NUMERAL.fullmatch(numeral):
        scale = table.scales.get(tokens[at + 1], 1) if at + 1 < len(tokens) else 1
        return (float(numeral) if "." in numeral else int(numeral)) * scale, at + (2 if scale > 1 else 1)
    whole, end = _in_words(tokens, at, table)
    if whole is None or end + 1 >= len(tokens) or tokens[end] not in table.points:
        return whole, end
    digits, after = _digits(tokens, end + 1, table)
    return (float(f"{whole}.{digits}"), after) if digits else (whole, end)


def _digits(tokens: Sequence[str], at: int, table: FormWording) -> tuple[str, int]:
    """What is said after the point."""
    digits = ""
    while (unit := _unit(tokens, at, table))[1] and unit[0] <= table.tenths:
        digits, at = digits + str(unit[0]), at + unit[1]
    return digits, at


def _unit(tokens: Sequence[str], at: int, table: FormWording) -> tuple[int, int]:
    """The longest number of the table that begins here, and how many words it has."""
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        row = " ".join(tokens[at : at + length])
        if row in table.units:
            return table.units[row], length
    return 0, 0


def _in_words(tokens: Sequence[str], at: int, table: FormWording) -> tuple[int | None, int]:
    """A number like “two thousand and thirty five”, and where it ends."""
    parts, end = list[int](), at
    while end < len(tokens):
        unit, length = _unit(tokens, end, table)
        if length and (not parts or _goes_on(parts[-1], unit)):
            parts.append(unit)
        elif tokens[end] in table.scales and (parts or tokens[end] in table.bare):
            parts.append(-table.scales[tokens[end]])
            length = 1
        elif parts and _linked(parts[-1], tokens, end, table):
            length = 1
        else:
            break
        end += length
    return (_sum(parts) if parts else None), end


def _sum(parts: Sequence[int]) -> int:
    """Numbers and scales (which are negative) in a row; “mil millones” are a thousand millions."""
    total, part = 0, 0
    for one in parts:
        if one >= 0:
            part += one
        elif one == -_HUNDRED:
            part = max(part, 1) * _HUNDRED
        else:
            small = 0 < total < -one
            total = (total + part) * -one if small else total + max(part, 1) * -one
            part = 0
    return total + part


def _goes_on(last: int, unit: int) -> bool:
    """Whether a word may follow another within one number: twenty one, two hundred five."""
    if last < 0 or last >= _HUNDRED:
        return unit < abs(last)
    return last >= 20 and 0 < unit < 10  # noqa: PLR2004  # tens and ones


def _linked(last: int, tokens: Sequence[str], at: int, table: FormWording) -> bool:
    """Whether this is the "and" of two hundred and five."""
    large = last < 0 or last >= _HUNDRED
    return large and tokens[at] == table.and_ and _unit(tokens, at + 1, table)[1] > 0
