"""A desktop client starts a typed call over MCP, and the agent answers out of the database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import psycopg
import pytest
from mcp import Client
from mcp.client.session import ElicitationFnT, MessageHandlerFnT
from mcp.client.streamable_http import streamable_http_client

from tests.end_to_end.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

ERAS = ["legacy", "2026-07-28"]
NEW_CUSTOMER = (
    "insert into customers(name, email, city, total_spent, signed_up_at) "
    "values ('Zora Test', 'zora@example.com', 'Oslo', 98765, now() - interval '1 hour') returning id"
)


@asynccontextmanager
async def desktop(
    hub: House,
    era: str,
    path: str = "/mcp",
    *,
    heard: MessageHandlerFnT | None = None,
    person: ElicitationFnT | None = None,
) -> AsyncGenerator[Client]:
    """An MCP client at the hub, as a desktop would be."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    leaves = False
    try:
        async with httpx2.AsyncClient(headers=headers, timeout=90) as http:
            transport = streamable_http_client(hub.url + path, http_client=http)
            async with Client(
                transport, mode=era, cache=None, message_handler=heard, elicitation_callback=person
            ) as client:
                yield client
                leaves = True
    except* anyio.BrokenResourceError:
        if not leaves:  # the SDK's client stumbles over an answer that comes while it closes
            raise


async def ask(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    """Call one of the hub's own tools that succeeds."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def begin(client: Client, **arguments: Any) -> str:
    """Start a typed call and hear the agent out, who speaks first."""
    started = await ask(client, "start_voice_call", goal="look at the shop", mode="text", **arguments)
    call_id = str(started["call_id"])
    after = 0
    with anyio.fail_after(30):
        while True:
            got = await ask(client, "get_call", call_id=call_id, wait_seconds=20, after_event=after)
            assert not got["done"], got
            if any(event.get("role") == "agent" for event in got["events"]):
                return call_id
            after = got["last_event"]


async def answer_to(client: Client, call_id: str, words: str) -> str:
    """Type as the caller, and wait for the answer; what is said while a tool runs is none."""
    sent = await ask(client, "send_to_call", call_id=call_id, text=words, kind="caller")
    after, said, running = sent["event"], list[str](), set[str]()
    with anyio.fail_after(45):
        while True:
            got = await ask(client, "get_call", call_id=call_id, wait_seconds=20, after_event=after)
            after = got["last_event"]
            for event in got["events"]:
                if event["kind"] == "tool_started":
                    running.add(event["tool_call"])
                elif event["kind"] == "tool_ended":
                    running.discard(event["tool_call"])
                    said.clear()
                elif event.get("role") == "agent":
                    said.append(event["text"])
            if said and not running:
                return " ".join(said)


@pytest.mark.parametrize("era", ERAS)
async def test_a_desktop_starts_a_call_types_and_reads_the_transcript(hub: House, era: str) -> None:
    async with desktop(hub, era) as client:
        call_id = await begin(client, first_message="Hello from the shop.")
        assert "customers and orders" in await answer_to(client, call_id, "Which tables do we have?")
        ended = await ask(client, "end_call", call_id=call_id)
        assert ended["status"] == "ended"
        transcript = await ask(client, "get_transcript", call_id=call_id)
        call = await ask(client, "get_call", call_id=call_id)
    said = [(turn["role"], turn["text"]) for turn in transcript["turns"]]
    assert said[0] == ("agent", "Hello from the shop.")
    assert ("caller", "Which tables do we have?") in said
    assert transcript["complete"]
    assert (call["done"], call["ended_reason"]) == (True, "operator_ended")


async def test_the_answer_is_what_the_database_holds_at_that_moment(hub: House) -> None:
    question = "show me all customers who signed up in the last month and spent over one hundred dollars"
    async with desktop(hub, "2026-07-28") as client:
        call_id = await begin(client)
        before = await answer_to(client, call_id, question)
        async with await psycopg.AsyncConnection.connect(hub.dsn(), autocommit=True) as database:
            row = await (await database.execute(NEW_CUSTOMER)).fetchone()
            assert row is not None
            try:
                after = await answer_to(client, call_id, question)
            finally:
                await database.execute("delete from customers where id = %s", (row[0],))
        await ask(client, "end_call", call_id=call_id)
    assert "Zora Test" not in before
    assert "Zora Test" in after


async def test_what_practice_does_not_know_is_not_made_up(hub: House) -> None:
    async with desktop(hub, "2026-07-28") as client:
        call_id = await begin(client)
        said = await answer_to(client, call_id, "What is the capital of France?")
        await ask(client, "end_call", call_id=call_id)
    assert "only my phrases" in said
    assert "Paris" not in said


@pytest.mark.parametrize("era", ERAS)
async def test_a_desktop_gets_the_servers_tools_as_they_are(hub: House, era: str) -> None:
    async with desktop(hub, era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        counted = await client.call_tool("notes__count_notes", {})
        failed = await client.call_tool("supabase__execute_sql", {"query": "select * from nowhere"})
    assert {"start_voice_call", "get_call", "notes__list_notes", "supabase__apply_migration"} <= set(tools)
    read_only = tools["notes__list_notes"].annotations
    assert read_only is not None
    assert read_only.read_only_hint
    assert tools["notes__count_notes"].output_schema is not None
    assert isinstance(counted.structured_content, dict)
    assert "notes" in counted.structured_content
    assert failed.is_error
    assert "nowhere" in str(failed.content)


@pytest.mark.parametrize("only_read", [False, True])
async def test_a_call_is_lent_what_writes_unless_it_is_only_to_read(hub: House, *, only_read: bool) -> None:
    async with desktop(hub, "2026-07-28") as client:
        started = await ask(client, "start_voice_call", goal="g", mode="text", tools={"read_only": only_read})
        assert started["status"] == "in_progress"
        tools = {tool for one in started["tools_ready"] for tool in one["tools"]}
        await ask(client, "end_call", call_id=started["call_id"])
    assert {"supabase__execute_sql", "notes__list_notes"} <= tools
    writers = {"supabase__apply_migration", "notes__add_note"}
    assert tools & writers == (set() if only_read else writers)


async def test_hub_status_tells_of_servers_and_providers(hub: House) -> None:
    async with desktop(hub, "legacy") as client:
        status = await ask(client, "hub_status")
        unknown = await client.call_tool("hub_status", {"server": "nobody"})
    states = {one["name"]: (one["state"], one["twin"]) for one in status["servers"]}
    assert states == {"notes": ("ready", None), "supabase": ("ready", "ready")}
    assert {one["kind"]: one["practice"] for one in status["providers"]} == dict.fromkeys(
        ("stt", "llm", "tts", "supabase"), True
    )
    assert unknown.is_error
    assert "nobody" in str(unknown.content)
