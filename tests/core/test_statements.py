"""What each kind of SQL is said to do, that nothing in it is left out, and that in doubt it destroys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.statements import LONGEST, Act, Deed, deeds

TABLE: list[tuple[str, list[tuple[Act, tuple[str, ...]]]]] = [
    ("select count(*) from customers c join orders o on c.id = o.id", [(Act.READ, ("customers", "orders"))]),
    ("with x as (select 1) select * from x", [(Act.READ, ())]),
    ("select 1 union select 2", [(Act.READ, ())]),
    ("explain select 1", [(Act.READ, ())]),
    ("show tables", [(Act.READ, ())]),
    ("begin; select 1; commit", [(Act.READ, ())]),
    ("select 1; -- done", [(Act.READ, ())]),
    ("create table products (id int, name text)", [(Act.CREATE, ("products",))]),
    ("create table b as select * from a", [(Act.CREATE, ("b",))]),
    ("select * into b from a", [(Act.CREATE, ("b",))]),
    ("create schema s", [(Act.CREATE, ("s",))]),
    ("create index i on a(b)", [(Act.INDEX, ("a",))]),
    ("create or replace view v as select 1", [(Act.REPLACE, ("v",))]),
    ("create extension if not exists postgis", [(Act.ENABLE, ("postgis",))]),
    ('create extension "pg_trgm" with schema extensions cascade', [(Act.ENABLE, ("pg_trgm",))]),
    ("create extension x from unpackaged", [(Act.OTHER, ())]),
    ("alter table a add column b int", [(Act.ADD_COLUMNS, ("a",))]),
    (
        "alter table a add column b int, drop column c",
        [(Act.ADD_COLUMNS, ("a",)), (Act.DROP_COLUMNS, ("a",))],
    ),
    ("alter table a rename to b", [(Act.ALTER, ("a",))]),
    ("insert into a values (1)", [(Act.INSERT, ("a",))]),
    ("insert into a values (1) on conflict do nothing", [(Act.INSERT, ("a",))]),
    ("insert into a(x) values (1) on conflict (x) do update set x = 2", [(Act.UPSERT, ("a",))]),
    ("update auth.users set b = 1 where c = 2", [(Act.UPDATE, ("auth.users",))]),
    ("update public.a set b = 1", [(Act.UPDATE_ALL, ("a",))]),
    ("delete from a where x = 1", [(Act.DELETE, ("a",))]),
    ("delete from a", [(Act.DELETE_ALL, ("a",))]),
    ("truncate a, b", [(Act.DELETE_ALL, ("a", "b"))]),
    ("merge into a using b on a.id = b.id when matched then delete", [(Act.MERGE, ("a",))]),
    ("drop table a, b", [(Act.DROP, ("a", "b"))]),
    ("select pg_terminate_backend(1)", [(Act.READ, ()), (Act.CALL, ("pg_terminate_backend",))]),
    ("select nextval('a')", [(Act.READ, ()), (Act.CALL, ("nextval",))]),
    ("with d as (delete from a returning 1) select * from d", [(Act.READ, ("a",)), (Act.DELETE_ALL, ("a",))]),
    (
        "with d as (delete from a returning 1) insert into b select * from d",
        [(Act.INSERT, ("b",)), (Act.DELETE_ALL, ("a",))],
    ),
    ("select 1; drop table x", [(Act.READ, ()), (Act.DROP, ("x",))]),
    ("create extension x; drop table y", [(Act.ENABLE, ("x",)), (Act.DROP, ("y",))]),
    ("commit; delete from x", [(Act.DELETE_ALL, ("x",))]),
    ("explain analyze delete from a", [(Act.OTHER, ())]),
    ("do $$ begin end $$", [(Act.OTHER, ())]),
    ("grant all on a to b", [(Act.OTHER, ())]),
    ("create function f() returns int language sql as 'select 1'", [(Act.OTHER, ())]),
    ("drop extension postgis", [(Act.OTHER, ())]),
    ("nonsense here", [(Act.UNREADABLE, ())]),
    ("select from where (", [(Act.UNREADABLE, ())]),
    ("", [(Act.UNREADABLE, ())]),
    (";;", [(Act.UNREADABLE, ())]),
    ("commit", [(Act.UNREADABLE, ())]),
    ("x" * (LONGEST + 1), [(Act.UNREADABLE, ())]),
]


@pytest.mark.parametrize(("sql", "wanted"), TABLE, ids=[sql[:40] for sql, _ in TABLE])
def test_sql_is_told_statement_by_statement(sql: str, wanted: list[tuple[Act, tuple[str, ...]]]) -> None:
    assert [(deed.act, deed.names) for deed in deeds(sql)] == wanted


@pytest.mark.parametrize(
    "sql",
    [
        "delete from a where x = 1",
        "truncate a",
        "update a set b = 1 where c = 2",
        "drop index i",
        "create or replace view v as select 1",
        "alter table a rename to b",
        "grant all on a to b",
        "copy a from program 'x'",
        "rollback",
        "set role x",
        "create trigger t before insert on a execute function f()",
        "select my_function(1)",
        "select lo_create(1)",
        "nonsense here",
    ],
)
def test_what_is_not_known_to_be_harmless_destroys(sql: str) -> None:
    assert not all(deed.harmless for deed in deeds(sql))


def test_a_semicolon_that_the_parser_takes_for_text_counts_as_something_that_it_cannot_read() -> None:
    assert Deed(act=Act.UNREADABLE) in deeds("insert into a values ('x; drop table b')")
    assert Deed(act=Act.UNREADABLE) in deeds("select 1 /*! into outfile '/x' */")


def test_columns_and_dependents_are_told() -> None:
    (created,) = deeds("create table p (id int, name text, primary key (id))")
    assert created.columns == ("id", "name")
    (gone,) = deeds("drop table p cascade")
    assert gone.cascade
    (emptied,) = deeds("truncate p cascade")
    assert emptied.cascade
    (narrowed,) = deeds("alter table p drop column name")
    assert narrowed.columns == ("name",)


@given(st.text(alphabet="selctdropabin()*;'\"-/$ \\\n,.1=", max_size=60))
def test_any_text_is_told_as_something(sql: str) -> None:
    assert deeds(sql)


READS = st.sampled_from(["select 1", "select * from a", "show tables", "create table t (a int)"])
DESTROYS = st.sampled_from(
    ["drop table a", "delete from a", "truncate a", "do $$ begin end $$", "grant x to y"]
)


@given(st.lists(READS, max_size=3), DESTROYS, st.lists(READS, max_size=3))
def test_what_destroys_cannot_be_hidden_among_statements_that_do_not(
    before: list[str], destroying: str, after: list[str]
) -> None:
    assert not all(deed.harmless for deed in deeds("; ".join([*before, destroying, *after])))
