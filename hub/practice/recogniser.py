"""Hears sentences of a closed grammar with pocketsphinx, and refuses what is not one of them."""

import math
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pocketsphinx

RATE = 16_000
_FRAME_MS = 10  # of the decoder
_VARIANT = re.compile(r"\(\d+\)$")
_FLOOR = 1e-300  # the scores come exponentiated, and may come as nought


@dataclass(frozen=True, slots=True)
class Word:
    """One word that was heard, and when, in milliseconds from the start of the turn."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What a decoder made of a turn. Scores: mean log acoustic score per frame, of all and of the worst."""

    text: str = ""
    words: tuple[Word, ...] = field(default=())
    score: float = -math.inf
    worst: float = -math.inf

    @property
    def spoken_ms(self) -> int:
        """How long its words take."""
        return sum(word.end_ms - word.start_ms for word in self.words)


class Recogniser:
    """A decoder for one stream: its running mean of the channel belongs to one speaker.

    Raises:
        RuntimeError: pocketsphinx cannot load the grammar.
    """

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self._thresholds: Mapping[str, float] = grammar["thresholds"]
        self._unfinished = frozenset(grammar["unfinished"])
        self._partial_threshold = float(grammar["partial_threshold"])
        self._worst_word = float(grammar["worst_word"])
        self._coverage = float(grammar["coverage"])
        model = Path(pocketsphinx.get_model_path()) / "en-us"
        with tempfile.TemporaryDirectory(prefix="practice-") as folder:
            dictionary = (
                Path(folder) / "words.dict"
            )  # only the words in use: the whole one costs memory and time
            dictionary.write_text(grammar["dictionary"], encoding="utf-8")
            config = pocketsphinx.Config(
                hmm=str(model / "en-us"),
                dict=str(dictionary),
                lm=None,
                samprate=RATE,
                cmn="live",
                loglevel="FATAL",
            )
            self._decoder = pocketsphinx.Decoder(config)
        self._decoder.add_jsgf_string("said", grammar["jsgf"])
        self._decoder.activate_search("said")
        self._started = False

    def begin(self) -> None:
        """Start listening to a turn."""
        self._decoder.start_utt()
        self._started = True

    def feed(self, audio: bytes) -> None:
        """Listen to more of the turn."""
        self._decoder.process_raw(audio)

    def so_far(self) -> Heard:
        """What has been heard of the turn, while it goes on; nothing while that is unlikely."""
        heard = self._heard()
        return heard if heard.score >= self._partial_threshold else Heard()

    def whole(self, turn: bytes) -> Heard:
        """Decode the whole turn again in one piece, which hears far better than the running decoder."""
        if self._started:
            self._decoder.end_utt()
            self._started = False
        self._decoder.start_utt()
        self._decoder.process_raw(turn, full_utt=True)
        self._decoder.end_utt()
        return self._heard()

    def is_whole(self, heard: Heard) -> bool:
        """Whether this is a sentence of the phrases, from its first word to its last."""
        return heard.text in self._thresholds

    def is_unfinished(self, heard: Heard) -> bool:
        """Whether a longer sentence begins with this one."""
        return heard.text in self._unfinished

    def is_accepted(self, heard: Heard, speech_ms: int) -> bool:
        """Whether this is a sentence of the phrases, sounded like it, and is all that was spoken."""
        fits = heard.score >= self._thresholds.get(heard.text, math.inf) and heard.worst >= self._worst_word
        return fits and heard.spoken_ms >= self._coverage * speech_ms

    def _heard(self) -> Heard:
        if self._decoder.hyp() is None:
            return Heard()
        words: list[Word] = []
        scores: list[tuple[float, int]] = []
        for segment in self._decoder.seg():
            text = _VARIANT.sub("", segment.word)
            if not text or text[0] in "<[(+":
                continue  # silence and noise say nothing about the words
            scores.append(
                (math.log(max(segment.ascore, _FLOOR)), segment.end_frame - segment.start_frame + 1)
            )
            words.append(Word(text, segment.start_frame * _FRAME_MS, (segment.end_frame + 1) * _FRAME_MS))
        if not words:
            return Heard()
        mean = sum(score for score, _ in scores) / sum(frames for _, frames in scores)
        worst = min(score / frames for score, frames in scores)
        return Heard(" ".join(word.text for word in words), tuple(words), mean, worst)
