"""Variables in whole values, and what is remembered of them."""

from hub.core.variables import Expansion


def test_every_text_inside_a_value_is_replaced_and_the_rest_stays() -> None:
    expansion = Expansion({"A": "1", "UNUSED": "2"})
    value = {"${A}": ["${A}", 2, None, {"x": "${A}${B:-b}"}], "y": True}
    assert expansion.value(value, ()) == {"${A}": ["1", 2, None, {"x": "1b"}], "y": True}
    assert expansion.used == {"A": "1"}
    assert not expansion.missing
    assert not expansion.unusable


def test_a_missing_variable_is_remembered_with_the_first_place_that_names_it() -> None:
    expansion = Expansion({"EMPTY": ""})
    expansion.value({"args": ["a", "${B}", "${B}${EMPTY}"]}, ("s",))
    assert expansion.missing == {"B": ("s", "args", 1), "EMPTY": ("s", "args", 2)}


def test_what_cannot_be_passed_on_is_remembered_with_its_place() -> None:
    expansion = Expansion({})
    expansion.value(["${input:x}", "\0"], ("s",))
    assert [unusable.path for unusable in expansion.unusable] == [("s", 0), ("s", 1)]
