"""Recordings made for callers."""

from pathlib import Path

import numpy as np
import pytest

from hub.bench.sounds import RATE, lasting, read_wav, resampled, samples, write_wav
from hub.core.errors import InvalidArguments


def test_a_sentence_can_be_made_to_last_exactly_so_long() -> None:
    speech = lasting(samples("please use the fast tool"), 1.3)
    assert len(speech) == round(RATE * 1.3)
    loud = np.sqrt((speech.reshape(-1, RATE // 100).astype(np.float64) ** 2).mean(1))
    assert loud.min() > 300


def test_a_wav_is_read_as_it_was_written(tmp_path: Path) -> None:
    speech = samples("hello")
    read, rate = read_wav(write_wav(tmp_path / "hello.wav", speech))
    assert rate == RATE
    assert (read == speech).all()
    assert len(resampled(speech, RATE, RATE * 2)) == pytest.approx(2 * len(speech), abs=2)


def test_a_wav_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bytes.wav"
    with __import__("wave").open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0" * 8)
    with pytest.raises(InvalidArguments, match=r"bytes\.wav is not a mono WAV"):
        read_wav(path)
