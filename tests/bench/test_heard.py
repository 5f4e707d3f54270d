"""The ear: when sound began, at which pitch, and when it ended, told from the samples alone."""

import numpy as np
import pytest

from hub.bench.heard import Heard

RATE = 16_000
START = 1000.0


def tone(seconds: float, hz: int, volume: int = 8000) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    count = int(RATE * seconds)
    return (volume * np.sin(2 * np.pi * hz * np.arange(count) / RATE)).astype(np.int16)


def ear(*parts: tuple[float, int]) -> Heard:
    """Pieces of 20 ms, arriving as their time passes; pitch 0 is silence."""
    heard, now = Heard(), START
    for seconds, hz in parts:
        sound = tone(seconds, hz) if hz else np.zeros(int(RATE * seconds), np.int16)
        for at in range(0, len(sound), RATE // 50):
            now += 0.02
            heard.take(sound[at : at + RATE // 50], RATE, now)
    return heard


def test_the_onset_is_where_the_sound_began() -> None:
    heard = ear((0.5, 0), (0.4, 800))
    assert heard.onset(START) == pytest.approx(START + 0.5, abs=0.011)


def test_an_announcement_is_told_from_the_answer_by_its_pitch() -> None:
    heard = ear((0.3, 0), (0.4, 2500), (0.3, 0), (0.4, 1300))
    assert heard.onset(START) == pytest.approx(START + 0.3, abs=0.011)
    assert heard.onset(START, 1300) == pytest.approx(START + 1.0, abs=0.011)
    assert heard.onset(START, 1900) is None


def test_what_was_heard_before_does_not_count() -> None:
    heard = ear((0.4, 800), (0.4, 0), (0.2, 800))
    assert heard.onset(START + 0.5) == pytest.approx(START + 0.8, abs=0.011)


def test_a_click_is_no_sound() -> None:
    assert ear((0.2, 0), (0.02, 800), (0.2, 0)).onset(START) is None


def test_the_last_sound_and_its_length_are_known() -> None:
    heard = ear((0.2, 0), (0.5, 400), (0.6, 0))
    assert heard.last_loud() == pytest.approx(START + 0.69, abs=0.011)
    assert heard.last_loud(START + 0.1) is None
    assert heard.loud_seconds(START) == pytest.approx(0.5, abs=0.021)


def test_a_sound_ends_where_silence_follows_it() -> None:
    heard = ear((0.2, 0), (0.5, 400), (0.1, 0), (0.3, 400), (0.6, 0), (0.2, 400))
    assert heard.silent_from(START + 0.3, 0.25) == pytest.approx(START + 1.09, abs=0.021)
    assert heard.silent_from(START + 2.0, 0.25) is None
