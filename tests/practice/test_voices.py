"""espeak-ng as a process has it: once, however many speak with it."""

import gc

from hub.practice.voices import Espeak, Voice


def spoken(espeak: Espeak) -> int:
    chunks: list[bytes] = []

    def keep(chunk: bytes) -> bool:
        chunks.append(chunk)
        return True

    espeak.speak("hello", Voice("en-us"), 165, keep)
    return sum(map(len, chunks))


def test_each_one_hears_what_it_has_had_spoken_and_outlives_the_others() -> None:
    first, second = Espeak(), Espeak()
    assert spoken(first) > first.rate // 10
    assert spoken(second) > second.rate // 10
    del second
    gc.collect()
    assert spoken(first) > first.rate // 10
