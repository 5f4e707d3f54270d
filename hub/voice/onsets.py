"""When the caller began to say a turn: the moment that decides whether a yes came after the question."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LAG_SECONDS: Final = 2.0
"""Words may come this long after the sound that they were in."""
KEPT: Final = 32


@dataclass(slots=True)
class _Piece:
    begun: float
    ended: float | None = None


class Onsets:
    """Pieces of sound, and the words that come later; in doubt a turn began earlier and counts less."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._pieces: deque[_Piece] = deque(maxlen=KEPT)
        self._began: float | None = None

    def sound(self, *, on: bool) -> None:
        """The caller begins to make a sound, or has stopped."""
        if on:
            self._pieces.append(_Piece(self._clock()))
        elif self._pieces and self._pieces[-1].ended is None:
            self._pieces[-1].ended = self._clock()

    def words(self) -> None:
        """Words have come; the first ones of a turn tell when it began."""
        if self._began is not None:
            return
        late = self._clock() - LAG_SECONDS
        near = [piece.begun for piece in self._pieces if piece.ended is None or piece.ended > late]
        self._began = min(near) if near else late

    def taken(self) -> float:
        """Tell when the turn that is complete now began."""
        self.words()
        began, self._began = self._began or 0.0, None
        return began
