"""Numbers as English words: counting, ordering, years, digits one by one."""

from typing import Final

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
LARGEST: Final = 10**15
"""From here on nobody can follow: digits one by one."""
GROUP: Final = 3
LONGEST_GROUP: Final = 4


def cardinal(number: int) -> str:
    """42 → forty-two."""
    if number >= LARGEST:
        return digits(str(number))
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
    return _with_rest(f"{cardinal(count)} {name}", rest)


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


def decimal(text: str) -> str:
    """`-1,234.50` → minus one thousand two hundred thirty-four point five zero."""
    bare = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    sign = "minus " if bare.startswith("-") else ""
    whole, _, part = bare.lstrip("-").partition(".")
    words = sign + cardinal(int(whole or "0"))
    return f"{words} point {spelled(part)}" if part else words


def digits(text: str) -> str:
    """0042 → zero zero four two; a long run is told in threes, the last group may be of four."""
    groups = []
    while len(text) > LONGEST_GROUP:
        groups.append(text[:GROUP])
        text = text[GROUP:]
    return ", ".join(spelled(group) for group in [*groups, text] if group)


def spelled(text: str) -> str:
    """4f2a → four F two A."""
    return " ".join(
        _ONES[int(letter)] if letter.isascii() and letter.isdecimal() else letter.upper() for letter in text
    )


def _with_rest(words: str, rest: int) -> str:
    return f"{words} {cardinal(rest)}" if rest else words
