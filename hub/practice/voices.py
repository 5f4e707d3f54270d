"""espeak-ng in this process: text in, 16-bit samples out, in chunks and as they are made."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import espeakng_loader

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_CHUNK_MS = 60
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_SLOWEST, _FASTEST = 80, 450  # words a minute that espeak can do
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak: its name there, and how it is tuned."""

    name: str
    pitch: int = 50
    variation: int = 50


class Espeak:
    """The library, which a process has once: one voice, one callback and one synthesis at a time.

    Raises:
        OSError: The library or its data cannot be loaded.
    """

    _lock: ClassVar = threading.Lock()

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._sink: Callable[[bytes], bool] = lambda _: True
        self._callback = _CALLBACK(self._chunk)
        data = str(espeakng_loader.get_data_path()).encode()
        with self._lock:
            self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, _CHUNK_MS, data, 0))
        if self.rate <= 0:
            raise OSError("espeak-ng cannot read its data")

    def _chunk(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if not samples or count <= 0:
            return 0
        return 0 if self._sink(ctypes.string_at(samples, count * _SAMPLE_BYTES)) else 1

    def speak(self, text: str, voice: Voice, wpm: int, sink: Callable[[bytes], bool]) -> None:
        """Hand the speech to `sink` chunk by chunk, until it returns False. Blocks: call it in a thread.

        Raises:
            ValueError: There is no such voice.
        """
        data = text.replace("\0", " ").encode()
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice.name}")
            for parameter, value in ((_RATE, wpm), (_PITCH, voice.pitch), (_RANGE, voice.variation)):
                self._library.espeak_SetParameter(parameter, max(0, min(value, _FASTEST)), 0)
            self._sink = sink
            # Every time: another Espeak may have put its own there, and be gone.
            self._library.espeak_SetSynthCallback(self._callback)
            self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)


def pace(speed: float, normal: int = 165) -> int:
    """Words a minute for a speed as OpenAI means it, within what espeak can do."""
    return max(_SLOWEST, min(_FASTEST, round(normal * speed)))
