"""What a file expects of a call is judged by code, and a failure says what was there instead."""

from typing import Any

import pytest
from pydantic import ValidationError

from hub.core.rehearsal_expected import Expected, Finding, judge

TURNS = [
    {"n": 1, "role": "agent", "text": "Hello, this is\nthe shop."},
    {"n": 2, "role": "caller", "text": "Which tables are there, the secret ones?"},
    {"n": 3, "role": "agent", "text": "There are 4 tables: customers and orders."},
]
TOOLS = ["supabase__list_tables", "ask_desktop"]


def found(
    turns: Any = TURNS, tools: Any = TOOLS, ended: str | None = "caller_left", **expected: Any
) -> Finding:
    (finding,) = judge(Expected(**expected), turns, tools, ended)
    return finding


def test_nothing_expected_is_nothing_found() -> None:
    assert judge(Expected(), TURNS, TOOLS, None) == []


@pytest.mark.parametrize(
    "name", ["supabase__list_tables", "list_tables", "supabase__*", "list_*", "ask_desktop"]
)
def test_a_tool_is_known_by_either_name_and_by_globs(name: str) -> None:
    assert found(called=[name]) == Finding(f"{name} is called", met=True)
    assert not found(not_called=[name]).met


def test_a_tool_that_was_not_called_says_which_were() -> None:
    missed = found(called=["execute_sql"])
    assert not missed.met
    assert missed.instead == "called: supabase__list_tables, ask_desktop"
    assert found(tools=[], called=["execute_sql"]).instead == "no tool was called"
    assert found(not_called=["execute_sql"]) == Finding("execute_sql is not called", met=True)
    assert found(not_called=["*_tables"]).instead == "called: supabase__list_tables"


def test_words_are_found_whatever_their_case_and_their_line_breaks() -> None:
    assert found(agent_says=["THIS IS THE SHOP"]) == Finding(
        "the agent says “THIS IS THE SHOP”", met=True, quote="this is the shop", turn=1
    )
    assert found(agent_says=[r"/\b\d+ tables\b/"]).quote == "4 tables"
    assert not found(agent_says=[r"\d+ tables"]).met


def test_only_the_agents_words_count_as_its_words() -> None:
    assert not found(agent_says=["secret"]).met
    assert found(agent_never_says=["secret"]).met


def test_words_that_were_not_said_say_what_was() -> None:
    missed = found(agent_says=["goodbye"])
    assert missed.instead == "it said last: “There are 4 tables: customers and orders.”"
    assert found(turns=TURNS[1:2], agent_says=["goodbye"]).instead == "it said nothing"


def test_words_that_should_not_have_been_said_say_where_they_were() -> None:
    said = found(agent_never_says=["/orders?/"])
    assert (said.met, said.turn) == (False, 3)
    assert said.instead == "it said: “There are 4 tables: customers and orders.”"


def test_the_callers_turns_are_counted() -> None:
    assert judge(Expected(turns=1), TURNS, TOOLS, None)[0].met
    (long,) = judge(Expected(turns=1), TURNS * 2, TOOLS, None)
    assert (long.met, long.instead) == (False, "they spoke 2 times")


def test_how_the_call_ends_may_be_expected() -> None:
    assert judge(Expected(ended="agent_ended"), TURNS, [], "agent_ended")[0].met
    (other,) = judge(Expected(ended="agent_ended"), TURNS, [], "caller_left")
    assert (other.met, other.instead) == (False, "it ended with caller_left")


def test_the_findings_stand_in_the_order_of_the_table() -> None:
    expected = Expected(called=["a"], not_called=["b"], agent_says=["c"], agent_never_says=["d"], turns=3)
    assert [one.text.split()[-1] for one in judge(expected, TURNS, [], None)] == [
        "called",
        "called",
        "“c”",
        "“d”",
        "most",
    ]


def test_a_broken_regular_expression_is_refused_with_its_reason() -> None:
    with pytest.raises(ValidationError, match=r"/\(/ is no regular expression \(missing \)"):
        Expected(agent_says=["/(/"])
