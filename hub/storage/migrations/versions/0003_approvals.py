"""Which question a ToolCall waited for, and who said yes to it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("tool_calls", sa.Column("action", sa.String(64)))
    op.add_column("tool_calls", sa.Column("approved_by", sa.String(200)))
