"""What English says for numbers, money, dates, units, addresses and identifiers: a table of patterns.

The patterns are applied one after the other to a few words at a time; what one has said holds no digit and no
sign any more, so that the next ones leave it alone.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from hub.core.speech_codes import CodeWords, addresses, names
from hub.core.speech_english_numbers import NUMBERS, cardinal, decade, ordinal, year
from hub.core.speech_rules import APART, Match, Rule, applied
from hub.core.speech_rules import rule as _words
from hub.core.speech_rules import saying as _as

decimal: Final = NUMBERS.decimal
digits: Final = NUMBERS.digits
CODE_WORDS: Final = CodeWords(
    dot="dot",
    underscore="underscore",
    dash="dash",
    plus="plus",
    at="at",
    link="a link",
    long_code="a long code",
    ending="ending",
    version="version",
    point="point",
    port="port",
)

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SHORT: Final = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
_MONTH: Final = rf"(?P<month>{'|'.join(MONTHS)}|(?:{'|'.join(_SHORT)})\b\.?)"
_NUMBER: Final = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE_WORDS: Final[Mapping[str, str]] = {
    "k": "thousand",
    "K": "thousand",
    "M": "million",
    "mn": "million",
    "B": "billion",
    "bn": "billion",
    "T": "trillion",
}
_SCALE: Final = r"k|K|mn|M|bn|B|T|thousand|million|billion|trillion"
_MONEY: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "CHF": ("franc", "francs", "centime", "centimes"),
}
_SIGNS: Final[Mapping[str, str]] = {"USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_CURRENCY: Final = r"US\$|USD|EUR|GBP|JPY|INR|CHF|[$€£¥₹]"
_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "B": ("byte", "bytes"),
    "KB": ("kilobyte", "kilobytes"),
    "kB": ("kilobyte", "kilobytes"),
    "KiB": ("kibibyte", "kibibytes"),
    "MB": ("megabyte", "megabytes"),
    "MiB": ("mebibyte", "mebibytes"),
    "GB": ("gigabyte", "gigabytes"),
    "GiB": ("gibibyte", "gibibytes"),
    "TB": ("terabyte", "terabytes"),
    "PB": ("petabyte", "petabytes"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "ns": ("nanosecond", "nanoseconds"),
    "µs": ("microsecond", "microseconds"),
    "ms": ("millisecond", "milliseconds"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "s": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "h": ("hour", "hours"),
    "km/h": ("kilometer an hour", "kilometers an hour"),
    "kph": ("kilometer an hour", "kilometers an hour"),
    "mph": ("mile an hour", "miles an hour"),
    "m/s": ("meter per second", "meters per second"),
    "km²": ("square kilometer", "square kilometers"),
    "m²": ("square meter", "square meters"),
    "sqft": ("square foot", "square feet"),
    "sq ft": ("square foot", "square feet"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"),
    "mi": ("mile", "miles"),
    "ft": ("foot", "feet"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"),
    "lbs": ("pound", "pounds"),
    "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"),
    "L": ("liter", "liters"),
    "l": ("liter", "liters"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "kW": ("kilowatt", "kilowatts"),
    "W": ("watt", "watts"),
    "V": ("volt", "volts"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "px": ("pixel", "pixels"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "dB": ("decibel", "decibels"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
}
_UNIT: Final = "|".join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))
_PARTS: Final[Mapping[int, tuple[str, str]]] = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_LARGEST_PART: Final = 10
_UNICODE_PARTS: Final[Mapping[str, str]] = {
    "½": "one half",
    "¼": "one quarter",
    "¾": "three quarters",
    "⅓": "one third",
    "⅔": "two thirds",
}
OPENERS: Final = frozenset(
    {*MONTHS, *_SHORT, *(f"{name}." for name in _SHORT), *_SIGNS, "CHF"}
    | {"in", "since", "until", "during", "year", "In", "Since", "Until", "During", "No.", "sq", "x"}
)
"""Words that may belong to what follows them."""


def _day(month: int, day: int, of_year: int | None) -> str | None:
    try:
        known = date(of_year or 2000, month, day)
    except ValueError:
        return None
    words = f"{MONTHS[known.month - 1]} {ordinal(known.day)}"
    return f"{words}, {year(known.year)}" if of_year else words


def _clock(hour: int, minute: int, half: str) -> str:
    """14:30 → two thirty PM; `half` is what stands behind it, if anything."""
    half = half.replace(".", "").upper()
    if not minute and not half and hour in (0, 12):
        return "noon" if hour else "midnight"
    half = half or ("AM" if hour < 12 else "PM")  # noqa: PLR2004
    words = cardinal(hour % 12 or 12)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"  # noqa: PLR2004
    return f"{words} {half}"


def _iso(found: Match) -> str:
    words = _day(int(found["month"]), int(found["day"]), int(found["year"]))
    if words is None:
        return ", ".join(digits(found[part]) for part in ("year", "month", "day"))
    if found["hour"] is None or (found["hour"], found["minute"]) == ("00", "00"):
        return words
    return f"{words} at {_clock(int(found['hour']) % 24, int(found['minute']), '')}"


def _slashed(found: Match) -> str:
    first, second, number = int(found[1]), int(found[2]), int(found[3])
    of_year = number if number > 99 else 2000 + number  # noqa: PLR2004
    words = _day(first, second, of_year) or _day(second, first, of_year)
    return words or ", ".join(cardinal(part) for part in (first, second, number))


def _dotted(found: Match) -> str:
    return _day(int(found[2]), int(found[1]), int(found[3])) or _slashed(found)


def _month_number(name: str) -> int:
    name = name.rstrip(".")
    return MONTHS.index(_SHORT.get(name, name)) + 1


def _named_day(found: Match) -> str:
    of_year = int(found["year"]) if found["year"] else None
    month, day = _month_number(found["month"]), int(found["day"])
    return _day(month, day, of_year) or f"{MONTHS[month - 1]} {cardinal(day)}"


def _named_month(found: Match) -> str:
    return f"{MONTHS[_month_number(found['month']) - 1]} {year(int(found['year']))}"


def _year_month(found: Match) -> str:
    return f"{MONTHS[int(found[2]) - 1]} {year(int(found[1]))}"


def _time(found: Match) -> str:
    words = _clock(int(found[1]), int(found[2]), found[4] or "")
    seconds = int(found[3] or 0)
    return f"{words} and {cardinal(seconds)} second{'' if seconds == 1 else 's'}" if seconds else words


def _money(found: Match) -> str:
    sign = _SIGNS.get(found["currency"], found["currency"])
    one, many, cent, cents = _MONEY[sign]
    minus = "minus " if found["minus"] else ""
    amount, scale = found["amount"].replace(",", ""), found["scale"]
    if scale:
        return f"{minus}{decimal(amount)} {_SCALE_WORDS.get(scale, scale)} {many}"
    whole, _, part = amount.partition(".")
    if len(part) not in (0, 2):
        return f"{minus}{decimal(amount)} {many}"
    units, small = int(whole), int(part or 0)
    told = [f"{cardinal(units)} {one if units == 1 else many}"] if units or not small else []
    if small:
        told.append(f"{cardinal(small)} {cent if small == 1 else cents}")
    return minus + " and ".join(told)


def _unit(found: Match) -> str:
    one, many = _UNITS[found[2]]
    return f"{decimal(found[1])} {one if found[1] == '1' else many}"


def _fraction(found: Match) -> str:
    above, below = int(found[1]), int(found[2])
    if (above, below) == (24, 7):
        return "twenty-four seven"
    if not 0 < above < below <= _LARGEST_PART:
        return f"{cardinal(above)} out of {cardinal(below)}"
    one, many = _PARTS.get(below) or (ordinal(below), f"{ordinal(below)}s")
    return f"{cardinal(above)} {one if above == 1 else many}"


def _decade(found: Match) -> str:
    return decade(int(found[1]))


def _scaled(found: Match) -> str:
    return f"{decimal(found[1])} {_SCALE_WORDS[found[2]]}"


_END: Final = r"(?![\w])"
_SPACE: Final = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]"
_HALF: Final = r"(a\.m\.|p\.m\.|am|pm|AM|PM)"
_MINUS: Final = r"(?P<minus>(?<![\w)])[-\N{MINUS SIGN}])?"
_AFTER_HOURS: Final = (
    r"(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?(?!\d))?(?:\s?(?:UTC|GMT))?(?![\w])(?!-\d)"
)

ENGLISH: Final[tuple[Rule, ...]] = (
    *addresses(NUMBERS, CODE_WORDS),
    # money as half of Europe writes it becomes 1250.50
    _words(
        rf"(?<![\d.,])(\d{{1,3}}(?:{_SPACE}\d{{3}})+)(?=(?:[.,]\d\d)?\s?(?:{_CURRENCY}))",
        lambda f: re.sub(_SPACE, "", f[1]),
    ),
    _words(
        r"(?:(?<![\w.,+/-])(?<!\d )[1-9]\d{0,2}(?: 000)+|(?<=[$€£¥₹] )\d{1,3}(?: \d{3})+)(?! ?\d)",
        lambda f: f[0].replace(" ", ""),
    ),
    _words(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d\d)(?!\d)", lambda f: f"{f[1].replace('.', '')}.{f[2]}"),
    _words(rf"(?<![\d.,])(\d+),(\d\d)(?=\s?(?:{_CURRENCY}){_END})", _as(r"\1.\2")),
    _words(rf"((?:{_CURRENCY})\s?)(\d+),(\d\d)(?![\d,])", _as(r"\1\2.\3")),
    _words(r"(?<![\w.])(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)(?![\w]|\.\d)", _dotted),
    *names(NUMBERS, CODE_WORDS),
    _words(
        r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
        rf"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d){_AFTER_HOURS}|(?![\w-]))",
        _iso,
    ),
    _words(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?![\w/])", _slashed),
    _words(
        rf"\b{_MONTH} (?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
        r"(?:,? (?P<year>[12]\d{3}))?(?![\w:%.]*\d|\w)",
        _named_day,
    ),
    _words(rf"\b(?P<day>[12]\d|3[01]|0?[1-9]) {_MONTH}(?:,? (?P<year>[12]\d{{3}}))?{_END}", _named_day),
    _words(rf"\b{_MONTH},? (?P<year>[12]\d{{3}})(?![\w]|[.,]\d)", _named_month),
    _words(r"\b(1[5-9]\d\d|20\d\d)-(0[1-9]|1[0-2])(?![\w-])", _year_month),
    _words(r"\b(1\d\d0|20\d0|[2-9]0)['\u2019]?s\b", _decade),
    _words(
        r"\bQ([1-4])\b(?:,? (20\d\d))?",
        lambda f: " ".join(["Q", cardinal(int(f[1])), *([year(int(f[2]))] if f[2] else [])]),
    ),
    _words(
        rf"(\d:\d\d(?:\s?{_HALF})?|\d\s?{_HALF})\s?[\u2013\u2014-]\s?(?=\d{{1,2}}(?::\d\d|\s?{_HALF}))",
        _as(r"\1 to "),
    ),
    _words(rf"\b(\d{{1,2}})[\u2013-](?=\d{{1,2}}(?::\d\d)?\s?{_HALF})", _as(r"\1 to ")),
    _words(r"\b24:00(?![\w:])", _as("midnight")),
    _words(rf"\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:\s?{_HALF})?(?![\w:])", _time),
    _words(rf"\b(1[0-2]|0?[1-9])\s?{_HALF}{_END}", lambda f: _clock(int(f[1]), 0, f[2])),
    _words(r"\b(\d{1,3}):(\d{1,3})\b", lambda f: f"{cardinal(int(f[1]))} to {cardinal(int(f[2]))}"),
    # one group of digits after another, as people write telephone and card numbers
    _words(r"\+(\d[\d\s().-]{5,}\d)", lambda f: f"plus {NUMBERS.grouped(f[1])}"),
    _words(
        r"\(\d{3}\)\s?\d{3}[-.\s]\d{4}\b|\b\d{3}([-. ])\d{3}\1\d{4}\b|\b\d{3}-\d{4}\b(?!-)",
        lambda f: NUMBERS.grouped(f[0]),
    ),
    _words(
        r"(?<![\d.,+/-])(?<!\d )(?=(?: ?\d){8,})0\d{1,4}(?: \d{2,8})+(?!\w|[.,]\d)",
        lambda f: NUMBERS.grouped(f[0]),
    ),
    _words(r"\b\d{4}(?:[ -]\d{4}){2,}\b", lambda f: NUMBERS.grouped(f[0])),
    _words(r"(?<![\d.,])(?:0\d+|\d{10,})(?![\d]|[.,]\d)", lambda f: digits(f[0])),
    _words(
        r"\b(\d)(?:['\u2032]\s?|\s?ft\s)(\d{1,2})(?:[\"\u2033]|\s?in\b)",
        lambda f: f"{cardinal(int(f[1]))} foot {cardinal(int(f[2]))}",
    ),
    # ranges and measures, before their ends become words
    _words(rf"\b({_NUMBER})\s?[x\u00d7]\s?(?=\d)", lambda f: f"{decimal(f[1])} by "),
    _words(
        r"\b(1[5-9]\d\d|20\d\d)\s?[\u2013\u2014-]\s?(1[5-9]\d\d|20\d\d)(?![\w,.-]*\d)",
        lambda f: f"{year(int(f[1]))} to {year(int(f[2]))}",
    ),
    _words(rf"(?<=\d)(%|{_UNIT}|k|K|M)?\s?[\u2013\u2014]\s?(?=[$€£]?\d)", _as(r"\1 to ")),
    _words(rf"(?<=\d)(%|{_UNIT}|k|K|M)?-(?=[$€£]?\d)", _as(r"\1 to ")),
    _words(r"(?<=\d) - (?=\d)", _as(" minus ")),
    _words(
        rf"{_MINUS}(?P<currency>{_CURRENCY})\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALE})\b)?", _money
    ),
    _words(
        rf"{_MINUS}(?P<amount>\b{_NUMBER})(?:\s?(?P<scale>{_SCALE}))?\s?(?P<currency>{_CURRENCY}){_END}",
        _money,
    ),
    _words(rf"([-\N{{MINUS SIGN}}]?\b{_NUMBER})\s?%", lambda f: f"{decimal(f[1])} percent"),
    _words(rf"((?:(?<![\w)])[-\N{{MINUS SIGN}}])?\b{_NUMBER})\s?({_UNIT}){_END}", _unit),
    _words(rf"\b({_NUMBER})\s?(k|K|mn|M|bn|B|T){_END}", _scaled),
    _words(rf"\b({_NUMBER})[x\u00d7]{_END}", lambda f: f"{decimal(f[1])} times"),
    _words(r"\b(\d+)(?:st|nd|rd|th)\b", lambda f: ordinal(int(f[1]))),
    _words(r"\b(\d{1,4})/(\d{1,4})(?![\w/])", _fraction),
    _words("[½¼¾⅓⅔]", lambda f: _UNICODE_PARTS[f[0]]),
    _words(r"#(\d{1,4})\b", lambda f: f"number {cardinal(int(f[1]))}"),
    _words(r"#(\d+)\b", lambda f: f"number {digits(f[1])}"),
    _words(r"\bNo\. ?(?=\d)", _as("number ")),
    _words(
        r"\b([Ii]n|[Ss]ince|[Uu]ntil|[Dd]uring|year) (1[5-9]\d\d|20\d\d)(?![\w,.]*\d| [a-z]+s\b|\w)",
        lambda f: f"{f[1]} {year(int(f[2]))}",
    ),
    _words(rf"(?<![\w)])[-\N{{MINUS SIGN}}]\s?(?={_NUMBER})", _as("minus ")),
    _words(rf"[~≈]\s?(?={_NUMBER})", _as("about ")),
    APART,
    _words(_NUMBER, lambda f: decimal(f[0])),
)

_BEFORE: Final = r"(?:(?<=\w)|(?<=[\w)] )|^)\s*"
_SHORT_TIMES: Final = {"mo": "month", "yr": "year", "hr": "hour"}

SIGNS: Final[tuple[Rule, ...]] = (
    _words(r"\be\.g\.,?", _as("for example")),
    _words(r"\bi\.e\.,?", _as("that is")),
    _words(r"\bvs\.?(?!\w)", _as("versus")),
    _words(r"\bw/o\b", _as("without")),
    _words(r"\bw/(?=\s|$)", _as("with")),
    _words(r"\band/or\b", _as("and or")),
    _words(r"\s?/\s?(second|minute|hour|day|week|month|year|user|seat|person)\b", _as(r" per \1")),
    _words(r"\s?/\s?(mo|yr|hr)\b", lambda f: f" per {_SHORT_TIMES[f[1]]}"),
    _words(rf"(?<=[a-z]s)/({_UNIT}){_END}", lambda f: f" per {_UNITS[f[1]][0]}"),
    _words(r"\s*(?:->|→|=>|⇒)\s*", _as(" to ")),
    _words(r"\s*(?:>=|≥)\s*", _as(" at least ")),
    _words(r"\s*(?:<=|≤)\s*", _as(" at most ")),
    _words(r"\s*(?:!=|≠)\s*", _as(" is not ")),
    _words(rf"{_BEFORE}>\s*(?=\w)", _as(" is more than ")),
    _words(rf"{_BEFORE}<\s*(?=\w)", _as(" is less than ")),
    _words(rf"{_BEFORE}={{1,3}}(?:\s*(?=[\w\"'])|\s*$)", _as(" equals ")),
    _words(r"\s*&\s*", _as(" and ")),
    _words(rf"{_BEFORE}\+\s*(?=\w)", _as(" plus ")),
    _words(rf"{_BEFORE}[*\u00d7]\s+(?=\w)", _as(" times ")),
    _words(r"(?<=\w)\s*/\s*(?=\w)", _as(" or ")),
    _words(r"(?<=\w)±", _as(" ±")),
    _words(r"±\s?", _as("plus or minus ")),
    _words(r"(?<=\w)@(?=\w)", _as(" at ")),
    _words(r"@(?=\w)", _as("at ")),
    _words("[*`_|#{}\\[\\]<>\\\\^~=]+", _as(" ")),
)


def english(text: str) -> str:
    """A few words of English text as they are said."""
    return applied((*ENGLISH, *SIGNS), text)
