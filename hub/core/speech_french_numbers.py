"""Numbers as French words: counting, with the gender of what is counted, and ordering."""

from typing import Final

from hub.core.speech_numbers import Numbers

_ONES: Final = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"),
    *("treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
)
_TENS: Final = ("", "", "vingt", "trente", "quarante", "cinquante", "soixante")
_SCALES: Final = (
    (10**12, "billion", "billions"),
    (10**9, "milliard", "milliards"),
    (10**6, "million", "millions"),
)


def _counted(number: int, gender: str = "") -> str:
    for size, one, many in _SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            words = f"{_hundreds(count)} {one if count == 1 else many}"
            return f"{words} {_counted(rest, gender)}" if rest else words
    if number >= 1000:  # noqa: PLR2004
        count, rest = divmod(number, 1000)
        # vingt and cent have their s only at the end
        head = _hundreds(count).removesuffix("s") if _plural(count) else _hundreds(count)
        words = "mille" if count == 1 else f"{head} mille"
        return f"{words} {_hundreds(rest, gender)}" if rest else words
    return _hundreds(number, gender)


def _plural(number: int) -> bool:
    return number % 100 == 80 or (number % 100 == 0 and number > 100)  # noqa: PLR2004


def _hundreds(number: int, gender: str = "") -> str:
    count, rest = divmod(number, 100)
    if not count:
        return _tens(rest, gender)
    words = "cent" if count == 1 else f"{_ONES[count]} cent"
    if rest:
        return f"{words} {_tens(rest, gender)}"
    return words if count == 1 else f"{words}s"


def _tens(number: int, gender: str) -> str:
    if number < 20:  # noqa: PLR2004
        return "une" if number == 1 and gender == "f" else _ONES[number]
    if number >= 80:  # noqa: PLR2004
        return "quatre-vingts" if number == 80 else f"quatre-vingt-{_tens(number - 80, gender)}"  # noqa: PLR2004
    tens = min(number // 10, 6)
    rest = number - 10 * tens
    if not rest:
        return _TENS[tens]
    joint = " et " if rest in (1, 11) else "-"
    return f"{_TENS[tens]}{joint}{_tens(rest, gender)}"


def ordinal(number: int, *, feminine: bool = False) -> str:
    """1 → premier, 21 → vingt et unième."""
    if number == 1:
        return "première" if feminine else "premier"
    words = _counted(number)
    if words.endswith("cinq"):
        return f"{words}uième"
    if words.endswith("neuf"):
        return f"{words[:-1]}vième"
    if _plural(number):
        words = words.removesuffix("s")
    return f"{words.removesuffix('e')}ième"


NUMBERS: Final = Numbers(
    ones=_ONES[:10],
    counted=_counted,
    thousands="'",
    mark=",",
    point="virgule",
    minus="moins",
    decimals_counted=3,
)
