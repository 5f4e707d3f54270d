"""The gateway over HTTP, asked by the real client in both eras."""

import json
from typing import Any

import anyio
import httpx2
import mcp_types as mcp
import pytest
from jsonschema import Draft202012Validator
from mcp import MCPError

from hub.core.speech_waiting import PACE_META
from tests.gateway.clients import ERAS, LEGACY, MODERN, eventually, http_client, raw_call, raw_tools
from tests.gateway.fake_calls import CALL_ID
from tests.gateway.fakes import CALL_TOKEN, ECHO, TOKEN, serving

pytestmark = pytest.mark.anyio
OWN = [
    "start_voice_call",
    "get_call",
    "get_transcript",
    "list_calls",
    "send_to_call",
    "answer_question",
    "decide_action",
    "end_call",
    "get_recording",
    "hub_status",
]
both_eras = pytest.mark.parametrize("mode", ERAS)
CLIENT_HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}


@both_eras
async def test_own_tools_come_first_and_the_servers_tools_after_them(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        names = [tool["name"] for tool in await raw_tools(client)]
    assert names[: len(OWN)] == OWN
    assert names[len(OWN) :] == [route.public for route in hub.tools.routes]


@both_eras
async def test_a_servers_tool_is_published_with_every_field_it_came_with(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        tools = {tool["name"]: tool for tool in await raw_tools(client)}
    assert tools["notes__echo"] == ECHO


@pytest.mark.parametrize(("mode", "kept"), [(LEGACY, False), (MODERN, True)])
async def test_an_output_schema_that_is_no_object_is_left_out_for_older_callers(
    mode: str, kept: bool
) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        tools = {tool["name"]: tool for tool in await raw_tools(client)}
        result = await raw_call(client, "notes__odd", {})
    assert ("outputSchema" in tools["notes__odd"]) is kept
    assert ("structuredContent" in result) is kept


@both_eras
async def test_a_result_arrives_with_every_field_the_server_gave_it(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        result = await raw_call(client, "notes__echo", {"text": "ä"})
    assert result["content"] == [{"type": "text", "text": "ä", "vendorPart": 1}]
    assert result["structuredContent"] == {"text": "ä", "nothing": None, "n": 12345678901234567890}
    assert result["isError"] is False
    assert result["_meta"]["vendor/result"] is None
    assert result["vendorResult"] == [1, {"two": None}]
    assert result.get("resultType") == (None if mode == LEGACY else "complete")


@both_eras
async def test_a_tool_that_failed_says_so_in_its_result(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        result = await client.call_tool("notes__fails", {})
        down = await client.call_tool("notes__down", {})
    assert result.is_error
    assert result.content == [mcp.TextContent(type="text", text="no such note")]
    assert down.is_error
    assert isinstance(down.content[0], mcp.TextContent)
    assert down.content[0].text == "notes is in backoff.\nTry again in 5 s."


@both_eras
async def test_an_unknown_tool_is_refused_by_the_protocol(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with pytest.raises(MCPError, match="Unknown tool: notes__nope") as refused:
            await raw_call(client, "notes__nope", {})
    assert refused.value.error.code == mcp.INVALID_PARAMS


@both_eras
async def test_a_servers_own_protocol_error_arrives_unchanged(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with pytest.raises(MCPError) as refused:
            await raw_call(client, "notes__refuses", {})
    assert refused.value.error == mcp.ErrorData(code=-32099, message="not today", data={"why": "sunday"})


@both_eras
async def test_a_defect_of_the_hub_does_not_leak_its_text(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with pytest.raises(MCPError) as refused:
            await raw_call(client, "notes__breaks", {})
    assert refused.value.error.code == mcp.INTERNAL_ERROR
    assert "secret" not in refused.value.error.message
    assert "secret detail of the hub" in caplog.text


@both_eras
async def test_progress_reaches_the_caller_while_the_tool_runs(mode: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))
        if progress == 2:
            hub.tools.gate.set()

    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with anyio.fail_after(5):
            result = await client.call_tool("notes__slow", {}, progress_callback=on_progress)
    assert not result.is_error
    assert seen == [(1, 3, "one"), (2, 3, "two")]


@both_eras
async def test_cancelling_a_call_cancels_it_at_the_server(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "notes__slow", {})
            with anyio.fail_after(5):
                await hub.tools.started.wait()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(5):
            await hub.tools.cancelled.wait()
        assert not (await client.call_tool("other__add", {})).is_error


@both_eras
async def test_sixty_four_calls_run_at_once(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for _ in range(64):
                    tasks.start_soon(raw_call, client, "notes__slow", {})
                await eventually(lambda: hub.tools.running == 64)
                hub.tools.gate.set()
    assert hub.tools.most == 64


@both_eras
async def test_a_change_of_the_catalog_is_told_to_every_client(mode: str) -> None:
    told = anyio.Event()

    async def on_message(message: Any) -> None:
        if isinstance(message, mcp.ToolListChangedNotification):
            told.set()

    async with serving() as hub, http_client(f"{hub.url}/mcp", mode, on_message=on_message) as client:
        if mode == LEGACY:
            await eventually(lambda: ("GET", "/mcp") in [request[:2] for request in hub.front.requests])
            with anyio.fail_after(5):
                while not told.is_set():
                    await hub.pool.change()
                    await anyio.sleep(0.02)
        else:
            async with client.listen(tools_list_changed=True) as changes:
                await hub.pool.change()
                with anyio.fail_after(5):
                    await anext(aiter(changes))


@pytest.mark.parametrize("mode", [LEGACY, "auto"])
async def test_both_eras_are_promised_word_of_changes(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        assert client.server_capabilities is not None
        assert client.server_capabilities.tools == mcp.ToolsCapability(list_changed=True)
        assert client.protocol_version == ("2025-11-25" if mode == LEGACY else MODERN)


async def test_open_listen_streams_end_when_the_gateway_closes() -> None:
    async with (
        serving() as hub,
        http_client(f"{hub.url}/mcp", MODERN) as client,
        client.listen(tools_list_changed=True) as changes,
    ):
        hub.gateway.close()
        with anyio.fail_after(5):
            assert [change async for change in changes] == []


@both_eras
async def test_the_caller_is_known_by_name_and_its_meta_goes_on_without_the_envelope(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        meta_given: Any = {"vendor/trace": "t1"}
        await client.call_tool("other__add", {"a": 1}, meta=meta_given)
        await client.call_tool("other__add")
    scope, name, call_id, arguments, meta = hub.tools.ran[0]
    assert (name, call_id, arguments, meta) == ("desk", None, {"a": 1}, {"vendor/trace": "t1"})
    assert not scope.voice
    assert hub.tools.ran[1][3:] == ({}, None)


@both_eras
async def test_a_view_shows_only_its_servers(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp/views/notes", mode) as client:
        names = [tool["name"] for tool in await raw_tools(client)]
        with pytest.raises(MCPError, match="Unknown tool"):
            await raw_call(client, "other__add", {})
    assert names[: len(OWN)] == OWN
    assert {name.partition("__")[0] for name in names[len(OWN) :]} == {"notes"}


@both_eras
async def test_a_servers_own_path_has_its_own_names_and_nothing_of_the_hub(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp/servers/notes", mode) as client:
        names = [tool["name"] for tool in await raw_tools(client)]
        result = await raw_call(client, "echo", {"text": "x"})
        with pytest.raises(MCPError, match="Unknown tool"):
            await raw_call(client, "hub_status", {})
        with pytest.raises(MCPError, match="Unknown tool"):
            await raw_call(client, "add", {})
    assert names == ["echo", "slow", "fails", "refuses", "breaks", "down", "odd"]
    assert result["structuredContent"]["text"] == "x"


@both_eras
async def test_a_servers_prompts_resources_and_completions_pass_through(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp/servers/notes", mode) as client:
        prompts = await client.list_prompts()
        prompt = await client.get_prompt("greet", {"who": "ada"})
        resources = await client.list_resources()
        read = await client.read_resource("note://1")
        reference = mcp.PromptReference(type="ref/prompt", name="greet")
        completed = await client.complete(reference, {"name": "who", "value": "a"})
    assert [one.name for one in prompts.prompts] == ["greet"]
    assert isinstance(prompt.messages[0].content, mcp.TextContent)
    assert prompt.messages[0].content.text == "hi ada"
    assert [one.uri for one in resources.resources] == ["note://1"]
    assert isinstance(read.contents[0], mcp.TextResourceContents)
    assert read.contents[0].text == "milk"
    assert completed.completion.values == ["ada", "alan"]
    assert {server for server, _, _ in hub.pool.asked} == {"notes"}


@both_eras
async def test_a_calls_path_has_the_servers_tools_for_the_calls_own_token(mode: str) -> None:
    async with (
        serving() as hub,
        http_client(f"{hub.url}/mcp/calls/{CALL_ID}", mode, token=CALL_TOKEN) as client,
    ):
        tools = await raw_tools(client)
        names = [tool["name"] for tool in tools]
        await raw_call(client, "other__add", {})
    assert names == [route.public for route in hub.tools.routes]
    assert tools[-1]["_meta"] == {PACE_META: {"p50_ms": 20.0, "p95_ms": 35.5, "n": 9}}
    assert PACE_META not in json.dumps(tools[:-1])
    scope, name, call_id, _, _ = hub.tools.ran[0]
    assert (scope.voice, scope.call_id, name, call_id) == (True, CALL_ID, f"call:{CALL_ID}", CALL_ID)


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/mcp", CALL_TOKEN, 403),
        ("/mcp/views/voice", CALL_TOKEN, 403),
        ("/mcp/servers/notes", CALL_TOKEN, 403),
        ("/mcp/calls/another", CALL_TOKEN, 403),
        ("/mcp/calls/over", TOKEN, 404),
        ("/mcp/views/nope", TOKEN, 404),
        ("/mcp/servers/nope", TOKEN, 404),
        ("/mcp/elsewhere", TOKEN, 404),
        ("/mcp", "guessed", 401),
    ],
)
async def test_a_token_is_good_for_its_own_paths_only(path: str, token: str, status: int) -> None:
    headers = {**CLIENT_HEADERS, "Authorization": f"Bearer {token}"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with serving() as hub, httpx2.AsyncClient(headers=headers) as http:
        answer = await http.post(hub.url + path, json=body)
    assert answer.status_code == status
    if status != 401:
        assert answer.json()["error"]["message"]


async def test_a_session_is_good_only_on_the_path_and_for_the_token_that_opened_it() -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "x", "version": "1"},
        },
    }
    async with serving() as hub, httpx2.AsyncClient(headers=CLIENT_HEADERS) as http:
        opened = await http.post(f"{hub.url}/mcp", json=hello)
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        other = await http.post(f"{hub.url}/mcp/servers/notes", json=listing, headers=session)
        same = await http.post(f"{hub.url}/mcp", json=listing, headers=session)
    assert '"protocolVersion":"2025-06-18"' in opened.text
    assert (other.status_code, same.status_code) == (404, 200)


async def test_without_voice_only_the_status_of_the_hub_is_offered() -> None:
    async with serving(voice=False) as hub, http_client(f"{hub.url}/mcp", MODERN) as client:
        names = [tool["name"] for tool in await raw_tools(client)]
    assert names[:2] == ["hub_status", "notes__echo"]


@both_eras
async def test_what_own_tools_return_fits_the_schema_they_publish(mode: str) -> None:
    calls: dict[str, dict[str, Any]] = {
        "start_voice_call": {"goal": "go through the open orders"},
        "get_call": {"call_id": CALL_ID},
        "get_transcript": {"call_id": CALL_ID},
        "list_calls": {},
        "send_to_call": {"call_id": CALL_ID, "text": "be brief"},
        "answer_question": {"call_id": CALL_ID, "question_id": "q1", "answer": "Yes."},
        "decide_action": {"call_id": CALL_ID, "action_id": "a1", "decision": "approve"},
        "end_call": {"call_id": CALL_ID},
        "get_recording": {"call_id": CALL_ID},
        "hub_status": {},
    }
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        tools = {tool["name"]: tool for tool in await raw_tools(client)}
        for name, arguments in calls.items():
            result = await raw_call(client, name, arguments)
            assert not result["isError"]
            Draft202012Validator(tools[name]["outputSchema"]).validate(result["structuredContent"])
            assert len(result["content"][0]["text"].splitlines()) <= 3
            failed = await raw_call(client, name, {"nonsense": 1})
            Draft202012Validator(tools[name]["outputSchema"]).validate(failed["structuredContent"])
            assert failed["structuredContent"]["error"]["code"] == "invalid_arguments"
