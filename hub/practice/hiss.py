"""A little hiss over the audio: the recogniser's model never heard digital silence and mishears around it."""

from typing import Any

import numpy as np

_FRAME = 480  # samples
_SPEECH = 0.1  # of the loudest frame: what is softer is no speech
_BELOW = 22.0  # how many times softer than the speech the hiss is (27 dB)
_SOFTEST = 1.0
_FADE = 0.99  # of the level, from frame to frame
_LARGEST = 32_767


class Hiss:
    """Adds noise in proportion to the speech."""

    def __init__(self) -> None:
        self._level = 0.0  # of the speech, from what has been heard last
        self._running = np.random.default_rng(0)

    def over_turn(self, audio: bytes) -> bytes:
        """A turn, or the beginning of one, with hiss over it: the same for the same audio."""
        samples = np.frombuffer(audio, np.int16).astype(np.float32)
        self._level = _level(samples)
        return self._added(samples, np.random.default_rng(0))

    def over_frame(self, audio: bytes) -> bytes:
        """The next frame of a turn with hiss over it, as loud as the speech before it calls for."""
        samples = np.frombuffer(audio, np.int16).astype(np.float32)
        self._level = max(_level(samples), self._level * _FADE)
        return self._added(samples, self._running)

    def _added(self, samples: "np.ndarray[Any, np.dtype[np.float32]]", noise: np.random.Generator) -> bytes:
        hiss = noise.standard_normal(len(samples), np.float32) * max(_SOFTEST, self._level / _BELOW)
        return np.clip(samples + hiss, -_LARGEST, _LARGEST).astype(np.int16).tobytes()


def _level(samples: "np.ndarray[Any, np.dtype[np.float32]]") -> float:
    """How loud the speech is: root mean square of the frames that are not much softer than the loudest."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt((frames**2).mean(axis=1)) if len(frames) else np.zeros(1, np.float32)
    return float(loudness[loudness >= _SPEECH * loudness.max()].mean())
