"""The Supabase stand-in: what the `database` feature of Supabase's MCP server calls of the Management API."""

import hmac
import json
import logging
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import psycopg
from aiohttp import web
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.string import TextLoader

from hub.practice.database import OWNER, READER, SUPERUSER, Database

logger = logging.getLogger(__name__)
REF = "practicepracticeshop"  # 20 lower-case letters, as the platform's are
LIMIT_SECONDS = 20.0  # `set statement_timeout = 0` gets around the login's limit, not around this one
_CANCEL_SECONDS = 2.0
_PARALLEL = 12
_SAFE = 2**53 - 1
_EXTENSION = re.compile(
    r'\s*create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([a-z0-9_-]+)"?'
    r'(?:\s+(?:with\s+)?schema\s+"?[a-z0-9_]+"?)?(?:\s+cascade)?\s*;?\s*',
    re.IGNORECASE,
)
# extensions that only a superuser can create; the superuser runs this one form of statement and nothing else
_EXTENSIONS = frozenset(
    [
        "postgis",
        "postgis_topology",
        "postgis_raster",
        "vector",
        "earthdistance",
        "cube",
        "hstore",
        "citext",
        "pg_trgm",
        "unaccent",
        "fuzzystrmatch",
        "btree_gin",
        "btree_gist",
        "ltree",
        "intarray",
        "tablefunc",
    ]
)
_TEXT_TYPES = (
    "numeric",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "inet",
    "cidr",
)


class _WholeNumber(Loader):
    """A number where JavaScript can hold it, else its text."""

    def load(self, data: Buffer) -> int | str:
        number = int(bytes(data))
        return number if abs(number) <= _SAFE else str(number)


class _Number(Loader):
    def load(self, data: Buffer) -> float | None:
        number = float(bytes(data))
        return number if math.isfinite(number) else None


class _Bytes(Loader):
    def load(self, data: Buffer) -> dict[str, Any]:
        return {"type": "Buffer", "data": list(bytes.fromhex(bytes(data)[2:].decode()))}


def _adapters() -> AdaptersMap:
    """Values as the platform sends them."""
    adapters = AdaptersMap(psycopg.adapters)
    for name in _TEXT_TYPES:
        adapters.register_loader(name, TextLoader)
    for name, loader in (("int8", _WholeNumber), ("oid", _WholeNumber), ("bytea", _Bytes)):
        adapters.register_loader(name, loader)
    for name in ("float4", "float8"):
        adapters.register_loader(name, _Number)
    return adapters


_Handler = Callable[[web.Request], Awaitable[web.Response]]


class BadRequest(ValueError):
    """The body is not what the Management API takes."""


class Supabase:
    """Answers the Management API of one project from the practice database."""

    def __init__(self, database: Database, token: str, limit: float = LIMIT_SECONDS) -> None:
        self._database = database
        self._token = token
        self._limit = limit
        self._adapters = _adapters()
        self._free = anyio.Semaphore(_PARALLEL)
        self._migrating = anyio.Lock()
        self._last_version = 0

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below a prefix."""
        project = prefix + "/v1/projects/{ref}/database"
        return [
            web.post(project + "/query", self._guarded(self._query)),
            web.get(project + "/migrations", self._guarded(self._migrations)),
            web.post(project + "/migrations", self._guarded(self._migrate)),
        ]

    def _guarded(self, handler: _Handler) -> _Handler:
        """The handler behind the key and the project, with its errors in the platform's form."""

        async def guarded(request: web.Request) -> web.Response:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            try:
                return await handler(request)
            except BadRequest as error:
                return _error(400, str(error))
            except psycopg.Error as error:
                lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
                return _restarting() if lost else _error(400, "Failed to run sql query: " + _message(error))

        return guarded

    def _refusal(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _error(401, "Unauthorized")
        if request.match_info["ref"] != REF:
            return _error(404, "Project not found")
        return None if self._database.up else _restarting()

    async def _query(self, request: web.Request) -> web.Response:
        body = await _body(request)
        read_only = bool(body.get("read_only"))
        login = READER if read_only else _writer(body["query"])
        rows = await self._run(login, body["query"], body.get("parameters"))
        return _reply(rows, 201)

    async def _migrations(self, _: web.Request) -> web.Response:
        return _reply(
            await self._run(
                OWNER, "select version, name from supabase_migrations.schema_migrations order by 1"
            )
        )

    async def _migrate(self, request: web.Request) -> web.Response:
        """One transaction for the statements and the note of them."""
        body = await _body(request)
        query = body["query"]
        async with self._migrating, self._connection(_writer(query), autocommit=False) as connection:
            now = int(time.strftime("%Y%m%d%H%M%S", time.gmtime()))
            self._last_version = max(self._last_version + 1, now)  # two in one second must differ
            await self._limited(connection, query, None)
            await connection.execute(
                "insert into supabase_migrations.schema_migrations values ($1, $2, $3)",
                (str(self._last_version), body.get("name"), [query]),
            )
            await connection.commit()
        return _reply({})

    async def _run(
        self, login: str, query: str, parameters: Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        async with self._connection(login, autocommit=True) as connection:
            return await self._limited(connection, query, parameters)

    @asynccontextmanager
    async def _connection(
        self, login: str, *, autocommit: bool
    ) -> AsyncIterator[psycopg.AsyncConnection[tuple[Any, ...]]]:
        """A session of its own for each request: settings, temporary tables and locks cannot leak."""
        async with self._free:
            connection = await psycopg.AsyncConnection.connect(
                self._database.dsn(login),
                autocommit=autocommit,
                cursor_factory=psycopg.AsyncRawCursor,
                context=self._adapters,
            )
            try:
                yield connection
            finally:
                with anyio.CancelScope(shield=True):
                    await connection.close()

    async def _limited(
        self,
        connection: psycopg.AsyncConnection[tuple[Any, ...]],
        query: str,
        parameters: Sequence[Any] | None,
    ) -> list[dict[str, Any]]:
        """Run the statements; the last result that has rows."""
        with anyio.move_on_after(self._limit):
            cursor = await connection.execute(query.encode(), parameters or None)
            rows: list[dict[str, Any]] = []
            while True:
                if cursor.description:
                    names = [column.name for column in cursor.description]
                    rows = [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()] or rows
                if not cursor.nextset():
                    return rows
        with anyio.CancelScope(shield=True):
            await connection.cancel_safe(timeout=_CANCEL_SECONDS)
        raise psycopg.errors.QueryCanceled("canceling statement due to statement timeout")


def _writer(query: str) -> str:
    found = _EXTENSION.fullmatch(query)
    return SUPERUSER if found is not None and found[1].lower() in _EXTENSIONS else OWNER


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest("The body is not JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise BadRequest("query: expected a string")
    return body


def _message(error: psycopg.Error) -> str:
    """As the platform words it."""
    told = error.diag
    text = f"ERROR:  {error.sqlstate}: {told.message_primary or error}"
    if told.message_detail:
        text += f"\nDETAIL:  {told.message_detail}"
    if told.message_hint:
        text += f"\nHINT:  {told.message_hint}"
    if "\nLINE " in str(error):
        text += "\n" + str(error)[str(error).index("\nLINE ") + 1 :]
    return text


def _reply(data: object, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, default=str))


def _error(status: int, text: str) -> web.Response:
    return _reply({"message": text}, status)


def _restarting() -> web.Response:
    return _error(503, "The practice database is restarting; try again in a moment")
