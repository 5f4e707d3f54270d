"""The Journal on a database: one schema for SQLite and PostgreSQL, brought up to date at start."""
