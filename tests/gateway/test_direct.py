"""The short road of tools/call and where it gives way to the SDK, on the wire."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest

from hub.gateway import sessions, wire
from tests.gateway.clients import MODERN, eventually
from tests.gateway.fakes import TOKEN, FakeTools, Running, plain, route, serving

pytestmark = pytest.mark.anyio
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


@asynccontextmanager
async def talking(tools: FakeTools | None = None) -> AsyncGenerator[tuple[Running, httpx2.AsyncClient]]:
    async with serving(tools=tools) as hub, httpx2.AsyncClient(headers=HEADERS, timeout=10) as http:
        yield hub, http


async def opened(hub: Running, http: httpx2.AsyncClient) -> dict[str, str]:
    """The headers of a fresh session of the older era."""
    info = {"name": "raw", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
    hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
    answer = await http.post(f"{hub.url}/mcp", json=hello)
    session = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    done = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await http.post(f"{hub.url}/mcp", json=done, headers=session)
    return session


def call(
    tool: str, *, request_id: Any = 1, meta: dict[str, Any] | None = None, **arguments: Any
) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments, **({"_meta": meta} if meta is not None else {})}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


def modern(tool: str) -> dict[str, str]:
    return {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}


async def test_an_answer_that_comes_soon_is_plain_json_in_both_eras() -> None:
    async with talking() as (hub, http):
        session = await opened(hub, http)
        older = await http.post(f"{hub.url}/mcp", json=call("notes__echo", text="x"), headers=session)
        newer = await http.post(
            f"{hub.url}/mcp", json=call("notes__echo", text="x", meta=ENVELOPE), headers=modern("notes__echo")
        )
    assert older.headers["content-type"] == newer.headers["content-type"] == "application/json"
    assert older.headers["mcp-session-id"] == session["Mcp-Session-Id"]
    assert "mcp-session-id" not in newer.headers
    assert older.json()["result"]["structuredContent"] == newer.json()["result"]["structuredContent"]


async def test_a_session_that_the_sdk_has_not_seen_for_long_goes_by_the_sdk_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "RENEW_SECONDS", 0.0)
    async with talking() as (hub, http):
        session = await opened(hub, http)
        answer = await http.post(f"{hub.url}/mcp", json=call("notes__echo", text="x"), headers=session)
    assert answer.headers["content-type"].startswith("text/event-stream")
    data = next(line for line in answer.text.splitlines() if line.startswith("data:"))
    result = json.loads(data.removeprefix("data:"))["result"]
    assert result["vendorResult"] == [1, {"two": None}]


async def test_a_client_that_waits_long_is_sent_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "QUIET_SECONDS", 0.05)
    async with talking() as (hub, http):
        session = await opened(hub, http)
        seen: list[str] = []
        request = http.stream("POST", f"{hub.url}/mcp", json=call("notes__slow"), headers=session)
        async with request as answer:
            async for line in answer.aiter_lines():
                seen += [line] if line else []
                if seen.count(": ping") == 3:
                    hub.tools.gate.set()
    assert answer.status_code == 200
    assert json.loads(seen[-1].removeprefix("data:"))["result"]["content"][0]["text"] == "slept"


async def test_cancelling_in_the_older_era_answers_the_request() -> None:
    async with talking() as (hub, http):
        session = await opened(hub, http)
        answers: list[httpx2.Response] = []

        async def ask() -> None:
            answers.append(
                await http.post(f"{hub.url}/mcp", json=call("notes__slow", request_id="r"), headers=session)
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await eventually(hub.tools.started.is_set)
            notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "r"}}
            cancelled = await http.post(f"{hub.url}/mcp", json=notice, headers=session)
    assert cancelled.status_code == 202
    assert hub.tools.cancelled.is_set()
    assert answers[0].json()["error"] == {"code": -32800, "message": "Request cancelled"}


async def test_only_its_own_session_can_cancel_a_request() -> None:
    async with talking() as (hub, http):
        first, second = await opened(hub, http), await opened(hub, http)
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                await http.post(f"{hub.url}/mcp", json=call("notes__slow", request_id=7), headers=first)

            tasks.start_soon(ask)
            await eventually(hub.tools.started.is_set)
            notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
            await http.post(f"{hub.url}/mcp", json=notice, headers=second)
            await http.post(f"{hub.url}/mcp", json=call("other__add", request_id=8), headers=second)
            assert not hub.tools.cancelled.is_set()
            hub.tools.gate.set()


async def test_a_session_that_is_closed_ends_what_still_runs_in_it() -> None:
    async with talking() as (hub, http):
        session = await opened(hub, http)
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                await http.post(f"{hub.url}/mcp", json=call("notes__slow"), headers=session)

            tasks.start_soon(ask)
            await eventually(hub.tools.started.is_set)
            await http.delete(f"{hub.url}/mcp", headers=session)
            with anyio.fail_after(5):
                await hub.tools.cancelled.wait()


async def test_a_client_of_the_older_era_that_hangs_up_does_not_cancel() -> None:
    async with talking() as (hub, http):
        session = await opened(hub, http)
        request = http.stream(
            "POST", f"{hub.url}/mcp", json=call("notes__slow", meta={"progressToken": 1}), headers=session
        )
        async with request as answer:
            assert answer.headers["content-type"] == "text/event-stream"
        await http.post(f"{hub.url}/mcp", json=call("other__add", request_id=2), headers=session)
        assert not hub.tools.cancelled.is_set()
        hub.tools.gate.set()
        await eventually(lambda: hub.tools.running == 0)


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Mcp-Name": "other__add"}, call("notes__echo", meta=ENVELOPE), 400, -32020),
        ({"Mcp-Method": "tools/list"}, call("notes__echo", meta=ENVELOPE), 400, -32020),
        ({}, call("notes__echo"), 400, -32602),
        ({}, call("notes__echo", meta=ENVELOPE) | {"params": {"name": 5, "_meta": ENVELOPE}}, 400, -32020),
        (
            {},
            call("notes__echo", meta=ENVELOPE | {"io.modelcontextprotocol/clientCapabilities": 5}),
            400,
            -32602,
        ),
        ({}, call("notes__nope", meta=ENVELOPE), 400, -32602),
        ({"MCP-Protocol-Version": "2031-01-01"}, call("notes__echo", meta=ENVELOPE), 400, -32020),
    ],
)
async def test_a_request_that_contradicts_itself_is_refused(
    headers: dict[str, str], body: dict[str, Any], status: int, code: int
) -> None:
    name = str(body["params"]["name"])
    async with talking() as (hub, http):
        answer = await http.post(f"{hub.url}/mcp", json=body, headers=modern(name) | headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert hub.tools.ran == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b'{"tools/call"', 400), (b"[1]", 400), (b'"tools/call"', 400), (b"\xff\xfetools/call", 400)],
)
async def test_a_body_that_is_no_message_is_refused(content: bytes, status: int) -> None:
    async with talking() as (hub, http):
        answer = await http.post(f"{hub.url}/mcp", content=content, headers=modern("x"))
    assert answer.status_code == status
    assert answer.json()["error"]["code"] < 0


async def test_an_argument_that_a_tool_wants_in_a_header_must_agree_with_it() -> None:
    tools = FakeTools()
    wanting = plain("other__region") | {
        "inputSchema": {
            "type": "object",
            "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        }
    }
    tools.routes.append(route(wanting, "other", "region"))
    body = call("other__region", region="eu", meta=ENVELOPE)
    async with talking(tools) as (hub, http):
        statuses = [
            (
                await http.post(f"{hub.url}/mcp", json=body, headers=modern("other__region") | extra)
            ).status_code
            for extra in ({}, {"Mcp-Param-Region": "us"}, {"Mcp-Param-Region": "eu"}, {"Hub-Connect": "1"})
        ]
    assert statuses == [400, 400, 200, 200]
    assert len(tools.ran) == 2
