"""Calls with their turns, events and jobs, and ToolCalls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("goal", sa.Text, nullable=False),
        sa.Column("room", sa.String(128), nullable=False, index=True),
        sa.Column("status", sa.String(32), nullable=False, index=True),
        sa.Column("created_at", sa.Float(53), nullable=False, index=True),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("join_expires_at", sa.Float(53)),
        sa.Column("started_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("ended_reason", sa.String(32)),
        sa.Column("idempotency_key", sa.String(200), unique=True),
        sa.Column("foreign_room", sa.Boolean, nullable=False),
        sa.Column("last_event", sa.Integer, nullable=False),
        sa.Column("last_turn", sa.Integer, nullable=False),
    )
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("item", sa.String(128), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Index("uq_turns_call_id_item", "call_id", "item", unique=True),
    )
    op.create_table(
        "events",
        sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("job_id", sa.String(128), primary_key=True),
        sa.Column("worker_id", sa.String(128), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_table(
        "tool_calls",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("call_id", sa.String(64), index=True),
        sa.Column("caller", sa.String(200), nullable=False),
        sa.Column("server", sa.String(200), nullable=False),
        sa.Column("tool", sa.String(200), nullable=False),
        sa.Column("started_at", sa.Float(53), nullable=False, index=True),
        sa.Column("queue_ms", sa.Float(53), nullable=False),
        sa.Column("server_ms", sa.Float(53), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("twin", sa.Boolean, nullable=False),
    )
