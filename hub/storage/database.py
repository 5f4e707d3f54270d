"""Opens the database and brings its schema up to date; SQLite in HUB_HOME unless a URL names PostgreSQL."""

from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from hub.core.errors import ConfigurationError, Unavailable

BUSY_SECONDS = 5.0
MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str | None, home: Path) -> Engine:
    """Connect and migrate.

    Raises:
        ConfigurationError: HUB_DATABASE_URL is no database URL.
        Unavailable: The database cannot be opened, or was written by a newer hub.
    """
    where = url or f"sqlite:///{home / 'hub.db'}"
    try:
        engine = _engine(where)
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            script = ScriptDirectory.from_config(config)
            if inspect(connection).has_table("alembic_version"):
                current = MigrationContext.configure(connection).get_current_revision()
                if current is not None and current not in {step.revision for step in script.walk_revisions()}:
                    raise Unavailable(
                        f"The database is at version {current}, which this hub does not know: "
                        "it was written by a newer one.",
                        next_step="Start the newer hub, or set HUB_HOME to another folder.",
                    )
                if current == script.get_current_head():
                    return engine
            upgrade(config, "head")
    except SQLAlchemyError as error:
        raise Unavailable(
            f"The database {make_url(where).render_as_string(hide_password=True)} cannot be opened: "
            f"{str(error.__cause__ or error).splitlines()[0]}.",
            next_step="Check that it is there, writable, and that the disk is not full.",
        ) from error
    return engine


def _engine(where: str) -> Engine:
    try:
        url = make_url(where)
    except ArgumentError as error:
        raise ConfigurationError(
            "HUB_DATABASE_URL is not a database URL.", next_step="Write it as postgresql://user@host/name."
        ) from error
    if url.drivername in {"postgres", "postgresql"}:
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # the driver's own connection
        # WAL: readers never wait for a writer. FULL: a turn that is spoken is on disk, power cut or not.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
