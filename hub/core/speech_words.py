"""The model's text as it should be said: a stream of pieces in, a stream of pieces out, as soon as possible.

Text is said word by word; only what may belong to the next word waits for it (`$5` for `million`, `March` for
`3`). Where the stream was cut makes no difference.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hub.core import speech_markup as markup
from hub.core.languages import base
from hub.core.sentences import SENTENCES
from hub.core.speech_codes import DATA, SIGNED, URL, UUID, host
from hub.core.speech_english import OPENERS, english
from hub.core.speech_french import OPENERS as FRENCH_OPENERS
from hub.core.speech_french import french
from hub.core.speech_german import GROWING as GERMAN_GROWING
from hub.core.speech_german import OPENERS as GERMAN_OPENERS
from hub.core.speech_german import german
from hub.core.speech_spanish import OPENERS as SPANISH_OPENERS
from hub.core.speech_spanish import spanish

_TOKEN: Final = re.compile(
    r"[^\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]*(?:\s|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef])"
)
"""A word with the one white space behind it; in scripts without spaces every letter is a word."""
_PLAIN: Final = re.compile(
    r"[(\"'\u201c\u2018]*[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[,;:!?.\u2026)\"'\u201d\u2019]*"
)
_STOPS: Final = (".", "!", "?", "…", '."', '!"', '?"', ".)", "!)", "?)")
_SPACES: Final = re.compile(" {2,}")
MOST_HELD: Final = 24
"""Words that are held back at most, whatever they are."""
_ENDED: Final = ".!?:;,…"


@dataclass(frozen=True, slots=True)
class Language:
    """What a language has of its own."""

    say: Callable[[str], str]
    openers: frozenset[str]
    """Words that may belong to the next one."""
    code: str
    """Said in the place of a block of code."""
    growing: re.Pattern[str] = re.compile(r"(?!)")
    """Words that may belong to the next one though they end with a dot."""


def _elsewhere(text: str) -> str:
    """Of a language without a table only what is the same in all of them."""
    text = re.sub(rf"{DATA}|{SIGNED}", "", text)
    text = re.sub(URL, lambda found: host(found[0]), text)
    return re.sub(UUID, lambda found: " ".join(found[0][-4:]), text)


LANGUAGES: Final[Mapping[str, Language]] = {
    "en": Language(english, OPENERS, SENTENCES["en"].code),
    "de": Language(german, GERMAN_OPENERS, SENTENCES["de"].code, GERMAN_GROWING),
    "es": Language(spanish, SPANISH_OPENERS, SENTENCES["es"].code),
    "fr": Language(french, FRENCH_OPENERS, SENTENCES["fr"].code),
}
ELSEWHERE: Final = Language(_elsewhere, frozenset(), "")


def language(tag: str | None) -> Language:
    """The table of a language tag like en-GB; without a tag it is English."""
    return LANGUAGES.get(base(tag), ELSEWHERE)


class _Line(Enum):
    START = auto()
    TEXT = auto()
    ITEM = auto()
    TABLE = auto()
    FENCE = auto()
    CODE = auto()


_DROPPED: Final = frozenset({_Line.FENCE, _Line.CODE})


class SpokenWords:
    """One stream: feed it the pieces as they come, and say what it returns; `flush` at the end."""

    def __init__(self, spoken: Language) -> None:
        self._language = spoken
        self._rest = ""
        """What is not a whole word yet."""
        self._held: list[str] = []
        self._line = _Line.START
        self._in_code = False
        self._last = ""
        """The last letter that was said."""
        self._spaced = False
        """What was said last ended with a space."""

    def feed(self, piece: str) -> str:
        """What can be said now."""
        text, said, at = self._rest + piece, [], 0
        while found := _TOKEN.match(text, at):
            at = found.end()
            said.append(self._word(found[0]))
        self._rest = text[at:]
        return "".join(said)

    def flush(self) -> str:
        """What was still held back: the stream is over."""
        rest, self._rest = self._rest, ""
        return (self._word(rest) if rest else "") + self._said(self._line, stop=False)

    def _word(self, token: str) -> str:
        word, ends_line = token.strip(), token.endswith("\n")
        before = ""
        if self._line is _Line.START and (word or self._in_code):
            before, token = self._opened(word, token)
        if self._line not in _DROPPED and token:
            self._held.append(token)
        if ends_line:
            return before + self._ended()
        return before + (self._said(self._line, stop=False) if self._closes(word) else "")

    def _opened(self, word: str, token: str) -> tuple[str, str]:
        """The first word of a line decides what kind of line it is; also what is left to say of that word."""
        left = "\n" if token.endswith("\n") else ""
        if word.startswith(markup.FENCE):
            self._in_code = not self._in_code
            self._line = _Line.FENCE
            return self._noted(self._language.code) if self._in_code else "", left
        if self._in_code:
            self._line = _Line.CODE if word else _Line.START
            return "", left if word else ""
        if markup.NUMBER.fullmatch(word):
            self._line = _Line.ITEM
            return "", f"{word[:-1]},{token[len(word) :]}"
        if word in markup.BULLETS or markup.HEADING.fullmatch(word):
            self._line = _Line.ITEM
            return "", left
        self._line = _Line.TABLE if word.startswith("|") else _Line.TEXT
        return "", left if word == ">" or markup.RULE.fullmatch(word) else token

    def _closes(self, word: str) -> bool:
        """Whether what is held can be said before the next word is known."""
        if self._line is _Line.TABLE:
            return False
        bare = word.strip("*_`")
        if len(self._held) > MOST_HELD or not bare:
            return True
        if bare.rstrip(",") in self._language.openers or self._language.growing.fullmatch(bare):
            return False
        return _PLAIN.fullmatch(bare) is not None or bare.endswith(_STOPS)

    def _ended(self) -> str:
        """The end of a line: what it was about is complete."""
        line, self._line = self._line, _Line.START
        return self._said(line, stop=line in (_Line.ITEM, _Line.TABLE))

    def _said(self, line: _Line, *, stop: bool) -> str:
        text = "".join(self._held)
        self._held.clear()
        bare = text.rstrip()
        white = text[len(bare) :]
        if line is _Line.TABLE:
            bare = markup.cells(bare)
        words = _SPACES.sub(" ", self._language.say(markup.unmarked(bare)))
        if stop and self._open_after(words):
            words = f"{words.rstrip()}."
        if self._spaced:
            words = words.lstrip(" ")
        if not words.strip() and "\n" not in white:
            return (
                "" if words or bare else self._noted(white)
            )  # a mark that stood alone takes its space along
        return self._noted(words + white)

    def _open_after(self, words: str) -> bool:
        last = words.rstrip()[-1:] or self._last
        return bool(last) and last not in _ENDED

    def _noted(self, said: str) -> str:
        self._last = said.rstrip()[-1:] or self._last
        self._spaced = said[-1:] == " " if said else self._spaced
        return said


def spoken(text: str, tag: str | None = None) -> str:
    """A whole text as it is said."""
    words = SpokenWords(language(tag))
    return words.feed(text) + words.flush()
