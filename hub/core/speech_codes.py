"""What nobody wants to hear letter by letter: addresses, identifiers, hashes, versions, file names, SQL."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from hub.core.speech_numbers import Numbers
from hub.core.speech_rules import Match, Rule, rule

_UNTIL: Final = r"[^\s<>\"'`)\]]*[^\s<>\"'`)\].,;:!?]"
DATA: Final = r"\bdata:[\w/+.-]+;base64,[A-Za-z0-9+/=_-]*"
SIGNED: Final = r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?"
BASE64: Final = (
    r"(?<![\w+/=])(?=[A-Za-z+/_-]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/_-]{40,}={0,2}(?![\w+/=])"
)
UUID: Final = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
HASH: Final = r"\b(?:0x)?(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{10,}\b"
KEY: Final = r"\b[a-z]{2,8}_(?:[a-z]{2,6}_)?(?=[A-Za-z]*\d)[A-Za-z0-9]{10,}\b"
MIXED: Final = r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{14,}\b"
_PADDED: Final = (
    r"(?<![\w+/])(?=[A-Za-z+/]*\d)(?=[^A-Z\s]*[A-Z])(?=[^a-z\s]*[a-z])[A-Za-z0-9+/]{6,}={1,2}(?![\w=])"
)
_SHORT_HASH: Final = r"\b(?=[0-9a-f]*(?:\d[a-f]+\d|[a-f]\d+[a-f]))[0-9a-f]{7,9}\b"
_HARDWARE: Final = r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b"
_IP6: Final = (
    r"(?<![\w:.])(?=[A-Fa-f:]*\d)(?=[\d:]*[A-Fa-f])(?=[\dA-Fa-f:]*::|(?:[\dA-Fa-f]{1,4}:){7})"
    r"[\dA-Fa-f:]{4,39}(?![\w:])"
)
_TOP: Final = "com|org|net|io|dev|ai|co|uk|de|fr|eu|app|edu|gov|info|us|ch|at|nl|es|it|me|tv|cloud"
URL: Final = (
    rf"\b[A-Za-z][A-Za-z0-9+.-]+://(?:\[[\dA-Fa-f:.]+\](?:{_UNTIL})?|{_UNTIL})|\bwww\.[\w.-]+\w(?:/{_UNTIL})?"
    rf"|\b(?:[\w-]+\.)+(?:{_TOP})(?::\d+)?/{_UNTIL}"
)
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
    port: str


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

    def padded(self, found: Match) -> str:
        """Base64 of any length is of whole groups of four."""
        return found[0] if len(found[0]) % 4 else self._words.long_code

    def port(self, found: Match) -> str:
        return f"{found[1]} {self._words.port} {self._numbers.digits(found[2])}"

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


def _lasting(found: Match) -> str:
    """1h 30m and PT1H30M → 1 h 30 min; later rules say it."""
    parts = (
        f"{amount} {unit}" for amount, unit in zip(found.groups(), ("h", "min", "s"), strict=True) if amount
    )
    return " ".join(parts) or found[0]


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
        rule(r"\b(?:mailto|tel):(?=\S)", lambda _: ""),
        rule(UUID, codes.end),
        rule(_HARDWARE, codes.end),
        rule(_IP6, codes.end),
        rule(HASH, codes.end),
        rule(_SHORT_HASH, codes.end),
        rule(r"\b0x[0-9a-fA-F]+\b", lambda f: numbers.spelled(f[0])),
        rule(_PADDED, codes.padded),
        rule(KEY, codes.end),
        rule(BASE64, codes.long),
        rule(MIXED, codes.end),
        rule(r"(?<![\w/.])(?:~|\.{1,2})?(?:/[\w.@-]*\w){2,}/?", _last),
        rule(r"\b[A-Z]:\\[\w\\. -]*\w", _last),
        rule(
            rf"(\blocalhost|(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}|\b[\w-]+\.(?:{_TOP})):(\d{{2,5}})(?![\w:])",
            codes.port,
        ),
        rule(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w]|\.\d)", codes.ip),
        rule(r"\bPT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?(?![\w.])", _lasting),
        rule(r"(?<![\w.,])(\d+)\s?h\s?(\d{1,2})\s?m(?:\s?(\d{1,2})\s?s)?(?!\w)", _lasting),
        rule(r"(?<![\w.,])()(\d+)\s?m\s?(\d{1,2})\s?s(?!\w)", _lasting),
        # $-5 is written for -$5
        rule(r"([$€£¥₹])\s?[-\N{MINUS SIGN}](?=\d)", lambda f: f"-{f[1]}"),
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
