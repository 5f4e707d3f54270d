"""A server asks a desktop: every era of either, over both transports, and nobody who cannot be asked."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import mcp_types as mcp
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from hub.gateway import direct
from hub.gateway.elicitation import modes, named_questions, shown
from hub.toolcalls.toolcalls import ToolCalls
from tests.gateway.clients import ERAS, LEGACY, MODERN, RAW, http_client
from tests.gateway.fakes import TOKEN, serving
from tests.servers.asks import URL
from tests.toolcalls.asking import WAYS, pooled
from tests.toolcalls.test_toolcalls import FakeJournal

pytestmark = pytest.mark.anyio
PASSWORD = "hunter2"  # noqa: S105
ACCEPTED: list[dict[str, Any]] = [
    {"action": "accept", "content": {"quantity": 3, "size": "large"}},
    {"action": "accept", "content": {"password": PASSWORD}},
    {"action": "accept"},
]


class Person:
    """Sits at a desktop and answers one question after the other."""

    def __init__(self, *answers: dict[str, Any], thinks: float = 0) -> None:
        self.answers = list(answers)
        self.thinks = thinks
        self.asked: list[Any] = []

    async def __call__(self, context: Any, params: Any) -> mcp.ElicitResult:
        self.asked.append(params)
        await anyio.sleep(self.thinks)
        return mcp.ElicitResult.model_validate(self.answers.pop(0))


@asynccontextmanager
async def desk(url: str, mode: str, person: Person) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode, cache=None, elicitation_callback=person) as client:
            yield client


@asynccontextmanager
async def house(folder: Path, *names: str) -> AsyncGenerator[str]:
    """A gateway over real servers that ask; its address."""
    async with pooled(folder, *names) as pool:
        tools = ToolCalls(pool, FakeJournal())  # type: ignore[arg-type]  # as far as it is used
        async with serving(voice=False, tools=tools, pool=pool) as running:
            yield running.url


def told(result: Any) -> Any:
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


@pytest.mark.parametrize("mode", ERAS)
async def test_each_question_reaches_the_desktop_in_its_own_era(tmp_path: Path, mode: str) -> None:
    async with house(tmp_path, *WAYS) as url:
        for name in WAYS:
            person = Person(*ACCEPTED, {"action": "decline"}, {"action": "cancel"})
            async with desk(f"{url}/mcp", mode, person) as client:
                assert told(await client.call_tool(f"{name}__order", {})) == ACCEPTED
                assert told(await client.call_tool(f"{name}__form", {})) == [{"action": "decline"}]
                assert told(await client.call_tool(f"{name}__link", {})) == [{"action": "cancel"}]
            form, _, link, *_ = person.asked
            assert form.message == f"{name}: Please complete your order"
            assert form.requested_schema["required"] == ["quantity", "size"]
            assert link.url == URL


@pytest.mark.parametrize("mode", ERAS)
async def test_on_a_servers_own_path_the_question_is_as_it_came(tmp_path: Path, mode: str) -> None:
    async with house(tmp_path, "stdio_2025", "http_2026") as url:
        for name in ("stdio_2025", "http_2026"):
            person = Person({"action": "decline"})
            async with desk(f"{url}/mcp/servers/{name}", mode, person) as client:
                assert told(await client.call_tool("form", {})) == [{"action": "decline"}]
            assert person.asked[0].message == "Please complete your order"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_desktop_that_shows_no_questions_gets_its_result_all_the_same(
    tmp_path: Path, mode: str
) -> None:
    async with house(tmp_path, "stdio_2025", "stdio_2026") as url, http_client(f"{url}/mcp", mode) as client:
        for name in ("stdio_2025", "stdio_2026"):
            assert told(await client.call_tool(f"{name}__form", {})) == [{"action": "decline"}]
        quiet = await client.call_tool("stdio_2025__quiet", {})
        assert quiet.content[0].text == "done"  # type: ignore[union-attr]  # text is what it gives
        assert told(await client.call_tool("stdio_2026__able", {})) is None


async def asked_raw(client: Client, **more: Any) -> dict[str, Any]:
    params = mcp.CallToolRequestParams(name="stdio_2025__form", arguments={"seconds": 0}, **more)
    result = await client.session.send_request(mcp.CallToolRequest(params=params), RAW)
    return dict(result)


async def test_an_answer_counts_once_and_for_the_toolcall_that_was_asked(tmp_path: Path) -> None:
    yes: Any = {"ask": mcp.ElicitResult(action="accept", content={"quantity": 1, "size": "small"})}
    async with house(tmp_path, "stdio_2025") as url, desk(f"{url}/mcp", MODERN, Person()) as client:
        first = await asked_raw(client)
        assert (first["resultType"], list(first["inputRequests"])) == ("input_required", ["ask"])
        state = first["requestState"]
        other = mcp.CallToolRequestParams(name="stdio_2025__link", request_state=state, input_responses=yes)
        with pytest.raises(MCPError, match="waits no longer"):
            await client.session.send_request(mcp.CallToolRequest(params=other), RAW)
        done = await asked_raw(client, request_state=state, input_responses=yes)
        assert '"accept"' in done["content"][0]["text"]
        with pytest.raises(MCPError, match="waits no longer"):
            await asked_raw(client, request_state=state, input_responses=yes)
        third = await asked_raw(client)
        unanswered = await asked_raw(client, request_state=third["requestState"])
        assert '"cancel"' in unanswered["content"][0]["text"]


async def test_a_desktop_of_the_older_era_that_never_answers_does_not_hold_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "ANSWER_SECONDS", 0.3)
    person = Person({"action": "accept"}, thinks=5)
    async with house(tmp_path, "stdio_2025") as url, desk(f"{url}/mcp", LEGACY, person) as client:
        assert told(await client.call_tool("stdio_2025__form", {})) == [{"action": "cancel"}]


def test_what_a_client_can_show_is_read_from_its_capability() -> None:
    assert modes(None) == frozenset()
    assert modes({}) == modes({"form": {}}) == {"form"}
    assert modes({"form": {}, "url": {}}) == {"form", "url"}
    assert modes({"url": {}, "form": None}) == {"url"}


def test_a_question_is_shown_as_an_era_has_it() -> None:
    link = {"mode": "url", "message": "m", "url": URL, "elicitationId": "e", "_meta": {}}
    assert shown("s", link, modern=True, named=False) == {"mode": "url", "message": "m", "url": URL}
    assert shown("s", link, modern=False, named=False)["elicitationId"] == "e"
    assert shown("s", {"mode": "url"}, modern=False, named=False)["elicitationId"]
    assert shown("s", {"mode": "form", "message": "m"}, modern=False, named=True) == {"message": "s: m"}
    odd = {"inputRequests": {"a": 7, "b": {"method": "roots/list"}}}
    assert named_questions("s", odd) == odd
    assert named_questions("s", {"requestState": "x"}) == {"requestState": "x"}
