"""A file of `hub rehearse` is read whole, or all that is wrong with it is said, each with its line."""

import pytest

from hub.calls.rehearsal_arguments import RehearseCall
from hub.core.rehearsal_expected import Expected
from hub.core.rehearsal_file import Wrong, read

GOOD = '''
goal = "Tell what is there."
persona = "default"
caller = ["Which tables?", "Bye."]
context = """
max_turn = 3   # words of the context, no key
"""

[tools]
deny = ["*sql"]

[[questions]]
key = "k"
question = "q?"

[expect]
called = ["list_tables"]
turns = 2
'''
HEAD = 'goal = "g"\npersona = "p"\ncaller = ["a"]\n'


def wrong(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in read(text, RehearseCall).wrong]


def test_a_good_file_gives_arguments_and_what_is_expected() -> None:
    file = read(GOOD, RehearseCall)
    assert file.wrong == ()
    assert set(file.arguments) == {"goal", "persona", "caller", "context", "tools", "questions"}
    assert file.expected == Expected(called=["list_tables"], turns=2)


def test_what_is_not_toml_says_where() -> None:
    assert wrong('goal = "g"\npersona = = 3\n') == [(2, "This is not TOML: invalid value.")]
    ((line, told),) = wrong('goal = "g"\n[expect')
    assert line == 2
    assert told.startswith("This is not TOML: ")
    assert wrong('goal = """')[0][0] == 1


def test_a_key_nobody_knows_is_refused_with_the_one_that_is_meant() -> None:
    assert wrong(HEAD + "max_turn = 3") == [(4, "There is no key max_turn; do you mean max_turns?")]
    assert wrong(HEAD + "[expects]\nturns = 1") == [(4, "There is no key expects; do you mean expect?")]
    assert wrong(HEAD + "[expect]\nagent_say = ['x']") == [
        (5, "There is no key expect.agent_say; do you mean agent_says?")
    ]
    assert wrong(HEAD + "[tools]\nallows = ['x']") == [
        (5, "There is no key tools.allows; do you mean allow?")
    ]
    assert wrong(HEAD + "[[questions]]\nkey = 'k'\nquestion = 'q'\nkind = 'text'") == [
        (7, "There is no key questions[0].kind; there are key, question, type, choices.")
    ]


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    text = 'caller = 7\nexpect.turns = 0\n"voices" = "x"\nmax_turns = 99\n'
    assert [line for line, _ in wrong(text)] == [1, 1, 1, 2, 3, 4]
    told = [message for _, message in wrong(text)]
    assert "goal is missing." in told
    assert "expect.turns: input should be greater than or equal to 1." in told
    assert any("caller is either the list of what the caller says" in one for one in told)


def test_a_broken_regular_expression_has_its_line() -> None:
    ((line, told),) = wrong(HEAD + "[expect]\ncalled = []\nagent_says = ['/(/']")
    assert line == 6
    assert told.startswith("expect.agent_says: /(/ is no regular expression")


def test_more_lines_than_turns_are_refused() -> None:
    assert wrong('goal = "g"\npersona = "p"\ncaller = ["a", "b"]\nmax_turns = 1') == [
        (1, "the file: caller has 2 lines and max_turns is 1.")
    ]


@pytest.mark.parametrize("expect", ["expect = 3", "expect = []"])
def test_expect_is_a_table(expect: str) -> None:
    ((line, told),) = wrong(HEAD + expect)
    assert line == 4
    assert told.startswith("expect: ")


def test_an_inline_table_has_the_line_it_stands_on() -> None:
    assert wrong(HEAD + 'tools = { allow = "x" }')[0][0] == 4
    assert read("", RehearseCall).wrong[0] == Wrong(1, "goal is missing.")
