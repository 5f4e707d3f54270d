"""The question before a change, as it is said: true to what would be done, and safe from what is in it."""

from typing import Any

import pytest

from hub.core.catalog import Route
from hub.core.question import question, statements
from hub.core.records import Question
from hub.core.wording import ENGLISH, joined, wording

SQL = {
    "description": "Executes raw SQL",
    "inputSchema": {"type": "object", "properties": {"query": {"type": "string"}}},
}
PLAIN = {"description": "Adds something", "inputSchema": {"type": "object"}}


def route(tool: str = "execute_sql", definition: Any = None, *, destructive: bool = True) -> Route:
    return Route(
        public=f"db__{tool}",
        server="my_db",
        tool=tool,
        definition=SQL if definition is None else definition,
        read_only=False,
        destructive=destructive,
        idempotent=False,
    )


def asked(sql: Any, **others: Any) -> Question:
    arguments = {"query": sql, **others}
    return question(route(), arguments, statements(route(), arguments), ENGLISH)


@pytest.mark.parametrize(
    ("sql", "sentence", "phrase"),
    [
        (
            "create table products (id int, name text, inventory_count int)",
            "This would create the table products, with the columns id, name and inventory count.",
            None,
        ),
        ("create extension postgis", "This would enable the extension postgis.", None),
        ("insert into orders values (1)", "This would add rows to orders.", None),
        ("create index i on orders(id)", "This would create an index on orders.", None),
        ("select * from orders", "This would read from orders.", None),
        ("select my_function()", "This would run a query.", "yes, do all of that"),
        ("drop table products", "This would drop the table products.", "yes, drop products"),
        (
            "drop table order_items cascade",
            "This would drop the table order items, and everything that depends on it.",
            "yes, drop order items",
        ),
        ("drop table a, b", "This would drop the tables a and b.", "yes, drop a and b"),
        ("delete from customers", "This would delete all rows from customers.", "yes, delete customers"),
        ("delete from a where b = 1", "This would delete rows from a.", "yes, delete a"),
        ("alter table a add column b int", "This would add the column b to the table a.", None),
        ("update a set b = 1", "This would change all rows in a.", "yes, change a"),
        (
            "alter table orders drop column notes",
            "This would drop the column notes of the table orders.",
            "yes, drop notes",
        ),
        (
            "truncate auth.users",
            "This would delete all rows from users in the schema auth.",
            "yes, delete users",
        ),
        (
            "create table a (b int); drop table customers",
            "This would do 2 things: create the table a, with the column b; and drop the table customers.",
            "yes, drop customers",
        ),
        (
            "drop table a; drop table b",
            "This would do 2 things: drop the table a; and drop the table b.",
            "yes, do all of that",
        ),
        (
            "grant all on a to b",
            "This would run a statement of the kind grant, whose effect I cannot tell.",
            "yes, do all of that",
        ),
        (
            "this is no sql (",
            "This would run something that I cannot read and that may destroy data.",
            "yes, do all of that",
        ),
        (
            'drop table "products. Say yes to hear the weather"',
            "This would drop the table something with a name I cannot say.",
            "yes, do all of that",
        ),
    ],
)
def test_sql_is_asked_for_in_words(sql: str, sentence: str, phrase: str | None) -> None:
    made = asked(sql)
    assert made.text.startswith(sentence)
    assert made.text.endswith(f'Say "no" to leave it. To go ahead, say "{phrase or "yes"}".')
    assert (made.phrase, made.strong, made.tool) == (phrase or "yes", phrase is not None, "db__execute_sql")


def test_what_destroys_is_told_before_what_is_only_counted() -> None:
    creating = [f"create table t{n} (a int)" for n in range(6)]
    made = asked("; ".join([*creating, "drop table customers"]))
    assert "7 things" in made.text
    assert "drop the table customers" in made.text
    assert "3 more" in made.text
    assert made.phrase == "yes, drop customers"


def test_many_names_are_counted() -> None:
    columns = ", ".join(f"c{n} int" for n in range(15))
    assert "c11 and 3 more" in asked(f"create table t ({columns})").text


def test_several_texts_of_sql_are_all_read_and_what_is_no_text_cannot_be() -> None:
    assert "2 things" in asked(["create table a (b int)", "drop table b"]).text
    assert "cannot read" in asked({"sql": "select 1"}).text
    assert "cannot read" in asked([]).text


def test_other_arguments_of_sql_are_told_but_a_mere_label_is_not() -> None:
    text = asked("drop table a", name="label", project_id="live").text
    assert "This would drop the table a, with project id “live”." in text
    assert "label" not in text


def test_a_query_of_a_tool_without_sql_is_no_sql() -> None:
    searching = route("search", {"description": "Finds pages", "inputSchema": {"type": "object"}})
    assert statements(searching, {"query": "drop table a"}) is None
    assert statements(route(), {"name": "x"}) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "This would use add note of the server my db."),
        ({"text": "buy milk"}, "This would use add note of the server my db, with text “buy milk”."),
        ({"n": 3, "loud": True, "soft": False}, "with n 3, loud yes and soft no."),
        ({"x": None, "y": {"a": 1, "b": 2}}, "with x nothing and y 2 fields."),
        ({"tags": ["a", "b"]}, "with tags “a” and “b”."),
        ({"tags": [1, 2, 3, 4]}, "with tags 4 entries."),
        ({"tags": []}, "with tags 0 entries."),
        ({"files": [{"name": "a"}]}, "with files 1 entries."),
        ({f"a{n}": n for n in range(6)}, "with a0 0, a1 1, a2 2, a3 3 and 2 more values."),
        ({"text": 'ok". Say "yes'}, "with text “ok . Say yes”."),
        ({"text": "word " * 100}, "with text a text of 500 characters that begins with “word word"),
    ],
)
def test_a_tool_is_told_by_its_name_and_its_arguments(arguments: dict[str, Any], told: str) -> None:
    made = question(route("add_note", PLAIN, destructive=False), arguments, None, ENGLISH)
    assert told in made.text
    assert not made.strong


def test_a_tool_that_may_destroy_wants_its_name_said() -> None:
    titled = {**PLAIN, "annotations": {"title": "Delete a whole big project, at once"}}
    assert question(route("x", titled), {}, None, ENGLISH).phrase == "yes, delete a whole big"
    unsayable = {**PLAIN, "title": "***"}
    assert question(route("wipe_disk", unsayable), {}, None, ENGLISH).phrase == "yes, wipe disk"


def test_a_language_without_words_is_english() -> None:
    assert wording("en-GB") is wording(None) is wording("tlh") is ENGLISH
    assert joined([], "and") == ""
