"""Both sides as one stereo Ogg Opus stream, the caller left and the agent right; every page can be played."""

from fractions import Fraction
from typing import Final

import av
import numpy as np

from hub.voice.recording_timeline import Samples

BIT_RATE: Final = 40_000
PAGE_MICROSECONDS: Final = 500_000
"""What is lost when a worker is killed is at most a page and what has not been sent."""


class _Pages:
    """The file that the encoder thinks it writes."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


class _ToRate:
    """One side, brought to the rate of the recording; as many samples come out as time has passed."""

    def __init__(self, rate: int, wanted: int) -> None:
        self._rate, self._wanted = rate, wanted
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)
        self._owed = 0
        self._kept: Samples = np.zeros(0, np.int16)

    def __call__(self, samples: Samples) -> Samples:
        if self._rate == self._wanted:
            return samples
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate
        out = [one.to_ndarray()[0].astype(np.int16) for one in self._resampler.resample(frame)]
        self._kept = np.concatenate([self._kept, *out])
        self._owed += len(samples) * self._wanted
        length, self._owed = divmod(self._owed, self._rate)
        missing = length - len(self._kept)  # a few samples, once: the filter's own delay
        ready = self._kept if missing <= 0 else np.pad(self._kept, (missing, 0))
        self._kept = ready[length:]
        return ready[:length]


class Encoder:
    """Samples of both sides in, bytes of the stream out."""

    def __init__(self, *, caller_rate: int, agent_rate: int) -> None:
        self._rate = agent_rate
        self._pages = _Pages()
        self._container = av.open(
            self._pages,
            "w",
            format="ogg",
            options={"page_duration": str(PAGE_MICROSECONDS), "flush_packets": "1"},
        )
        self._stream = self._container.add_stream("libopus", rate=agent_rate, layout="stereo")
        self._stream.bit_rate = BIT_RATE
        self._stream.options = {"application": "voip"}
        self._left, self._right = _ToRate(caller_rate, agent_rate), _ToRate(agent_rate, agent_rate)
        self._samples = 0

    def add(self, caller: Samples, agent: Samples) -> bytes:
        """Encode a stretch of the call; returns the pages that are whole."""
        if not len(caller) or not len(agent):
            return b""
        left, right = self._left(caller), self._right(agent)
        length = min(len(left), len(right))
        both = np.empty(2 * length, np.int16)
        both[0::2], both[1::2] = left[:length], right[:length]
        frame = av.AudioFrame.from_ndarray(both.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = self._rate, self._samples
        frame.time_base = Fraction(1, self._rate)
        self._samples += length
        self._container.mux(self._stream.encode(frame))
        return self._pages.taken()

    def close(self) -> bytes:
        """The end of the stream."""
        if self._samples:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._pages.taken()
