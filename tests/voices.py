"""A sentence as a WAV with silence around it, for whatever plays one as a microphone."""

from pathlib import Path

import numpy as np

from hub.bench.sounds import samples, write_wav

RATE = 48_000


def wav(text: str, path: Path, voice: str = "en-us", *, silence: float = 0.5) -> Path:
    """Write it, a little silence before and some after, and return the path."""
    before, after = np.zeros(RATE * 3 // 10, np.int16), np.zeros(int(RATE * silence), np.int16)
    return write_wav(path, np.concatenate([before, samples(text, voice, rate=RATE), after]), RATE)
