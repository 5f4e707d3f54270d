"""Where the time of a turn goes, told from what the stand-ins have seen."""

import pytest

from hub.bench.steps import PLAIN_STEPS, TOOL_STEPS, steps_of
from hub.bench.telephone import Turn

END = 100.0
PLAIN = [
    (0.2, "stt final"),
    (0.25, "llm asked"),
    (0.55, "llm answers"),
    (0.56, "tts asked"),
    (0.71, "tts answers"),
]


def turn(answer: float | None) -> Turn:
    return Turn(END, answer, answer, understood=True)


def test_each_step_lasts_from_one_event_to_the_next() -> None:
    seen = [(END + at, what) for at, what in PLAIN]
    figures = steps_of("plain turn", [turn(0.8)], PLAIN_STEPS, seen)
    assert [round(one.values["p50"], 3) for one in figures] == [0.2, 0.05, 0.3, 0.01, 0.15, 0.09]
    assert figures[0].what == "of a plain turn: end of speech → final transcript"
    assert sum(one.values["p50"] for one in figures) == pytest.approx(0.8)


def test_a_tool_asks_the_model_twice() -> None:
    moments = [0.2, 0.25, 0.55, 0.7, 1.0, 1.01, 1.16]
    kinds = ["stt final", "llm asked", "llm answers", "llm asked", "llm answers", "tts asked", "tts answers"]
    seen = [(END + at, what) for at, what in zip(moments, kinds, strict=True)]
    figures = steps_of("tool turn", [turn(1.2)], TOOL_STEPS, seen)
    assert len(figures) == 8
    assert sum(one.values["p50"] for one in figures) == pytest.approx(1.2)


def test_a_turn_in_which_a_step_was_not_seen_is_left_out() -> None:
    seen = [(END + at, what) for at, what in PLAIN[:3]]
    assert steps_of("plain turn", [turn(0.8), turn(None)], PLAIN_STEPS, seen) == []
