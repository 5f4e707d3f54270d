"""A recogniser in a process of its own, as decoding holds the interpreter lock. Ends when its input ends.

In: framed JSON and audio (mono, as the "open" message says). Out: JSON lines.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import soxr

from hub.practice.framing import messages
from hub.practice.recogniser import RATE
from hub.practice.turns import Event, Turns

_MULAW_BIAS = 0x84


class Stream:
    """What one decoder process does with what it is sent."""

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self._turns = Turns(grammar)
        self._resampler: soxr.ResampleStream | None = None
        self._mulaw = False

    def told(self, message: Mapping[str, Any]) -> Iterator[Event]:
        """Obey one message."""
        what = message["do"]
        if what == "open":
            rate = int(message["rate"])
            self._mulaw = message["encoding"] == "pcm_mulaw"
            self._resampler = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="int16")
        if what in {"open", "configure"}:
            self._turns.configure(
                min_silence_ms=message.get("min_silence_ms"), max_silence_ms=message.get("max_silence_ms")
            )
        elif what == "use":
            self._turns.use(message["grammar"])
        elif what == "force":
            yield from self._turns.force()
        elif what == "finish":
            yield from self._turns.force()
            yield {"event": "finished"}

    def heard(self, audio: bytes) -> Iterator[Event]:
        """Listen to audio as the client sent it."""
        samples = _from_mulaw(audio) if self._mulaw else np.frombuffer(audio[: len(audio) // 2 * 2], "<i2")
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        yield from self._turns.feed(samples.astype("<i2", copy=False).tobytes())


def _from_mulaw(audio: bytes) -> "np.ndarray[Any, np.dtype[np.int16]]":
    """G.711: sign, three bits of exponent, four of mantissa, all inverted."""
    codes = ~np.frombuffer(audio, np.uint8)
    exponent = (codes >> 4) & 7
    size = ((((codes & 15).astype(np.int32) << 3) + _MULAW_BIAS) << exponent) - _MULAW_BIAS
    return np.where(codes & 0x80, -size, size).astype(np.int16)


def run(source: BinaryIO, target: BinaryIO) -> None:
    """Decode what comes until it ends. The first message brings the grammar."""

    def tell(event: Event) -> None:
        target.write(json.dumps(event).encode() + b"\n")
        target.flush()

    incoming = messages(source)
    _, first = next(incoming, (b"", b""))
    if not first:
        return
    stream = Stream(json.loads(first)["grammar"])
    tell({"event": "ready"})
    for kind, payload in incoming:
        for event in stream.heard(payload) if kind == b"A" else stream.told(json.loads(payload)):
            tell(event)


if __name__ == "__main__":
    try:
        run(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.exit(0)  # practice has gone
