"""A desktop that speaks the tasks extension waits in a task for the end of a real call, and answers in it."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import mcp_types as mcp
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client

from tests.end_to_end.house import House
from tests.end_to_end.test_confirmed_write import CREATE, columns, rows
from tests.end_to_end.test_typed_call import answer_to, ask, begin
from tests.gateway.clients import MODERN, of_task, raw_call
from tests.gateway.task_schema import TASK_RESULTS

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]


async def _form_of_no_task(context: Any, params: Any) -> mcp.ElicitResult:
    raise AssertionError


@asynccontextmanager
async def able(hub: House, way: str = "http") -> AsyncGenerator[Client]:
    """A desktop that declares tasks and forms."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=90) as http:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "hub", "connect"],
            env={**os.environ, "HUB_HOME": str(hub.home)},
        )
        over_http = streamable_http_client(f"{hub.url}/mcp", http_client=http)
        extensions = [advertise("io.modelcontextprotocol/tasks")]
        async with Client(
            over_http if way == "http" else server,
            mode=MODERN,
            cache=None,
            extensions=extensions,
            elicitation_callback=_form_of_no_task,
        ) as client:
            yield client


async def wait_for_end(client: Client, call_id: str) -> str:
    arguments = {"call_id": call_id, "wait_seconds": 50, "until": "ended"}
    created = await raw_call(client, "get_call", arguments)
    Draft202012Validator(TASK_RESULTS["created"]).validate(created)
    return str(created["taskId"])


async def polled(client: Client, task: str, status: str) -> dict[str, Any]:
    """The task once it stands so, polled as often as it says."""
    with anyio.fail_after(60):
        while True:
            got = await of_task(client, "get", task)
            Draft202012Validator(TASK_RESULTS["task"]).validate(got)
            if got["status"] == status:
                return got
            assert got["status"] in ("working", "input_required")
            await anyio.sleep(got["pollIntervalMs"] / 1000)


async def answered(client: Client, task: str, **content: str) -> None:
    """Fill in the one form of a task."""
    asking = await polled(client, task, "input_required")
    ((key, request),) = asking["inputRequests"].items()
    assert set(request["params"]["requestedSchema"]["properties"]) == set(content)
    response = {key: {"action": "accept", "content": content}}
    await of_task(client, "update", task, inputResponses=response)


@pytest.mark.parametrize("way", ["http", "connect"])
async def test_questions_and_changes_are_forms_and_the_end_comes_with_the_review(
    hub: House, way: str
) -> None:
    await rows(hub, "drop table if exists products")
    async with able(hub, way) as client:
        call_id = await begin(client, success_criteria=["The caller says “discount”"])
        task = await wait_for_end(client, call_id)
        await ask(client, "send_to_call", call_id=call_id, kind="caller", text="Can I have a discount?")
        await answered(client, task, answer="Ten percent, until Friday.")
        await _hears(client, call_id, "Ten percent, until Friday.")
        await ask(client, "send_to_call", call_id=call_id, kind="caller", text=CREATE)
        await answered(client, task, decision="approve")
        await _hears(client, call_id, "is there now")
        await ask(client, "end_call", call_id=call_id)
        completed = await polled(client, task, "completed")
    result = completed["result"]["structuredContent"]
    assert result["criteria"][0]["met"]
    assert (result["done"], result["ended_reason"]) == (True, "operator_ended")
    assert await columns(hub) == ["id", "name", "price", "inventory_count"]
    await rows(hub, "drop table products")


async def _hears(client: Client, call_id: str, words: str) -> None:
    after = 0
    with anyio.fail_after(40):
        while True:
            got = await ask(client, "get_call", call_id=call_id, wait_seconds=10, after_event=after)
            after = got["last_event"]
            if any(words in event["text"] for event in got["events"] if event.get("role") == "agent"):
                return


async def test_a_wait_that_is_cancelled_leaves_the_call_alone(hub: House) -> None:
    async with able(hub) as client:
        call_id = await begin(client)
        task = await wait_for_end(client, call_id)
        before = (await ask(client, "get_call", call_id=call_id))["last_event"]
        await of_task(client, "cancel", task)
        await polled(client, task, "cancelled")
        assert "customers and orders" in await answer_to(client, call_id, "Which tables do we have?")
        events = (await ask(client, "get_call", call_id=call_id, after_event=before))["events"]
        await ask(client, "end_call", call_id=call_id)
        assert (await of_task(client, "get", task))["status"] == "cancelled"
    assert [event for event in events if event["kind"] == "status" and not event["text"]] == []
