"""How Alembic reaches the database: on the connection that hub/storage/database.py hands it."""

from alembic import context

from hub.storage.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
