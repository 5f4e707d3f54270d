"""The hub's own tools: what they publish, how they refuse, and how they wait."""

from typing import Any

import anyio
import mcp_types as mcp
import pytest
from jsonschema import Draft202012Validator
from mcp import MCPError

from hub.core.records import Approval, Question
from hub.gateway import call_tools
from hub.gateway.call_tools import status_tool
from hub.gateway.own_tools import OwnTools
from tests.callers import Unasked
from tests.gateway.clients import ERAS, MODERN, eventually, http_client, raw_call, raw_tools
from tests.gateway.fake_calls import CALL_ID, FakeCalls
from tests.gateway.fakes import fake_status, serving

pytestmark = pytest.mark.anyio
both_eras = pytest.mark.parametrize("mode", ERAS)


class Nobody(Unasked):
    name = "test"
    call_id = None

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        raise AssertionError

    async def confirm(self, question: Question) -> Approval:
        raise AssertionError


def own_tools(calls: FakeCalls) -> OwnTools:
    return OwnTools((*call_tools.call_tools(calls), status_tool(fake_status)))


def test_each_tool_says_what_it_is_and_when_not_to_use_it() -> None:
    for tool in own_tools(FakeCalls()).definitions:
        assert tool["title"]
        assert "o not use it" in tool["description"]
        assert tool["inputSchema"]["type"] == tool["outputSchema"]["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])
        assert "next_step" in tool["outputSchema"]["properties"]
        assert set(tool["annotations"]) > {
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        }


def test_the_schema_refuses_a_wait_of_more_than_fifty_seconds() -> None:
    tools = {tool["name"]: tool for tool in own_tools(FakeCalls()).definitions}
    schema = Draft202012Validator(tools["get_call"]["inputSchema"])
    assert schema.is_valid({"call_id": "c1", "wait_seconds": 50})
    assert not schema.is_valid({"call_id": "c1", "wait_seconds": 51})


def test_a_parameter_named_title_would_keep_its_description() -> None:
    tools = {tool["name"]: tool for tool in own_tools(FakeCalls()).definitions}
    assert "title" not in tools["start_voice_call"]["inputSchema"]
    assert tools["start_voice_call"]["inputSchema"]["properties"]["goal"]["description"]


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("get_call", {}, "call_id"),
        ("get_call", {"call_id": CALL_ID, "wait_seconds": 51}, "wait_seconds"),
        ("get_call", {"call_id": CALL_ID, "until": "never"}, "until"),
        ("start_voice_call", {}, "goal"),
        ("start_voice_call", {"goal": "x", "mode": "phone"}, "mode"),
        ("start_voice_call", {"goal": "x", "gaol": "y"}, "gaol"),
        ("send_to_call", {"call_id": CALL_ID, "text": ""}, "text"),
        ("hub_status", {"servers": "all"}, "servers"),
    ],
)
async def test_bad_arguments_are_refused_by_name_with_a_remedy(
    name: str, arguments: dict[str, Any], named: str
) -> None:
    calls = FakeCalls()
    result = await own_tools(calls).run(name, arguments, Nobody())
    error = result["structuredContent"]["error"]
    assert result["isError"] is True
    assert error["code"] == "invalid_arguments"
    assert named in error["message"]
    assert error["next_step"]
    assert error["retryable"] is False
    assert calls.asked == []


async def test_an_error_of_the_hub_has_code_message_and_next_step() -> None:
    result = await own_tools(FakeCalls()).run("get_transcript", {"call_id": "gone"}, Nobody())
    assert result["structuredContent"]["error"] == {
        "code": "call_not_found",
        "message": "There is no call gone.",
        "retryable": False,
        "next_step": "List them with list_calls.",
    }
    assert result["content"][0]["text"] == "There is no call gone.\nList them with list_calls."


async def test_arguments_reach_the_calls_as_they_were_given() -> None:
    calls = FakeCalls()
    arguments = {"goal": "orders", "questions": [{"key": "day", "question": "Which day?"}]}
    await own_tools(calls).run("start_voice_call", arguments, Nobody())
    assert calls.asked == [("start", arguments)]


async def test_the_text_of_a_result_has_three_lines_at_most_and_ends_with_the_next_step() -> None:
    result = await own_tools(FakeCalls()).run("get_call", {"call_id": CALL_ID}, Nobody())
    assert result["content"][0]["text"].splitlines() == [
        "Call c1 is in_progress.",
        "caller: hello there",
        "Ask again.",
    ]


async def test_a_result_that_names_no_next_step_gets_one() -> None:
    result = await own_tools(FakeCalls()).run("list_calls", {}, Nobody())
    assert result["structuredContent"]["next_step"]
    assert result["content"][0]["text"].splitlines()[0] == "2 calls."


async def test_the_status_says_which_servers_are_not_up() -> None:
    result = await own_tools(FakeCalls()).run("hub_status", {}, Nobody())
    assert result["content"][0]["text"].splitlines()[:2] == ["1 of 2 servers are ready.", "other is backoff"]
    one = await own_tools(FakeCalls()).run("hub_status", {"server": "nope"}, Nobody())
    assert one["structuredContent"]["error"]["code"] == "not_found"


@both_eras
async def test_a_client_that_waits_hears_the_last_spoken_line(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_tools, "PROGRESS_SECONDS", 0.05)
    told: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        if len(told) == 3:
            hub.calls.told.set()

    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with anyio.fail_after(10):
            result = await client.call_tool(
                "get_call", {"call_id": CALL_ID, "wait_seconds": 30}, progress_callback=on_progress
            )
    assert not result.is_error
    assert {message for _, _, message in told} == {"agent: Hello."}
    assert {total for _, total, _ in told} == {30}
    assert [progress for progress, _, _ in told] == sorted({progress for progress, _, _ in told})


@both_eras
async def test_waiting_for_a_call_that_is_not_there_says_so_at_once(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        with anyio.fail_after(5):
            result = await raw_call(client, "get_call", {"call_id": "gone", "wait_seconds": 30})
    assert result["structuredContent"]["error"]["code"] == "call_not_found"


def test_a_hub_that_makes_no_recordings_has_no_tool_for_them() -> None:
    calls = FakeCalls()
    calls.records = False
    assert "get_recording" not in own_tools(calls)
    assert "get_recording" in own_tools(FakeCalls())


async def test_a_client_that_stops_waiting_ends_the_wait() -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", MODERN) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(raw_call, client, "get_call", {"call_id": CALL_ID, "wait_seconds": 50})
            with anyio.fail_after(5):
                await hub.calls.waiting.wait()
            tasks.cancel_scope.cancel()
        await eventually(lambda: hub.calls.given_up_by_client)


@both_eras
async def test_the_hubs_resources_can_be_read(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        listed = {one.uri for one in (await client.list_resources()).resources}
        templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
        texts = {}
        call = f"call://{CALL_ID}"
        parts = [f"{call}/{part}" for part in ("transcript", "report", "recording")]
        for uri in (*listed, call, *parts, "hub://servers/notes/tools"):
            content = (await client.read_resource(uri)).contents[0]
            assert isinstance(content, mcp.TextResourceContents)
            texts[uri] = content.text
        with pytest.raises(MCPError, match="no call gone"):
            await client.read_resource("call://gone/transcript")
        for uri in ("elsewhere://x", f"call://{CALL_ID}/nothing", "hub://servers/nobody/tools"):
            with pytest.raises(MCPError, match="There is no"):
                await client.read_resource(uri)
    assert listed == {"hub://servers", "hub://config", "calls://active"}
    assert templates == {
        "hub://servers/{name}/tools",
        "call://{id}",
        "call://{id}/transcript",
        "call://{id}/report",
        "call://{id}/recording",
    }
    assert '"state": "ready"' in texts[f"call://{CALL_ID}/recording"]
    assert texts[f"call://{CALL_ID}/report"].startswith(f"# Call {CALL_ID}\n\n- Goal: ")
    assert "1. **agent**: Hello." in texts[f"call://{CALL_ID}/report"]
    assert '"notes__echo"' in texts["hub://servers/notes/tools"]
    assert '"other__add"' not in texts["hub://servers/notes/tools"]
    assert texts[f"call://{CALL_ID}/transcript"] == "agent: Hello."
    assert '"notes"' in texts["hub://servers"]


@both_eras
async def test_the_hubs_prompts_are_filled_in(mode: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", mode) as client:
        names = [one.name for one in (await client.list_prompts()).prompts]
        prompt = await client.get_prompt("place_call", {"why": "go through $5 of orders"})
        with pytest.raises(MCPError, match="needs call_id"):
            await client.get_prompt("review_call", {})
        with pytest.raises(MCPError, match="Unknown prompt"):
            await client.get_prompt("nope", {})
    assert names == ["place_call", "follow_call", "review_call", "debug_call", "database_assistant"]
    content = prompt.messages[0].content
    assert isinstance(content, mcp.TextContent)
    assert content.text.startswith("I want a voice call with me: go through $5 of orders\n")


async def test_a_calls_own_path_has_neither_resources_nor_prompts() -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp/calls/{CALL_ID}", MODERN) as client:
        assert "hub_status" not in [tool["name"] for tool in await raw_tools(client)]
        with pytest.raises(MCPError) as refused:
            await client.list_prompts()
    assert refused.value.error.code == mcp.METHOD_NOT_FOUND
