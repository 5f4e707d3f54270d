"""The Journal's contract, on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Engine, inspect, text

from hub.core.errors import CallNotFound, Unavailable
from hub.core.records import (
    Ack,
    Append,
    CallQuery,
    CallRecord,
    CallStatus,
    End,
    EndedReason,
    EventKind,
    Mode,
    PutTurn,
    Role,
    Start,
    ToolCallRecord,
)
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal
from hub.storage.schema import METADATA

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, hub_home: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_database(None, hub_home)
        yield engine
        engine.dispose()
        return
    engine = open_database(request.getfixturevalue("postgres_url"), hub_home)
    yield engine
    with engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    engine.dispose()


@pytest.fixture
async def journal(engine: Engine) -> AsyncGenerator[SqlJournal]:
    async with SqlJournal.opened(engine) as journal:
        yield journal


def a_call(call_id: str = "c1", **values: object) -> CallRecord:
    given = {
        "mode": Mode.BROWSER,
        "goal": "count the orders",
        "room": f"call-{call_id}",
        "status": CallStatus.WAITING_FOR_CALLER,
        "created_at": 100.0,
    } | values
    return CallRecord(id=call_id, **given)  # type: ignore[arg-type]  # what a test leaves out has a default


def heard(text_: str, *, item: str = "i1", final: bool = False) -> PutTurn:
    return PutTurn(item=item, t=101.0, role=Role.CALLER, text=text_, final=final)


async def test_a_call_comes_back_as_it_was_stored(journal: SqlJournal) -> None:
    stored = await journal.create(a_call(request={"goal": "count", "questions": [{"key": "n"}]}))
    assert await journal.call("c1") == stored
    assert await journal.call("nobody") is None


async def test_one_idempotency_key_makes_one_call(journal: SqlJournal) -> None:
    await journal.create(a_call("c1", idempotency_key="k"))
    assert (await journal.create(a_call("c2", idempotency_key="k"))).id == "c1"
    assert await journal.call("c2") is None


async def test_a_turn_grows_and_becomes_one_event_when_it_is_final(journal: SqlJournal) -> None:
    await journal.create(a_call())
    await journal.write("c1", heard("how many"))
    await journal.write("c1", heard("how many orders", final=True))
    await journal.write("c1", heard("too late", final=True))
    (turn,) = await journal.turns("c1")
    (event,) = await journal.events("c1")
    assert (turn.n, turn.text, turn.final) == (1, "how many orders", True)
    assert (event.kind, event.role, event.text, event.data["turn"]) == (
        EventKind.TURN,
        Role.CALLER,
        "how many orders",
        1,
    )


async def test_ending_a_call_closes_what_was_being_said(journal: SqlJournal) -> None:
    await journal.create(a_call())
    await journal.write("c1", Start(t=101.0), heard("how ma"))
    ended = await journal.write("c1", End(t=102.0, reason=EndedReason.CALLER_LEFT))
    again = await journal.write("c1", End(t=103.0, reason=EndedReason.MAX_DURATION), Start(t=104.0))
    (turn,) = await journal.turns("c1")
    assert (turn.final, turn.interrupted) == (True, True)
    assert ended == again
    assert (ended.status, ended.ended_reason, ended.ended_at) == (
        CallStatus.ENDED,
        EndedReason.CALLER_LEFT,
        102.0,
    )
    assert [event.n for event in await journal.events("c1")] == [1, 2, 3]


async def test_what_a_worker_sends_twice_is_written_once(journal: SqlJournal) -> None:
    await journal.create(a_call())
    for _ in range(2):
        await journal.write(
            "c1",
            Append(t=101.0, kind=EventKind.ERROR, text="x"),
            ack=Ack(job_id="j", worker_id="w", seq=3),
        )
    assert await journal.seq("c1", "j") == 3
    assert await journal.seq("c1", "other") == 0
    assert len(await journal.events("c1")) == 1


async def test_writing_to_no_call_is_refused(journal: SqlJournal) -> None:
    with pytest.raises(CallNotFound):
        await journal.write("nobody", Start(t=1.0))


async def test_calls_are_listed_newest_first_and_filtered(journal: SqlJournal) -> None:
    for n in range(5):
        await journal.create(a_call(f"c{n}", created_at=100.0 + n, goal=f"100% of part {n}"))
    await journal.write("c4", Start(t=200.0))
    page = await journal.calls(CallQuery(limit=2))
    rest = await journal.calls(CallQuery(limit=9, before=page[-1].created_at))
    assert [call.id for call in page + rest] == ["c4", "c3", "c2", "c1", "c0"]
    assert [call.id for call in await journal.calls(CallQuery(status="in_progress"))] == ["c4"]
    assert [call.id for call in await journal.calls(CallQuery(since=103.0))] == ["c4", "c3"]
    assert [call.id for call in await journal.calls(CallQuery(query="% OF PART 2"))] == ["c2"]
    assert (await journal.call_in_room("call-c1")) == await journal.call("c1")


async def test_whoever_waits_is_woken_by_a_write(journal: SqlJournal) -> None:
    await journal.create(a_call())
    version, everything = journal.version("c1"), journal.version()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(journal.write, "c1", Start(t=1.0))
            assert await journal.changed("c1", version, 60) != version
            assert await journal.changed(None, everything, 60) != everything


async def test_a_wait_without_news_ends(journal: SqlJournal) -> None:
    assert await journal.changed("c1", journal.version("c1"), 0.01) == journal.version("c1")


async def test_tool_calls_are_on_disk_when_the_journal_is_closed(engine: Engine) -> None:
    async with SqlJournal.opened(engine) as journal:
        for n in range(3):
            journal.tool_call(
                ToolCallRecord(
                    id=f"t{n}",
                    call_id=None,
                    caller="desktop",
                    server="notes",
                    tool="list_notes",
                    started_at=1.0,
                    queue_ms=0.1,
                    server_ms=2.0,
                    outcome="ok",
                )
            )
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from tool_calls")).scalar_one() == 3


def test_migrations_and_schema_make_the_same_tables(engine: Engine) -> None:
    found = inspect(engine)
    tables = {name for name in found.get_table_names() if name != "alembic_version"}
    assert tables == set(METADATA.tables)
    for name, table in METADATA.tables.items():
        assert {column["name"]: column["nullable"] for column in found.get_columns(name)} == {
            column.name: column.nullable for column in table.columns
        }
        assert {frozenset(index["column_names"]) for index in found.get_indexes(name)} >= {
            frozenset(column.name for column in index.columns) for index in table.indexes
        }


def test_a_database_of_a_newer_hub_is_left_alone(hub_home: Path) -> None:
    engine = open_database(None, hub_home)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Unavailable, match="9999"):
        open_database(None, hub_home)


def test_a_folder_that_is_not_there_is_named(hub_home: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_database(None, hub_home / "missing")
