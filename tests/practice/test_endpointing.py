"""When a turn begins and ends, frame by frame."""

from hub.practice.endpointing import MAX_TURN_FRAMES, Endpointer, Step


def steps(endpointer: Endpointer, pattern: str) -> list[Step]:
    """Feed one frame for each character: x is speech."""
    return [endpointer.feed(mark == "x") for mark in pattern]


def speaking(settle: int = 90, pause: int = 180, patience: int = 300) -> Endpointer:
    endpointer = Endpointer(settle, pause, patience)
    assert steps(endpointer, "xxxxx")[-1] is Step.BEGIN
    return endpointer


def test_a_click_begins_no_turn() -> None:
    assert set(steps(Endpointer(90, 180, 300), "xx..x....xx.....")) == {Step.SILENCE}


def test_five_frames_of_speech_in_eight_begin_a_turn() -> None:
    assert steps(Endpointer(90, 180, 300), "x.x.xx.x") == [Step.SILENCE] * 7 + [Step.BEGIN]


def test_silence_settles_then_pauses_then_ends_the_turn() -> None:
    told = steps(speaking(), "xx..........")
    assert told[4] is Step.SETTLED
    assert told[7] is Step.PAUSED
    assert told[11] is Step.END
    assert set(told[:4] + told[5:7]) == {Step.GO_ON}


def test_speech_starts_the_count_of_silence_again() -> None:
    assert Step.SETTLED not in steps(speaking(), "x..x..x..x..")


def test_a_turn_cannot_last_for_ever() -> None:
    endpointer = speaking()
    assert Step.END in steps(endpointer, "x" * MAX_TURN_FRAMES)


def test_after_a_turn_the_next_one_begins_afresh() -> None:
    endpointer = speaking()
    endpointer.over()
    assert not endpointer.in_turn
    assert steps(endpointer, "xxxx") == [Step.SILENCE] * 4
    assert endpointer.feed(speech=True) is Step.BEGIN
