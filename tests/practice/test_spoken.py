"""Sentences about results: every fact out of the result, nothing raw."""

from collections.abc import Mapping

import pytest

from hub.practice import spoken
from hub.practice.phrases import Phrases, Reply
from hub.practice.results import Result, read


def rows(*found: Mapping[str, object], total: int | None = None) -> Result:
    return Result("rows", rows=found, total=len(found) if total is None else total)


REPLY = Reply(
    none="Nobody {when}.",
    one="One customer: {name}, with {spent:money}.",
    many="I found {count} customers. {listing}.",
    row="{name} with {spent:money}",
    done="{table} is there.",
)
ADA, BEN, EVE = (
    {"name": name, "spent": spent} for name, spent in (("Ada", "312.50"), ("Ben", "1.00"), ("Eve", 7))
)


def test_none_one_few_and_many_rows_are_told_differently() -> None:
    fields = {"when": "today"}
    assert spoken.tell(rows(), REPLY, fields) == "Nobody today."
    assert spoken.tell(rows(ADA), REPLY, fields) == "One customer: Ada, with 312.50 dollars."
    assert (
        spoken.tell(rows(ADA, BEN), REPLY, fields)
        == "I found 2 customers. They are Ada with 312.50 dollars and Ben with 1 dollar."
    )
    assert spoken.tell(rows(ADA, BEN, EVE, ADA, total=200), REPLY, fields) == (
        "I found 200 customers. "
        "The first three are Ada with 312.50 dollars, Ben with 1 dollar and Eve with 7 dollars."
    )


def test_a_listing_after_words_says_how_many_more() -> None:
    reply = Reply(many="Our tables are {listing}.", row="{name:name}")
    found = [{"name": f"public.table_{n}"} for n in range(5)]
    assert spoken.tell(rows(*found), reply, {}) == "Our tables are table 0, table 1 and table 2, and 2 more."


def test_a_result_without_what_the_template_names_is_told_in_general() -> None:
    assert spoken.tell(rows({"sum_total": "12.00"}), REPLY, {}) == "Sum total 12."
    assert spoken.tell(rows({"a": 1}, {"a": 2}), Reply(), {}) == "There are 2 rows. The first one: a 1."
    assert spoken.tell(rows(total=5), Reply(), {}) == "There are 5 rows."
    assert spoken.tell(rows(), Reply(), {}) == "I found nothing."


def test_that_it_worked_and_plain_words() -> None:
    assert spoken.tell(Result("done"), REPLY, {"table": "products"}) == "Products is there."
    assert spoken.tell(Result("done"), Reply(), {}) == "That is done."
    assert spoken.tell(Result("prose", text="it is on your screen"), REPLY, {}) == "It is on your screen."


@pytest.mark.parametrize(
    ("template", "value", "words"),
    [
        ("{x:order}", 1, "1 order"),
        ("{x:order}", "12", "12 orders"),
        ("{x:order}", 0, "No orders"),
        ("{x:reply/replies}", 2, "2 replies"),
        ("{x:money}", "45.00", "45 dollars"),
        ("{x:date}", "2026-11-03 14:05:09.12+00", "3 November at 14:05"),
        ("{x}", "2026-11-03", "3 November"),
        ("{x}", "2026-99-03", "2026-99-03"),
        ("{x}", None, "Nothing"),
        ("{x}", True, "Yes"),
        ("{x}", "12.00", "12"),
        ("{x:name}", "public.order_items", "Order items"),
    ],
)
def test_values_are_worded_for_the_ear(template: str, value: object, words: str) -> None:
    assert spoken.tell(rows({"x": value}), Reply(one=template), {}) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("25006: cannot execute SELECT in a read-only transaction", "may only read the data"),
        ("Cannot apply migration in read-only mode.", "may only read the data"),
        ('ERROR:  42P01: relation "prod_ucts" does not exist\nLINE 1: select', "no table called prod ucts."),
        ('ERROR:  42P07: relation "products" already exists', "a table called products already"),
        ('ERROR:  0A000: extension "postgis" is not available', "postgis extension is not available"),
        ("ERROR:  57014: canceling statement due to statement timeout", "too long"),
        ("The server supabase is unavailable", "cannot be reached"),
        ("Unauthorized. Please provide a valid access token", "did not accept our key"),
        ("execute_sql failed: the moon is full", "That did not work: the moon is full."),
        ("", "gave no reason"),
        ('[{"code": "invalid_type"}]', "gave no reason"),
    ],
)
def test_errors_are_explained_in_words(text: str, words: str) -> None:
    told = spoken.explain(text)
    assert words in told
    assert not any(sign in told for sign in ("{", "ERROR", "LINE", "42P0", "25006", "SELECT"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "That would change data: cannot execute SELECT in a read-only transaction.",
            "That was refused, because this call may only read the data.",
        ),
        ('There is no such table: relation "invoices" does not exist.', "There is no table called invoices."),
    ],
)
def test_an_error_that_comes_as_a_sentence_is_still_explained(text: str, words: str) -> None:
    assert spoken.tell(read(text), Reply(), {}) == words


def test_arguments_take_what_was_said_and_keep_other_braces() -> None:
    assert spoken.fill("where city = '{city.value}' and x = '{}' {y}", {"city.value": "Oslo"}) == (
        "where city = 'Oslo' and x = '{}' {y}"
    )


def test_the_three_sentences_of_the_first_call(phrases: Phrases) -> None:
    replies = {phrase.id: phrase.reply for phrase in phrases.phrases}
    tables = read('{"tables":[{"name":"public.customers","rows":200},{"name":"public.orders","rows":600}]}')
    assert spoken.tell(tables, replies["tables"], {}) == "We have 2 tables: customers and orders."
    orders = read('[{"orders": 21}]')
    assert (
        spoken.tell(orders, replies["orders_came_in"], {"when": "this week"})
        == "21 orders came in this week."
    )
    customers = read('[{"name":"Ada Smith","total_spent":"312.97"}]')
    fields = {"span": "month", "number": "100"}
    assert spoken.tell(customers, replies["customers_spent"], fields) == (
        "I found one customer who signed up in the last month and spent over 100 dollars: "
        "Ada Smith, with 312.97 dollars."
    )
