"""What nobody wants to hear letter by letter: addresses, identifiers, hashes, versions, file names, SQL."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from hub.core.speech_numbers import cardinal, digits, spelled

Match = re.Match[str]
Rule = tuple[re.Pattern[str], Callable[[Match], str]]

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


def ending(text: str) -> str:
    """The last letters of something that nobody can keep in mind."""
    return f"ending {spelled(re.sub(r'[^0-9A-Za-z]', '', text)[-ENDING:])}"


def _dotted(text: str) -> str:
    return " ".join(re.sub(r"[._-]+", lambda f: f" {_MARKS[f[0][0]]} ", text).split())


_MARKS: Final = {".": "dot", "_": "underscore", "-": "dash"}


def _mail(found: Match) -> str:
    return f"{_dotted(found[1].replace('+', ' plus '))} at {_dotted(found[2])}"


def _address(found: Match) -> str:
    name = host(found[0])
    return _dotted(name) if name else "a link"


def _version(found: Match) -> str:
    word = "version " if found[1] else ""
    return word + " point ".join(cardinal(int(part)) for part in found[2].split("."))


def _ip(found: Match) -> str:
    return " dot ".join(digits(part) for part in found[0].split("."))


def _code(found: Match) -> str:
    """INV-2024-001 → INV, two zero two four, zero zero one; B12 → B twelve."""
    words = []
    for part in re.findall(r"[A-Za-z]+|\d+", found[0]):
        if part.isalpha():
            words.append(part)
        else:
            words.append(cardinal(int(part)) if len(part) < LONG - 1 and part[0] != "0" else digits(part))
    return ", ".join(words) if "-" in found[0] else " ".join(words)


def _camel(found: Match) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", found[0]).lower()


def _last(found: Match) -> str:
    return re.split(r"[/\\]", found[0].rstrip("/\\"))[-1]


def _rule(pattern: str, say: Callable[[Match], str]) -> Rule:
    return re.compile(pattern), say


CODES: Final[tuple[Rule, ...]] = (
    _rule(rf"{DATA}|{SIGNED}", lambda _: "a long code"),
    _rule(URL, _address),
    _rule(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b", _mail),
    _rule(UUID, lambda f: ending(f[0])),
    _rule(HASH, lambda f: ending(f[0])),
    _rule(KEY, lambda f: ending(f[0])),
    _rule(BASE64, lambda _: "a long code"),
    _rule(MIXED, lambda f: ending(f[0])),
    _rule(r"(?<![\w/.])(?:~|\.{1,2})?(?:/[\w.@-]*\w){2,}/?", _last),
    _rule(r"\b[A-Z]:\\[\w\\. -]*\w", _last),
    _rule(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", _ip),
    _rule(r"(?<![\w.])(v)?(\d+(?:\.\d+){2,})(?:-[a-z]+[\w.]*)?(?![\w]|\.\d)", _version),
    _rule(r"(?<![\w.])(v)(\d+(?:\.\d+)?)(?![\w]|\.\d)", _version),
    _rule(r"\bpublic\.(?=[a-z_])", lambda _: ""),
    _rule(rf"\b[\w-]*[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:{_TOP}|{_FILES})\b(?!\.?\w)", lambda f: _dotted(f[0])),
    _rule(r"\b([A-Za-z_]{2,})\.(?=[a-z_]{2,})", lambda f: f"{f[1]} "),
    _rule(r"\b\w*[A-Za-z]\w*(?:_+\w+)+\b|\b_+\w+\b", lambda f: " ".join(f[0].split("_")).strip()),
    _rule(r"\b[a-z]{2,}(?:[A-Z][a-z0-9]+)+\b", _camel),
    _rule(r"\b[A-Z]{1,6}(?:-\d+)+\b|\b[A-Z]{2,6}(?:-[A-Z0-9]*\d[A-Z0-9]*)+\b", _code),
    _rule(r"\b(?!Q[1-4]\b)(?!\d+(?:st|nd|rd|th|am|pm|s|x)\b)[A-Za-z]+\d+[A-Za-z\d]*\b", _code),
    _rule(rf"\b(?:{_SQL})\b", lambda f: f[0].lower()),
)
