"""The toolset inside a real, typed AgentSession, with a catalogue and a model of our own."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.run_result import RunResult
from livekit.plugins import openai
from openai import AsyncClient

from hub.bench.providers import Providers, Rule
from hub.core.speech import NO_MORE
from hub.core.speech_waiting import Words
from hub.core.wire import ToolEnded, ToolStarted
from hub.voice.catalogue import ToolFailed
from hub.voice.kept import KEPT, MORE, Kept
from hub.voice.offered import FIND, LOADED, NONE, Offered
from hub.voice.toolset import END_CALL, TOOL_CALLS_PER_TURN, HubToolset, Manner
from hub.voice.wording import in_words
from tests.voice.fake_hub import Endless, text

pytestmark = pytest.mark.anyio


class FakeCatalogue:
    """A snapshot of tools, and what running them does."""

    def __init__(self) -> None:
        self.tools: tuple[dict[str, Any], ...] = ({"name": "t__echo", "inputSchema": {"type": "object"}},)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None
        self.endless: Endless | None = None
        self.result = text("echoed")

    async def call(self, name: str, arguments: dict[str, Any], progressed: Any) -> dict[str, Any]:
        self.calls.append((name, arguments))
        if self.endless is not None:
            progressed(1, 4, "Reading")
            return await self.endless(None, None)
        if self.error is not None:
            raise self.error
        return self.result


PLAIN = Manner()


class Stand:
    def __init__(self, manner: Manner = PLAIN) -> None:
        self.catalogue = FakeCatalogue()
        self.told: list[tuple[type[Any], dict[str, Any]]] = []
        self.hung_up: list[bool] = []
        self.notices: list[dict[str, Any]] = []
        self.announced: list[Words] = []
        self.heard = anyio.Event()
        catalogue: Any = self.catalogue
        self.tools = HubToolset(
            catalogue,
            tell=lambda event, **values: self.told.append((event, values)),
            notify=lambda kind, **values: self.notices.append({"kind": kind} | values),
            announce=self.announce,
            hang_up=self.hung_up.append,
            manner=manner,
        )

    def announce(self, words: Words) -> None:
        self.announced.append(words)
        self.heard.set()


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
async def providers() -> AsyncGenerator[Providers]:
    async with Providers(llm_ms=0).running() as running:
        running.rules = [
            Rule("echo", "t__echo", {"text": "hi"}),
            Rule("bye", END_CALL),
            Rule("go on", MORE, {"handle": "r1"}),
        ]
        running.rules.append(Rule("look for", FIND, {"query": "list open issues"}))
        yield running


@asynccontextmanager
async def talking(stand: Stand, providers: Providers) -> AsyncGenerator[AgentSession[Any]]:
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


@pytest.fixture
async def session(stand: Stand, providers: Providers) -> AsyncGenerator[AgentSession[Any]]:
    async with talking(stand, providers) as session:
        yield session


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


async def test_a_long_result_goes_on_page_by_page_and_is_whole_on_the_page(
    stand: Stand, session: AgentSession[Any]
) -> None:
    rows = [{"name": f"Customer {n}", "city": "Berlin"} for n in range(90)]
    stand.catalogue.result = text(json.dumps(rows))
    with anyio.fail_after(10):
        await session.run(user_input="echo please")
        second: RunResult[Any] = await session.run(user_input="go on")
    answer = json.loads(output_of(second))
    assert answer["total"] == 90
    assert answer["from"] > 5
    assert answer["rows"][0] == rows[answer["from"] - 1]
    assert stand.notices[-1]["kind"] == "tool_ended"
    assert stand.notices[-1]["rows"] == rows


async def test_what_was_told_to_its_end_has_no_more(stand: Stand, session: AgentSession[Any]) -> None:
    with anyio.fail_after(10):
        result: RunResult[Any] = await session.run(user_input="go on")
    assert output_of(result) == NO_MORE
    assert stand.told == []


async def test_a_slow_tool_is_announced_frees_the_turn_and_can_be_called_off(
    stand: Stand, session: AgentSession[Any]
) -> None:
    endless = stand.catalogue.endless = Endless()
    with anyio.fail_after(20):
        session.generate_reply(user_input="echo please")
        await stand.heard.wait()
        assert stand.announced == [Words("looking_up")]
        stand.tools.new_turn("How long will it take?")
        assert not endless.cancelled.is_set()
        stand.tools.new_turn("Oh, never mind.")
        await endless.cancelled.wait()
        while len(stand.told) < 2:  # noqa: ASYNC110  # it is told to nobody else
            await anyio.sleep(0.02)
    assert stand.told[-1][0] is ToolEnded
    assert stand.told[-1][1]["text"] == "called off by the caller"


async def test_how_far_a_slow_tool_is_is_said_in_the_callers_silence_and_only_once(
    stand: Stand, session: AgentSession[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.core.speech_waiting.PROGRESS_SECONDS", 1.0)
    stand.catalogue.endless = Endless()
    with anyio.fail_after(20):
        session.generate_reply(user_input="echo please")
        while len(stand.announced) < 3:
            stand.heard = anyio.Event()
            await stand.heard.wait()
    assert stand.announced == [Words("looking_up"), Words("progress", "Reading."), Words("still_working")]
    stand.tools.new_turn("Oh, never mind.")


async def test_of_very_many_tools_the_model_sees_those_that_it_looked_for(
    stand: Stand, session: AgentSession[Any]
) -> None:
    catalogues = Path(__file__).parents[1] / "core" / "catalogues"
    for path in sorted(catalogues.glob("*.json")):
        stand.catalogue.tools += tuple(json.loads(path.read_text(encoding="utf-8")))
    assert names(stand) == [FIND, MORE, END_CALL]
    with anyio.fail_after(10):
        result: RunResult[Any] = await session.run(user_input="look for issues")
    assert "github__list_issues" in output_of(result)
    assert "github__list_issues" in names(stand)
    assert len(names(stand)) <= LOADED + 3


def test_the_goal_chooses_the_first_of_very_many_tools() -> None:
    own = {"name": "ask_desktop"}
    tools = [own] + [{"name": f"s__tool_{n}"} for n in range(40)] + [{"name": "db__list_tables"}]
    assert [tool["name"] for tool in Offered(lambda: tools, "Which tables are there?").shown()] == [
        "ask_desktop",
        "db__list_tables",
    ]


def test_what_was_not_used_for_longest_goes_first() -> None:
    words = [chr(97 + n) * 5 for n in range(26)] + ["zzzzzz"]
    offered = Offered(lambda: [{"name": f"s__{word}"} for word in words])
    offered.find("aaaaa")
    for word in words[1:LOADED]:
        offered.find(word)
    offered.used("s__aaaaa")
    offered.find(words[LOADED])
    left = [tool["name"] for tool in offered.shown()]
    assert "s__aaaaa" in left
    assert "s__bbbbb" not in left
    assert offered.find("qqqqqqqqq") == NONE


def test_old_handles_are_forgotten() -> None:
    kept = Kept()
    for _ in range(KEPT + 1):
        kept.told(text(json.dumps([{"name": "x" * 90}] * 50)))
    assert kept.more("r1") == NO_MORE
    assert "rows" in kept.more(" r2 ")


async def test_what_is_said_is_in_words_and_nothing_is_lost() -> None:
    async def written() -> AsyncGenerator[str]:
        for piece in ("It cos", "ts $1", "2.50", " today.", ""):
            yield piece

    assert "".join([piece async for piece in in_words(written(), tag=None)]) == (
        "It costs twelve dollars and fifty cents today."
    )


def names(stand: Stand) -> list[str]:
    return [tool.info.name for tool in stand.tools.tools]  # type: ignore[union-attr]  # raw tools


def output_of(result: RunResult[Any]) -> str:
    return next(str(event.item.output) for event in result.events if event.type == "function_call_output")


async def test_results_can_be_kept_from_the_page(providers: Providers) -> None:
    stand = Stand(Manner(on_page=False))
    async with talking(stand, providers) as session:
        stand.catalogue.result = text(json.dumps([{"secret": 1}]))
        with anyio.fail_after(10):
            await session.run(user_input="echo please")
    assert stand.notices[-1]["kind"] == "tool_ended"
    assert "rows" not in stand.notices[-1]
