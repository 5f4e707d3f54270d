"""What one write does to the rows of its call, inside the caller's transaction."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.core.records import (
    Append,
    CallRecord,
    CallStatus,
    Cut,
    Due,
    End,
    EventKind,
    PutTurn,
    Reviewed,
    Role,
    Spent,
    Start,
    Write,
)
from hub.core.voice_call import Happening, follows
from hub.storage.rows import call_record
from hub.storage.schema import calls, events, turns


class Writer:
    """Applies writes to one call, counting its events and turns."""

    def __init__(self, connection: Connection, call: Row[Any]) -> None:
        self._connection = connection
        self._call = call
        self._last_event: int = call.last_event
        self._last_turn: int = call.last_turn
        self._status = CallStatus(call.status)
        self._values: dict[str, Any] = {}

    def apply(self, write: Write) -> None:
        """Do one write."""
        how: dict[type[Any], Callable[[Any], None]] = {
            PutTurn: self._put_turn,
            Append: self._append,
            Cut: self._cut,
            Start: self._start,
            End: self._end,
            Due: self._due,
            Spent: self._spend,
            Reviewed: self._review,
        }
        how[type(write)](write)

    def done(self) -> CallRecord:
        """Store the counters and the call's own columns, and return the call as it stands now."""
        mine = calls.c.id == self._call.id
        values = self._values | {"last_event": self._last_event, "last_turn": self._last_turn}
        self._connection.execute(update(calls).where(mine).values(**values))
        return call_record(self._connection.execute(select(calls).where(mine)).one())

    def _put_turn(self, put: PutTurn) -> None:
        known = self._connection.execute(
            select(turns).where(turns.c.call_id == self._call.id, turns.c.item == put.item)
        ).one_or_none()
        if known is not None and known.final:
            return
        values = {"text": put.text, "final": put.final, "interrupted": put.interrupted}
        if known is None:
            self._last_turn += 1
            n = self._last_turn
            self._connection.execute(
                insert(turns).values(
                    call_id=self._call.id, n=n, item=put.item, at=put.t, role=put.role.value, **values
                )
            )
        else:
            n = known.n
            self._connection.execute(
                update(turns).where(turns.c.call_id == self._call.id, turns.c.n == n).values(**values)
            )
        if put.final:
            self._turn_event(n, put)

    def _turn_event(self, n: int, put: PutTurn) -> None:
        self._append(
            Append(
                t=put.t,
                kind=EventKind.OPERATOR if put.role is Role.OPERATOR else EventKind.TURN,
                role=put.role,
                text=put.text,
                data={"turn": n, "interrupted": put.interrupted},
            )
        )

    def _append(self, append: Append) -> None:
        self._last_event += 1
        self._connection.execute(
            insert(events).values(
                call_id=self._call.id,
                n=self._last_event,
                at=append.t,
                kind=append.kind.value,
                role=append.role.value if append.role else None,
                text=append.text,
                data=append.data,
            )
        )

    def _start(self, start: Start) -> None:
        after = follows(self._status, Happening.JOINED)
        if after is self._status:
            return
        self._become(after, start.t, "in progress")
        self._values["started_at"] = start.t

    def _spend(self, spent: Spent) -> None:
        self._values["cost"] = spent.cost

    def _due(self, due: Due) -> None:
        after = follows(self._status, Happening.DUE)
        if after is not self._status:
            self._become(after, due.t, "its time has come")

    def _review(self, reviewed: Reviewed) -> None:
        if self._call.review is not None:
            return
        self._values["review"] = reviewed.review
        data = {"what": "review", "state": reviewed.review.get("state")}
        self._append(Append(t=reviewed.t, kind=EventKind.STATUS, text=reviewed.message, data=data))

    def _end(self, end: End) -> None:
        after = follows(self._status, Happening.OVER)
        if after is self._status:
            return
        self._cut(Cut(t=end.t))
        self._become(after, end.t, end.message or f"ended: {end.reason.value}", end.reason.value)
        self._values |= {"ended_at": end.t, "ended_reason": end.reason.value}

    def _cut(self, _cut: Cut) -> None:
        for row in self._connection.execute(
            select(turns)
            .where(turns.c.call_id == self._call.id, turns.c.final.is_(False))
            .order_by(turns.c.n)
        ).all():
            self._put_turn(
                PutTurn(
                    item=row.item, t=row.at, role=Role(row.role), text=row.text, final=True, interrupted=True
                )
            )

    def _become(self, status: CallStatus, t: float, text: str, reason: str | None = None) -> None:
        self._status = status
        self._values["status"] = status.value
        data = {"status": status.value} | ({"ended_reason": reason} if reason else {})
        self._append(Append(t=t, kind=EventKind.STATUS, text=text, data=data))
