"""Recordings: sentences spoken by espeak-ng in this process, no program needed; WAVs read and written."""

import wave
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from hub.bench.heard import LOUD
from hub.core.errors import InvalidArguments
from hub.practice.voices import Espeak, Voice

Samples = np.ndarray[Any, np.dtype[np.int16]]
RATE: Final = 24_000
PEAK: Final = 12_000
BLOCKS_A_SECOND: Final = 100
SAMPLE_BYTES: Final = 2


@cache
def _espeak() -> Espeak:
    return Espeak()


def samples(text: str, voice: str = "en-us", wpm: int = 150, rate: int = RATE) -> Samples:
    """The sentence as 16-bit mono samples, without silence around it."""
    chunks: list[bytes] = []

    def keep(chunk: bytes) -> bool:
        chunks.append(chunk)
        return True

    _espeak().speak(text, Voice(voice), wpm, keep)
    spoken = np.frombuffer(b"".join(chunks), np.int16)
    loud = spoken.astype(np.float32) * (PEAK / max(1, int(np.abs(spoken.astype(np.int32)).max())))
    return np.asarray(soxr.resample(loud, _espeak().rate, rate)).astype(np.int16)


def lasting(speech: Samples, seconds: float, rate: int = RATE) -> Samples:
    """Speech without its pauses, cut or repeated to last exactly so long."""
    block = rate // BLOCKS_A_SECOND
    pieces = speech[: len(speech) // block * block].reshape(-1, block)
    loud = pieces[np.sqrt((pieces.astype(np.float32) ** 2).mean(1)) > 2 * LOUD]
    count = int(seconds * BLOCKS_A_SECOND)
    return np.asarray(np.concatenate([loud] * (count // len(loud) + 1))[:count].reshape(-1)).astype(np.int16)


def noise(seconds: float, rate: int = RATE) -> Samples:
    """A burst like a cough: sudden, without a pitch, fading."""
    count = int(seconds * rate)
    burst = np.random.default_rng(1).normal(0, PEAK / 2, count) * np.linspace(1, 0.3, count)
    return np.asarray(burst.clip(-PEAK, PEAK)).astype(np.int16)


def resampled(speech: Samples, rate: int, wanted: int) -> Samples:
    """The same at another rate."""
    if rate == wanted:
        return speech
    return np.asarray(soxr.resample(speech.astype(np.float32), rate, wanted)).astype(np.int16)


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples and the rate of a mono 16-bit WAV.

    Raises:
        InvalidArguments: It is another kind of WAV.
    """
    with wave.open(str(path), "rb") as file:
        if file.getnchannels() != 1 or file.getsampwidth() != SAMPLE_BYTES:
            raise InvalidArguments(f"{path} is not a mono WAV of 16 bits.", next_step="Convert it.")
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


def write_wav(path: Path, speech: Samples, rate: int = RATE) -> Path:
    """Write a mono 16-bit WAV and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(speech.tobytes())
    return path
