"""What nobody wants to hear letter by letter: addresses, identifiers, hashes, versions, file names, SQL."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from hub.core.speech_numbers import Numbers
from hub.core.speech_rules import Match, Rule, rule

_UNTIL: Final = r"[^\s<>\"'`)\]]*[^\s<>\"'`)\].,;:!?]"
URL: Final = rf"(?:https?|wss?|ftp|postgres(?:ql)?|file)://{_UNTIL}|\bwww\.[\w.-]+\w(?:/{_UNTIL})?"
DATA: Final = r"\bdata:[\w/+.-]+;base64,[A-Za-z0-9+/=_-]*"
SIGNED: Final = r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?"
BASE64: Final = (
    r"(?<![\w+/=])(?=[A-Za-z+/_-]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/_-]{40,}={0,2}(?![\w+/=])"
)
UUID: Final = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
HASH: Final = r"\b(?:0x)?(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{10,}\b"
KEY: Final = r"\b[a-z]{2,8}_(?:[a-z]{2,6}_)?(?=[A-Za-z]*\d)[A-Za-z0-9]{10,}\b"
MIXED: Final = r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{14,}\b"
_TOP: Final = "com|org|net|io|dev|ai|co|uk|de|fr|eu|app|edu|gov|info|us|ch|at|nl|es|it|me|tv|cloud"
_FILES: Final = (
    "pdf|csv|tsv|json|jsonl|txt|md|py|js|ts|tsx|jsx|sql|xlsx?|docx?|pptx?|png|jpe?g|gif|svg|zip|gz|tar|ya?ml|toml|"
    "html?|css|xml|log|db|sh|env|ini|mp3|mp4|wav"
)
_SQL: Final = (
    "SELECT|FROM|WHERE|INSERT|INTO|UPDATE|DELETE|CREATE|DROP|ALTER|TABLE|JOIN|LEFT|RIGHT|INNER|OUTER|GROUP|ORDER|"
    "BY|LIMIT|OFFSET|VALUES|AND|OR|NOT|NULL|IS|IN|AS|ON|SET|COUNT|SUM|AVG|MIN|MAX|DISTINCT|HAVING|UNION|EXISTS|"
    "LIKE|BETWEEN|DESC|ASC|TRUE|FALSE|PRIMARY|KEY|FOREIGN|REFERENCES|UNIQUE|INDEX|VIEW|TRUNCATE|CASCADE|DEFAULT|"
    "VARCHAR|TEXT|INTEGER|BIGINT|BOOLEAN|TIMESTAMP|TIMESTAMPTZ|NUMERIC|DATE|WITH|RETURNING|EXTENSION"
)
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|\d?\d)"
FOLLOWED: Final = 12
"""Places that a number written with an exponent may have."""
ENDING: Final = 4
LONG: Final = 4
"""Digits in a code from which on they are told one by one."""


def host(url: str) -> str:
    """github.com out of https://www.github.com/x?y=z; nothing where the address has no name."""
    try:
        name = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.") if re.search(r"[a-z]", name) and "." in name else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWords:
    """What a language says for the parts of such things."""

    dot: str
    underscore: str
    dash: str
    plus: str
    at: str
    link: str
    """Instead of an address that has no name."""
    long_code: str
    ending: str
    """Before the last letters of something that nobody can keep in mind."""
    version: str
    point: str


class _Codes:
    """Says codes with the words of one language."""

    def __init__(self, numbers: Numbers, words: CodeWords) -> None:
        self._numbers = numbers
        self._words = words
        self._marks = {".": words.dot, "_": words.underscore, "-": words.dash}

    def long(self, _found: Match) -> str:
        return self._words.long_code

    def end(self, found: Match) -> str:
        last = re.sub(r"[^0-9A-Za-z]", "", found[0])[-ENDING:]
        return f"{self._words.ending} {self._numbers.spelled(last)}"

    def dotted(self, text: str) -> str:
        return " ".join(re.sub(r"[._-]+", lambda f: f" {self._marks[f[0][0]]} ", text).split())

    def mail(self, found: Match) -> str:
        name = self.dotted(found[1].replace("+", f" {self._words.plus} "))
        return f"{name} {self._words.at} {self.dotted(found[2])}"

    def address(self, found: Match) -> str:
        name = host(found[0])
        return self.dotted(name) if name else self._words.link

    def version(self, found: Match) -> str:
        word = f"{self._words.version} " if found[1] else ""
        parts = (self._numbers.cardinal(int(part)) for part in found[2].split("."))
        return word + f" {self._words.point} ".join(parts)

    def ip(self, found: Match) -> str:
        return f" {self._words.dot} ".join(self._numbers.digits(part) for part in found[0].split("."))

    def code(self, found: Match) -> str:
        """INV-2024-001 → INV, two zero two four, zero zero one; B12 → B twelve."""
        words = []
        for part in re.findall(r"[A-Za-z]+|\d+", found[0]):
            if part.isalpha():
                words.append(part)
            elif len(part) < LONG - 1 and part[0] != "0":
                words.append(self._numbers.cardinal(int(part)))
            else:
                words.append(self._numbers.digits(part))
        return ", ".join(words) if "-" in found[0] else " ".join(words)


def _figures(found: Match) -> str:
    """1e6 → 1000000, where somebody can follow; later rules say it."""
    exponent = int(found[2])
    if abs(exponent) > FOLLOWED:
        return found[0]
    return f"{Decimal(found[1]).scaleb(exponent):f}"


def _camel(found: Match) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", found[0]).lower()


def _last(found: Match) -> str:
    return re.split(r"[/\\]", found[0].rstrip("/\\"))[-1]


def addresses(numbers: Numbers, words: CodeWords) -> tuple[Rule, ...]:
    """What goes first: in these nothing is a number or a date."""
    codes = _Codes(numbers, words)
    return (
        rule(rf"{DATA}|{SIGNED}", codes.long),
        rule(URL, codes.address),
        rule(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b", codes.mail),
        rule(UUID, codes.end),
        rule(HASH, codes.end),
        rule(KEY, codes.end),
        rule(BASE64, codes.long),
        rule(MIXED, codes.end),
        rule(r"(?<![\w/.])(?:~|\.{1,2})?(?:/[\w.@-]*\w){2,}/?", _last),
        rule(r"\b[A-Z]:\\[\w\\. -]*\w", _last),
        rule(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w]|\.\d)", codes.ip),
        # 978-3-16-148410-0 is neither a range nor a date
        rule(r"(?<![\w.,-])\d{1,7}(?:-\d{1,7}){3,}(?![\w-]|[.,]\d)", lambda f: numbers.grouped(f[0])),
        rule(r"(?<![\w.,])(\d{1,3}(?:\.\d{1,6})?)[eE]([+-]?\d{1,2})(?![\w-]|[.,]\d)", _figures),
    )


def names(numbers: Numbers, words: CodeWords) -> tuple[Rule, ...]:
    """Versions, files, columns, codes: after dates and telephone numbers that may look like them."""
    codes = _Codes(numbers, words)
    return (
        rule(r"(?<![\w.])(v)?(\d+(?:\.\d+){2,})(?:-[a-z]+[\w.]*)?(?![\w]|\.\d)", codes.version),
        rule(r"(?<![\w.])(v)(\d+(?:\.\d+)?)(?![\w]|\.\d)", codes.version),
        rule(r"\bpublic\.(?=[a-z_])", lambda _: ""),
        rule(
            rf"\b[\w-]*[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:{_TOP}|{_FILES})\b(?!\.?\w)",
            lambda f: codes.dotted(f[0]),
        ),
        rule(r"\b([A-Za-z_]{2,})\.(?=[a-z_]{2,})", lambda f: f"{f[1]} "),
        rule(r"\b\w*[A-Za-z]\w*(?:_+\w+)+\b|\b_+\w+\b", lambda f: " ".join(f[0].split("_")).strip()),
        rule(r"\b[a-z]{2,}(?:[A-Z][a-z0-9]+)+\b", _camel),
        rule(r"\b[A-Z]{1,6}(?:-\d+)+\b|\b[A-Z]{2,6}(?:-[A-Z0-9]*\d[A-Z0-9]*)+\b", codes.code),
        rule(r"\b(?!Q[1-4]\b)(?!\d+(?:st|nd|rd|th|am|pm|s|x)\b)[A-Za-z]+\d+[A-Za-z\d]*\b", codes.code),
        rule(rf"\b(?:{_SQL})\b", lambda f: f[0].lower()),
    )
