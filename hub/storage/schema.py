"""The tables, for SQLite and PostgreSQL alike; migrations/ brings a database to this state."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

calls = Table(
    "calls",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("goal", Text, nullable=False),
    Column("room", String(128), nullable=False, index=True),
    Column("status", String(32), nullable=False, index=True),
    Column("created_at", Float(53), nullable=False, index=True),
    Column("request", JSON, nullable=False),
    Column("join_expires_at", Float(53)),
    Column("started_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("ended_reason", String(32)),
    Column("idempotency_key", String(200), unique=True),
    Column("foreign_room", Boolean, nullable=False),
    Column("last_event", Integer, nullable=False),
    Column("last_turn", Integer, nullable=False),
    Column("scheduled_at", Float(53)),
    Column("cost", Float(53), nullable=False, server_default="0"),
    Column("review", JSON(none_as_null=True)),
)

turns = Table(
    "turns",
    METADATA,
    Column("call_id", String(64), ForeignKey("calls.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("item", String(128), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    Index("uq_turns_call_id_item", "call_id", "item", unique=True),
)

events = Table(
    "events",
    METADATA,
    Column("call_id", String(64), ForeignKey("calls.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("role", String(16)),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
)

jobs = Table(
    "jobs",
    METADATA,
    Column("call_id", String(64), ForeignKey("calls.id"), primary_key=True),
    Column("job_id", String(128), primary_key=True),
    Column("worker_id", String(128), nullable=False),
    Column("seq", Integer, nullable=False),
)

tool_calls = Table(
    "tool_calls",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("call_id", String(64), index=True),
    Column("caller", String(200), nullable=False),
    Column("server", String(200), nullable=False),
    Column("tool", String(200), nullable=False),
    Column("started_at", Float(53), nullable=False, index=True),
    Column("queue_ms", Float(53), nullable=False),
    Column("server_ms", Float(53), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("error", Text),
    Column("twin", Boolean, nullable=False),
    Column("action", String(64)),
    Column("approved_by", String(200)),
)
