"""When a turn begins and when it may end, from frames that are speech or are not. Pure."""

from collections import deque
from enum import StrEnum, auto

FRAME_MS = 30
_WINDOW, _ENOUGH = 8, 5  # a turn begins when 5 of the last 8 frames are speech
PRE_ROLL = 12  # frames before that which belong to it
MAX_TURN_FRAMES = 30_000 // FRAME_MS
NOISE_FRAMES = 8  # a turn with less speech than this is a cough, not a sentence


class Step(StrEnum):
    """What a frame means."""

    SILENCE = auto()  # nothing is being said
    BEGIN = auto()  # a turn begins, PRE_ROLL frames ago
    GO_ON = auto()
    SETTLED = auto()  # silent for long enough, if the sentence is whole and no longer one begins with it
    PAUSED = auto()  # silent for long enough, if the sentence is whole
    END = auto()  # silent for so long that the turn is over in any case


class Endpointer:
    """Counts speech and silence. The three silences may be changed at any time."""

    def __init__(self, settle_ms: int, pause_ms: int, patience_ms: int) -> None:
        self.settle_ms = settle_ms
        self.pause_ms = pause_ms
        self.patience_ms = patience_ms
        self.speech = 0  # frames of speech in this turn
        self.silent = 0  # frames of silence since the last speech
        self._frames = 0
        self._recent: deque[bool] = deque(maxlen=_WINDOW)
        self._in_turn = False

    def feed(self, speech: bool) -> Step:
        """Take one frame."""
        if not self._in_turn:
            return self._outside(speech)
        self._frames += 1
        if speech:
            self.speech += 1
            self.silent = 0
        else:
            self.silent += 1
        if self.silent * FRAME_MS >= self.patience_ms or self._frames >= MAX_TURN_FRAMES:
            return Step.END
        if self._reached(self.pause_ms):
            return Step.PAUSED
        return Step.SETTLED if self._reached(self.settle_ms) else Step.GO_ON

    def _reached(self, silence_ms: int) -> bool:
        """Whether this frame is the one with which the silence has lasted so long."""
        return self.silent * FRAME_MS >= silence_ms > (self.silent - 1) * FRAME_MS

    def _outside(self, speech: bool) -> Step:
        self._recent.append(speech)
        if sum(self._recent) < _ENOUGH:
            return Step.SILENCE
        self._in_turn = True
        self.speech, self.silent, self._frames = sum(self._recent), 0, len(self._recent)
        return Step.BEGIN

    def over(self) -> None:
        """The turn has been delivered; wait for the next one."""
        self._in_turn = False
        self._recent.clear()

    @property
    def in_turn(self) -> bool:
        """Whether somebody is speaking, or has not finished."""
        return self._in_turn
