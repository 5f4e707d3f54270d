"""Recordings for tests: sentences spoken by espeak-ng in this process, no program needed."""

import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from hub.practice.voices import Espeak, Voice

Samples = np.ndarray[Any, np.dtype[np.int16]]


@cache
def _espeak() -> Espeak:
    return Espeak()


def samples(text: str, voice: str = "en-us", wpm: int = 150, rate: int = 48_000) -> Samples:
    """The sentence as 16-bit mono samples, without silence around it."""
    chunks: list[bytes] = []

    def keep(chunk: bytes) -> bool:
        chunks.append(chunk)
        return True

    _espeak().speak(text, Voice(voice), wpm, keep)
    spoken = np.frombuffer(b"".join(chunks), np.int16)
    loud = spoken.astype(np.float32) * (12_000 / max(1, int(np.abs(spoken).max())))
    return np.asarray(soxr.resample(loud, _espeak().rate, rate)).astype(np.int16)


def wav(
    text: str, path: Path, voice: str = "en-us", wpm: int = 150, rate: int = 48_000, *, silence: float = 0.5
) -> Path:
    """Write the sentence as a mono WAV, a little silence before it and some after, and return the path."""
    before, after = np.zeros(rate * 3 // 10, np.int16), np.zeros(int(rate * silence), np.int16)
    spoken = np.concatenate([before, samples(text, voice, wpm, rate), after])
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(spoken.tobytes())
    return path
