"""Number words and digits: “one hundred fifty”, “$150” and “150” are the same number."""

import re

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_SMALL = {**{word: number for number, word in enumerate(_UNITS)}, **_TENS}
_SCALES = {"thousand": 1_000, "million": 1_000_000}
_HUNDRED = 100
_DIGITS = re.compile(r"\d+(\.\d+)?$")


def to_digits(words: list[str]) -> list[str]:
    """Replace every run of number words by its digits; other words stay as they are."""
    out: list[str] = []
    at = 0
    while at < len(words):
        number, length = _run(words, at)
        if length:
            out.append(str(number))
            at += length
        else:
            out.append(words[at])
            at += 1
    return out


def _run(words: list[str], start: int) -> tuple[int, int]:
    """The number that begins at `start`, and how many words it takes (0: none does)."""
    total, part, length = 0, 0, 0
    for offset, word in enumerate(words[start:]):
        if word in _SMALL and (part % _HUNDRED == 0 or (part % 10 == 0 and _SMALL[word] < 10)):  # noqa: PLR2004  # tens and ones
            part += _SMALL[word]
        elif word == "a" and length == 0 and _next_is_scale(words, start):
            part = 1
        elif word == "hundred" and 0 < part < 10:  # noqa: PLR2004  # nine hundred at most
            part *= _HUNDRED
        elif word in _SCALES and part:
            total, part = total + part * _SCALES[word], 0
        elif not (word == "and" and length and _goes_on(words, start + offset)):
            break
        length += 1
    return total + part, length


def _next_is_scale(words: list[str], at: int) -> bool:
    return at + 1 < len(words) and words[at + 1] in {"hundred", *_SCALES}


def _goes_on(words: list[str], at: int) -> bool:
    """Whether this “and” stands inside a number: “one hundred and fifty”."""
    return words[at - 1] in {"hundred", *_SCALES} and at + 1 < len(words) and words[at + 1] in _SMALL


def is_number(word: str) -> bool:
    """Whether a word is written in digits."""
    return _DIGITS.match(word) is not None
