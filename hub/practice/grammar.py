"""From the phrases to what the recogniser loads: a JSGF grammar, a small dictionary, whole sentences."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.practice import patterns
from hub.practice.phrases import Phrases

_STRICT = frozenset({"write", "confirm"})
_VARIANT = re.compile(r"\(\d+\)$")


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a decoder needs, and nothing else of the phrases file."""

    jsgf: str
    dictionary: str
    thresholds: Mapping[str, float]  # whole sentence → the score it must reach
    unfinished: tuple[str, ...]  # whole sentences that another one begins with
    worst_word: float
    coverage: float
    partial_threshold: float
    settle_ms: int
    pause_ms: int
    patience_ms: int


@dataclass(frozen=True, slots=True)
class MissingWord:
    """A word that cannot be heard, because nothing says how it is spoken."""

    word: str
    phrase: str
    line: int

    def __str__(self) -> str:
        return (
            f"line {self.line}: the phrase “{self.phrase}” cannot be heard, only typed: the dictionary lacks "
            f'“{self.word}”; add how it is spoken under [pronunciations], like postgis = ["P OW S T JH IH S"]'
        )


def words_of(phrases: Phrases) -> set[str]:
    """Every word that may be spoken."""
    return {word for phrase in phrases.phrases for text in phrases.sentences(phrase) for word in text.split()}


def pronunciations(lines: Iterable[str], wanted: set[str]) -> dict[str, list[str]]:
    """The entries of a CMU dictionary for the words wanted; other lines are passed over."""
    found: dict[str, list[str]] = {}
    for line in lines:
        entry, _, sounds = line.rstrip("\n").partition(" ")
        word = _VARIANT.sub("", entry)
        if word in wanted and sounds:
            found.setdefault(word, []).append(sounds.strip())
    return found


def build(phrases: Phrases, dictionary: Mapping[str, list[str]]) -> tuple[Grammar, list[MissingWord]]:
    """The grammar of all phrases whose words are known, and the words that are missing."""
    sounds = {**dictionary, **{word: list(given) for word, given in phrases.pronunciations.items()}}
    missing: list[MissingWord] = []
    thresholds: dict[str, float] = {}
    rules: list[str] = []
    for phrase in phrases.phrases:
        sentences = phrases.sentences(phrase)
        unknown = sorted({word for text in sentences for word in text.split() if word not in sounds})
        if unknown:
            missing.append(MissingWord(unknown[0], phrase.id, phrase.line))
            continue
        strict = phrase.kind in _STRICT
        limit = phrases.recognition.strict_threshold if strict else phrases.recognition.threshold
        thresholds.update(dict.fromkeys(sentences, limit))
        rules += [f"( {patterns.jsgf(patterns.parse(pattern))} )" for pattern in phrase.patterns]
    used = sorted({word for text in thresholds for word in text.split()})
    grammar = Grammar(
        jsgf=_jsgf(phrases, rules),
        dictionary="".join(_entries(word, sounds[word]) for word in used),
        thresholds=thresholds,
        unfinished=_unfinished(thresholds),
        worst_word=phrases.recognition.worst_word,
        coverage=phrases.recognition.coverage,
        partial_threshold=phrases.recognition.partial_threshold,
        settle_ms=phrases.recognition.settle_ms,
        pause_ms=phrases.recognition.pause_ms,
        patience_ms=phrases.recognition.patience_ms,
    )
    return grammar, missing


def _jsgf(phrases: Phrases, rules: list[str]) -> str:
    used = {name for rule in rules for name in re.findall(r"<(\w+)>", rule)}
    slots = [f"<{name}> = {' | '.join(phrases.slots[name].values)};" for name in sorted(used)]
    return "\n".join(
        ["#JSGF V1.0;", "grammar practice;", *slots, f"public <said> = {' | '.join(rules)};", ""]
    )


def _entries(word: str, sounds: list[str]) -> str:
    return "".join(f"{word}{f'({n})' if n > 1 else ''} {sound}\n" for n, sound in enumerate(sounds, 1))


def _unfinished(sentences: Iterable[str]) -> tuple[str, ...]:
    whole = set(sentences)
    begun = {" ".join(words[:n]) for text in whole if (words := text.split()) for n in range(1, len(words))}
    return tuple(sorted(whole & begun))
