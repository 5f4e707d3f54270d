"""Alembic's environment: numbered steps from an empty database to storage/schema.py."""
