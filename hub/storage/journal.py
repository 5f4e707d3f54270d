"""The Journal: every write is one transaction in a thread of its own, and wakes whoever waits for news."""

import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import anyio.abc
from anyio import to_thread
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hub.core.errors import CallNotFound, Unavailable
from hub.core.records import Ack, CallQuery, CallRecord, CallStatus, Event, ToolCallRecord, Turn, Write
from hub.storage.rows import (
    call_record,
    call_values,
    event_record,
    tool_call_record,
    tool_call_values,
    turn_record,
)
from hub.storage.schema import calls, events, jobs, tool_calls, turns
from hub.storage.writing import Writer

logger = logging.getLogger(__name__)
T = TypeVar("T")

TOOL_CALLS_KEPT = 10_000
"""How many ToolCalls may wait for the disk before the oldest are dropped (with a log line)."""
FLUSH_SECONDS = 0.25
BEHIND_SECONDS = 2.0
"""How often to try again while the database cannot be written."""
READERS = 4


class SqlJournal:
    """A Journal on SQLite or PostgreSQL. Enter `opened()` to get one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._write_lock = anyio.CapacityLimiter(1)
        self._readers = anyio.CapacityLimiter(READERS)
        self._versions: dict[str | None, int] = defaultdict(int)
        self._touched: dict[str, int] = {}
        """The version of the last write to each call, in the order of these."""
        self._news = anyio.Event()
        self._tool_calls: list[ToolCallRecord] = []
        self._behind = False

    @classmethod
    @asynccontextmanager
    async def opened(cls, engine: Engine) -> AsyncGenerator["SqlJournal"]:
        """A Journal whose batch of ToolCalls is written until the block is left, and once more then."""
        journal = cls(engine)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(journal._flush_for_ever, name="journal: ToolCalls")
                try:
                    yield journal
                finally:
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await journal._flush()
                await to_thread.run_sync(engine.dispose)

    async def create(self, call: CallRecord) -> CallRecord:
        def store(connection: Connection) -> CallRecord:
            connection.execute(insert(calls).values(**call_values(call)))
            return call

        try:
            stored = await self._write(store)
        except IntegrityError:
            known = await self._read(
                lambda connection: connection.execute(
                    select(calls).where(calls.c.idempotency_key == call.idempotency_key)
                ).one_or_none()
            )
            if known is None:
                raise
            return call_record(known)
        self._tell(call.id)
        return stored

    async def call(self, call_id: str) -> CallRecord | None:
        row = await self._read(
            lambda connection: connection.execute(select(calls).where(calls.c.id == call_id)).one_or_none()
        )
        return call_record(row) if row else None

    async def call_in_room(self, room: str) -> CallRecord | None:
        row = await self._read(
            lambda connection: connection.execute(
                select(calls).where(calls.c.room == room).order_by(calls.c.created_at.desc()).limit(1)
            ).one_or_none()
        )
        return call_record(row) if row else None

    async def calls(self, query: CallQuery) -> list[CallRecord]:
        wanted = select(calls).order_by(calls.c.created_at.desc()).limit(query.limit)
        if query.status is not None:
            wanted = wanted.where(calls.c.status == query.status)
        if query.since is not None:
            wanted = wanted.where(calls.c.created_at >= query.since)
        if query.before is not None:
            wanted = wanted.where(calls.c.created_at < query.before)
        if query.idempotency_key is not None:
            wanted = wanted.where(calls.c.idempotency_key == query.idempotency_key)
        if query.unreviewed:
            wanted = wanted.where(calls.c.status == CallStatus.ENDED.value, calls.c.review.is_(None))
        if query.query:
            wanted = wanted.where(calls.c.goal.icontains(query.query, autoescape=True))
        rows = await self._read(lambda connection: connection.execute(wanted).all())
        return [call_record(row) for row in rows]

    async def write(self, call_id: str, *writes: Write, ack: Ack | None = None) -> CallRecord:
        def apply(connection: Connection) -> CallRecord:
            row = connection.execute(
                select(calls).where(calls.c.id == call_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise CallNotFound(
                    f"There is no call {call_id}.", next_step="List the calls with list_calls."
                )
            if ack is not None and not _advance(connection, call_id, ack):
                return call_record(row)
            writer = Writer(connection, row)
            for write in writes:
                writer.apply(write)
            return writer.done()

        record = await self._write(apply)
        self._tell(call_id)
        return record

    async def seq(self, call_id: str, job_id: str) -> int:
        found = await self._read(
            lambda connection: connection.execute(
                select(jobs.c.seq).where(jobs.c.call_id == call_id, jobs.c.job_id == job_id)
            ).scalar_one_or_none()
        )
        return found or 0

    async def workers(self, call_id: str) -> list[str]:
        wanted = select(jobs.c.worker_id).where(jobs.c.call_id == call_id)
        return await self._read(lambda connection: list(connection.execute(wanted).scalars()))

    async def events(self, call_id: str, *, after: int = 0, limit: int = 200) -> list[Event]:
        wanted = select(events).where(events.c.call_id == call_id, events.c.n > after)
        rows = await self._read(
            lambda connection: connection.execute(wanted.order_by(events.c.n).limit(limit)).all()
        )
        return [event_record(row) for row in rows]

    async def turns(self, call_id: str, *, after: int = 0, limit: int = 200) -> list[Turn]:
        wanted = select(turns).where(turns.c.call_id == call_id, turns.c.n > after)
        rows = await self._read(
            lambda connection: connection.execute(wanted.order_by(turns.c.n).limit(limit)).all()
        )
        return [turn_record(row) for row in rows]

    async def tool_calls(self, call_id: str, *, limit: int = 1000) -> list[ToolCallRecord]:
        wanted = select(tool_calls).where(tool_calls.c.call_id == call_id)
        rows = await self._read(
            lambda connection: connection.execute(wanted.order_by(tool_calls.c.started_at).limit(limit)).all()
        )
        waiting = [record for record in self._tool_calls if record.call_id == call_id]
        return [*map(tool_call_record, rows), *waiting]

    async def spent(self, since: float) -> float:
        wanted = select(func.coalesce(func.sum(calls.c.cost), 0.0)).where(calls.c.created_at >= since)
        total = await self._read(lambda connection: connection.execute(wanted).scalar_one())
        return float(total)

    def tool_call(self, record: ToolCallRecord) -> None:
        if len(self._tool_calls) >= TOOL_CALLS_KEPT:
            logger.warning("the database is behind: the record of a ToolCall is dropped")
            self._tool_calls.pop(0)
        self._tool_calls.append(record)

    def version(self, call_id: str | None = None) -> int:
        return self._versions[call_id]

    def touched(self, since: int) -> frozenset[str]:
        found: set[str] = set()
        for call_id, version in reversed(self._touched.items()):
            if version <= since:
                break
            found.add(call_id)
        return frozenset(found)

    async def changed(self, call_id: str | None, version: int, seconds: float) -> int:
        with anyio.move_on_after(seconds):
            while self._versions[call_id] == version:
                await self._news.wait()
        return self._versions[call_id]

    def _tell(self, call_id: str) -> None:
        self._versions[call_id] += 1
        self._versions[None] += 1
        self._touched.pop(call_id, None)
        self._touched[call_id] = self._versions[None]
        self._news.set()
        self._news = anyio.Event()

    async def _flush_for_ever(self) -> None:
        while True:
            await anyio.sleep(BEHIND_SECONDS if self._behind else FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        batch, self._tool_calls = self._tool_calls, []
        if not batch:
            return
        values = [tool_call_values(record) for record in batch]
        try:
            await self._write(lambda connection: connection.execute(insert(tool_calls), values))
        except Unavailable as error:  # the next batch carries these as well
            if not self._behind:
                logger.warning("%s What ToolCalls leave is kept until it can be.", error.message)
            self._behind = True
            self._tool_calls = batch + self._tool_calls
        else:
            self._behind = False

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._run(transaction, self._write_lock)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def query() -> T:
            with self._engine.connect() as connection:
                return work(connection)

        return await self._run(query, self._readers)

    async def _run(self, work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
        try:
            return await to_thread.run_sync(work, limiter=limiter)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise Unavailable(
                f"The database cannot be used: {str(error.__cause__ or error).splitlines()[0]}.",
                next_step="Check that the disk is not full and HUB_HOME is writable.",
            ) from error


def _advance(connection: Connection, call_id: str, ack: Ack) -> bool:
    """Note the worker's number; False when it is on disk already."""
    mine = (jobs.c.call_id == call_id) & (jobs.c.job_id == ack.job_id)
    known = connection.execute(select(jobs.c.seq).where(mine)).scalar_one_or_none()
    if known is None:
        connection.execute(
            insert(jobs).values(call_id=call_id, job_id=ack.job_id, worker_id=ack.worker_id, seq=ack.seq)
        )
        return True
    if known >= ack.seq:
        return False
    connection.execute(update(jobs).where(mine).values(seq=ack.seq))
    return True
