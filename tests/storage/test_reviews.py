"""What the Journal keeps of a call beyond its words: its time, its cost, its review, its ToolCalls."""

from pathlib import Path

import pytest
from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, text

from hub.core.records import (
    CallQuery,
    CallStatus,
    Due,
    End,
    EndedReason,
    Reviewed,
    Spent,
    Start,
    ToolCallRecord,
)
from hub.storage.database import MIGRATIONS, open_database
from hub.storage.journal import SqlJournal
from tests.storage.test_journal import a_call, engine, journal

__all__ = ["engine", "journal"]  # the same databases
pytestmark = pytest.mark.anyio

OVER = End(t=200.0, reason=EndedReason.CALLER_LEFT)


async def test_a_scheduled_call_is_due_once_and_then_begins(journal: SqlJournal) -> None:
    await journal.create(a_call(status=CallStatus.SCHEDULED, scheduled_at=150.0))
    for _ in range(2):
        due = await journal.write("c1", Due(t=150.0))
        assert (due.status, due.scheduled_at) == (CallStatus.WAITING_FOR_CALLER, 150.0)
    assert (await journal.write("c1", Start(t=151.0))).status is CallStatus.IN_PROGRESS
    assert [event.text for event in await journal.events("c1")] == ["its time has come", "in progress"]


async def test_the_cost_of_a_day_is_the_sum_of_its_calls(journal: SqlJournal) -> None:
    for call_id, at, cost in (("c1", 99.0, 4.0), ("c2", 100.0, 0.25), ("c3", 101.0, 0.5)):
        await journal.create(a_call(call_id, created_at=at))
        await journal.write(call_id, Spent(cost=cost * 2))
        assert (await journal.write(call_id, Spent(cost=cost))).cost == cost
    assert await journal.spent(100.0) == 0.75
    assert await journal.spent(500.0) == 0.0


async def test_a_call_is_without_a_review_until_it_has_one_and_keeps_the_first(journal: SqlJournal) -> None:
    await journal.create(a_call())
    assert await journal.calls(CallQuery(unreviewed=True)) == []
    await journal.write("c1", OVER)
    assert [call.id for call in await journal.calls(CallQuery(unreviewed=True))] == ["c1"]
    first = Reviewed(t=201.0, review={"state": "ready", "summary": "short"}, message="reviewed")
    for review in (first, Reviewed(t=202.0, review={"state": "other"}, message="again")):
        assert (await journal.write("c1", review)).review == first.review
    assert await journal.calls(CallQuery(unreviewed=True)) == []
    assert [event.text for event in await journal.events("c1")][1:] == ["reviewed"]


async def test_a_call_is_found_by_its_key(journal: SqlJournal) -> None:
    await journal.create(a_call("c1", idempotency_key="k"))
    await journal.create(a_call("c2"))
    assert [call.id for call in await journal.calls(CallQuery(idempotency_key="k"))] == ["c1"]
    assert await journal.calls(CallQuery(idempotency_key="l")) == []


async def test_the_tool_calls_of_a_call_are_there_at_once_and_oldest_first(engine: Engine) -> None:
    def record(n: int, call_id: str) -> ToolCallRecord:
        return ToolCallRecord(
            id=f"t{n}",
            call_id=call_id,
            caller="call",
            server="notes",
            tool="list_notes",
            started_at=float(n),
            queue_ms=0.1,
            server_ms=2.0,
            outcome="ok",
        )

    async with SqlJournal.opened(engine) as journal:
        journal.tool_call(record(2, "c1"))
        journal.tool_call(record(3, "c2"))
        assert await journal.tool_calls("c1") == [record(2, "c1")]
    async with SqlJournal.opened(engine) as journal:
        journal.tool_call(record(4, "c1"))
        assert await journal.tool_calls("c1") == [record(2, "c1"), record(4, "c1")]


def test_calls_of_an_older_hub_are_not_sent_to_a_language_model(hub_home: Path) -> None:
    where = f"sqlite:///{hub_home / 'hub.db'}"
    old = create_engine(where)
    with old.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        connection.execute(
            text(
                "insert into calls(id, mode, goal, room, status, created_at, request, foreign_room, "
                "last_event, last_turn) values ('c1','text','g','r','ended',1.0,'{}',false,0,0)"
            )
        )
    old.dispose()
    engine = open_database(None, hub_home)
    assert "review" in {column["name"] for column in inspect(engine).get_columns("calls")}
    with engine.connect() as connection:
        found = connection.execute(text("select review, cost from calls")).one()
    assert "not_available" in found[0]
    assert found[1] == 0
    engine.dispose()
