"""Reads WAV files of any rate, width and number of channels into 16-bit mono, and refuses what is none."""

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.core.errors import InvalidArguments

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
MOST_SECONDS = 600
LEAST_RATE, MOST_RATE = 4_000, 384_000
MOST_CHANNELS = 32
FULL = 32767
REMEDY = "Convert it first: ffmpeg -i IN -ar 48000 -ac 1 -c:a pcm_s16le OUT.wav"


@dataclass(frozen=True, slots=True)
class Sound:
    """16-bit mono samples."""

    rate: int
    samples: "array[int]"

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Format:
    kind: int
    channels: int
    rate: int
    bits: int


def read_wav(path: Path) -> Sound:
    """The sound in a WAV file, its channels mixed.

    Raises:
        InvalidArguments: It is not there, no WAV, damaged, empty, too long, or compressed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_SECONDS * MOST_RATE * 2)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidArguments(f"{path} cannot be read: {reason}.", next_step="Check the name.") from error
    try:
        shape, data = _parts(content)
        sound = Sound(shape.rate, _mono(_samples(shape, data), shape.channels))
    except _Unusable as error:
        raise InvalidArguments(f"{path} {error}.", next_step=REMEDY) from error
    if sound.seconds > MOST_SECONDS:
        raise InvalidArguments(
            f"{path} is longer than {MOST_SECONDS // 60} minutes.", next_step="Cut it shorter."
        )
    return sound


class _Unusable(Exception):
    """Says after the file's name what is wrong with it."""


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file; the last one may be cut off, as recorders that were killed leave it."""
    position = 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        yield name, content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _parts(content: bytes) -> tuple[_Format, bytes]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise _Unusable("is not a WAV file")
    shape: _Format | None = None
    for name, chunk in _chunks(content):
        if name == b"fmt ":
            shape = _format(chunk)
        elif name == b"data":
            if shape is None:
                break
            return shape, chunk
    raise _Unusable("is a damaged WAV file: it has no format or no sound")


def _format(chunk: bytes) -> _Format:
    if len(chunk) < 16:  # noqa: PLR2004  # the size of WAVEFORMAT
        raise _Unusable("is a damaged WAV file: its format is cut off")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if kind == EXTENSIBLE and len(chunk) >= 26:  # noqa: PLR2004  # where the sub-format begins and ends
        (kind,) = struct.unpack_from("<H", chunk, 24)
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise _Unusable(f"has a sample rate of {rate} Hz, which is no sound a caller could make")
    if not 1 <= channels <= MOST_CHANNELS:
        raise _Unusable(f"has {channels} channels")
    return _Format(kind, channels, rate, bits)


def _samples(shape: _Format, data: bytes) -> Sequence[int]:
    width = shape.bits // 8
    if width:
        data = data[: len(data) // (width * shape.channels) * width * shape.channels]
    if not data:
        raise _Unusable("has no sound in it")
    match shape.kind, shape.bits:
        case (1, 8):
            return array("h", ((byte - 128) << 8 for byte in data))
        case (1, 16):
            return _words(data)
        case (1, 24 | 32):
            # The two upper bytes of each sample are the sample in 16 bits.
            upper = bytearray(len(data) // width * 2)
            upper[0::2], upper[1::2] = data[width - 2 :: width], data[width - 1 :: width]
            return _words(bytes(upper))
        case (3, 32 | 64):
            floats = struct.unpack(f"<{len(data) // width}{'f' if width == 4 else 'd'}", data)  # noqa: PLR2004
            return array("h", (_whole(value) for value in floats))
        case (1 | 3, _):
            raise _Unusable(f"has samples of {shape.bits} bits, which cannot be read")
        case _:
            raise _Unusable(f"is compressed (WAV format {shape.kind})")


def _words(data: bytes) -> "array[int]":
    words = array("h", data)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _whole(value: float) -> int:
    """A float sample in 16 bits; what is no number is silence."""
    return round(max(-1.0, min(1.0, value)) * FULL) if value == value else 0  # noqa: PLR0124  # NaN is not itself


def _mono(samples: Sequence[int], channels: int) -> "array[int]":
    if channels == 1:
        return array("h", samples)
    sides = [samples[side::channels] for side in range(channels)]
    return array("h", (sum(frame) // channels for frame in zip(*sides, strict=True)))
