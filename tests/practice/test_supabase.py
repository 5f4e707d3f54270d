"""The Management API as the real MCP server of Supabase uses it, and directly."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult

from hub.practice.database import Database
from hub.practice.postgres import Postgres
from hub.practice.postgres_places import find_binaries, find_place
from hub.practice.supabase import Supabase
from tests.practice.conftest import Running

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
WAIT = 40
WRAPPED = re.compile(r"<untrusted-data-([0-9a-f-]+)>\n(.*)\n</untrusted-data-\1>", re.DOTALL)


@asynccontextmanager
async def server(practice: Running, node: Path, package: Path, *more: str) -> AsyncIterator[Client]:
    supabase = practice.told["supabase"]
    arguments = [
        "--api-url",
        supabase["url"],
        "--project-ref",
        supabase["ref"],
        "--features",
        "database",
        *more,
    ]
    parameters = StdioServerParameters(
        command=str(node),
        args=[str(package / "dist" / "cli.js"), *arguments],
        env={"SUPABASE_ACCESS_TOKEN": supabase["token"]},
    )
    with anyio.fail_after(WAIT):
        async with Client(parameters) as client:
            yield client


def text(result: CallToolResult) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)


def rows(result: CallToolResult) -> Any:
    assert not result.is_error, text(result)
    found = WRAPPED.search(json.loads(text(result))["result"])
    assert found is not None
    return json.loads(found[2])


def reason(result: CallToolResult) -> str:
    assert result.is_error
    return str(json.loads(text(result))["error"]["message"])


@pytest.mark.node
async def test_the_real_server_reads_the_shop(practice: Running, node: Path, supabase_package: Path) -> None:
    async with server(practice, node, supabase_package, "--read-only") as client:
        tables = json.loads(
            text(await client.call_tool("list_tables", {"schemas": ["public"], "verbose": True}))
        )["tables"]
        known = {table["name"]: table for table in tables}
        assert known["public.customers"]["rows"] == 200
        assert [column["name"] for column in known["public.orders"]["columns"]][:3] == [
            "id",
            "customer_id",
            "total",
        ]
        counted = await client.call_tool("execute_sql", {"query": "select count(*) as n from orders"})
        assert rows(counted) == [{"n": 600}]  # also behind row level security
        extensions = json.loads(text(await client.call_tool("list_extensions", {})))
        assert "vector" in json.dumps(extensions)


@pytest.mark.node
async def test_the_real_server_changes_the_shop_and_notes_it(
    practice: Running, node: Path, supabase_package: Path
) -> None:
    create = "create table api_test (id bigint generated always as identity primary key, name text not null)"
    async with server(practice, node, supabase_package) as client:
        made = await client.call_tool("apply_migration", {"name": "make_api_test", "query": create})
        assert not made.is_error, text(made)
        await client.call_tool("execute_sql", {"query": "insert into api_test (name) values ('x')"})
        assert rows(await client.call_tool("execute_sql", {"query": "select name from api_test"})) == [
            {"name": "x"}
        ]
        assert "make_api_test" in text(await client.call_tool("list_migrations", {}))
        enabled = await client.call_tool(
            "apply_migration", {"name": "enable", "query": "create extension if not exists vector"}
        )
        assert not enabled.is_error, text(enabled)
        missing = await client.call_tool(
            "apply_migration", {"name": "x", "query": "create extension no_such_thing"}
        )
        assert "no_such_thing" in reason(missing)
        await client.call_tool("execute_sql", {"query": "drop table api_test"})


ATTACKS = [
    "insert into customers(name, email, signed_up_at) values ('x', 'x', now())",
    "delete from customers",
    "drop table customers",
    "truncate orders",
    "create table t(a int)",
    "with d as (delete from customers returning *) select count(*) from d",
    "do $$ begin delete from customers; end $$",
    "do $$ begin execute 'cre' || 'ate table evil(a int)'; end $$",
    "explain analyze delete from customers",
    "commit; delete from customers",
    "set transaction read write; delete from customers",
    "set default_transaction_read_only = off; begin; delete from customers; commit",
    "reset role; delete from customers",
    "set session authorization postgres; delete from customers",
    "set role postgres",
    "set role shop_owner; delete from customers",
    "set transaction read write; create table public.zz(a int)",
    "select nextval('customers_id_seq')",
    "select pg_reload_conf()",
    "copy customers to program 'true'",
    "select pg_read_file('PG_VERSION')",
    "alter system set work_mem = '1GB'",
    "alter role supabase_read_only_user superuser",
    "create extension vector",
]


@pytest.mark.node
async def test_the_read_only_server_changes_nothing_whatever_is_tried(
    practice: Running, node: Path, supabase_package: Path
) -> None:
    async with server(practice, node, supabase_package, "--read-only") as client:
        for attack in ATTACKS:
            told = reason(await client.call_tool("execute_sql", {"query": attack}))
            assert re.search(r"\b(25006|42501)\b", told), (attack, told)
        left = """select to_regclass('evil') e,
            (select count(*) from customers) c, (select count(*) from orders) o"""
        assert rows(await client.call_tool("execute_sql", {"query": left})) == [
            {"c": 200, "o": 600, "e": None}
        ]


@pytest.mark.node
async def test_many_questions_at_once_get_their_own_answers(
    practice: Running, node: Path, supabase_package: Path
) -> None:
    found: dict[int, Any] = {}

    async def one(client: Client, number: int) -> None:
        query = f"select {number} as n, pg_sleep(0.1)::text as s"
        found[number] = rows(await client.call_tool("execute_sql", {"query": query}))[0]["n"]

    async with (
        server(practice, node, supabase_package, "--read-only") as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(20):
            tasks.start_soon(one, client, number)
    assert found == {number: number for number in range(20)}


# ---- directly


async def asked(practice: Running, query: str, **more: Any) -> tuple[int, Any]:
    supabase = practice.told["supabase"]
    url = f"{supabase['url']}/v1/projects/{supabase['ref']}/database/query"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT)) as session,
        session.post(url, headers=practice.headers, json={"query": query, **more}) as answer,
    ):
        return answer.status, await answer.json()


async def test_values_come_as_the_platform_sends_them(practice: Running) -> None:
    query = """select 9007199254740991::bigint safe, 9007199254740993::bigint big,
        1234567890.1200::numeric(20,4) n, 'NaN'::float8 nan, 1.5::float8 f, true b, null::text nothing,
        '2026-01-02 03:04:05.678+00'::timestamptz t, '2026-01-02'::date d, interval '1 day 02:00' i,
        '{"a":[1,null]}'::jsonb j, array[1,2]::int[] a,
        '\\xdead'::bytea y, 'Zoë'::text u"""
    assert await asked(practice, query) == (
        201,
        [
            {
                "safe": 9007199254740991,
                "big": "9007199254740993",
                "n": "1234567890.1200",
                "nan": None,
                "f": 1.5,
                "b": True,
                "nothing": None,
                "t": "2026-01-02 03:04:05.678+00",
                "d": "2026-01-02",
                "i": "1 day 02:00:00",
                "j": {"a": [1, None]},
                "a": [1, 2],
                "y": {"type": "Buffer", "data": [222, 173]},
                "u": "Zoë",
            }
        ],
    )


@pytest.mark.parametrize(
    ("query", "more", "found"),
    [
        ("select $1::int + 1 as n", {"parameters": ["41"]}, [{"n": 42}]),
        ("select 1 a; select 2 b", {}, [{"b": 2}]),
        ("select 1 a; select 2 b where false", {}, [{"a": 1}]),
        ("select 1 where false", {}, []),
        ("set work_mem = '1MB'", {}, []),
    ],
)
async def test_statements_give_their_last_rows(
    query: str, more: dict[str, Any], found: list[Any], practice: Running
) -> None:
    assert await asked(practice, query, **more) == (201, found)


async def test_errors_are_worded_as_the_platform_words_them(practice: Running) -> None:
    status, body = await asked(practice, "select * from nowhere")
    assert status == 400
    wording = 'Failed to run sql query: ERROR:  42P01: relation "nowhere" does not exist\nLINE 1'
    assert body["message"].startswith(wording)
    assert (await asked(practice, "selec 1"))[0] == 400


async def test_a_change_of_one_row_changes_the_next_answer(practice: Running) -> None:
    query = "select total_spent::text as spent from customers where id = 3"
    _, before = await asked(practice, query, read_only=True)
    try:
        await asked(practice, "update customers set total_spent = total_spent + 1000 where id = 3")
        _, after = await asked(practice, query, read_only=True)
    finally:
        await asked(practice, "update customers set total_spent = total_spent - 1000 where id = 3")
    assert float(after[0]["spent"]) == float(before[0]["spent"]) + 1000


async def test_the_owner_is_no_superuser(practice: Running) -> None:
    for query in (
        "copy (select 1) to program 'true'",
        "select pg_read_file('PG_VERSION')",
        "alter system set work_mem = '1GB'",
        "alter role shop_owner superuser",
        "set role postgres",
        "create extension hstore; alter role shop_owner superuser",
    ):
        status, body = await asked(practice, query)
        assert (status, "42501" in body["message"]) == (400, True), body


async def test_a_statement_cannot_escape_the_time_limit(hub_home: Path) -> None:
    binaries = find_binaries()
    postgres = Postgres(binaries, find_place(hub_home, binaries.version))
    database = Database(postgres)
    limited = Supabase(database, "key", limit=0.5)
    sleeping = """select count(*)::int as n from pg_stat_activity
        where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()"""
    with anyio.fail_after(WAIT):
        async with anyio.create_task_group() as tasks:
            await tasks.start(postgres.run, database.prepare)
            with pytest.raises(Exception, match="statement timeout"):
                await limited._run(
                    "supabase_read_only_user", "set statement_timeout = 0; select pg_sleep(30)"
                )
            assert await limited._run("shop_owner", sleeping) == [{"n": 0}]
            tasks.cancel_scope.cancel()
