"""From audio to turns: what one stream of speech says, as events."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import pocketsphinx

from hub.practice import hiss
from hub.practice.endpointing import FRAME_MS, NOISE_FRAMES, PRE_ROLL, Endpointer, Step
from hub.practice.recogniser import RATE, Heard, Recogniser

FRAME_BYTES = RATE * FRAME_MS // 1000 * 2
_PARTIAL_EVERY = 7  # frames
_KEPT_SILENCE = 10  # frames at the end of a turn that the last decoding still hears
Event = dict[str, Any]


class Turns:
    """Listens to one stream of 16 kHz audio and tells what is said in it."""

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self._recogniser = Recogniser(grammar)
        self._next_grammar: Mapping[str, Any] | None = None
        self._floors = (int(grammar["settle_ms"]), int(grammar["pause_ms"]), int(grammar["patience_ms"]))
        self._endpointer = Endpointer(*self._floors)
        self._vad = pocketsphinx.Vad(pocketsphinx.Vad.MEDIUM_STRICT, RATE, FRAME_MS / 1000)
        self._rest = b""
        self._turn = bytearray()
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL)
        self._frames = 0  # of the stream, so far
        self._start_ms = 0
        self._said = ""
        self._hiss = hiss.Hiss()

    def configure(self, *, min_silence_ms: int | None, max_silence_ms: int | None) -> None:
        """Take the silences the client wants; less than the phrases file's would cut sentences in two."""
        settle, pause, patience = self._floors
        self._endpointer.settle_ms = max(settle, min_silence_ms or 0)
        self._endpointer.pause_ms = max(pause, self._endpointer.settle_ms)
        self._endpointer.patience_ms = max(patience, max_silence_ms or 0, self._endpointer.pause_ms)

    def use(self, grammar: Mapping[str, Any]) -> None:
        """Listen for other phrases from the next turn on."""
        self._next_grammar = grammar
        if not self._endpointer.in_turn:
            self._change_grammar()

    def feed(self, audio: bytes) -> Iterator[Event]:
        """Listen to more of the stream."""
        self._rest += audio
        while len(self._rest) >= FRAME_BYTES:
            frame, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
            yield from self._frame(frame)

    def force(self) -> Iterator[Event]:
        """End the turn now, as far as it has come."""
        if self._endpointer.in_turn:
            yield from self._end(self._recogniser.whole(self._audio()))

    def _frame(self, frame: bytes) -> Iterator[Event]:
        self._frames += 1
        step = self._endpointer.feed(bool(self._vad.is_speech(frame)))
        if step is Step.SILENCE:
            self._before.append(frame)
            return
        if step is Step.BEGIN:
            yield from self._begin()
        self._turn += frame
        self._recogniser.feed(self._hiss.over_frame(frame))
        if step is Step.END:
            yield from self._end(self._recogniser.whole(self._audio()))
        elif step in {Step.SETTLED, Step.PAUSED}:
            yield from self._end_if_whole(may_be_longer=step is Step.PAUSED)
        elif len(self._turn) // FRAME_BYTES % _PARTIAL_EVERY == 0:
            yield from self._partial()

    def _begin(self) -> Iterator[Event]:
        self._turn = bytearray(b"".join(self._before))
        self._start_ms = (self._frames - 1 - len(self._before)) * FRAME_MS
        self._before.clear()
        self._said = ""
        self._recogniser.begin()
        self._recogniser.feed(self._hiss.over_turn(bytes(self._turn)))
        yield {"event": "started", "at_ms": self._start_ms}

    def _partial(self) -> Iterator[Event]:
        heard = self._recogniser.so_far()
        if heard.text and heard.text != self._said:
            self._said = heard.text
            yield {"event": "partial", "words": self._words(heard)}

    def _end_if_whole(self, *, may_be_longer: bool) -> Iterator[Event]:
        """End after a short silence when this is a sentence; later when a longer one begins with it."""
        live = self._recogniser.so_far()
        if not self._is_end(live, may_be_longer=may_be_longer):
            return
        heard = self._recogniser.whole(self._audio())
        accepted = self._recogniser.is_accepted(heard, self._endpointer.speech * FRAME_MS)
        if accepted and self._is_end(heard, may_be_longer=may_be_longer):
            yield from self._end(heard)
            return
        self._recogniser.begin()  # the running decoder was ended for this look: catch up
        self._recogniser.feed(self._hiss.over_turn(bytes(self._turn)))

    def _is_end(self, heard: Heard, *, may_be_longer: bool) -> bool:
        return self._recogniser.is_whole(heard) and (
            may_be_longer or not self._recogniser.is_unfinished(heard)
        )

    def _end(self, heard: Heard) -> Iterator[Event]:
        accepted = self._recogniser.is_accepted(heard, self._endpointer.speech * FRAME_MS)
        noise = not accepted and self._endpointer.speech < NOISE_FRAMES
        yield {
            "event": "final",
            "accepted": accepted,
            "noise": noise,
            "words": self._words(heard),
            "heard": heard.text,
            "score": round(heard.score, 3) if heard.words else None,
            "worst": round(heard.worst, 3) if heard.words else None,
            "start_ms": self._start_ms,
            "end_ms": (self._frames - self._endpointer.silent) * FRAME_MS,
        }
        self._endpointer.over()
        self._turn.clear()
        if self._next_grammar is not None:
            self._change_grammar()

    def _change_grammar(self) -> None:
        if self._next_grammar is not None:
            self._recogniser = Recogniser(self._next_grammar)
            self._next_grammar = None

    def _audio(self) -> bytes:
        extra = max(0, self._endpointer.silent - _KEPT_SILENCE) * FRAME_BYTES
        return self._hiss.over_turn(bytes(self._turn[: len(self._turn) - extra]))

    def _words(self, heard: Heard) -> list[Event]:
        return [
            {"text": word.text, "start": self._start_ms + word.start_ms, "end": self._start_ms + word.end_ms}
            for word in heard.words
        ]
