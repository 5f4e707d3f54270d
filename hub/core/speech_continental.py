"""Rules of languages that write 1.234,50 €, 15.03.2024 and 14:30: each brings its words as a Tongue.

What is not decided here: a number with a dot and three digits (1.234) is a thousand, one with a comma a
decimal, also where Mexico means otherwise; without a known noun behind it a number is masculine.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from hub.core.speech_codes import CodeWords, addresses, names
from hub.core.speech_numbers import Numbers
from hub.core.speech_rules import APART, Match, Rule, rule, saying, word_after, word_before


class Noun(NamedTuple):
    """What is counted."""

    one: str
    many: str
    gender: str = "m"


def nouns(text: str) -> Mapping[str, Noun]:
    """Read a table: `km kilómetro kilómetros m` in each line, with _ for a space inside."""
    rows = (line.split() for line in text.strip().splitlines())
    return {
        key: Noun(one.replace("_", " "), many.replace("_", " "), gender)
        for keys, one, many, gender in rows
        for key in keys.split(",")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The words of one language."""

    numbers: Numbers
    codes: CodeWords
    months: tuple[str, ...]
    short_months: Mapping[str, int]
    of: str
    """A pattern of what may stand between day, month and year."""
    day: Callable[[int, int, int | None, str], str]
    """Day, month, year and the word before: 3. März → dritter März."""
    clock: Callable[[int, int], str]
    at: str
    hours: str
    """A pattern of what may stand behind a time and is said by the clock."""
    year: Callable[[int], str]
    gender: Callable[[str], str]
    """Of what is counted, by the word behind the number; nothing where nothing is counted."""
    single: float
    """Below this something is in the singular."""
    money: Mapping[str, tuple[Noun, Noun]]
    signs: Mapping[str, str]
    """Other ways to write a currency."""
    scales: Mapping[str, Noun]
    of_money: Callable[[str], str]
    """Between millions and the money."""
    units: Mapping[str, Noun]
    percent: Noun
    times: Noun
    fraction: Callable[[int, int], str]
    seconds: Noun
    to: str
    """Between the ends of a range."""
    ratio: str
    by: str
    less: str
    about: str
    number: str
    and_: str
    first: tuple[Rule, ...] = ()
    """Rules of its own: before dates and numbers, after addresses."""
    own: tuple[Rule, ...] = ()
    """Before what is left of the numbers is said."""
    last: tuple[Rule, ...] = ()
    """Signs and abbreviations."""


N: Final = r"\d+(?:'\d{3})*(?:,\d+)?"
_END: Final = r"(?![\w])"
_MINUS: Final = r"(?P<minus>(?<![\w)])[-\N{MINUS SIGN}]\s?)?"
_SPACE: Final = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_ZONE: Final = r"(?:[.,]\d+)?(?:Z|[+-]\d\d(?::?\d\d)?(?!\d))?(?:\s?(?:UTC|GMT))?"
_CENTURY: Final = 100
MILLION: Final = 1_000_000
_ISO: Final = (
    r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    rf"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::\d\d)?{_ZONE}(?![\w])(?!-\d)|(?![\w-]))"
)
_GROUPS: Final = rf"(?:[{_SPACE}]\d{{3}})+"
WRITTEN: Final[tuple[Rule, ...]] = (
    # every way to write a large number becomes 1'234,50
    rule(
        rf"(?<![\w.,'])(?<!\d[{_SPACE}])([1-9]\d{{0,2}}{_GROUPS})(?![\d'])",
        lambda f: re.sub(rf"[{_SPACE}]", "'", f[1]),
    ),
    rule(r"(?<![\w.,'])([1-9]\d{0,2}(?:\.\d{3})+)(?![\w]|\.\d)(?!-[a-z])", lambda f: f[1].replace(".", "'")),
    rule(
        r"(?<![\w.,'])(\d{1,3}(?:,\d{3})+)\.(\d+)(?![\w]|\.\d)",
        lambda f: ",".join([f[1].replace(",", "'"), f[2]]),
    ),
    rule(r"(?<![\w.,'])([1-9]\d{0,2}(?:,\d{3}){2,})(?![\d,])", lambda f: f[1].replace(",", "'")),
    rule(r"(?<=[$£€¥])([1-9]\d{0,2}),(\d{3})(?![\d,])", saying(r"\1'\2")),
    rule(r"(?<![\w.,'])(\d{1,3}(?:['\u2019]\d{3})+)\.(\d+)(?![\w]|\.\d)", saying(r"\1,\2")),
    rule(r"(?<=\d)\u2019(?=\d{3}(?!\d))", saying("'")),
    rule(
        r"(?<![\w.,'])(\d+)\.(\d+)(?![\d_]|\.\d|[^\W\d_]{4}|[^\W\d_]{1,3}(?![^\W\d_])[\w-])", saying(r"\1,\2")
    ),
)


class _Said:
    """Says what the patterns of one language find."""

    def __init__(self, tongue: Tongue) -> None:
        self._tongue = tongue
        self._numbers = tongue.numbers

    def date(self, found: Match) -> str:
        """A date in figures; the day stands first, unless there is no such day."""
        parts = found.groupdict()
        day, month, year = int(parts["day"]), int(parts["month"]), int(parts["year"] or 0)
        of_year = year + 2000 if 0 < year < _CENTURY else year
        for one, other in ((day, month), (month, day)):
            if _is_day(one, other, of_year):
                words = self._tongue.day(one, other, of_year or None, word_before(found))
                break
        else:
            figures = (parts["year"], parts["month"], parts["day"])
            return ", ".join(self._numbers.digits(figure) for figure in figures if figure)
        if parts.get("hour") is None or (parts["hour"], parts["minute"]) == ("00", "00"):
            return words
        return (
            f"{words} {self._tongue.at} {self._tongue.clock(int(parts['hour']) % 24, int(parts['minute']))}"
        )

    def named_day(self, found: Match) -> str:
        """3. März 2026."""
        month = self.month(found["month"])
        of_year = int(found["year"]) if found["year"] else None
        day = int(found["day"])
        if not _is_day(day, month, of_year or 0):
            return f"{self._numbers.cardinal(day)} {found[0].lstrip('0123456789.º° ')}"
        return self._tongue.day(day, month, of_year, word_before(found))

    def month(self, name: str) -> int:
        name = name.lower().rstrip(".")
        months = [month.lower() for month in self._tongue.months]
        return months.index(name) + 1 if name in months else self._tongue.short_months[name]

    def time(self, found: Match) -> str:
        words = self._tongue.clock(int(found[1]) % 24, int(found[2]))
        seconds = int(found[3] or 0)
        return (
            f"{words} {self._tongue.and_} {self.count(seconds, self._tongue.seconds)}" if seconds else words
        )

    def singular(self, number: float) -> bool:
        """Whether so much is one thing; where two is the first of many, nothing is one as well."""
        return (0 if self._tongue.single >= 2 else 1) <= number < self._tongue.single  # noqa: PLR2004

    def count(self, number: int, noun: Noun) -> str:
        singular = self.singular(number)
        return f"{self._numbers.cardinal(number, noun.gender)} {noun.one if singular else noun.many}"

    def measured(self, amount: str, noun: Noun) -> str:
        """A number that may have decimals, and what is counted."""
        figure = float(amount.replace("'", "").replace(",", "."))
        singular = self.singular(abs(figure))
        words = self._numbers.decimal(amount, noun.gender)
        return f"{words} {noun.one if singular else noun.many}".rstrip()

    def money(self, found: Match) -> str:
        tongue = self._tongue
        unit, small = tongue.money[tongue.signs.get(found["currency"], found["currency"])]
        minus = f"{self._numbers.minus} " if found["minus"] else ""
        amount, scale = found["amount"], found["scale"]
        if scale:
            large = tongue.scales[scale]
            of = " " if large.one == large.many else tongue.of_money(unit.many)
            return minus + self.measured(amount, large) + of + unit.many
        whole, _, part = amount.replace("'", "").partition(",")
        if len(part) not in (0, 2):
            return minus + self.measured(amount, unit)
        units, cents = int(whole), int(part or 0)
        if units and not units % MILLION:
            unit = Noun(unit.one, tongue.of_money(unit.many).lstrip() + unit.many, unit.gender)
        told = [self.count(units, unit)] if units or not cents else []
        if cents:
            told.append(self.count(cents, small))
        return minus + f" {tongue.and_} ".join(told)

    def unit(self, found: Match) -> str:
        minus = f"{self._numbers.minus} " if found["minus"] else ""
        return minus + self.measured(found["amount"], self._tongue.units[found["unit"]])

    def scaled(self, found: Match) -> str:
        return self.measured(found[1], self._tongue.scales[found[2]])

    def fraction(self, found: Match) -> str:
        return self._tongue.fraction(int(found[1]), int(found[2]))

    def plain(self, found: Match) -> str:
        """A number that only the word behind it may tell more of: un millón de filas."""
        word = word_after(found)
        words = self._numbers.decimal(found[0], self._tongue.gender(word))
        whole = found[0].replace("'", "")
        if whole.endswith("000000") and "," not in whole and self._tongue.gender(word) and whole.strip("0"):
            return words + self._tongue.of_money(word).rstrip()
        return words


def _is_day(day: int, month: int, of_year: int) -> bool:
    try:
        date(of_year or 2000, month, day)
    except ValueError:
        return False
    return True


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def month_pattern(months: Iterable[str], short: Iterable[str]) -> str:
    """A month by its name, whole or short."""
    return rf"(?P<month>(?i:{one_of(months)})\b|(?i:{one_of(short)})\b\.?)"


def rules(tongue: Tongue) -> tuple[Rule, ...]:
    """All rules of a language, in the order in which they are applied."""
    said = _Said(tongue)
    return (
        *addresses(tongue.numbers, tongue.codes),
        *tongue.first,
        *_of_days(tongue, said),
        *_of_groups(tongue),
        *WRITTEN,
        *names(tongue.numbers, tongue.codes),
        *_of_amounts(tongue, said),
        *tongue.own,
        rule(rf"(?<![\w)])[-\N{{MINUS SIGN}}]\s?(?={N})", saying(f"{tongue.numbers.minus} ")),
        rule(rf"[~≈]\s?(?={N})", saying(f"{tongue.about} ")),
        APART,
        rule(N, said.plain),
        *tongue.last,
        rule("[*`_|#{}\\[\\]<>\\\\^~=]+", saying(" ")),
    )


def _of_days(tongue: Tongue, said: _Said) -> tuple[Rule, ...]:
    month = month_pattern(tongue.months, tongue.short_months)
    return (
        rule(_ISO, said.date),
        rule(
            r"(?<![\w.,])(?P<day>0?[1-9]|[12]\d|3[01])(?P<by>[./-])(?P<month>0?[1-9]|[12]\d|3[01])(?P=by)"
            r"(?P<year>(?:19|20)\d\d|(?:(?<=\d\d[./-]\d\d[./-])|(?<=/))\d\d)(?![\w/]|[.,-]\d)",
            said.date,
        ),
        rule(
            rf"(?<![\w.,])(?P<day>[12]\d|3[01]|0?[1-9])(?:\.|er|º|\.º|°)?\s{tongue.of}{month}"
            rf"(?:\s{tongue.of}(?P<year>[12]\d{{3}})(?![\w]|[.,]\d))?",
            said.named_day,
        ),
        rule(
            rf"(?<=\d:\d\d)(?:\s?(?:{tongue.hours}))?\s?[\u2013\u2014-]\s?(?=\d{{1,2}}:\d\d)",
            saying(f" {tongue.to} "),
        ),
        rule(
            rf"(?<![\w:.,])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?:\s?(?:{tongue.hours}){_END})?(?![\w:])",
            said.time,
        ),
        rule(
            r"\b(\d{1,3}):(\d{1,3})\b",
            lambda f: (
                f"{tongue.numbers.cardinal(int(f[1]))} {tongue.ratio} {tongue.numbers.cardinal(int(f[2]))}"
            ),
        ),
    )


def _of_groups(tongue: Tongue) -> tuple[Rule, ...]:
    """One group of digits after another, as people write telephone and card numbers."""
    numbers = tongue.numbers
    money = one_of({*tongue.money, *tongue.signs})
    return (
        rule(r"\+(\d[\d\s()./-]{5,}\d)", lambda f: f"{tongue.codes.plus} {numbers.grouped(f[1])}"),
        rule(r"\(\d{3}\)\s?\d{3}[-.\s]\d{4}\b", lambda f: numbers.grouped(f[0])),
        rule(r"\b\d{4}(?:[ -]\d{4}){2,}\b", lambda f: numbers.grouped(f[0])),
        rule(
            r"(?<![\w.,'/+-])(?<!\d )\(?0\d{1,5}\)?(?:\s?[ /.-]\s?\d{2,})+(?![\w]|[.,]\d)",
            lambda f: numbers.grouped(f[0]),
        ),
        rule(
            r"(?<![\w.,'/+-])\d{2,4}(?:[ -]\d{2,4}){2,}(?<!(?:[ -]\d{3}){2})"
            rf"(?![\w]|[.,]\d|\s?(?:{money}|%))",
            lambda f: numbers.grouped(f[0]),
        ),
    )


def _of_amounts(tongue: Tongue, said: _Said) -> tuple[Rule, ...]:
    """Ranges and measures, before their ends become words."""
    unit = one_of(tongue.units)
    scale = one_of(tongue.scales)
    money = one_of({*tongue.money, *tongue.signs})
    before = one_of(key for key in {*tongue.money, *tongue.signs} if key == key.upper())
    short = one_of(key for key in tongue.scales if len(key) <= 3 or key.endswith("."))  # noqa: PLR2004
    numbers = tongue.numbers
    return (
        rule(r"(?<![\w.,'])(?:0\d+|\d{10,})(?![\d]|[.,]\d)", lambda f: numbers.digits(f[0])),
        rule(rf"({N})\s?[x\u00d7]\s?(?=\d)", lambda f: f"{numbers.decimal(f[1])} {tongue.by} "),
        rule(
            r"\b(1[1-9]\d\d|20\d\d)\s?[\u2013\u2014-]\s?(1[1-9]\d\d|20\d\d)(?![\w,.-]*\d)",
            lambda f: f"{tongue.year(int(f[1]))} {tongue.to} {tongue.year(int(f[2]))}",
        ),
        rule(rf"(?<=\d)(\s?%|\s?(?:{unit}))?\s?[\u2013\u2014]\s?(?=[$€£]?\d)", saying(rf"\1 {tongue.to} ")),
        rule(rf"(?<=\d)(%|{unit})?-(?=[$€£]?\d)", saying(rf"\1 {tongue.to} ")),
        rule(r"(?<=\d) - (?=\d)", saying(f" {tongue.less} ")),
        rule(rf"(?<=\d),[-\u2013\u2014]+(?=\s?(?:{money}))", saying("")),
        rule(
            rf"{_MINUS}(?<!\w)(?P<currency>{before})\s?(?P<amount>{N})(?:\s?(?P<scale>{scale}){_END})?",
            said.money,
        ),
        rule(
            rf"{_MINUS}(?<![\w,'])(?P<amount>{N})(?:\s?(?P<scale>{scale}))?\s?(?:d[eu]\s|d['\u2019])?(?P<currency>{money}){_END}",
            said.money,
        ),
        rule(rf"(?<=\s)(?:{one_of('€$£')}){_END}", lambda f: tongue.money[f[0]][0].many),
        rule(
            rf"([-\N{{MINUS SIGN}}]?(?<![\w,']){N})\s?%",
            lambda f: said.measured(f[1].replace("\N{MINUS SIGN}", "-"), tongue.percent),
        ),
        rule(rf"{_MINUS}(?<![\w,'])(?P<amount>{N})\s?(?P<unit>{unit}){_END}", said.unit),
        rule(rf"(?<![\w,'])({N})\s?({short}){_END}", said.scaled),
        rule(rf"(?<![\w,'])({N})[x\u00d7]{_END}", lambda f: said.measured(f[1], tongue.times)),
        rule(r"(?<![\w,'])(\d{1,4})/(\d{1,4})(?![\w/])", said.fraction),
        rule("[½¼¾⅓⅔]", lambda f: tongue.fraction(*_PARTS[f[0]])),
        rule(r"#(\d{1,4})\b", lambda f: f"{tongue.number} {numbers.cardinal(int(f[1]))}"),
        rule(r"#(\d+)\b", lambda f: f"{tongue.number} {numbers.digits(f[1])}"),
    )


_PARTS: Final = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}
_BEFORE: Final = r"(?:(?<=\w)|(?<=[\w)] )|^)\s*"


def sign_rules(
    words: Mapping[str, str], per: str, every: str, abbreviations: Mapping[str, str]
) -> tuple[Rule, ...]:
    """Signs by their words: -> >= <= != > < = & + * / ±; `every` is what there can be so much of per."""
    return (
        *(rule(pattern, saying(said)) for pattern, said in abbreviations.items()),
        rule(rf"\s?/\s?({every})\b", saying(rf" {per} \1")),
        rule(r"\s*(?:->|→|=>|⇒)\s*", saying(f" {words['->']} ")),
        rule(r"\s*(?:>=|≥)\s*", saying(f" {words['>=']} ")),
        rule(r"\s*(?:<=|≤)\s*", saying(f" {words['<=']} ")),
        rule(r"\s*(?:!=|≠)\s*", saying(f" {words['!=']} ")),
        rule(rf"{_BEFORE}>\s*(?=\w)", saying(f" {words['>']} ")),
        rule(rf"{_BEFORE}<\s*(?=\w)", saying(f" {words['<']} ")),
        rule(rf"{_BEFORE}={{1,3}}(?:\s*(?=[\w\"'])|\s*$)", saying(f" {words['=']} ")),
        rule(r"\s*&\s*", saying(f" {words['&']} ")),
        rule(rf"{_BEFORE}\+\s*(?=\w)", saying(f" {words['+']} ")),
        rule(rf"{_BEFORE}[*\u00d7]\s+(?=\w)", saying(f" {words['*']} ")),
        rule(r"(?<=\w)\s*/\s*(?=\w)", saying(f" {words['/']} ")),
        rule(r"(?<=\w)±", saying(" ±")),
        rule(r"±\s?", saying(f"{words['±']} ")),
        rule(r"(?<!\S)@(?=\w)|(?<=\w)@(?=\w)", saying(f" {words['@']} ")),
        rule(r"@(?=\w)", saying(f"{words['@']} ")),
    )


def both(text: str) -> frozenset[str]:
    """Words as they stand inside and at the beginning of a sentence."""
    return frozenset(form for word in text.split() for form in (word, word[:1].upper() + word[1:]))
