"""The toolset inside a real, typed AgentSession, with a catalogue and a model of our own."""

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import httpx2
import pytest
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.run_result import RunResult
from livekit.plugins import openai
from openai import AsyncClient

from hub.bench.providers import Providers, Rule
from hub.core.wire import ToolEnded, ToolStarted
from hub.voice.catalogue import ToolFailed
from hub.voice.toolset import END_CALL, TOOL_CALLS_PER_TURN, HubToolset
from tests.voice.fake_hub import text

pytestmark = pytest.mark.anyio


class FakeCatalogue:
    """A snapshot of tools, and what running them does."""

    def __init__(self) -> None:
        self.tools: tuple[dict[str, Any], ...] = ({"name": "t__echo", "inputSchema": {"type": "object"}},)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, arguments))
        if self.error is not None:
            raise self.error
        return text("echoed")


class Stand:
    def __init__(self) -> None:
        self.catalogue = FakeCatalogue()
        self.told: list[tuple[type[Any], dict[str, Any]]] = []
        self.hung_up: list[bool] = []
        catalogue: Any = self.catalogue
        self.tools = HubToolset(
            catalogue,
            tell=lambda event, **values: self.told.append((event, values)),
            notify=lambda *_args, **_values: None,
            announce=lambda _step: None,
            hang_up=self.hung_up.append,
        )


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
async def providers() -> AsyncGenerator[Providers]:
    async with Providers(llm_ms=0).running() as running:
        running.rules = [Rule("echo", "t__echo", {"text": "hi"}), Rule("bye", END_CALL)]
        yield running


@pytest.fixture
async def session(stand: Stand, providers: Providers) -> AsyncGenerator[AgentSession[Any]]:
    async with (
        httpx2.AsyncClient() as http,
        AsyncClient(api_key="k", base_url=providers.openai_url, http_client=http) as client,
    ):
        session: AgentSession[Any] = AgentSession(
            llm=openai.LLM(model="m", client=client),
            vad=None,
            tools=[stand.tools],
            turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
            user_away_timeout=None,
        )
        await session.start(Agent(instructions="x"))
        yield session
        await session.aclose()


async def test_a_tool_runs_and_is_told(stand: Stand, session: AgentSession[Any]) -> None:
    with anyio.fail_after(10):
        result: RunResult[Any] = await session.run(user_input="echo please")
    result.expect.contains_function_call(name="t__echo", arguments={"text": "hi"})
    result.expect.contains_function_call_output(output="echoed", is_error=False)
    assert [event for event, _ in stand.told] == [ToolStarted, ToolEnded]
    assert stand.told[0][1]["arguments"] == {"text": "hi"}
    assert stand.told[1][1]["ok"] is True


async def test_a_failure_is_a_sentence_and_not_json(stand: Stand, session: AgentSession[Any]) -> None:
    stand.catalogue.error = ToolFailed("There is no such table.")
    with anyio.fail_after(10):
        result: RunResult[Any] = await session.run(user_input="echo please")
    result.expect.contains_function_call_output(output="There is no such table.", is_error=True)
    assert stand.told[-1][1]["text"] == "There is no such table."


async def test_a_defect_is_told_without_its_details(stand: Stand, session: AgentSession[Any]) -> None:
    stand.catalogue.error = ValueError("secret detail")
    with anyio.fail_after(10):
        result: RunResult[Any] = await session.run(user_input="echo please")
    result.expect.contains_function_call_output(is_error=True)
    assert "secret" not in stand.told[-1][1]["text"]


async def test_too_many_tools_in_one_turn_are_refused(stand: Stand, session: AgentSession[Any]) -> None:
    stand.tools._calls = TOOL_CALLS_PER_TURN
    with anyio.fail_after(10):
        await session.run(user_input="echo please")
    assert stand.catalogue.calls == []
    stand.tools.new_turn()
    with anyio.fail_after(10):
        await session.run(user_input="echo please")
    assert len(stand.catalogue.calls) == 1


async def test_the_agent_hangs_up_and_says_whether_it_said_goodbye(
    stand: Stand, session: AgentSession[Any]
) -> None:
    with anyio.fail_after(10):
        await session.run(user_input="bye")
    assert stand.hung_up == [False]


async def test_the_same_definition_is_the_same_tool(stand: Stand) -> None:
    first = list(stand.tools.tools)
    stand.catalogue.tools = tuple(dict(tool) for tool in stand.catalogue.tools)
    assert list(stand.tools.tools) == first
    stand.catalogue.tools = ({"name": "t__echo", "description": "new", "inputSchema": {"type": "object"}},)
    assert stand.tools.tools[0] is not first[0]
