"""What came of a call, what it cost, and when it is to begin."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

calls = sa.table("calls", sa.column("status", sa.String), sa.column("review", sa.JSON))


def upgrade() -> None:
    op.add_column("calls", sa.Column("scheduled_at", sa.Float(53)))
    op.add_column("calls", sa.Column("cost", sa.Float(53), nullable=False, server_default="0"))
    op.add_column("calls", sa.Column("review", sa.JSON(none_as_null=True)))
    # A hub that is brought up to date must not send years of calls to a language model.
    old = {"state": "not_available", "why": "The call ended before this hub made reviews."}
    op.execute(calls.update().where(calls.c.status == "ended").values(review=old))
