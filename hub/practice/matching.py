"""From what was said or typed to a phrase: exactly, or with a typing error in words that are long enough."""

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from hub.practice import numbers
from hub.practice.phrases import NUMBER_KEY, Meaning, Phrase, Phrases

_IS = re.compile(r"\b(what|who|where|how|that|it|there|here)'s\b")
_POLITE = frozenset(
    [
        "please",
        "hey",
        "hi",
        "hello",
        "okay",
        "ok",
        "um",
        "uh",
        "er",
        "well",
        "now",
        "so",
        "then",
        "and",
        "alright",
        "could",
        "can",
        "would",
        "you",
        "thanks",
    ]
)
_ONE_ERROR, _TWO_ERRORS = 4, 9  # letters a word must have before so many typing errors are forgiven
_FORGIVEN_WORDS = 2
_EXACT_KINDS = frozenset({"write", "confirm"})  # what changes something is never guessed


def normal(text: str) -> list[str]:
    """The words of a text: no capitals, no punctuation, numbers in digits, "$100" as "100 dollars"."""
    text = _IS.sub(r"\1 is", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"[$€£]\s*(\d+(?:\.\d+)?)(?!\s*dollars)", r"\1 dollars", text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*(?:\$|usd|bucks)\b", r"\1 dollars", text)
    return numbers.to_digits(re.findall(r"\d+(?:\.\d+)?|[a-z']+", text))


def match(text: str, phrases: Phrases) -> Meaning | None:
    """The phrase that this text says, or none: a text is never bent onto a phrase."""
    words = normal(text)
    for candidate in _without_manners(words):
        found = _exact(candidate, phrases) or _forgiving(candidate, phrases)
        if found is not None:
            return found
    return None


def _without_manners(words: list[str]) -> list[list[str]]:
    """The words as they are, then without "could you … please" around them."""
    start, end = 0, len(words)
    while start < end and words[start] in _POLITE:
        start += 1
    while end > start and words[end - 1] in _POLITE:
        end -= 1
    bare = words[start:end]
    return [words] if bare in (words, []) else [words, bare]


def _exact(words: Sequence[str], phrases: Phrases) -> Meaning | None:
    entry = phrases.keys.get(" ".join(words))
    if entry is not None:
        return _meaning(entry, [])
    given = [word for word in words if numbers.is_number(word)]
    entry = phrases.keys.get(" ".join(_blanked(words))) if given else None
    return _meaning(entry, given) if entry is not None else None


def _blanked(words: Sequence[str]) -> list[str]:
    return [NUMBER_KEY if numbers.is_number(word) else word for word in words]


def _meaning(entry: tuple[Phrase, tuple[tuple[str, str], ...]], given: list[str]) -> Meaning:
    phrase, slots = entry
    numbered = iter(given)
    return Meaning(phrase, {name: next(numbered) if value == NUMBER_KEY else value for name, value in slots})


def _forgiving(words: Sequence[str], phrases: Phrases) -> Meaning | None:
    """The one phrase that differs from the text by typing errors only."""
    blanked = _blanked(words)
    given = [word for word in words if numbers.is_number(word)]
    found = {
        key: entry
        for key, entry in phrases.keys.items()
        if entry[0].kind not in _EXACT_KINDS and _is_mistyped(blanked, key.split())
    }
    meanings = [_meaning(entry, given) for entry in found.values()]
    return meanings[0] if len(meanings) == 1 else None


def _is_mistyped(words: Sequence[str], wanted: Sequence[str]) -> bool:
    if len(words) != len(wanted):
        return False
    different = [pair for pair in zip(words, wanted, strict=True) if pair[0] != pair[1]]
    return len(different) <= _FORGIVEN_WORDS and all(_is_typo(word, right) for word, right in different)


def _is_typo(word: str, right: str) -> bool:
    if numbers.is_number(right) or right == NUMBER_KEY:
        return False
    shorter = min(len(word), len(right))
    allowed = 2 if shorter >= _TWO_ERRORS else 1 if shorter >= _ONE_ERROR else 0
    return OSA.distance(word, right) <= allowed
