"""The number in what somebody said, as "two hundred and five" or "1,200"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hub.core.form_wording import FormWording

_NUMERAL: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_TOKEN: Final = re.compile(r"[+-]?\d[\d,.]*\d|[+-]?\d|[^\W\d_]+(?:'[^\W\d_]+)*")
_HUNDRED: Final = 100


def number_in(said: str, table: FormWording) -> float | int | None:
    """The one number in a turn, in figures or in words; None for none or several."""
    found = list(_numbers([word.lower() for word in _TOKEN.findall(said.replace("-", " -"))], table))
    return found[0] if len(found) == 1 else None


def _numbers(tokens: Sequence[str], table: FormWording) -> Iterator[float | int]:
    at = 0
    while at < len(tokens):
        sign, start = (-1, at + 1) if tokens[at] in table.minus else (1, at)
        value, end = _run(tokens, start, table)
        if value is None:
            at += 1
            continue
        yield sign * value
        at = end


def _run(tokens: Sequence[str], at: int, table: FormWording) -> tuple[float | int | None, int]:
    """A number that begins here, in figures or in words, and where it ends."""
    numeral = tokens[at].rstrip(".,") if at < len(tokens) else ""
    if _NUMERAL.fullmatch(numeral):
        plain = numeral.replace(",", "")
        scale = table.scales.get(tokens[at + 1], 1) if at + 1 < len(tokens) else 1
        return (float(plain) if "." in plain else int(plain)) * scale, at + (2 if scale > 1 else 1)
    whole, end = _in_words(tokens, at, table)
    if whole is None or end + 1 >= len(tokens) or tokens[end] != table.point:
        return whole, end
    digits, after = "", end + 1
    while after < len(tokens) and 0 <= table.units.get(tokens[after], -1) <= 9:  # noqa: PLR2004  # one figure
        digits, after = digits + str(table.units[tokens[after]]), after + 1
    return (float(f"{whole}.{digits}"), after) if digits else (whole, end)


def _in_words(tokens: Sequence[str], at: int, table: FormWording) -> tuple[int | None, int]:
    """A number like “two thousand and thirty five”, and where it ends."""
    total, part, end, last = 0, 0, at, 0
    while end < len(tokens):
        word = tokens[end]
        if word in table.units and (end == at or _goes_on(last, table.units[word])):
            last = table.units[word]
            part += last
        elif word in table.scales and end > at:
            last = table.scales[word]
            part = max(part, 1) * last
            if last > _HUNDRED:
                total, part = total + part, 0
        elif not (word == table.and_ and end > at and last >= _HUNDRED and _unit_next(tokens, end, table)):
            break
        end += 1
    return (total + part if end > at else None), end


def _goes_on(last: int, unit: int) -> bool:
    """Whether a word may follow another within one number: twenty one, two hundred five."""
    return last >= _HUNDRED or (20 <= last < _HUNDRED and 0 < unit < 10)  # noqa: PLR2004  # tens and ones


def _unit_next(tokens: Sequence[str], at: int, table: FormWording) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1] in table.units
