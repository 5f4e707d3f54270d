"""The article's dialogues that write, typed and spoken: with a yes, without, and the truth about PostGIS."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import mcp_types as mcp
import psycopg
import pytest
from mcp import Client

from hub.bench.caller import Caller
from tests.end_to_end.house import House
from tests.end_to_end.test_desktop import at_desktop, ways
from tests.end_to_end.test_spoken_call import spoken_call
from tests.end_to_end.test_typed_call import ask, begin, desktop
from tests.voices import wav

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

CREATE = "create a new table called products with columns for id name price and inventory count"
PENDING_SECONDS = 20
DONE_SECONDS = 40
LOOK_SECONDS = 0.1


async def rows(hub: House, sql: str) -> list[tuple[Any, ...]]:
    """What the database itself says."""
    async with await psycopg.AsyncConnection.connect(hub.dsn(), autocommit=True) as database:
        found = await database.execute(sql.encode())
        return await found.fetchall() if found.description else []


async def columns(hub: House) -> list[str]:
    """The columns of the table products, none while it is not there."""
    return [
        row[0]
        for row in await rows(
            hub,
            "select column_name from information_schema.columns where table_name = 'products' "
            "order by ordinal_position",
        )
    ]


@pytest.fixture(autouse=True)
async def no_products(hub: House) -> AsyncGenerator[None]:
    """Each test begins and ends without the table."""
    await rows(hub, "drop table if exists products")
    yield
    await rows(hub, "drop table if exists products")


async def until(
    hub: House, call_id: str, true: Callable[[dict[str, Any]], Any], seconds: float
) -> dict[str, Any]:
    """get_call once something about it is so."""
    with anyio.fail_after(seconds):
        while True:
            got = hub.get(f"/api/calls/{call_id}")
            if true(got):
                return got
            await anyio.sleep(LOOK_SECONDS)


async def question(hub: House, call_id: str) -> dict[str, Any]:
    """The change that waits for a yes."""
    got = await until(hub, call_id, lambda got: got.get("pending_action"), PENDING_SECONDS)
    return dict(got["pending_action"])


def told(got: dict[str, Any], kind: str) -> list[str]:
    return [event["text"] for event in got["events"] if event["kind"] == kind or event.get("role") == kind]


async def said_by_agent(hub: House, call_id: str, words: str) -> dict[str, Any]:
    """get_call once the agent has said this."""
    return await until(hub, call_id, lambda got: words in str(told(got, "agent")), DONE_SECONDS)


async def outcome(hub: House, call_id: str) -> str:
    """What the agent said once the ToolCall was over."""
    over = await until(hub, call_id, lambda got: told(got, "tool_ended"), DONE_SECONDS)
    ended = next(event["n"] for event in over["events"] if event["kind"] == "tool_ended")

    def after(got: dict[str, Any]) -> list[str]:
        return [
            event["text"] for event in got["events"] if event["n"] > ended and event.get("role") == "agent"
        ]

    return " ".join(after(await until(hub, call_id, after, DONE_SECONDS)))


@asynccontextmanager
async def typed_call(hub: House, *, era: str = "2026-07-28") -> AsyncGenerator[tuple[Client, str]]:
    async with desktop(hub, era) as client:
        call_id = await begin(client)
        yield client, call_id
        await ask(client, "end_call", call_id=call_id)


async def types(client: Client, call_id: str, text: str) -> None:
    await ask(client, "send_to_call", call_id=call_id, text=text, kind="caller")


async def test_a_table_is_created_once_the_caller_has_typed_yes(hub: House) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, CREATE)
        asked = await question(hub, call_id)
        assert asked["phrase"] == "yes"
        assert (
            "create the table products, with the columns id, name, price and inventory count" in asked["text"]
        )
        assert await columns(hub) == []
        await types(client, call_id, "yes")
        assert "The table products is there now" in await outcome(hub, call_id)
        got = hub.get(f"/api/calls/{call_id}")
    assert await columns(hub) == ["id", "name", "price", "inventory_count"]
    assert any("approved by the caller, in writing, who said “yes”" in text for text in told(got, "action"))
    assert "pending_action" not in got
    assert asked["text"] in told(got, "agent")


async def test_a_table_is_dropped_only_by_the_phrase_that_says_so(hub: House) -> None:
    await rows(hub, "create table products (id int)")
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, "drop the products table")
        assert (await question(hub, call_id))["phrase"] == "yes, drop products"
        await types(client, call_id, "yes")
        got = await said_by_agent(hub, call_id, "nothing yet")
        assert got["pending_action"]
        assert await columns(hub) == ["id"]
        await types(client, call_id, "yes, drop products")
        assert "The table products is gone" in await outcome(hub, call_id)
    assert await columns(hub) == []


@pytest.mark.parametrize("answer", ["no", "yes but wait", "yes?", "yes, create suppliers", "never mind"])
async def test_what_is_no_clear_yes_leaves_everything_as_it_is(hub: House, answer: str) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, CREATE)
        await question(hub, call_id)
        await types(client, call_id, answer)
        assert "as it is" in await outcome(hub, call_id)
        got = hub.get(f"/api/calls/{call_id}")
    assert "pending_action" not in got
    assert await columns(hub) == []


async def test_after_a_question_back_a_yes_counts_once_the_change_was_told_again(hub: House) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, CREATE)
        first = await question(hub, call_id)
        await types(client, call_id, "which tables do we have")
        got = await said_by_agent(hub, call_id, "customers and orders")
        assert got["pending_action"] == first
        await types(client, call_id, "yes please")  # to the change, or to what was said last?
        await until(hub, call_id, lambda got: told(got, "agent").count(first["text"]) > 1, DONE_SECONDS)
        assert await columns(hub) == []
        await types(client, call_id, "yes please")
        await said_by_agent(hub, call_id, "is there now")
    assert await columns(hub)


async def test_silence_is_a_no(hub: House) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, CREATE)
        await question(hub, call_id)
        got = await until(hub, call_id, lambda got: told(got, "tool_ended"), 75)
        assert "not answered in time" in str(told(got, "action"))
        await types(client, call_id, "yes")
        await said_by_agent(hub, call_id, "nothing waiting")
    assert await columns(hub) == []


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_desktop_decides(hub: House, era: str) -> None:
    async with typed_call(hub, era=era) as (client, call_id):
        await types(client, call_id, CREATE)
        action = (await question(hub, call_id))["id"]
        seen = await ask(client, "decide_action", call_id=call_id, action_id=action, decision="approve")
        assert seen["state"] == "approved"
        await said_by_agent(hub, call_id, "is there now")
        again = await client.call_tool(
            "decide_action", {"call_id": call_id, "action_id": action, "decision": "deny"}
        )
        assert again.is_error
        assert "no_such_action" in str(again.structured_content)
        assert "approved by the desktop" in str(told(hub.get(f"/api/calls/{call_id}"), "action"))
    assert await columns(hub)


@ways
async def test_a_desktop_that_waits_has_its_person_asked_by_a_form(hub: House, era: str, way: str) -> None:
    forms: list[str] = []

    async def person(context: Any, params: Any) -> mcp.ElicitResult:
        forms.append(params.message)
        return mcp.ElicitResult(action="accept", content={"decision": "approve"})

    async with at_desktop(hub, era, way, person=person) as client:
        call_id = await begin(client)
        await types(client, call_id, CREATE)
        seen: dict[str, Any] = {"last_event": 0, "events": []}
        with anyio.fail_after(DONE_SECONDS):
            while not told(seen, "tool_ended"):
                after = seen["last_event"]
                seen = await ask(client, "get_call", call_id=call_id, wait_seconds=20, after_event=after)
                assert "pending_action" not in seen
        await ask(client, "end_call", call_id=call_id)
    assert len(forms) == 1
    assert "create the table products, with the columns id" in forms[0]
    assert "approved by the desktop" in str(told(hub.get(f"/api/calls/{call_id}"), "action"))
    assert await columns(hub)


async def test_the_dashboard_denies(hub: House) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, CREATE)
        action = (await question(hub, call_id))["id"]
        assert hub.post(f"/api/calls/{call_id}/actions/{action}", decision="deny")["state"] == "denied"
        await said_by_agent(hub, call_id, "as it is")
        with pytest.raises(httpx2.HTTPStatusError, match="404"):
            hub.post(f"/api/calls/{call_id}/actions/{action}", decision="approve")
    assert await columns(hub) == []


async def truth_about_postgis(hub: House) -> str:
    there = await rows(hub, "select 1 from pg_available_extensions where name = 'postgis'")
    return "The postgis extension is enabled" if there else "The postgis extension is not available"


async def test_postgis_gets_the_truth(hub: House) -> None:
    async with typed_call(hub) as (client, call_id):
        await types(client, call_id, "Enable the PostGIS extension")
        assert "enable the extension postgis" in (await question(hub, call_id))["text"]
        await types(client, call_id, "yes, enable it")
        said = await outcome(hub, call_id)
    assert await truth_about_postgis(hub) in said


# ---- by voice


async def heard_question(hub: House, caller: Caller, call_id: str) -> dict[str, Any]:
    """The question, once it has been said to its end."""
    asked = await question(hub, call_id)
    await until(hub, call_id, lambda got: asked["text"] in told(got, "agent"), DONE_SECONDS)
    await caller.quiet(0.4, seconds=20)
    return asked


async def says(caller: Caller, text: str, folder: Path) -> None:
    await caller.say(wav(text, folder / f"{abs(hash(text))}.wav"))


async def test_postgis_gets_the_truth_by_voice(hub: House, tmp_path: Path) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, "enable the PostGIS extension", tmp_path)
        assert "enable the extension postgis" in (await heard_question(hub, caller, call_id))["text"]
        await says(caller, "yes please", tmp_path)
        said = await outcome(hub, call_id)
    assert await truth_about_postgis(hub) in said


async def test_a_table_is_created_and_dropped_by_voice(hub: House, tmp_path: Path) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, CREATE, tmp_path)
        await heard_question(hub, caller, call_id)
        await says(caller, "yes please", tmp_path)
        assert "The table products is there now" in await outcome(hub, call_id)
        assert await columns(hub) == ["id", "name", "price", "inventory_count"]
        await caller.quiet(0.8, seconds=20)
        await says(caller, "drop the products table", tmp_path)
        asked = await heard_question(hub, caller, call_id)
        assert asked["phrase"] == "yes, drop products"
        await says(caller, "yes drop products", tmp_path)
        got = await said_by_agent(hub, call_id, "is gone")
    assert await columns(hub) == []
    assert "by the caller, by voice, who said" in str(told(got, "action"))


async def test_a_spoken_no_and_mumbling_change_nothing(hub: House, tmp_path: Path) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, CREATE, tmp_path)
        await heard_question(hub, caller, call_id)
        await says(caller, "my dog ate the printer paper", tmp_path)
        got = await said_by_agent(hub, call_id, "nothing yet")
        assert got["pending_action"]
        await caller.quiet(0.8, seconds=20)
        await says(caller, "no thank you", tmp_path)
        assert "as it is" in await outcome(hub, call_id)
    assert await columns(hub) == []


async def test_a_yes_that_was_spoken_before_the_question_does_not_count(hub: House, tmp_path: Path) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, CREATE, tmp_path)
        asked = await question(hub, call_id)
        await says(caller, "yes please", tmp_path)  # over the first words of the question
        again = await until(hub, call_id, lambda got: "yes please" in told(got, "caller"), DONE_SECONDS)
        assert await columns(hub) == []
        assert not told(again, "tool_ended")
        await until(hub, call_id, lambda got: asked["text"] in told(got, "agent"), DONE_SECONDS)
        await caller.quiet(0.4, seconds=20)
        await says(caller, "yes please", tmp_path)
        assert "is there now" in await outcome(hub, call_id)
    assert await columns(hub)


async def test_the_caller_says_yes_on_the_join_page(hub: House, tmp_path: Path) -> None:
    started = hub.post("/api/calls", goal="talk")
    call_id, key = started["call_id"], started["join_url"].partition("#")[2]
    joined = hub.post("/api/join", call_id=call_id, key=key)
    async with Caller.joined(joined["url"], joined["token"]) as caller:
        await caller.onset(0, seconds=20)
        await caller.quiet(0.8, seconds=20)
        await says(caller, CREATE, tmp_path)
        action = (await question(hub, call_id))["id"]
        decided = {"call_id": call_id, "action_id": action, "decision": "approve"}
        with pytest.raises(httpx2.HTTPStatusError, match="401"):
            hub.post("/api/join/action", key="wrong", **decided)
        assert hub.post("/api/join/action", key=key, **decided)["state"] == "approved"
        await said_by_agent(hub, call_id, "is there now")
        got = hub.get(f"/api/calls/{call_id}")
    assert "by the caller, on the join page" in str(told(got, "action"))
    assert await columns(hub)


@pytest.mark.parametrize(
    "answer", ["no", "yes create suppliers", "yes but wait a moment", "never mind about that"]
)
async def test_a_spoken_no_a_yes_to_something_else_a_doubt_and_never_mind_change_nothing(
    hub: House, tmp_path: Path, answer: str
) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, CREATE, tmp_path)
        await heard_question(hub, caller, call_id)
        await says(caller, answer, tmp_path)
        assert "as it is" in await outcome(hub, call_id)
        assert answer in told(hub.get(f"/api/calls/{call_id}"), "caller")
    assert await columns(hub) == []


async def test_who_says_nothing_to_the_question_has_not_said_yes(hub: House, tmp_path: Path) -> None:
    async with spoken_call(hub) as (caller, call_id):
        await says(caller, CREATE, tmp_path)
        await heard_question(hub, caller, call_id)
        got = await until(hub, call_id, lambda got: told(got, "tool_ended"), 75)
        assert "not answered in time" in str(told(got, "action"))
        await caller.quiet(0.8, seconds=20)
        await says(caller, "yes please", tmp_path)
        await said_by_agent(hub, call_id, "nothing waiting")
    assert await columns(hub) == []
