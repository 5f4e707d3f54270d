"""A thread of its own that places, mixes and encodes: the worker's loop only hands over what it has."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from hub.voice.recording_encoder import Encoder
from hub.voice.recording_timeline import Heard, Samples, Spoken

log = logging.getLogger(__name__)
BLOCK_SECONDS: Final = 1.0
"""How often it encodes: each time it competes with the loop for the interpreter."""
BEHIND_SECONDS: Final = 0.5
"""How late a frame may come and still find its place."""
STRETCH_SECONDS: Final = 30.0
What = Literal["caller", "agent", "plays", "holds", "dropped", "cut", "ended", "close"]


@dataclass(frozen=True, slots=True)
class _Item:
    what: What
    t: float
    samples: bytes = b""


class Writer:
    """Takes what is heard and said, gives the bytes of the recording to `give`, in its own thread."""

    def __init__(
        self,
        *,
        caller_rate: int,
        agent_rate: int,
        give: Callable[[bytes, float], None],
        over: Callable[[str | None], None],
    ) -> None:
        self._rates = caller_rate, agent_rate
        self._give = give
        self._over = over
        """Told once, at the end, what went wrong if anything did."""
        self._items: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, what: What, t: float, samples: bytes = b"") -> None:
        """Hand over a frame, or what became of earlier ones; returns at once."""
        self._items.put(_Item(what, t, samples))

    def _run(self) -> None:
        failure: str | None = None
        try:
            self._write()
        except Exception as error:
            # the boundary of one recording: its call goes on without it
            log.exception("a recording failed")
            failure = f"the encoder failed ({type(error).__name__})"
        self._over(failure)

    def _write(self) -> None:
        """Nothing is encoded before the agent is first heard: there the recording begins."""
        early: list[_Item] = []
        while (item := self._items.get()).what != "plays":
            if item.what == "close":
                return
            early.append(item)
        mix = _Mix(self._rates, item.t)
        for one in [*(one for one in early if one.what == "agent"), item]:
            mix.follow(one)
        while (item := self._items.get()).what != "close":
            mix.follow(item)
            if item.t - mix.until >= BLOCK_SECONDS + BEHIND_SECONDS:
                self._give(mix.encoded(item.t - BEHIND_SECONDS), mix.seconds)
        self._give(mix.encoded(item.t) + mix.closed(), mix.seconds)


class _Mix:
    """Both sides of one recording that has begun."""

    def __init__(self, rates: tuple[int, int], begun: float) -> None:
        self.until = self._begun = begun
        self._heard, self._spoken = Heard(rates[0], begun), Spoken(rates[1], begun)
        self._encoder = Encoder(caller_rate=rates[0], agent_rate=rates[1])

    @property
    def seconds(self) -> float:
        return self.until - self._begun

    def follow(self, item: _Item) -> None:
        spoken, samples = self._spoken, _samples(item)
        match item.what:
            case "caller":
                self._heard.frame(item.t, samples)
            case "agent":
                spoken.frame(item.t, samples)
            case "plays":
                spoken.plays(item.t)
            case "holds":
                spoken.holds(item.t)
            case "dropped":
                spoken.dropped(item.t)
            case _:
                spoken.ended(item.t, interrupted=item.what == "cut")

    def encoded(self, until: float) -> bytes:
        """All up to a moment; of a worker that had been stopped for long, a stretch at a time."""
        data = b""
        until = max(self.until, until)
        while self.until < until:
            self.until = min(until, self.until + STRETCH_SECONDS)
            data += self._encoder.add(self._heard.channel.take(self.until), self._spoken.take(self.until))
        return data

    def closed(self) -> bytes:
        return self._encoder.close()


def _samples(item: _Item) -> Samples:
    return np.frombuffer(item.samples, np.int16)
