"""Numbers as English words: counting, ordering, years."""

from typing import Final

from hub.core.speech_numbers import Numbers

_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def _counted(number: int, _gender: str = "") -> str:
    if number < 20:  # noqa: PLR2004
        return _ONES[number]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]
    if number < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        return _with_rest(f"{_ONES[hundreds]} hundred", rest)
    size, name = next(scale for scale in _SCALES if number >= scale[0])
    count, rest = divmod(number, size)
    return _with_rest(f"{_counted(count)} {name}", rest)


def ordinal(number: int) -> str:
    """23 → twenty-third."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:cut], words[cut:]
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def year(number: int) -> str:
    """1999 → nineteen ninety-nine, 2005 → two thousand five, 2024 → twenty twenty-four."""
    century, rest = divmod(number, 100)
    if not 1000 <= number < 10000 or (century % 10 == 0 and rest < 10):  # noqa: PLR2004
        return cardinal(number)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {f'oh {_ONES[rest]}' if rest < 10 else cardinal(rest)}"  # noqa: PLR2004


def decade(number: int) -> str:
    """1990 → nineteen nineties, 80 → eighties."""
    words = year(number)
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def _with_rest(words: str, rest: int) -> str:
    return f"{words} {_counted(rest)}" if rest else words


NUMBERS: Final = Numbers(
    ones=_ONES[:10], counted=_counted, thousands=",", mark=".", point="point", minus="minus"
)
cardinal: Final = NUMBERS.cardinal
