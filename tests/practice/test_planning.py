"""What the practice model does with a conversation."""

import json
from typing import Any

import pytest

from hub.practice.phrases import Phrases
from hub.practice.planning import Plan, ToolRequest, plan

TOOLS = ("supabase__execute_sql", "supabase__list_tables", "notes__search", "end_call")
SYSTEM = {"role": "system", "content": "You are a friendly assistant for databases."}
GREETING_OVER = {"role": "assistant", "content": "Hello."}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def offered(*names: str) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": name, "parameters": {}}} for name in names]


def step(phrases: Phrases, *messages: dict[str, Any], tools: tuple[str, ...] = TOOLS, **more: Any) -> Plan:
    return plan(
        {"model": "gpt-4o", "messages": [SYSTEM, *messages], "tools": offered(*tools), **more}, phrases
    )


def asked(phrases: Phrases, text: str, call_id: str = "c1") -> list[dict[str, Any]]:
    """The caller's words and the tool call that they lead to."""
    calls = step(phrases, user(text)).calls
    functions = [{"name": call.name, "arguments": call.arguments} for call in calls]
    wanted = [{"id": call_id, "type": "function", "function": function} for function in functions]
    return [user(text), {"role": "assistant", "tool_calls": wanted}]


def came(content: str, call_id: str = "c1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def test_a_phrase_becomes_a_call_of_the_offered_tool(phrases: Phrases) -> None:
    assert step(phrases, user("Which tables do we have?")) == Plan(
        "", (ToolRequest("supabase__list_tables", '{"schemas": ["public"]}'),)
    )


def test_slots_become_part_of_the_arguments(phrases: Phrases) -> None:
    (call,) = step(
        phrases, user("show me all customers who signed up in the last month and spent over $250")
    ).calls
    query = json.loads(call.arguments)["query"]
    assert "interval '1 month'" in query
    assert "total_spent > 250" in query


@pytest.mark.parametrize(
    "content", ["which tables do we have", [{"type": "text", "text": "which tables do we have"}]]
)
def test_words_may_come_as_text_or_as_parts(content: object, phrases: Phrases) -> None:
    assert step(phrases, {"role": "user", "content": content}).calls


def test_a_sentence_in_two_turns_is_put_together(phrases: Phrases) -> None:
    first, second = (
        "show me all customers who signed up in the last month",
        "and spent over one hundred dollars",
    )
    assert step(phrases, user(first), user(second)).calls
    assert not step(phrases, user(first)).calls


def test_a_result_is_told_with_what_was_asked(phrases: Phrases) -> None:
    told = step(phrases, *asked(phrases, "how many orders came in this week"), came('[{"orders": 17}]'))
    assert told == Plan("17 orders came in this week.")


def test_another_result_is_another_answer(phrases: Phrases) -> None:
    told = step(phrases, *asked(phrases, "how many orders came in this week"), came('[{"orders": 18}]'))
    assert told.text.startswith("18 orders")


def test_an_error_is_explained(phrases: Phrases) -> None:
    failed = came("execute_sql failed: Failed to run sql query: ERROR:  57014: canceling statement")
    assert "too long" in step(phrases, *asked(phrases, "run the slow report"), failed).text


def test_several_results_are_told_one_after_the_other(phrases: Phrases) -> None:
    first, second = (
        asked(phrases, "how many orders came in today", "a"),
        asked(phrases, "how many orders came in yesterday", "b"),
    )
    both = {"role": "assistant", "tool_calls": [*first[1]["tool_calls"], *second[1]["tool_calls"]]}
    told = step(
        phrases, first[0], second[0], both, came('[{"orders": 1}]', "a"), came('[{"orders": 2}]', "b")
    )
    assert told.text == "1 order came in today. 2 orders came in yesterday."


def test_a_call_that_no_phrase_asked_for_is_told_in_general(phrases: Phrases) -> None:
    call = {
        "role": "assistant",
        "tool_calls": [{"id": "x", "function": {"name": "other", "arguments": "not json"}}],
    }
    assert step(phrases, user("hm"), call, came('[{"pages": 3}]', "x")).text == "Pages 3."
    assert step(phrases, user("hm"), came('[{"pages": 3}]', "lost")).text == "Pages 3."


# ---- a tool that takes long: LiveKit gives its first update as the result, and the real one later

RUNNING = (
    "The tool `supabase__execute_sql` has updated, message: taking a while\n"
    "The task is still running, so DON'T make up or give information not included in the message above."
)
NEW = "New results arrived from background tool calls (call_ids: ['c1_final']).\nSummarize the results."
MAYBE = NEW + "\nYou may have already mentioned them in your most recent replies."


def later(messages: list[dict[str, Any]], content: str) -> list[dict[str, Any]]:
    again = {**messages[1]["tool_calls"][0], "id": "c1_final"}
    return [{"role": "assistant", "tool_calls": [again]}, came(content, "c1_final")]


def test_a_tool_that_still_runs_is_announced_without_inventing(phrases: Phrases) -> None:
    told = step(phrases, *asked(phrases, "run the slow report"), came(RUNNING), tool_choice="none")
    assert told.text == phrases.answers.running


def test_the_late_result_is_told_when_it_comes(phrases: Phrases) -> None:
    before = asked(phrases, "run the slow report")
    done = later(before, '[{"orders": 600, "average": "33.10", "largest": "131.99"}]')
    system = {"role": "system", "content": NEW}
    told = step(phrases, *before, came(RUNNING), {"role": "assistant", "content": "On it."}, *done, system)
    assert (
        told.text
        == "The report covers 600 orders. The average is 33.10 dollars, and the largest is 131.99 dollars."
    )


def test_the_late_result_is_not_told_twice(phrases: Phrases) -> None:
    before = asked(phrases, "how many orders came in today")
    done = later(before, '[{"orders": 5}]')
    system = {"role": "system", "content": MAYBE}
    said = {"role": "assistant", "content": "5 orders came in today."}
    assert step(phrases, *before, came(RUNNING), *done, said, system) == Plan()


def test_the_late_result_is_told_after_another_question(phrases: Phrases) -> None:
    before = asked(phrases, "how many orders came in today")
    done = later(before, '[{"orders": 5}]')
    between = [user("thank you very much"), {"role": "assistant", "content": "You are welcome."}]
    told = step(phrases, *before, came(RUNNING), *between, *done, {"role": "system", "content": MAYBE})
    assert told.text == "5 orders came in today."


def test_while_a_tool_runs_the_caller_may_ask_something_else(phrases: Phrases) -> None:
    before = asked(phrases, "run the slow report")
    assert step(phrases, *before, came(RUNNING), user("which tables do we have")).calls


# ---- what cannot be done


def test_a_change_in_a_call_that_may_only_read_is_refused_in_words(phrases: Phrases) -> None:
    assert step(phrases, user("enable the vector extension")) == Plan(phrases.answers.read_only)


def test_a_tool_that_is_not_offered_is_said(phrases: Phrases) -> None:
    assert step(phrases, user("which tables do we have"), tools=("end_call",)) == Plan(
        phrases.answers.no_tool
    )
    assert step(phrases, user("which tables do we have"), tool_choice="none") == Plan(phrases.answers.no_tool)
    assert step(phrases, user("which tables do we have"), tools=()) == Plan(phrases.answers.no_tool)


@pytest.mark.parametrize("text", ["[not understood]", "play some music", ""])
def test_what_is_no_phrase_is_answered_with_what_can_be_said(text: str, phrases: Phrases) -> None:
    told = step(phrases, GREETING_OVER, user(text))
    examples = [phrase.example for phrase in phrases.phrases if phrase.example in told.text]
    assert told.text.startswith("I did not understand that.")
    assert len(examples) == 2
    assert not told.calls


def test_other_examples_are_named_the_next_time(phrases: Phrases) -> None:
    first = step(phrases, user("[not understood]")).text
    more = [user("[not understood]"), {"role": "assistant", "content": first}, user("[not understood]")]
    assert step(phrases, *more).text != first


# ---- beginning and end


def test_without_words_of_the_caller_it_greets(phrases: Phrases) -> None:
    told = step(phrases, {"role": "system", "content": "Greet the caller and offer help with the data."})
    assert told.text.startswith("Hello")
    assert not told.calls
    assert step(phrases).text == told.text


def test_goodbye_ends_the_call_where_that_is_offered(phrases: Phrases) -> None:
    assert step(phrases, user("That is all, goodbye.")) == Plan("Goodbye.", (ToolRequest("end_call", "{}"),))
    assert step(phrases, user("goodbye"), tools=()).text == "Goodbye. You can hang up now."
    assert step(phrases, *asked(phrases, "goodbye"), came("The call ends.")) == Plan()


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("Say: the line may be bad.", "the line may be bad."),
        ('Tell the caller exactly "We close at six."', "We close at six."),
        ("Tell them we close at six.", "we close at six."),
        ("Say: goodbye", "goodbye"),
        ("Instruction from the desktop that follows this call, to be carried out now: say thanks", "thanks"),
    ],
)
def test_an_instruction_to_say_something_is_followed(instruction: str, said: str, phrases: Phrases) -> None:
    told = step(phrases, user("hello"), GREETING_OVER, {"role": "system", "content": instruction})
    assert told.text == said


def test_an_instruction_that_is_a_phrase_is_done(phrases: Phrases) -> None:
    told = step(
        phrases, user("hello"), GREETING_OVER, {"role": "system", "content": "Which tables do we have?"}
    )
    assert told.calls


def test_an_instruction_before_the_first_words_is_no_greeting(phrases: Phrases) -> None:
    note = {
        "role": "system",
        "content": "Instruction from the desktop that follows this call, now: Be formal.",
    }
    assert step(phrases, note).text == phrases.answers.instructed


def test_another_instruction_is_refused_honestly(phrases: Phrases) -> None:
    told = step(phrases, user("hello"), GREETING_OVER, {"role": "system", "content": "Be more formal."})
    assert told.text == phrases.answers.instructed


@pytest.mark.parametrize(
    "request_", [{}, {"messages": []}, {"messages": ["x", None]}, {"messages": [{"role": "user"}]}]
)
def test_odd_requests_get_an_answer(request_: dict[str, Any], phrases: Phrases) -> None:
    assert plan(request_, phrases).text
