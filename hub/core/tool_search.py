"""Which of many tools a few words are about: names count most, then titles, descriptions and arguments."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

DIRECT: Final = 25
"""So many tools go to the model as they are."""
NAME: Final = 4.0
TITLE: Final = 3.0
DESCRIPTION: Final = 1.0
ARGUMENT: Final = 0.5
SATURATION: Final = 1.2
DESCRIBED: Final = 400
"""Characters of a description that count; what follows is mostly advice."""
FILLER_WORDS: Final = frozenset(
    [
        *(
            "a",
            "an",
            "the",
            "of",
            "for",
            "to",
            "in",
            "on",
            "at",
            "by",
            "with",
            "from",
            "and",
            "or",
            "is",
            "are",
        ),
        *(
            "be",
            "do",
            "does",
            "did",
            "it",
            "its",
            "this",
            "that",
            "these",
            "those",
            "i",
            "me",
            "my",
            "we",
            "our",
        ),
        *("you", "your", "any", "some", "each", "please", "can", "could", "would", "should"),
        *(
            "which",
            "who",
            "how",
            "when",
            "where",
            "there",
            "up",
            "use",
            "used",
            "using",
            "given",
            "via",
            "as",
        ),
        *("given", "via", "as", "into", "about", "tool", "want", "need", "has", "have", "new"),
    ]
)
_ALIKE: Final = (
    ("list", "show", "all", "browse", "enumerate", "overview"),
    ("get", "fetch", "read", "view", "show", "open", "retrieve", "see", "look"),
    ("search", "find", "look", "query", "lookup"),
    ("create", "add", "make", "insert", "start", "open"),
    ("update", "edit", "change", "modify", "set", "rename"),
    ("delete", "remove", "drop", "erase", "destroy"),
    ("run", "execute", "call", "perform"),
    ("send", "post", "message", "write", "reply"),
    ("sql", "query", "database", "row", "record", "select"),
    ("table", "schema", "ddl", "migration"),
    ("repository", "repo", "project"),
    ("pull", "pr", "merge"),
    ("issue", "ticket", "bug"),
    ("folder", "directory"),
    ("file", "document"),
    ("move", "rename"),
    ("log", "error", "trace"),
    ("cost", "price", "expensive", "money", "pay"),
    ("advisor", "advice", "recommendation", "security", "lint"),
    ("function", "lambda"),
    ("organization", "organisation", "company", "account"),
    ("documentation", "doc", "docs", "manual", "help"),
    ("key", "credential", "token"),
    ("comment", "note", "remark"),
    ("pause", "suspend"),
    ("restore", "resume", "recover"),
    ("type", "typescript"),
    ("extension", "plugin", "addon"),
    ("storage", "bucket"),
    ("fork", "copy"),
    ("member", "user", "people", "person", "profile"),
    ("channel", "room"),
    ("size", "big", "large"),
    ("permission", "allowed", "access"),
)
NEAR: Final = 0.5
"""What a word of like meaning counts, beside the word itself."""


def found(query: str, definitions: Iterable[Mapping[str, Any]], most: int = 5) -> list[Mapping[str, Any]]:
    """The definitions that fit best, best first; those that do not fit at all are not among them."""
    entries = [(definition, _weights(definition)) for definition in definitions]
    spread = Counter(word for _, weights in entries for word in weights)
    asked = _asked(query)
    scored = [(_score(asked, weights, spread, len(entries)), -at) for at, (_, weights) in enumerate(entries)]
    best = sorted((scored_one for scored_one in scored if scored_one[0] > 0), reverse=True)[:most]
    return [entries[-at][0] for _, at in best]


def _score(
    asked: Sequence[Mapping[str, float]],
    weights: Mapping[str, float],
    spread: Mapping[str, int],
    count: int,
) -> float:
    """BM25, where the best meaning of each word counts, and hitting all words counts most."""
    total, hits = 0.0, 0
    for meanings in asked:
        best = 0.0
        for word, wish in meanings.items():
            if weight := weights.get(word, 0.0):
                rarity = math.log(1 + (count - spread[word] + 0.5) / (spread[word] + 0.5))
                best = max(best, wish * rarity * weight * (1 + SATURATION) / (weight + SATURATION))
        total += best
        hits += best > 0
    return total * hits / (len(asked) or 1)


def _asked(query: str) -> list[Mapping[str, float]]:
    """The words of a query, each with what means the same."""
    return [
        {near: NEAR for group in _STEMMED if word in group for near in group} | {word: 1.0}
        for word in dict.fromkeys(_words(query))
    ]


def _weights(definition: Mapping[str, Any]) -> dict[str, float]:
    annotations = definition.get("annotations") or {}
    schema = definition.get("inputSchema") or {}
    weights: dict[str, float] = {}
    for text, weight in (
        (str(definition.get("name") or ""), NAME),
        (str(annotations.get("title") or definition.get("title") or ""), TITLE),
        (str(definition.get("description") or "")[:DESCRIBED], DESCRIPTION),
        (" ".join(schema.get("properties") or ()), ARGUMENT),
    ):
        for word in set(_words(text)):
            weights[word] = weights.get(word, 0.0) + weight
    return weights


def _words(text: str) -> list[str]:
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower()
    return [_stem(word) for word in re.findall(r"[^\W_]+", split) if word not in FILLER_WORDS]


def _stem(word: str) -> str:
    """The same for "tables" and "table", "listing" and "list", "queries" and "query"."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):  # noqa: PLR2004
            word = word[: -len(ending)] + instead
            if ending in ("ing", "ed") and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]  # running
            break
    return word.removesuffix("e")


_STEMMED: Final[Sequence[frozenset[str]]] = tuple(frozenset(map(_stem, group)) for group in _ALIKE)
