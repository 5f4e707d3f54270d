"""Row ↔ record, one function each way for each table."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from hub.core.records import (
    CallRecord,
    CallStatus,
    EndedReason,
    Event,
    EventKind,
    Mode,
    Role,
    ToolCallRecord,
    Turn,
)


def call_values(call: CallRecord) -> dict[str, Any]:
    """The columns of a new call."""
    values = asdict(call)
    values["foreign_room"] = values.pop("foreign")
    return values | {"last_event": 0, "last_turn": 0}


def call_record(row: Row[Any]) -> CallRecord:
    """A call as it stands in the database."""
    return CallRecord(
        id=row.id,
        mode=Mode(row.mode),
        goal=row.goal,
        room=row.room,
        status=CallStatus(row.status),
        created_at=row.created_at,
        request=row.request,
        join_expires_at=row.join_expires_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_reason=EndedReason(row.ended_reason) if row.ended_reason else None,
        idempotency_key=row.idempotency_key,
        foreign=row.foreign_room,
        scheduled_at=row.scheduled_at,
        cost=row.cost,
        review=row.review,
        last_event=row.last_event,
    )


def turn_record(row: Row[Any]) -> Turn:
    """A turn as it stands in the database."""
    return Turn(
        n=row.n, t=row.at, role=Role(row.role), text=row.text, final=row.final, interrupted=row.interrupted
    )


def event_record(row: Row[Any]) -> Event:
    """An event as it stands in the database."""
    return Event(
        n=row.n,
        t=row.at,
        kind=EventKind(row.kind),
        role=Role(row.role) if row.role else None,
        text=row.text,
        data=row.data,
    )


def tool_call_values(record: ToolCallRecord) -> dict[str, Any]:
    """The columns of a ToolCall (by hand: asdict copies, and this is on the way of every ToolCall)."""
    return {name: getattr(record, name) for name in record.__slots__}


def tool_call_record(row: Row[Any]) -> ToolCallRecord:
    """A ToolCall as it stands in the database."""
    return ToolCallRecord(**{name: getattr(row, name) for name in ToolCallRecord.__slots__})
