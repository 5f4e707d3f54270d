"""The hiss that keeps digital silence from the recogniser."""

import numpy as np

from hub.practice.hiss import Hiss

RNG = np.random.default_rng(5)


def tone(level: float, samples: int = 9_600) -> bytes:
    return (RNG.standard_normal(samples) * level).astype(np.int16).tobytes()


def added(before: bytes, after: bytes) -> float:
    difference = np.frombuffer(after, np.int16).astype(float) - np.frombuffer(before, np.int16)
    return float(np.sqrt((difference**2).mean()))


def test_the_hiss_follows_the_speech() -> None:
    loud, soft = tone(3_000), tone(300)
    assert 100 < added(loud, Hiss().over_turn(loud)) < 180
    assert 10 < added(soft, Hiss().over_turn(soft)) < 18


def test_silence_around_the_speech_does_not_soften_it() -> None:
    turn = bytes(19_200) + tone(3_000) + bytes(19_200)
    assert 100 < added(turn, Hiss().over_turn(turn)) < 180


def test_the_same_turn_sounds_the_same() -> None:
    turn = tone(1_000)
    assert Hiss().over_turn(turn) == Hiss().over_turn(turn)


def test_frames_keep_the_level_of_the_speech_before_them() -> None:
    hiss = Hiss()
    hiss.over_turn(tone(3_000))
    silence = bytes(960)
    assert added(silence, hiss.over_frame(silence)) > 60
    assert hiss.over_frame(silence) != hiss.over_frame(silence)


def test_nothing_stays_nothing() -> None:
    assert Hiss().over_turn(b"") == b""
    assert added(bytes(960), Hiss().over_turn(bytes(960))) < 2
