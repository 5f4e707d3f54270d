"""Numbers as German words: counting, ordering, years."""

from typing import Final

from hub.core.speech_numbers import Numbers

_ONES: Final = (
    *(
        "null",
        "ein",
        "zwei",
        "drei",
        "vier",
        "fünf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "zehn",
        "elf",
        "zwölf",
    ),
    *("dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"),
)
_TENS: Final = (
    *("", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"),
)
_SCALES: Final = (
    (10**12, "Billion", "Billionen"),
    (10**9, "Milliarde", "Milliarden"),
    (10**6, "Million", "Millionen"),
)
_ENDINGS: Final = {"": "eins", "f": "eine", "m": "ein", "n": "ein"}
_ORDINALS: Final = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
MILLION: Final = 10**6


def _counted(number: int, gender: str = "") -> str:
    if number == 1:
        return _ENDINGS[gender]
    for size, one, many in _SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            words = f"eine {one}" if count == 1 else f"{_whole(count)} {many}"
            return f"{words} {_counted(rest)}" if rest else words
    return _whole(number)


def _whole(number: int) -> str:
    """Below a million, as one word."""
    if number < 20:  # noqa: PLR2004
        return _ONES[number]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return (f"{_ONES[ones]}und" if ones else "") + _TENS[tens]
    size, name = (100, "hundert") if number < 1000 else (1000, "tausend")  # noqa: PLR2004
    count, rest = divmod(number, size)
    head = f"{_whole(count - 1)}ein" if count % 100 == 1 and count > 1 else _whole(count)
    return f"{head}{name}{_after(rest)}"


def _after(rest: int) -> str:
    return "" if not rest else "eins" if rest == 1 else _whole(rest)


def ordinal(number: int, ending: str = "e") -> str:
    """3 → dritte; `ending` is e, en, er or es. Numbers below a million."""
    rest = number % 100
    if not 0 < rest < 20:  # noqa: PLR2004
        return f"{_whole(number)}st{ending}"
    stem = _ORDINALS.get(rest) or f"{_ONES[rest]}t"
    return f"{_whole(number - rest) if number > rest else ''}{stem}{ending}"


def year(number: int) -> str:
    """1999 → neunzehnhundertneunundneunzig, 2024 → zweitausendvierundzwanzig."""
    if not 1100 <= number < 2000:  # noqa: PLR2004
        return NUMBERS.cardinal(number)
    century, rest = divmod(number, 100)
    return f"{_whole(century)}hundert{_after(rest)}"


NUMBERS: Final = Numbers(
    ones=("null", "eins", *_ONES[2:10]),
    counted=_counted,
    thousands="'",
    mark=",",
    point="Komma",
    minus="minus",
)
