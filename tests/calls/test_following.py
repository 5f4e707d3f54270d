"""A desktop that polls get_call in a loop misses nothing and repeats nothing, whatever happens between."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calls import reading
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.prices import load_prices
from hub.calls.reading import CallReader
from hub.calls.recordings import Recordings
from hub.core.ports import Journal
from hub.core.records import (
    CallRecord,
    CallStatus,
    EndedReason,
    Event,
    EventKind,
    Mode,
    ToolCallRecord,
)
from tests.calls.conftest import House
from tests.calls.test_voice_calls import ENDED, JOINED, SAID

CALL = CallRecord(
    id="c1", mode=Mode.TEXT, goal="g", room="r", status=CallStatus.WAITING_FOR_CALLER, created_at=0.0
)
PRICES = load_prices()


@dataclass
class Memory:
    """A Journal of one call that others write to at every step of a read."""

    record: CallRecord = CALL
    kept: list[Event] = field(default_factory=list)
    versions: int = 0
    news: anyio.Event = field(default_factory=anyio.Event)

    async def call(self, _call_id: str) -> CallRecord | None:
        await checkpoint()
        found = self.record
        await checkpoint()
        return found

    async def events(self, _call_id: str, *, after: int = 0, limit: int = 200) -> list[Event]:
        await checkpoint()
        found = [event for event in self.kept if event.n > after][:limit]
        await checkpoint()
        return found

    async def tool_calls(self, _call_id: str, *, limit: int = 1000) -> list[ToolCallRecord]:
        return []

    def version(self, _call_id: str | None = None) -> int:
        return self.versions

    async def changed(self, _call_id: str | None, version: int, seconds: float) -> int:
        with anyio.move_on_after(seconds):
            while self.versions == version:
                await self.news.wait()
        return self.versions

    async def write(self, *what: str) -> None:
        """One transaction; whoever waits is woken a little after it can be read."""
        for one in what:
            n = len(self.kept) + 1
            data = {"what": "measured"} if one == "measured" else {}
            self.kept.append(Event(n=n, t=0.0, kind=EventKind.STATUS, text=one, data=data))
            self.record = replace(self.record, last_event=n)
            if one == "joined":
                self.record = replace(self.record, status=CallStatus.IN_PROGRESS)
            elif one == "end":
                self.record = replace(
                    self.record, status=CallStatus.ENDED, ended_reason=EndedReason.CALLER_LEFT
                )
            elif one == "review":
                self.record = replace(self.record, review={"state": "not_available", "why": "w"})
        await checkpoint()
        self.versions += 1
        self.news.set()
        self.news = anyio.Event()


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4), st.lists(st.sampled_from(["said", "measured", "joined"]), min_size=1, max_size=9)
    ),
    max_size=12,
)
POLLS = st.lists(
    st.tuples(st.sampled_from(["any", "answered", "question", "ended"]), st.sampled_from([0, 0.001, 5])),
    min_size=1,
    max_size=6,
)


async def follow(journal: Memory, polls: Sequence[tuple[str, float]], steps: Any, *, reviewed: bool) -> Any:
    reader = CallReader(cast("Journal", journal), LiveCalls(), PRICES, cast("Recordings", None))
    seen: list[dict[str, Any]] = []

    async def write() -> None:
        for pause, what in steps:
            for _ in range(pause):
                await checkpoint()
            await journal.write(*what)
        await journal.write("said", "end")
        if reviewed:
            await journal.write("review")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        after, n, got = 0, 0, dict[str, Any]()
        while not got.get("done"):
            until, wait = polls[n % len(polls)]
            got = await reader.get(
                {"call_id": "c1", "until": until, "wait_seconds": wait, "after_event": after}
            )
            seen += got["events"]
            after, n = got["last_event"], n + 1
            await checkpoint()
    return seen, got


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, polls=POLLS, reviewed=st.booleans())
def test_whoever_polls_sees_every_event_once_and_in_order(
    steps: Any, polls: Sequence[tuple[str, float]], reviewed: bool
) -> None:
    journal = Memory()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "EVENTS_PAGE", 3)
        seen, last = anyio.run(_within, journal, polls, steps, reviewed)
    told = [event.n for event in journal.kept if event.text not in {"measured", "review"}]
    until_the_end = [event["n"] for event in seen if event["text"] != "review"]
    assert until_the_end == told
    assert (last["status"], last["ended_reason"]) == ("ended", "caller_left")


async def _within(journal: Memory, polls: Any, steps: Any, reviewed: bool) -> Any:
    with anyio.fail_after(30):
        return await follow(journal, polls, steps, reviewed=reviewed)


@pytest.mark.anyio
async def test_a_page_is_never_more_than_a_model_can_take_and_done_comes_with_the_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "EVENTS_PAGE", 4)
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    lines = [SAID | {"item": f"i{n}", "text": f"Line {n}."} for n in range(9)]
    await (await house.work(call_id)).tell(JOINED, *lines, ENDED)
    pages, after = list[dict[str, Any]](), 0
    while not pages or not pages[-1]["done"]:
        pages.append(await house.calls.get({"call_id": call_id, "wait_seconds": 5, "after_event": after}))
        after = pages[-1]["last_event"]
    assert [len(page["events"]) for page in pages] == [4, 4, 3]
    assert {page["status"] for page in pages} == {"ended"}
    assert "call get_call again at once" in pages[0]["next_step"]


@pytest.mark.anyio
@pytest.mark.parametrize("which", ["pending_question", "pending_action"])
async def test_until_question_returns_when_something_waits_for_an_answer(house: House, which: str) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    live = house.live.get(call_id)
    assert live is not None

    async def ask(live: LiveCall) -> None:
        await worker.tell(SAID)
        setattr(live, which, {"id": "q1", "text": "May I?"})
        await worker.tell(SAID | {"item": "b"})

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, live)
        with anyio.fail_after(5):
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 50, "until": "question"})
    assert got[which] == {"id": "q1", "text": "May I?"}
    assert not got["done"]


@pytest.mark.anyio
async def test_two_desktops_follow_one_call_each_at_its_own_pace(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    seen: dict[str, list[int]] = {"quick": [], "slow": []}

    async def desktop(name: str, pause: float) -> None:
        after, done = 0, False
        while not done:
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 20, "after_event": after})
            after, done = got["last_event"], got["done"]
            seen[name] += [event["n"] for event in got["events"]]
            await anyio.sleep(pause)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desktop, "quick", 0.0)
            tasks.start_soon(desktop, "slow", 0.05)
            for n in range(8):
                await worker.tell(SAID | {"item": f"i{n}"})
            await worker.tell(ENDED)
    assert seen["quick"] == seen["slow"] == list(range(1, 11))


@pytest.mark.anyio
async def test_an_event_number_from_the_future_is_put_right(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    got = await house.calls.get({"call_id": call_id, "after_event": 99})
    assert (got["events"], got["last_event"]) == ([], 1)


@pytest.mark.anyio
async def test_parts_that_are_not_asked_for_are_left_out(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    got = await house.calls.get({"call_id": call_id, "include": ["summary"]})
    assert not {"events", "usage", "latency", "answers", "tools"} & set(got)
    assert {"status", "last_event", "next_step"} <= set(got)


@pytest.mark.anyio
async def test_the_tool_calls_of_a_call_are_told_when_asked_for(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    house.journal.tool_call(
        ToolCallRecord(
            id="t1",
            call_id=call_id,
            caller="call",
            server="notes",
            tool="list_notes",
            started_at=0.0,
            queue_ms=0.1,
            server_ms=2.0,
            outcome="ok",
        )
    )
    assert "tools" not in await house.calls.get({"call_id": call_id})
    got = await house.calls.get({"call_id": call_id, "include": ["tools", "events"]})
    (tool,) = got["tools"]
    assert (tool["server"], tool["tool"], tool["outcome"], tool["server_ms"]) == (
        "notes",
        "list_notes",
        "ok",
        2.0,
    )
    assert got["events"]
    assert "usage" not in got
