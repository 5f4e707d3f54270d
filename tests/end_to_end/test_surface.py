"""Everything that the hub offers a desktop is used in each era and way, and is as it says of itself.

What is listed and used neither here nor where ELSEWHERE says fails: nothing is added unproven.
"""

import json
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import mcp_types as mcp
import pytest
from mcp import Client, MCPError

from hub.core.errors import HubError
from tests.conftest import ROOT
from tests.end_to_end.house import House
from tests.end_to_end.test_confirmed_write import CREATE, rows
from tests.end_to_end.test_typed_call import answer_to, ask, begin
from tests.end_to_end.witness import Witness, witness

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(300)]

ways = pytest.mark.parametrize(
    ("era", "way"), [(era, way) for era in ("legacy", "2026-07-28") for way in ("http", "connect")]
)
ELSEWHERE = {
    "answer_question.decline": "tests/end_to_end/test_elicitation.py",
    "answer_question.decline=True": "tests/end_to_end/test_elicitation.py",
    "get_call.review_message": "tests/calls/test_review.py",
    "rehearse_call.pending_question": "tests/gateway/test_rehearse_tool.py",
}
"""Tools, parameters and keys of results that need a call of another kind, by the test that has one."""
ERRORS = {
    "call_not_found",
    "already_ended",
    "no_such_question",
    "no_such_action",
    "too_many_calls",
    "server_unavailable",
    "unsupported_in_mode",
    "invalid_arguments",
    "not_found",
}
ERRORS_ELSEWHERE = {
    "internal": "no error has it: each kind has its own",
    "over_budget": "tests/calls/test_budget.py: a cap that a free practice call cannot reach",
    "changed_since": "the confirm page of pins, no tool",
    "unauthorized": "links, pages and tokens, no tool",
    "configuration": "the command line, no tool",
    "unavailable": "a full disk, tests/calls",
}
TEMPLATES = {
    "call://{id}": "call://{call}",
    "call://{id}/transcript": "call://{call}/transcript",
    "call://{id}/report": "call://{call}/report",
    "call://{id}/recording": "call://{call}/recording",
    "hub://servers/{name}/tools": "hub://servers/notes/tools",
}
"""Each with what is read in its place."""
QUESTIONS = [
    {"key": "table", "question": "Which table would you like to see?", "type": "text"},
    {"key": "count", "question": "How many?", "type": "number"},
    {"key": "sure", "question": "Are you sure?", "type": "boolean"},
    {"key": "day", "question": "Which day?", "type": "date"},
    {"key": "size", "question": "Which size?", "type": "choice", "choices": ["small", "large"]},
]


@pytest.fixture(autouse=True)
async def _clean(hub: House) -> AsyncGenerator[None]:
    await rows(hub, "drop table if exists products")
    yield
    await rows(hub, "drop table if exists products")
    for status in ("in_progress", "waiting_for_caller", "scheduled"):
        for call in hub.get("/api/calls", status=status)["calls"]:
            hub.post(f"/api/calls/{call['call_id']}/end")


async def refused(client: Client, name: str, **arguments: Any) -> str:
    result = await client.call_tool(name, arguments)
    assert result.is_error
    assert isinstance(result.structured_content, dict)
    return str(result.structured_content["error"]["code"])


def late() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@ways
async def test_every_tool_with_every_parameter(hub: House, era: str, way: str) -> None:
    async with witness(hub, era, way) as client:
        await _first_call(client)
        await _second_call(client)
        await _looked_up(client)
        if "rehearse_call" in client.tools:
            await _rehearsed(client)
        unproven = client.unproven() | client.never_told()
    assert {path for path in unproven if path.partition(".")[0] not in ELSEWHERE} <= set(ELSEWHERE)
    for path in unproven & set(ELSEWHERE):
        assert path.rpartition(".")[2] in (ROOT / ELSEWHERE[path]).read_text()


async def _first_call(client: Witness) -> None:
    """One that may only read, followed in every way."""
    key = uuid.uuid4().hex
    call_id = await begin(
        client,
        success_criteria=["The agent says “customers and orders”"],
        questions=QUESTIONS,
        context="The shop is closed.",
        instructions="Be brief.",
        first_message="Which table would you like to see?",
        language="en",
        voice="ash",
        persona="default",
        view="voice",
        tools={"servers": ["*"], "allow": ["*"], "deny": ["notes__slow"], "read_only": True},
        max_minutes=5,
        record=False,
        idempotency_key=key,
        metadata={"for": "a test"},
    )
    again = await ask(client, "start_voice_call", goal="g", mode="text", idempotency_key=key)
    assert again["call_id"] == call_id
    seen = await ask(client, "get_call", call_id=call_id, wait_seconds=5, until="answered")
    assert seen["status"] == "in_progress"
    assert "customers and orders" in await answer_to(client, call_id, "Which tables do we have?")
    await _steered(client, call_id)
    await _asked(client, call_id)
    await ask(client, "end_call", call_id=call_id, goodbye="Bye.")
    got = await _reviewed(client, call_id)
    parts = ["events", "summary", "answers", "usage", "latency", "tools"]
    got = await ask(client, "get_call", call_id=call_id, include=parts)
    assert got["answers"]["table"]["value"] == "Which tables do we have?"
    assert [one["met"] for one in got["criteria"]] == [True]
    for form in ("turns", "text", "srt"):
        page = await ask(
            client, "get_transcript", call_id=call_id, format=form, include_tools=True, after_turn=1, limit=1
        )
        assert page["next_turn"] == 2


async def _steered(client: Witness, call_id: str) -> None:
    """Each order is confirmed by an event when it has really happened."""
    after = (await ask(client, "get_call", call_id=call_id))["last_event"]
    said = await ask(client, "send_to_call", call_id=call_id, kind="say", text="The operator speaks.")
    assert said["accepted"]
    for kind in ("context", "instruct"):
        sent = await ask(
            client,
            "send_to_call",
            call_id=call_id,
            kind=kind,
            text=f"A {kind}.",
            interrupt=kind == "instruct",
        )
        assert sent["accepted"]
    wanted = {("operator", "The operator speaks."), ("operator", "context: A context."),
              ("operator", "instruct: A instruct.")}  # fmt: skip
    with anyio.fail_after(30):
        while wanted:
            got = await ask(
                client, "get_call", call_id=call_id, wait_seconds=10, until="any", after_event=after
            )
            after = got["last_event"]
            wanted -= {(event.get("role"), event["text"]) for event in got["events"]}


async def _asked(client: Witness, call_id: str) -> None:
    """What no tool knows is asked of the desktop."""
    await ask(client, "send_to_call", call_id=call_id, kind="caller", text="Can I have a discount?")
    got = await ask(client, "get_call", call_id=call_id, wait_seconds=30, until="question")
    answer = {"call_id": call_id, "question_id": got["pending_question"]["id"], "answer": "Ten percent."}
    assert (await ask(client, "answer_question", **answer))["state"] == "answered"
    assert await refused(client, "answer_question", **answer) == "no_such_question"
    after = got["last_event"]
    with anyio.fail_after(40):
        while True:
            got = await ask(client, "get_call", call_id=call_id, wait_seconds=10, after_event=after)
            after = got["last_event"]
            if any(
                "Ten percent." in event["text"] for event in got["events"] if event.get("role") == "agent"
            ):
                return


async def _reviewed(client: Witness, call_id: str) -> dict[str, Any]:
    after = 0
    with anyio.fail_after(60):
        while True:
            got = await ask(
                client, "get_call", call_id=call_id, wait_seconds=20, until="ended", after_event=after
            )
            after = got["last_event"]
            if got["done"] and got["review"] != "pending":
                return got


async def _second_call(client: Witness) -> None:
    """One that may write: a change is denied, and one is approved."""
    call_id = await begin(client)
    for decision, state in (("deny", "denied"), ("approve", "approved")):
        await ask(client, "send_to_call", call_id=call_id, kind="caller", text=CREATE)
        with anyio.fail_after(30):
            while True:
                got = await ask(client, "get_call", call_id=call_id, wait_seconds=20, until="question")
                if got.get("pending_action"):
                    break
        decided = {"call_id": call_id, "action_id": got["pending_action"]["id"], "decision": decision}
        assert (await ask(client, "decide_action", **decided))["state"] == state
        assert await refused(client, "decide_action", **decided) == "no_such_action"
        await _said_after(client, call_id, got["last_event"])
    await ask(client, "end_call", call_id=call_id)


async def _said_after(client: Witness, call_id: str, after: int) -> None:
    """Hear what the agent says to it: then it has all come to an end."""
    over = False
    with anyio.fail_after(40):
        while True:
            got = await ask(client, "get_call", call_id=call_id, wait_seconds=20, after_event=after)
            after = got["last_event"]
            for event in got["events"]:
                over = over or event["kind"] == "tool_ended"
                if over and event.get("role") == "agent":
                    return


async def _looked_up(client: Witness) -> None:
    later = await ask(
        client, "start_voice_call", goal="later", schedule_at=late(), mode="browser", record=True
    )
    assert later["status"] == "scheduled"
    assert later["join_url"]
    await ask(client, "end_call", call_id=later["call_id"])
    assert (await _reviewed(client, later["call_id"]))["ended_reason"] == "cancelled"
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    page = await ask(client, "list_calls", since=since, query="l", limit=1)
    following = await ask(client, "list_calls", limit=1, cursor=page["next_cursor"])
    assert page["calls"] != following["calls"]
    for status in ("scheduled", "waiting_for_caller", "dialing", "in_progress", "ended"):
        for call in (await ask(client, "list_calls", status=status))["calls"]:
            assert call["status"] == status
    assert len((await ask(client, "hub_status", server="notes"))["servers"]) == 1
    if "get_recording" in client.tools:
        got = await ask(client, "get_recording", call_id=later["call_id"])
        assert got["call_id"] == later["call_id"]


async def _rehearsed(client: Witness) -> None:
    got = await ask(
        client,
        "rehearse_call",
        goal="look at the shop",
        persona="default",
        caller=["Which tables do we have?", "Goodbye."],
        success_criteria=["The agent says “tables”"],
        questions=QUESTIONS,
        context="The shop is closed.",
        instructions="Be brief.",
        first_message="Which table would you like to see?",
        language="en",
        view="voice",
        tools={"servers": ["*"], "allow": ["*"], "deny": ["notes__slow"], "read_only": True},
        max_turns=5,
    )
    assert (got["passed"], got["problems"], [one["met"] for one in got["criteria"]]) == (True, [], [True])
    assert (await ask(client, "get_call", call_id=got["call_id"]))["rehearsal"]["passed"]


@ways
async def test_every_error_of_the_tools(hub: House, era: str, way: str) -> None:
    async with witness(hub, era, way) as client:
        over = (await ask(client, "start_voice_call", goal="g"))["call_id"]
        await ask(client, "end_call", call_id=over)
        here = await begin(client)
        for name in sorted(
            {*client.tools} - {"start_voice_call", "list_calls", "hub_status", "rehearse_call"}
        ):
            more = _needed(client.tools[name])
            assert await refused(client, name, **more | {"call_id": "nobody"}) == "call_not_found"
        for name in ("send_to_call", "answer_question", "decide_action"):
            assert await refused(client, name, **_needed(client.tools[name]) | {"call_id": over}) == (
                "already_ended"
            )
        waiting = (await ask(client, "start_voice_call", goal="g"))["call_id"]
        typed = {"call_id": waiting, "kind": "caller", "text": "x"}
        assert await refused(client, "send_to_call", **typed) == "unsupported_in_mode"
        assert await refused(client, "send_to_call", call_id=waiting, text="x") == "server_unavailable"
        for name, needed in (("answer_question", "no_such_question"), ("decide_action", "no_such_action")):
            assert await refused(client, name, **_needed(client.tools[name]) | {"call_id": here}) == needed
        assert await refused(client, "hub_status", server="nobody") == "not_found"
        await _wrong(client, here)
        await _too_many(client)
        codes = client.codes
    assert codes == ERRORS
    kinds = [kind for kind in HubError.__subclasses__() if kind.__module__ == HubError.__module__]
    known = {kind.code for kind in kinds} | {HubError.code}  # a worker or a command has errors of its own
    assert known == ERRORS | set(ERRORS_ELSEWHERE)


def _needed(tool: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a tool cannot do without."""
    schema = tool["inputSchema"]
    return {
        name: schema["properties"][name].get("enum", ["x"])[0]
        for name in schema["required"]
        if name in schema["properties"]
    }


async def _wrong(client: Witness, call_id: str) -> None:
    for name, arguments in (
        ("get_call", {"call_id": call_id, "wait_seconds": 51}),
        ("start_voice_call", {"goal": "g", "schedule_at": "2001-01-01T00:00:00Z"}),
        ("start_voice_call", {"goal": "g", "persona": "nobody"}),
        ("list_calls", {"cursor": "x"}),
        ("hub_status", {"servers": "notes"}),
    ):
        assert await refused(client, name, **arguments) == "invalid_arguments"


async def _too_many(client: Witness) -> None:
    status = (await ask(client, "hub_status"))["calls"]
    for _ in range(status["limit"] - status["active"]):
        await ask(client, "start_voice_call", goal="g", mode="text")
    assert await refused(client, "start_voice_call", goal="g", mode="text") == "too_many_calls"


@ways
async def test_every_resource_and_every_prompt(hub: House, era: str, way: str) -> None:
    async with witness(hub, era, way) as client:
        call_id = await begin(client, first_message="Hello there.")
        templates = (await client.list_resource_templates()).resource_templates
        assert {one.uri_template for one in templates} == set(TEMPLATES)
        listed = {one.uri: one.mime_type for one in (await client.list_resources()).resources}
        for one in templates:
            listed[TEMPLATES[one.uri_template].format(call=call_id)] = one.mime_type
            with pytest.raises(MCPError, match="There is no"):
                await client.read_resource(one.uri_template.format(id="nobody", name="nobody"))
        texts = {uri: await _read(client, uri, mime) for uri, mime in listed.items()}
        for prompt in (await client.list_prompts()).prompts:
            await _filled(client, prompt)
        with pytest.raises(MCPError, match="Unknown prompt"):
            await client.get_prompt("nobody", {})
        await ask(client, "end_call", call_id=call_id)
    assert {"calls://active", "hub://servers", "hub://config"} <= set(listed)
    assert call_id in texts["calls://active"]
    assert texts[f"call://{call_id}/transcript"] == "agent: Hello there."
    assert "1. **agent**: Hello there." in texts[f"call://{call_id}/report"]
    assert '"notes__list_notes"' in texts["hub://servers/notes/tools"]
    assert "sbp_" not in texts["hub://config"]


async def _read(client: Client, uri: str, mime: str | None) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, mcp.TextResourceContents)
    assert content.mime_type == mime
    if mime == "application/json":
        json.loads(content.text)
    return content.text


async def _filled(client: Client, prompt: mcp.Prompt) -> None:
    """All its arguments are in its words, and it says which it cannot do without."""
    arguments = prompt.arguments or []
    given = {one.name: f"<{one.name} of mine>" for one in arguments}
    (message,) = (await client.get_prompt(prompt.name, given)).messages
    assert isinstance(message.content, mcp.TextContent)
    assert all(value in message.content.text for value in given.values())
    needed = {
        name: given[name] for name in given if any(one.name == name and one.required for one in arguments)
    }
    assert (await client.get_prompt(prompt.name, needed)).messages
    for name in needed:
        with pytest.raises(MCPError, match=name):
            await client.get_prompt(prompt.name, {key: value for key, value in needed.items() if key != name})


@ways
async def test_whoever_waits_hears_the_line_that_was_spoken_last(hub: House, era: str, way: str) -> None:
    """Progress comes every 4 s: three times in a wait of 9 s."""
    lines: list[str | None] = []

    async def on_progress(_progress: float, _total: float | None, message: str | None) -> None:
        lines.append(message)

    async with witness(hub, era, way) as client:
        call_id = await begin(client, first_message="Hello there.")
        waited = {"call_id": call_id, "wait_seconds": 9, "until": "ended"}
        result = await client.call_tool("get_call", waited, progress_callback=on_progress)
        await ask(client, "end_call", call_id=call_id)
    assert not result.is_error
    assert lines == ["agent: Hello there."] * 3
