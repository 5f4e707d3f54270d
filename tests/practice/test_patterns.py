"""Patterns: what they stand for, as sentences and as JSGF."""

import pytest

from hub.practice import patterns
from hub.practice.patterns import PatternError, Sentence

VALUES = {"table": ("orders", "customers"), "number": ("ten", "one hundred")}


def texts(pattern: str) -> list[str]:
    return [sentence.text for sentence in patterns.expand(patterns.parse(pattern), VALUES)]


def test_a_pattern_of_words_is_one_sentence() -> None:
    assert texts("which tables do we have") == ["which tables do we have"]


def test_optional_words_and_alternatives_multiply() -> None:
    assert texts("(show | tell) me [all] tables") == [
        "show me all tables",
        "show me tables",
        "tell me all tables",
        "tell me tables",
    ]


def test_alternatives_may_be_nested_and_stand_alone() -> None:
    assert texts("a | b (c | [d] e)") == ["a", "b c", "b d e", "b e"]


def test_slots_are_remembered_in_order() -> None:
    found = list(patterns.expand(patterns.parse("{table} over {number}"), VALUES))
    assert found[1] == Sentence("orders over one hundred", (("table", "orders"), ("number", "one hundred")))
    assert list(patterns.slots_of(patterns.parse("x [{table}] ({number} | y)"))) == ["table", "number"]


def test_the_grammar_says_the_same_as_the_pattern() -> None:
    items = patterns.parse("show [me] (all | some) {table}")
    assert patterns.jsgf(items) == "show [ me ] ( all | some ) <table>"


@pytest.mark.parametrize("pattern", ["", "  ", "a (b", "a ]b", "a [b)", "what?", "a {B-c}"])
def test_a_pattern_that_cannot_be_read_says_so(pattern: str) -> None:
    with pytest.raises(PatternError):
        patterns.parse(pattern)
