"""The tasks extension over HTTP: a get_call that waits as long as it takes, of clients that declare it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import mcp_types as mcp
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError
from mcp.client.extension import advertise
from mcp.client.streamable_http import streamable_http_client

from hub.gateway.tasks_wire import EXTENSION, Wait
from tests.gateway.clients import LEGACY, MODERN, RAW, http_client, of_task, raw_call
from tests.gateway.fake_calls import CALL_ID
from tests.gateway.fakes import TOKEN, Running, serving
from tests.gateway.task_schema import TASK_RESULTS

pytestmark = pytest.mark.anyio
UNTIL_END = {"call_id": CALL_ID, "until": "ended", "wait_seconds": 50}
QUESTION = {"id": "q1", "text": "Which discount?", "deadline": "2026-08-30T12:01:00Z"}
ACTION = {"id": "a1", "text": "This drops products.", "phrase": "yes, drop products", "tool": "notes__add"}
REVIEWED = {"status": "ended", "done": True, "ended_reason": "caller_left", "review": "ready"}


async def _no_person(context: Any, params: Any) -> mcp.ElicitResult:
    raise AssertionError  # the forms of a task come with tasks/get


@asynccontextmanager
async def able_client(hub: Running, mode: str = MODERN, *, asks: bool = True) -> AsyncGenerator[Client]:
    """A client that declares the extension, and that it can ask its person (or not)."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20) as http,
        Client(
            streamable_http_client(f"{hub.url}/mcp", http_client=http),
            mode=mode,
            cache=None,
            extensions=[advertise(EXTENSION)],
            elicitation_callback=_no_person if asks else None,
            client_info=mcp.Implementation(name="desk", version="1"),
        ) as client,
    ):
        yield client


def bare(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key != "_meta"}


def valid(result: dict[str, Any], kind: str) -> dict[str, Any]:
    Draft202012Validator(TASK_RESULTS[kind]).validate(result)
    return result


async def begun(client: Client, **arguments: Any) -> str:
    return str(valid(await raw_call(client, "get_call", {**UNTIL_END, **arguments}), "created")["taskId"])


async def test_waiting_for_the_end_is_a_task_that_tells_the_last_line_and_ends_with_the_review() -> None:
    async with serving() as hub, able_client(hub) as client:
        created = valid(await raw_call(client, "get_call", UNTIL_END), "created")
        hub.calls.happens("turn", "Let me look.", role="agent")
        working = valid(await of_task(client, "get", created["taskId"]), "task")
        hub.calls.stands = {**REVIEWED, "review": "pending"}
        reviewing = valid(await of_task(client, "get", created["taskId"]), "task")
        hub.calls.stands = REVIEWED
        completed = valid(await of_task(client, "get", created["taskId"]), "task")
    assert (created["resultType"], created["status"]) == ("task", "working")
    assert (working["resultType"], working["status"]) == ("complete", "working")
    assert working["statusMessage"] == "agent: Let me look."
    assert working["createdAt"] == created["createdAt"]
    assert (created["ttlMs"], created["pollIntervalMs"]) == (None, 1000)
    assert reviewing["status"] == "working"
    assert completed["status"] == "completed"
    result = completed["result"]
    assert result["structuredContent"]["review"] == "ready"
    assert [event["n"] for event in result["structuredContent"]["events"]] == [1, 2]
    assert result["content"][0]["text"].startswith("Call c1 is ended (caller_left).")
    assert result["isError"] is False


async def test_the_result_has_what_was_asked_for_and_from_where_it_was_asked() -> None:
    async with serving() as hub, able_client(hub) as client:
        hub.calls.happens("turn", "One.", role="agent")
        task = await begun(client, after_event=1, include=["events", "summary"])
        hub.calls.stands = REVIEWED
        completed = await of_task(client, "get", task)
    assert [event["n"] for event in completed["result"]["structuredContent"]["events"]] == [2]
    asked = [arguments for name, arguments in hub.calls.asked if name == "get"][-1]
    assert asked == {"call_id": CALL_ID, "after_event": 1, "include": ["events", "summary"]}


@pytest.mark.parametrize(
    ("until", "stands", "event"),
    [
        ("answered", {"status": "in_progress"}, "status"),
        ("question", {"pending_question": QUESTION}, "question"),
        ("question", {"pending_action": ACTION}, "action"),
        ("answered", {"status": "ended"}, "status"),
        ("question", {"status": "ended"}, "status"),
    ],
)
async def test_other_waits_end_when_that_has_happened_and_stay_so(
    until: str, stands: dict[str, Any], event: str
) -> None:
    async with serving() as hub, able_client(hub) as client:
        hub.calls.stands = {"status": "waiting_for_caller"}
        task = await begun(client, until=until)
        waiting = await of_task(client, "get", task)
        hub.calls.happens(event, "It has happened.")
        hub.calls.stands = stands
        completed = valid(await of_task(client, "get", task), "task")
        hub.calls.stands = {} if event != "status" else stands
        again = await of_task(client, "get", task)
    assert (waiting["status"], waiting["pollIntervalMs"]) == ("working", 5000)
    assert waiting["statusMessage"] == "The call is waiting_for_caller."
    assert completed["status"] == again["status"] == "completed"
    shown = completed["result"]["structuredContent"]
    assert {key: shown[key] for key in stands} == stands


@pytest.mark.parametrize(
    ("until", "stands"),
    [
        ("ended", REVIEWED),
        ("answered", {"status": "in_progress"}),
        ("question", {"pending_question": QUESTION}),
        ("question", {"pending_action": ACTION}),
    ],
)
async def test_what_is_so_already_is_answered_at_once(until: str, stands: dict[str, Any]) -> None:
    async with serving() as hub, able_client(hub) as client:
        hub.calls.stands = stands
        result = await raw_call(client, "get_call", {**UNTIL_END, "until": until})
    assert result["resultType"] == "complete"
    assert result["structuredContent"]["call_id"] == CALL_ID


async def test_a_question_of_the_agent_is_answered_through_the_task() -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
        hub.calls.stands = {"pending_question": QUESTION, "pending_action": ACTION}
        asking = valid(await of_task(client, "get", task), "task")
        responses = {
            "question-q1.": {"action": "accept", "content": {"answer": "Ten percent."}},
            "action-a1": {"action": "accept", "content": {"decision": "approve"}},
            "question-old.": {"action": "accept", "content": {"answer": "too late"}},
            "never-heard-of": {"action": "accept", "content": {}},
            "nonsense": {"ignored": True},
        }
        answered = await of_task(client, "update", task, inputResponses=responses)
    assert asking["status"] == "input_required"
    assert set(asking["inputRequests"]) == {"question-q1.", "action-a1"}
    for request in asking["inputRequests"].values():
        mcp.ElicitRequest.model_validate(request)
    assert "Which discount?" in asking["inputRequests"]["question-q1."]["params"]["message"]
    assert "notes__add" in asking["inputRequests"]["action-a1"]["params"]["message"]
    assert bare(answered) == {"resultType": "complete"}
    assert hub.calls.asked[-2:] == [
        (
            "answer, the desktop (desk)",
            {"call_id": CALL_ID, "question_id": "q1", "answer": "Ten percent."},
        ),
        ("decide, the desktop (desk)", {"call_id": CALL_ID, "action_id": "a1", "decision": "approve"}),
    ]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"field": "name"}, "question-q1.name"),
        ({"field": None}, None),
        ({"url": "https://shop.example/login", "host": "shop.example"}, None),
    ],
)
async def test_a_servers_question_comes_field_by_field_without_secrets_and_links(
    more: dict[str, Any], key: str | None
) -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
        hub.calls.stands = {"pending_question": QUESTION | {"server": "shop"} | more}
        asking = valid(await of_task(client, "get", task), "task")
    assert list(asking.get("inputRequests", {})) == ([key] if key else [])
    if key:
        assert asking["inputRequests"][key]["params"]["message"].startswith("shop asks")


@pytest.mark.parametrize(("action", "told"), [("decline", True), ("cancel", False)])
async def test_a_form_that_is_declined_is_a_no_and_one_that_is_closed_is_nothing(
    action: str, told: bool
) -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
        hub.calls.stands = {"pending_question": QUESTION, "pending_action": ACTION}
        responses = {"question-q1.": {"action": action}, "action-a1": {"action": action}}
        await of_task(client, "update", task, inputResponses=responses)
    heard = [arguments for name, arguments in hub.calls.asked if name.startswith(("answer", "decide"))]
    assert [one.get("decision") for one in heard] == ([None, "deny"] if told else [])
    assert ["does not want to answer" in one.get("answer", "") for one in heard] == [True, False][
        : len(heard)
    ]


async def test_a_client_that_cannot_ask_its_person_gets_the_question_as_the_result() -> None:
    async with serving() as hub, able_client(hub, asks=False) as client:
        task = await begun(client)
        hub.calls.happens("action", "This drops products.")
        hub.calls.stands = {"pending_action": ACTION}
        working = await of_task(client, "get", task)
        hub.calls.happens("question", "Which discount?")
        hub.calls.stands = {"pending_question": QUESTION}
        completed = await of_task(client, "get", task)
        again = await raw_call(client, "get_call", UNTIL_END)
    assert working["status"] == "working"  # the caller decides on it, too
    assert "inputRequests" not in working
    assert completed["result"]["structuredContent"]["pending_question"] == QUESTION
    assert again["structuredContent"]["pending_question"] == QUESTION


async def test_cancelling_ends_the_wait_and_not_the_call() -> None:
    async with serving() as hub, able_client(hub) as client:
        task, other = await begun(client), await begun(client)
        acknowledged = [await of_task(client, "cancel", task) for _ in range(2)]
        cancelled = valid(await of_task(client, "get", task), "task")
        hub.calls.stands = REVIEWED
        still = await of_task(client, "get", task)
        done = await of_task(client, "get", other)
        late = await of_task(client, "cancel", other)
        after = await of_task(client, "get", other)
    assert [bare(one) for one in (*acknowledged, late)] == [{"resultType": "complete"}] * 3
    assert cancelled["status"] == still["status"] == "cancelled"
    assert "end_call" in cancelled["statusMessage"]
    assert done["status"] == after["status"] == "completed"
    assert "end" not in [name for name, _ in hub.calls.asked]


async def test_a_task_is_known_to_a_hub_that_has_been_started_anew() -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
    async with serving() as hub, able_client(hub) as client:
        assert (await of_task(client, "get", task))["taskId"] == task


@pytest.mark.parametrize("verb", ["get", "update", "cancel"])
@pytest.mark.parametrize(
    "task_id",
    [
        "nonsense",
        "e30",
        "ä",
        Wait.new(call="gone", until="ended", after=0, since=0, made=1.0, asks=True).task_id(),
    ],
)
async def test_a_task_that_there_is_not_is_refused(verb: str, task_id: str) -> None:
    async with serving() as hub, able_client(hub) as client:
        with pytest.raises(MCPError, match=r"There is no (task|call)") as refused:
            await of_task(client, verb, task_id, inputResponses={})
    assert refused.value.error.code == mcp.INVALID_PARAMS


@pytest.mark.parametrize(
    ("responses", "named"),
    [
        (None, "inputResponses"),
        ({"question-q1.": {"action": "accept", "content": {}}}, "answer"),
        ({"action-a1": {"action": "accept", "content": {"decision": "maybe"}}}, "decision"),
    ],
)
async def test_an_answer_that_was_not_asked_for_is_refused_by_name(responses: Any, named: str) -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
        hub.calls.stands = {"pending_question": QUESTION, "pending_action": ACTION}
        with pytest.raises(MCPError, match=named) as refused:
            await of_task(client, "update", task, inputResponses=responses)
    assert refused.value.error.code == mcp.INVALID_PARAMS


@pytest.mark.parametrize("verb", ["get", "update", "cancel"])
async def test_a_client_that_has_not_declared_it_is_told_what_is_missing(verb: str) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", MODERN) as client:
        with pytest.raises(MCPError) as refused:
            await of_task(client, verb, "x")
    assert refused.value.error.code == mcp.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert refused.value.error.data == {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}


async def test_a_client_that_listens_for_tasks_has_to_declare_them() -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", MODERN) as client:
        params = {"notifications": {"taskIds": ["x"]}}
        request = mcp.Request[dict[str, Any], str](method="subscriptions/listen", params=params)
        with pytest.raises(MCPError) as refused:
            await client.session.send_request(request, RAW)
    assert refused.value.error.code == mcp.MISSING_REQUIRED_CLIENT_CAPABILITY


@pytest.mark.parametrize("name", ["other", None])
async def test_a_header_that_names_another_task_is_refused(name: str | None) -> None:
    async with serving() as hub, able_client(hub) as client:
        task = await begun(client)
        meta = {
            mcp.PROTOCOL_VERSION_META_KEY: MODERN,
            mcp.CLIENT_CAPABILITIES_META_KEY: {"extensions": {EXTENSION: {}}},
        }
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tasks/get",
            "params": {"taskId": task, "_meta": meta},
        }
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": "tasks/get",
        } | ({"Mcp-Name": name} if name else {})
        async with httpx2.AsyncClient() as http:
            answer = await http.post(f"{hub.url}/mcp", json=message, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == mcp.HEADER_MISMATCH


@pytest.mark.parametrize(
    "arguments",
    [
        UNTIL_END | {"wait_seconds": 0.1},
        UNTIL_END | {"until": "any", "wait_seconds": 0},
        {"call_id": CALL_ID},
    ],
)
async def test_a_wait_that_is_short_or_for_anything_is_no_task(arguments: dict[str, Any]) -> None:
    async with serving() as hub, able_client(hub) as client:
        result = await raw_call(client, "get_call", arguments)
    assert result["resultType"] == "complete"
    assert result["structuredContent"]["status"] == "in_progress"


async def test_errors_are_the_tools_own() -> None:
    async with serving() as hub, able_client(hub) as client:
        gone = await raw_call(client, "get_call", UNTIL_END | {"call_id": "gone"})
        wrong = await raw_call(client, "get_call", UNTIL_END | {"wait_seconds": 51})
    assert gone["structuredContent"]["error"]["code"] == "call_not_found"
    assert wrong["structuredContent"]["error"]["code"] == "invalid_arguments"


async def test_who_has_not_declared_it_or_is_of_the_older_era_waits_as_ever() -> None:
    async with serving() as hub:
        hub.calls.told.set()  # the fake's wait ends at once
        async with http_client(f"{hub.url}/mcp", MODERN) as plain:
            results = [await raw_call(plain, "get_call", UNTIL_END)]
        async with able_client(hub, LEGACY) as older:
            results.append(await raw_call(older, "get_call", UNTIL_END))
            with pytest.raises(MCPError) as refused:
                await of_task(older, "get", "x")
    assert all("taskId" not in result and "structuredContent" in result for result in results)
    assert refused.value.error.code == mcp.METHOD_NOT_FOUND


@pytest.mark.parametrize(
    ("path", "mode", "voice", "there"),
    [
        ("/mcp", "auto", True, True),
        ("/mcp/servers/notes", "auto", True, False),
        (f"/mcp/calls/{CALL_ID}", "auto", True, False),
        ("/mcp", LEGACY, True, False),
        ("/mcp", "auto", False, False),
    ],
)
async def test_it_is_advertised_where_it_is(path: str, mode: str, voice: bool, there: bool) -> None:
    async with serving(voice=voice) as hub, http_client(f"{hub.url}{path}", mode) as client:
        told = client.server_capabilities
    assert told is not None
    assert told.tasks is None
    assert (told.extensions or {}) == ({EXTENSION: {}} if there else {})
