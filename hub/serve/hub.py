"""The wiring of one hub: what is built, what runs in which order, and how it stops."""

import logging
import os
import signal
import socket
import time
import webbrowser
from collections.abc import Callable, Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import anyio
import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.routing import Route

from hub.core.errors import HubError
from hub.gateway.server import Gateway
from hub.http.access import LOOPBACK, Access, Doorkeeper
from hub.http.status import HubStatus
from hub.parts.part import Part
from hub.parts.places import Places, places
from hub.parts.practice import Practice, practice_part
from hub.parts.providers import providers
from hub.pool.config_file import ConfigFile
from hub.pool.pool import Pool
from hub.private_file import write_private
from hub.serve.announce import say, say_ready
from hub.serve.home import findable, read_token
from hub.serve.voice import Ground, Voice
from hub.settings import Settings, environment
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal
from hub.supervision.guardian import Guardian
from hub.supervision.runner import Snapshot
from hub.toolcalls.toolcalls import ToolCalls
from hub.web.api import Api
from hub.web.entry import Entry
from hub.web.live import Live
from hub.web.metrics import metrics
from hub.web.operations import ServerOperations
from hub.web.pages import page_routes
from hub.web.pins import PinsApi
from hub.web.recordings import RecordingsApi
from hub.web.rehearsals import RehearsalsApi
from hub.web.signalling import Signalling
from hub.web.worker_api import WorkerApi

logger = logging.getLogger(__name__)

PRACTICE_SECONDS = 20.0
"""Servers are started after practice, whose database one of them may need; but no later than this."""
ANNOUNCE_SECONDS = 900.0
"""At the very first start livekit-server may have to be built."""
SERVERS_SECONDS = 5.0
"""What is announced waits this long for servers; one that is still being installed comes when it comes."""
LOOK_SECONDS = 0.05
CLOSE_CALLS_SECONDS = 1.0
HTTP_STOP_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was said on the command line."""

    config: Path
    open_browser: bool
    voice: bool


class _Server(uvicorn.Server):
    """uvicorn as a child of our task group: signals are ours."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve(settings: Settings, options: Options, listener: socket.socket) -> None:
    """Run the hub until a signal or /api/stop.

    Raises:
        HubError: Something the user can mend kept it from starting.
    """
    begun = time.monotonic()
    engine = await to_thread.run_sync(open_database, settings.database_url, settings.home)
    async with AsyncExitStack() as stack:
        guardian = await stack.enter_async_context(Guardian.open(settings.home))
        journal = await stack.enter_async_context(SqlJournal.opened(engine))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        hub = Hub(settings, options, _url(settings, listener), guardian, journal, session)
        stack.enter_context(findable(settings.home, hub.url, options.config))
        await hub.run(listener, begun)
        if hub.voice is not None:
            await hub.voice.aclose()


class Hub:
    """Everything of one hub, wired; `run` runs it."""

    def __init__(
        self,
        settings: Settings,
        options: Options,
        url: str,
        guardian: Guardian,
        journal: SqlJournal,
        session: aiohttp.ClientSession,
    ) -> None:
        self.url = url
        self._settings = settings
        self._options = options
        self._journal = journal
        self._stopping = anyio.Event()
        self._practice_came = anyio.Event()
        token = read_token(
            settings.home, settings.token.get_secret_value() if settings.token is not None else None
        )
        here = places(settings.home)
        self._practice = self._practice_if_needed(guardian, here)
        self._file = ConfigFile(options.config, self._variables)
        self._pool = Pool(guardian=guardian, home=settings.home, voice=options.voice)
        self._toolcalls = ToolCalls(self._pool, journal)
        self._operations = ServerOperations(self._pool, self._file, self._stopping.set)
        ground = Ground(
            settings=settings,
            url=url,
            token=token,
            places=here,
            guardian=guardian,
            journal=journal,
            pool=self._pool,
            toolcalls=self._toolcalls,
            practice=self._practice,
            session=session,
        )
        self.voice = Voice(ground) if options.voice else None
        self._status = self._told_status()
        self._gateway = Gateway(
            self._toolcalls,
            self.voice.calls if self.voice is not None else None,
            self._pool,
            status=self._status.for_tool,
            call_scope=self.voice.scope if self.voice is not None else lambda _call_id: None,
            askers=self.voice.askers() if self.voice is not None else None,
            rehearsals=self.voice.rehearsals if self.voice is not None else None,
        )
        self._door = self._doorkeeper(token)
        self._app = Access(self._routes(session), self._door)

    def _practice_if_needed(self, guardian: Guardian, here: Places) -> Practice | None:
        """Practice for whatever has no key; without voice only the database is wanted."""
        kinds = [kind for kind in self._settings.practised() if self._options.voice or kind == "supabase"]
        if not kinds:
            return None
        return practice_part(guardian, self._settings.home, here, kinds, self._on_practice)

    def _told_status(self) -> HubStatus:
        return HubStatus(
            url=self.url,
            started_at=time.time(),
            config=str(self._options.config),
            voice=self._options.voice,
            servers=self._operations.servers,
            parts=self._all_parts,
            providers=providers(self._settings),
            problems=self._operations.problems,
            calls=self.voice.count if self.voice is not None else lambda: {"active": 0, "limit": 0},
            ready=self._ready,
        )

    def _doorkeeper(self, token: str) -> Doorkeeper:
        hosts = LOOPBACK | {self._settings.host, urlsplit(self.url).hostname or ""}
        if self.voice is None:
            return Doorkeeper(
                token=token, worker_token=token, hosts=hosts, call_token=lambda _id, _token: False
            )
        write_private(self._settings.home / "worker-token", self.voice.worker_token + "\n")
        return Doorkeeper(
            token=token,
            worker_token=self.voice.worker_token,
            hosts=hosts,
            call_token=self.voice.keys.opens_tools,
        )

    def _routes(self, session: aiohttp.ClientSession) -> Starlette:
        calls = self.voice.calls if self.voice is not None else None
        api = Api(status=self._status, operations=self._operations, calls=calls, door=self._door)
        live = Live(status=self._status, changes=self._pool.changed, journal=self._journal, calls=calls)
        entry = Entry(door=self._door, calls=calls, ready=self._ready, metrics=metrics(self._status.whole))
        routes = [
            Route("/mcp", self._gateway),
            Route("/mcp/{rest:path}", self._gateway),
            *api.routes(),
            *PinsApi(self._pool).routes(),
            *live.routes(),
            *entry.routes(),
        ]
        if self.voice is not None:
            routes += WorkerApi(self.voice.link, self.voice.calls.recordings).routes()
            routes += RecordingsApi(self.voice.calls.recordings).routes()
            routes += RehearsalsApi(self.voice.rehearsals).routes()
            routes += self.voice.webhook().routes()
            routes += Signalling(self.voice.livekit_url, session).routes()
        return Starlette(routes=routes + page_routes())

    async def run(self, listener: socket.socket, begun: float) -> None:
        """Start everything, wait for the end, stop everything."""
        server = _Server(
            uvicorn.Config(
                self._app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=HTTP_STOP_SECONDS,
            )
        )
        async with anyio.create_task_group() as outer:
            outer.start_soon(self._signals, name="signals")
            outer.start_soon(server.serve, [listener], name="http")
            async with anyio.create_task_group() as inner:
                await inner.start(self._pool.run, name="pool")
                await inner.start(self._gateway.run, name="gateway")
                for part in self._all_parts():
                    inner.start_soon(part.runner.run, name=part.name)
                if self._practice is not None:
                    self._practice.part.runner.start()
                if self.voice is not None:
                    await self.voice.start(inner)
                inner.start_soon(self._follow_config, name="servers.json")
                inner.start_soon(self._announce, begun, name="announcement")
                await self._stopping.wait()
                say("\nstopping …")
                await self._close_calls()
                self._gateway.close()
                # Whoever waits for news at this moment is cut off; that is no error to tell a person of.
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
                server.should_exit = True
                inner.cancel_scope.cancel()
            outer.cancel_scope.cancel()

    async def _close_calls(self) -> None:
        if self.voice is not None:
            with anyio.move_on_after(CLOSE_CALLS_SECONDS):
                await self.voice.keeper.stop()

    async def _signals(self) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
            async for _ in received:
                if self._stopping.is_set():
                    os._exit(1)  # told twice: the guardian cleans up behind us
                self._stopping.set()

    async def _follow_config(self) -> None:
        if self._practice is not None:
            with anyio.move_on_after(PRACTICE_SECONDS):
                await self._practice_came.wait()
        await self._pool.apply(self._file.read())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._practice_late, name="practice came late")
            async for config in self._file.changes():
                await self._pool.apply(config)

    async def _practice_late(self) -> None:
        """Servers that lack practice's variables get them when it is up after all."""
        if self._practice is not None and not self._practice.supabase:
            await self._practice_came.wait()
            await self._pool.apply(self._file.read())

    def _on_practice(self, _snapshot: Snapshot) -> None:
        if self._practice is not None and self._practice.part.life is not None:
            self._practice_came.set()

    def _variables(self) -> Mapping[str, str]:
        given = environment(self._options.config.parent)
        return {**given, **self._practice.variables()} if self._practice is not None else given

    def _all_parts(self) -> list[Part]:
        parts = [self._practice.part] if self._practice is not None else []
        return parts + (self.voice.parts() if self.voice is not None else [])

    def _ready(self) -> bool:
        if self._practice is not None and self._practice.part.life is None:
            return False
        return self.voice is None or self.voice.ready()

    async def _announce(self, begun: float) -> None:
        """Say how everything stands once it is up, or once it is clear that it will not be."""
        with anyio.move_on_after(ANNOUNCE_SECONDS):
            await _until(lambda: self._ready() or self._hopeless())
        with anyio.move_on_after(SERVERS_SECONDS):
            await _until(self._servers_settled)
        call = None
        if self.voice is not None and self.voice.ready():
            try:
                call = await self.voice.first_link()
            except HubError as error:
                logger.warning("no call link: %s", error.message)
        dashboard = f"{self.url}/login?code={self._door.new_code()}"
        say_ready(self._status.whole(), dashboard, call, time.monotonic() - begun)
        if self._options.open_browser:
            await to_thread.run_sync(webbrowser.open, dashboard)

    def _servers_settled(self) -> bool:
        servers = self._operations.servers()
        return bool(self._pool.config.servers or self._pool.config.problems) and all(
            one["state"] not in {"starting", "stopping"} for one in servers
        )

    def _hopeless(self) -> bool:
        return any(part.status()["state"] == "failed" for part in self._all_parts())


async def _until(there: Callable[[], bool]) -> None:
    """Look at things that have no event of their own; only while the hub starts."""
    while not there():  # noqa: ASYNC110  # see above
        await anyio.sleep(LOOK_SECONDS)


def _url(settings: Settings, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    host = settings.host if settings.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
