"""When a turn began: at the sound its words were in, and in doubt earlier."""

from hub.voice.onsets import LAG_SECONDS, Onsets


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_turn_began_with_the_sound_that_its_words_were_in() -> None:
    clock = Clock()
    onsets = Onsets(clock)
    for at, on in ((100.0, True), (101.0, False)):  # a cough long before
        clock.now = at
        onsets.sound(on=on)
    clock.now = 110.0
    onsets.sound(on=True)
    clock.now = 110.5
    onsets.words()
    clock.now = 112.0
    onsets.sound(on=False)
    assert onsets.taken() == 110.0


def test_of_sounds_close_together_the_first_counts() -> None:
    clock = Clock()
    onsets = Onsets(clock)
    for at, on in ((100.0, True), (100.4, False), (101.0, True)):
        clock.now = at
        onsets.sound(on=on)
    clock.now = 101.2
    onsets.words()
    assert onsets.taken() == 100.0


def test_words_without_any_sound_began_as_early_as_they_can_have() -> None:
    clock = Clock()
    onsets = Onsets(clock)
    onsets.sound(on=False)
    assert onsets.taken() == 100.0 - LAG_SECONDS


def test_each_turn_has_its_own_beginning() -> None:
    clock = Clock()
    onsets = Onsets(clock)
    onsets.sound(on=True)
    onsets.words()
    clock.now = 101.0
    onsets.sound(on=False)
    assert onsets.taken() == 100.0
    clock.now = 110.0
    onsets.sound(on=True)
    onsets.words()
    assert onsets.taken() == 110.0
