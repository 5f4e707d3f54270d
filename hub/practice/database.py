"""What is in the practice database: the logins, the shop, and dates that move with today."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import psycopg

from hub.practice.postgres import Postgres, no_room
from hub.practice.postgres_places import PracticeUnavailable

logger = logging.getLogger(__name__)
DATABASE = "shop"
OWNER, READER, SUPERUSER = "shop_owner", "supabase_read_only_user", "postgres"
SEED = Path(__file__).with_name("seed.sql")
_AFTER_MIDNIGHT = 0.05  # seconds
_LONGEST_SLEEP = 60.0  # a laptop that was asleep notices the new day within this
# The owner is no superuser, as a superuser can run programs and read files through SQL. The reader bypasses
# row level security as the platform does, and may only read. Both have a time limit; the API has its own.
_LOGINS = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{OWNER}') then
    create role {OWNER} login;
    create role {READER} login bypassrls connection limit 20;
  end if;
end $$;
alter role {OWNER} set statement_timeout = '30s';
alter role {OWNER} set idle_in_transaction_session_timeout = '30s';
grant pg_read_all_data to {READER};
alter role {READER} set default_transaction_read_only = on;
alter role {READER} set statement_timeout = '8s';
"""


class Database:
    """The shop in one cluster."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    @property
    def up(self) -> bool:
        """Whether it can be asked."""
        return self._postgres.up

    def dsn(self, user: str) -> str:
        """How one of the logins connects."""
        return self._postgres.dsn(user, DATABASE)

    async def prepare(self) -> None:
        """Seed what is missing, and move the dates to today.

        Raises:
            PracticeUnavailable: It cannot be written.
        """
        try:
            await self._make_database()
            await self._seed()
            await self.freshen()
        except psycopg.errors.DiskFull as error:
            raise PracticeUnavailable(no_room(self._postgres.place.data)) from error
        except psycopg.Error as error:
            raise PracticeUnavailable(
                f"The practice database cannot be prepared ({str(error).splitlines()[0]}): "
                f"remove {self._postgres.place.data} to start afresh."
            ) from error

    async def _make_database(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._postgres.dsn(SUPERUSER, "postgres"), autocommit=True
        ) as connection:
            await connection.execute(_LOGINS)
            found = await connection.execute("select from pg_database where datname = %s", (DATABASE,))
            if await found.fetchone() is None:
                await connection.execute(f"create database {DATABASE} owner {OWNER}")

    async def _seed(self) -> None:
        """In one transaction, so that it is whole or not there."""
        async with await psycopg.AsyncConnection.connect(self.dsn(SUPERUSER)) as connection:
            await connection.execute(f"alter schema public owner to {OWNER}")
            await connection.execute(f"create schema if not exists extensions authorization {OWNER}")
        async with await psycopg.AsyncConnection.connect(self.dsn(OWNER)) as connection:
            found = await connection.execute("select to_regclass('demo.calendar')")
            if (await found.fetchone() or (None,))[0] is not None:
                return
            await connection.execute(SEED.read_bytes())
            logger.info("practice: the shop has been set up")
        async with await psycopg.AsyncConnection.connect(self.dsn(OWNER), autocommit=True) as connection:
            await connection.execute("analyze")  # without it, list_tables says that every table is empty

    async def freshen(self) -> None:
        """Move the dates to today. The shop may have been changed beyond that: then they stay."""
        try:
            async with await psycopg.AsyncConnection.connect(self.dsn(OWNER)) as connection:
                await connection.execute("select demo.freshen()")
        except (
            psycopg.errors.UndefinedTable,
            psycopg.errors.UndefinedColumn,
            psycopg.errors.UndefinedFunction,
        ) as error:
            logger.warning(
                "practice: the dates of the shop stay, as it was changed: %s", str(error).splitlines()[0]
            )

    async def keep_fresh(self) -> None:
        """Move the dates at each midnight (UTC, like the database) until cancelled."""
        while True:
            now = datetime.now(UTC)
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            await anyio.sleep(min((midnight - now).total_seconds() + _AFTER_MIDNIGHT, _LONGEST_SLEEP))
            if self.up:
                try:
                    await self.freshen()
                except psycopg.Error as error:
                    logger.warning("practice: the dates could not be moved: %s", str(error).splitlines()[0])

    def note(self, path: Path) -> None:
        """Write how to connect as the owner into a file that only we can read."""
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(self.dsn(OWNER) + "\n", encoding="utf-8")
        logger.info('practice: to change a row: psql "$(cat %s)"', json.dumps(str(path))[1:-1])
