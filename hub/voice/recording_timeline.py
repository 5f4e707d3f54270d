"""Where each sound of a call belongs in its recording: the caller's when it came, the agent's when it played.

LiveKit takes the agent's words faster than they are heard and says when it begins, pauses and drops them; the
rest follows from that, so that a recording is at most a moment behind, also in the middle of a sentence.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
DRIFT_SECONDS: Final = 0.12
"""A stream goes on where it was while its frames come about when they should."""
SILENT: Final = 200
"""Nothing in such a frame is missed."""


@dataclass(slots=True)
class Channel:
    """One side: pieces on a clock that began with the recording."""

    rate: int
    begun: float
    taken: int = 0
    _placed: deque[tuple[int, Samples]] = field(default_factory=deque)

    def place(self, t: float, samples: Samples) -> None:
        """Put a piece where it belongs; what lies before what was taken is late, and left out."""
        at = round((t - self.begun) * self.rate)
        late = self.taken - at
        if late > 0:
            at, samples = self.taken, samples[late:]
        if len(samples):
            self._placed.append((at, samples))

    def take(self, until: float) -> Samples:
        """The sound up to a moment, silence where there was none."""
        end = max(self.taken, round((until - self.begun) * self.rate))
        block: Samples = np.zeros(end - self.taken, np.int16)
        rest: deque[tuple[int, Samples]] = deque()
        for at, samples in self._placed:
            fits = max(0, min(len(samples), end - at))
            if fits:
                block[at - self.taken : at - self.taken + fits] = samples[:fits]
            if fits < len(samples):
                rest.append((at + fits, samples[fits:]))
        self._placed, self.taken = rest, end
        return block


class Heard:
    """The caller: frames of one length, in real time but for the network's moods."""

    def __init__(self, rate: int, begun: float) -> None:
        self.channel = Channel(rate, begun)
        self._ends: float | None = None

    def frame(self, t: float, samples: Samples) -> None:
        """A frame that had come whole at `t`."""
        length = len(samples) / self.channel.rate
        begins = t - length
        ahead = None if self._ends is None else self._ends - begins
        if ahead is not None and ahead > DRIFT_SECONDS and _silent(samples):
            return  # after a jam the stream is behind its clock: it catches up where nobody speaks
        if ahead is not None and ahead > -DRIFT_SECONDS and self._ends is not None:
            begins = self._ends
        self.channel.place(begins, samples)
        self._ends = begins + length


class Spoken:
    """The agent: frames that wait to be heard, as LiveKit's output has them."""

    def __init__(self, rate: int, begun: float) -> None:
        self.channel = Channel(rate, begun)
        self._waiting: deque[Samples] = deque()
        self._at: float | None = None
        """When the next frame that waits is heard; None while none is."""

    def frame(self, t: float, samples: Samples) -> None:
        """A frame was handed over to be heard."""
        if self._at is not None and not self._waiting:
            self._at = max(self._at, t)  # the output had run dry
        self._waiting.append(samples)

    def plays(self, t: float) -> None:
        """The output begins to be heard, or goes on after a pause."""
        self._at = t

    def holds(self, t: float) -> None:
        """The output pauses."""
        self.heard(t)
        self._at = None

    def dropped(self, t: float) -> None:
        """What has not been heard by now never will be."""
        self.holds(t)
        self._waiting.clear()

    def ended(self, t: float, *, interrupted: bool) -> None:
        """The output is silent again; what was not cut off has been heard to its end."""
        if not interrupted:
            self.heard(float("inf"))
        self.dropped(t)

    def heard(self, until: float) -> None:
        """Place what was heard up to a moment."""
        rate = self.channel.rate
        while self._waiting and self._at is not None and self._at < until:
            samples = self._waiting.popleft()
            fits = len(samples) if until == float("inf") else round((until - self._at) * rate)
            if fits < len(samples):
                self._waiting.appendleft(samples[fits:])
                samples = samples[:fits]
            if not len(samples):
                return
            self.channel.place(self._at, samples)
            self._at += len(samples) / rate

    def take(self, until: float) -> Samples:
        """The sound up to a moment."""
        self.heard(until)
        return self.channel.take(until)


def _silent(samples: Samples) -> bool:
    return not len(samples) or int(np.abs(samples.astype(np.int32)).max()) < SILENT
