"""Which tools a scope offers, where a ToolCall goes, and what is told and remembered when it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from mcp import MCPError

from hub.core.catalog import Catalog
from hub.core.errors import NotFound, ServerUnavailable
from hub.core.ports import Caller
from hub.core.records import Approval, ApprovalState, Question, ToolCallRecord
from hub.core.spec import EVERYTHING, ServerSpec, View
from hub.core.spec_parse import parse
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Answer
from hub.toolcalls.toolcalls import Scope, ToolCalls
from tests.callers import Unasked

pytestmark = pytest.mark.anyio

READ = {"readOnlyHint": True}
SERVERS = """{"mcpServers": {
  "shop": {"command": "x", "read_only": {"args": ["--read-only"]},
           "tools": {"preset": {"find": {"limit": 5}}}},
  "notes": {"command": "y"}
}}"""


def tool(name: str, **annotations: bool) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"limit": {"type": "integer"}, "q": {"type": "string"}}}
    return {"name": name, "inputSchema": schema, "annotations": annotations}


@dataclass
class FakePool:
    """Answers as it is told."""

    does: Any = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, Any], bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        specs = parse(SERVERS, {}).servers
        notes = (specs["notes"], [tool("list", **READ), tool("add")])
        self.catalog = Catalog.build(
            {"shop": (specs["shop"], [tool("find", **READ), tool("query"), tool("drop")]), "notes": notes}
        )
        self.voice_catalog = Catalog.build(
            {"shop": (specs["shop"], [tool("find", **READ), tool("query")]), "notes": notes}
        )

    def spec(self, server: str) -> ServerSpec:
        return parse(SERVERS, {}).servers[server]

    def has_twin(self, server: str) -> bool:
        return server == "shop"

    async def call(
        self,
        server: str,
        method: str,
        params: Mapping[str, Any],
        *,
        caller: Caller | None,
        twin: bool = False,
    ) -> Answer:
        assert caller is not None
        assert method == "tools/call"
        self.asked.append((server, params["name"], params["arguments"], twin))
        if isinstance(self.does, BaseException):
            raise self.does
        if self.does == "hang":
            await anyio.sleep_forever()
        return Answer(self.does, 1.5, 20.0)


@dataclass
class FakeJournal:
    """Keeps the records."""

    records: list[ToolCallRecord] = field(default_factory=list)

    def tool_call(self, record: ToolCallRecord) -> None:
        self.records.append(record)


class Desktop(Unasked):
    """A caller."""

    name = "desktop"
    call_id = None

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        return

    async def confirm(self, question: Question) -> Approval:
        return Approval(state=ApprovalState.UNASKABLE)


def toolcalls(pool: FakePool, journal: FakeJournal | None = None) -> ToolCalls:
    return ToolCalls(pool, journal or FakeJournal())  # type: ignore[arg-type]  # fakes of what is used


DESKTOP = Scope(view=EVERYTHING)
CALL = Scope(view=View(name="voice"), voice=True, call_id="c1")


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (DESKTOP, ["notes__add", "notes__list", "shop__drop", "shop__find", "shop__query"]),
        (CALL, ["notes__add", "notes__list", "shop__drop", "shop__find", "shop__query"]),
        (Scope(view=EVERYTHING, voice=True, only_read=True), ["notes__list", "shop__find"]),
        (Scope(view=View(name="v", servers=("notes",))), ["notes__add", "notes__list"]),
        (
            Scope(view=EVERYTHING, also=View(name="", deny=("shop__*",))),
            ["notes__add", "notes__list"],
        ),
    ],
)
async def test_a_scope_offers_what_its_view_and_the_voice_rule_leave(scope: Scope, names: list[str]) -> None:
    assert [route.public for route in toolcalls(FakePool()).offered(scope)] == names


async def test_a_voice_call_goes_to_the_twin_and_a_desktop_to_the_server_itself() -> None:
    pool = FakePool({"content": []})
    for scope in (CALL, DESKTOP):
        await toolcalls(pool).run(scope, Desktop(), "shop__query", {"q": "x"})
    await toolcalls(pool).run(CALL, Desktop(), "notes__list", {})
    assert [(server, name, twin) for server, name, _, twin in pool.asked] == [
        ("shop", "query", True),
        ("shop", "query", False),
        ("notes", "list", False),
    ]


async def test_what_is_preset_wins_over_what_was_given() -> None:
    pool = FakePool({"content": []})
    await toolcalls(pool).run(DESKTOP, Desktop(), "shop__find", {"q": "x", "limit": 9000})
    assert pool.asked[0][2] == {"q": "x", "limit": 5}


@pytest.mark.parametrize("name", ["nobody__x", "shop__drop", "notes__add"])
async def test_a_tool_that_is_not_offered_cannot_be_called(name: str) -> None:
    pool, reading = FakePool({"content": []}), Scope(view=EVERYTHING, voice=True, only_read=True)
    with pytest.raises(NotFound, match=name):
        await toolcalls(pool).run(reading, Desktop(), name, {})
    assert pool.asked == []


@pytest.mark.parametrize(
    ("failure", "outcome", "words"),
    [
        (ConnectionLost("gone", written=True), "unavailable", "outcome is unknown"),
        (ConnectionLost("gone", written=False), "unavailable", "before query was sent"),
        (TimeoutError(), "timeout", "did not answer query in time"),
        (ServerUnavailable("shop is not up (failed)."), "unavailable", "not up"),
    ],
)
async def test_a_tool_call_that_gets_no_answer_says_what_happened(
    failure: Exception, outcome: str, words: str
) -> None:
    journal = FakeJournal()
    result = await toolcalls(FakePool(failure), journal).run(DESKTOP, Desktop(), "shop__query", {})
    assert result["isError"]
    assert words in result["content"][0]["text"]
    assert (journal.records[0].outcome, journal.records[0].server_ms) == (outcome, 0.0)


async def test_the_result_comes_as_it_is_and_its_times_are_remembered() -> None:
    journal, raw = FakeJournal(), {"content": [], "isError": True, "x-unknown": {"kept": True}}
    assert await toolcalls(FakePool(raw), journal).run(CALL, Desktop(), "shop__query", {}) == raw
    (record,) = journal.records
    assert (record.outcome, record.call_id, record.twin) == ("tool_error", "c1", True)
    assert (record.queue_ms, record.server_ms) == (1.5, 20.0)


async def test_a_servers_refusal_is_passed_on() -> None:
    journal = FakeJournal()
    with pytest.raises(MCPError):
        await toolcalls(FakePool(MCPError(-32602, "bad")), journal).run(DESKTOP, Desktop(), "shop__query", {})
    assert journal.records[0].outcome == "refused"


async def test_a_cancelled_tool_call_is_remembered_as_such() -> None:
    journal = FakeJournal()
    with anyio.move_on_after(0.01):
        await toolcalls(FakePool("hang"), journal).run(DESKTOP, Desktop(), "shop__query", {})
    assert journal.records[0].outcome == "cancelled"
