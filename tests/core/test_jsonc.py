"""JSON with comments: what is read, where it stands, and what is said about mistakes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.jsonc import DEEPEST, SyntaxFault, read

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
MISTAKES = {
    "": (1, 1, "the file is empty", "mcpServers"),
    "// only this\n": (2, 1, "the file is empty", "mcpServers"),
    '{"a": 1} x': (1, 10, "'x' follows after the end", "closed too early"),
    "{\n/* never": (2, 1, "this comment is never closed", "*/"),
    '{ # no\n"a": 1}': (1, 3, "'#' begins nothing in JSON", "//"),
    "{": (1, 2, "the file ends inside the { of line 1", "Close it with }."),
    '{"a": [1,\n2': (2, 2, "the file ends inside the [ of line 1", "Close it with ]."),
    '{"a" 1}': (1, 6, 'a colon is missing after "a"', "'1' stands there instead"),
    '{"a": 1\n\n "b": 2}': (1, 8, "a comma or } is missing before '\"'", "Put a comma"),
    "[1 2]": (1, 3, "a comma or ] is missing before '2'", "Put a comma"),
    "{a: 1}": (1, 2, "a name was expected, not 'a'", "double quotes"),
    "{'a': 1}": (1, 2, 'a name was expected, not "\'"', "double quotes"),
    '{"a": 1,, "b": 2}': (1, 9, "a name was expected, not ','", "Take one of the commas away"),
    '{"a": "C:\\Users"}': (1, 10, "this backslash begins no known escape", "two of them"),
    '{"a": "x\ny"}': (1, 7, "this text is never closed", "same line"),
    '{"a": True}': (1, 7, "a value was expected, not 'True'", "JSON writes it true"),
    '{"a": None}': (1, 7, "a value was expected, not 'None'", "JSON writes it null"),
    '{"a": \u201cx\u201d}': (1, 7, "a value was expected, not '\u201c'", "straight double quotes"),
    '{"a": }': (1, 7, "a value was expected, not '}'", "A value is missing"),
    '{"a": 01}': (1, 7, "a value was expected, not '01'", "a number"),
    '{"a": ;}': (1, 7, "a value was expected, not ';'", "a number"),
    '{"a":': (1, 6, "a value was expected, not the end of the file", "a number"),
    '{"a": 1e999}': (1, 7, "this number is too large", "smaller"),
    f'{{"a": {"9" * 5000}}}': (1, 7, "this number is too large", "smaller"),
    "[" * (DEEPEST + 2): (1, DEEPEST + 2, f"nested more than {DEEPEST} deep", "Nothing here"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text: str) -> None:
    with pytest.raises(SyntaxFault) as caught:
        read(text)
    line, column, message, hint = MISTAKES[text]
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)
    assert hint in caught.value.hint


def test_comments_trailing_commas_and_a_byte_order_mark_are_no_mistakes() -> None:
    text = '\ufeff// first\n{ /* a\n b */ "a": [1, 2,], // last\n "b": {"c": "x",}, \n}\n/**/'
    assert read(text).value == {"a": [1, 2], "b": {"c": "x"}}


@pytest.mark.parametrize(
    "inside", ["http://x//y", "/* no */", "a, ]", "\\\\", '\\"//', "\\u00e9\\n", "# no", "{}", "'"]
)
def test_what_stands_inside_a_text_is_text(inside: str) -> None:
    assert read(f'{{"a": "{inside}"}}').value == {"a": json.loads(f'"{inside}"')}


def test_every_place_knows_its_line_and_an_absent_one_the_line_around_it() -> None:
    document = read('{\n "a": {\n  "b": [\n   1,\n   2\n  ]\n }\n}')
    assert document.line(("a", "b", 1)) == 5
    assert document.line(("a", "b")) == 3
    assert document.line(("a", "missing", "deeper")) == 2
    assert document.line(("missing",)) == 1


def test_a_name_that_is_there_twice_is_told_and_the_last_one_counts() -> None:
    document = read('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}')
    assert document.value == {"a": 3, "b": {"c": 2}}
    assert document.duplicates == (("b", "c"), ("a",))


def refused(text: str) -> SyntaxFault | None:
    try:
        read(text)
    except SyntaxFault as fault:
        return fault
    return None


@given(JSON_VALUES, st.sampled_from([None, 1, 4]))
def test_whatever_json_writes_is_read_as_it_was(value: Any, indent: int | None) -> None:
    assert read(json.dumps(value, indent=indent)).value == value


@given(st.text(alphabet="{}[]\",:/*\\ \n\ttrue0123456789.eE+-#\ufeffax'", max_size=60))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    fault = refused(text)
    assert fault is None or (1 <= fault.line <= text.count("\n") + 1 and fault.column >= 1 and fault.hint)
