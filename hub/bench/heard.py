"""The ear of a virtual caller: the agent's sound in pieces of 10 ms, and the questions asked of it."""

from bisect import bisect_left
from typing import Any, Final

import numpy as np

LOUD: Final = 300.0
PIECE_SECONDS: Final = 0.01
PIECES_A_SECOND: Final = 100
IN_A_ROW: Final = 3
"""So many loud pieces make a sound."""
NEAR_HZ: Final = 150
Sound = np.ndarray[Any, np.dtype[np.int16]]


class Heard:
    """When it was heard, how loud it was, and its main pitch, piece by piece."""

    def __init__(self) -> None:
        self.t: list[float] = []
        self.rms: list[float] = []
        self.hz: list[int] = []

    def take(self, sound: Sound, rate: int, now: float) -> None:
        """Sound that has just come, whole pieces."""
        pieces = sound.astype(np.float32).reshape(-1, rate // PIECES_A_SECOND)
        for at, rms in enumerate(np.sqrt((pieces**2).mean(1))):
            self.t.append(now - (len(pieces) - at) * PIECE_SECONDS)
            self.rms.append(float(rms))
            loudest = int(np.argmax(np.abs(np.fft.rfft(pieces[at])))) if rms > LOUD else 0
            self.hz.append(loudest * PIECES_A_SECOND)

    def onset(self, after: float, hz: int | None = None) -> float | None:
        """The first moment after `after` from which it is loud (at that pitch)."""
        run = 0
        for at in range(bisect_left(self.t, after), len(self.t)):
            fits = self.rms[at] > LOUD and (hz is None or abs(self.hz[at] - hz) <= NEAR_HZ)
            run = run + 1 if fits else 0
            if run == IN_A_ROW:
                return self.t[at - run + 1]
        return None

    def last_loud(self, before: float = float("inf")) -> float | None:
        """The last loud piece before a moment."""
        for at in range(len(self.t) - 1, -1, -1):
            if self.rms[at] > LOUD and self.t[at] < before:
                return self.t[at]
        return None

    def silent_from(self, after: float, gap: float) -> float | None:
        """When the sound that is heard at `after` ends and leaves a silence of `gap` seconds."""
        last: float | None = None
        for at in range(bisect_left(self.t, after), len(self.t)):
            if self.rms[at] > LOUD:
                last = self.t[at]
            elif last is not None and self.t[at] - last >= gap:
                return last
        return None

    def loud_seconds(self, start: float, end: float = float("inf")) -> float:
        """For how long there was sound."""
        pieces = zip(self.t, self.rms, strict=True)
        return sum(PIECE_SECONDS for t, rms in pieces if start <= t < end and rms > LOUD)
