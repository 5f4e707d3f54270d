"""All MCP servers: what runs of each, one Catalog over them, and the way to ask any of them."""

import random
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.catalog import Catalog
from hub.core.errors import NotFound, ServerUnavailable
from hub.core.plan import Action, Plan, Step, plan
from hub.core.ports import Caller
from hub.core.spec import Config, ServerSpec
from hub.pool import packages
from hub.pool.call_sessions import CallSessions
from hub.pool.connect import open_connection
from hub.pool.launcher import Connect, Ground, Launcher, Resolve
from hub.pool.news import News
from hub.pool.offer import Offer
from hub.pool.paces import Paces, ToolPace
from hub.pool.pins import Pins, Waiting
from hub.pool.served import Answer, Listener, Served
from hub.pool.server import Server
from hub.pool.status import ServerStatus, of_idle, of_running
from hub.pool.versions import Version
from hub.supervision.guardian import Guardian
from hub.supervision.output import KEPT_LINES

__all__ = ["Answer", "Pool", "ServerStatus"]


class Pool:
    """`run()` owns everything; `apply()` says what shall be there."""

    def __init__(
        self,
        *,
        guardian: Guardian | None,
        home: Path,
        connect: Connect = open_connection,
        resolve: Resolve | None = None,
        random01: Callable[[], float] = random.random,
        voice: bool = True,
    ) -> None:
        self.config = Config()
        self._news = News()
        self.pins = Pins(home / "pins.json", on_change=lambda: self._news.tell("servers"))
        self._offer = Offer(home / "catalog.json", self.pins)
        ground = Ground(
            guardian=guardian,
            home=home,
            connect=connect,
            resolve=resolve or partial(packages.resolve, guardian=guardian),
            random01=random01,
            remembered=self._offer.remembered,
        )
        self._launcher = Launcher(ground, Listener(on_state=self._on_state, on_tools=self._on_tools))
        self._sessions = CallSessions(self._launcher, lambda: self.config.limits.calls if voice else 0)
        self._servers: dict[str, Server] = {}
        self._paces = Paces()

    @property
    def catalog(self) -> Catalog:
        """What every client may be offered."""
        return self._offer.catalog

    @property
    def voice_catalog(self) -> Catalog:
        """The same with the tools of the twins where there are twins."""
        return self._offer.voice_catalog

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Own every server until cancelled; leaving stops them all at once."""
        async with anyio.create_task_group() as tasks:
            self._launcher.begin(tasks)
            task_status.started()
            while True:
                topics = await self._news.gather()
                if "catalog" in topics:
                    self._offer.save(self._current())
                self.pins.save()
                self._news.publish(topics)

    def plan(self, config: Config) -> Plan:
        """Say what applying a Config would do."""
        return plan({name: server.wanted for name, server in self._servers.items()}, config)

    async def apply(self, config: Config) -> Plan:
        """Start, replace and stop what differs; returns once that is decided, not once it is done."""
        decided = self.plan(config)
        self.config = config
        for step in decided.steps:
            self._do(step)
        for server in self._servers.values():
            server.settle()
        self._rebuild()
        self._news.tell("servers")
        return decided

    def servers(self) -> list[ServerStatus]:
        """Describe all servers, in the order of the file."""
        names = dict.fromkeys([*self.config.servers, *self._servers])
        return [self.server(name) for name in names]

    def server(self, name: str) -> ServerStatus:
        """Describe one server.

        Raises:
            NotFound: There is none of this name.
        """
        if (server := self._servers.get(name)) is not None:
            return of_running(server.current, server.edit_error, waiting=self.pins.count(name))
        if (spec := self.config.servers.get(name)) is not None:
            return of_idle(spec)
        raise NotFound(f"There is no server {name}.", next_step="See: hub servers")

    def pending(self, name: str) -> str | None:
        """Say how it stands with an edit that a server does not go by yet."""
        server = self._servers.get(name)
        if server is None or (server.edit_error is None and server.candidate is None):
            return None
        return server.edit_error or "its new version is starting"

    def spec(self, name: str) -> ServerSpec | None:
        """Return the spec that a server runs by, else the one that the file has."""
        server = self._servers.get(name)
        return server.current.spec if server is not None else self.config.servers.get(name)

    def tools(self, name: str) -> list[dict[str, Any]]:
        """Return a server's tools as it listed them last."""
        server = self._servers.get(name)
        return [dict(tool) for tool in (server.current.main.tools or ())] if server is not None else []

    def pace(self, server: str, tool: str) -> ToolPace | None:
        """How long a tool takes, as far as it has been called."""
        return self._paces.of(server, tool)

    def has_twin(self, name: str) -> bool:
        return (server := self._servers.get(name)) is not None and server.current.twin is not None

    def twin_ready(self, name: str) -> bool:
        server = self._servers.get(name)
        return server is not None and server.current.twin is not None and server.current.twin.ready

    async def call(
        self,
        server: str,
        method: str,
        params: Mapping[str, Any],
        *,
        caller: Caller | None,
        twin: bool = False,
    ) -> Answer:
        """Ask a server, or its twin, and return the raw result.

        A voice call asks its own session where the server is shared per call.

        Raises:
            ServerUnavailable: It could not be asked in time; nothing was sent.
            hub.pool.errors.ConnectionLost: It ended while it was being asked.
            TimeoutError: It was silent for too long, or not done in time.
            mcp.MCPError: It answered with an error.
        """
        since = anyio.current_time()
        call_id = caller.call_id if caller is not None else None

        def harmless() -> bool:
            return twin or method != "tools/call" or self._offer.harmless(server, str(params.get("name")))

        while True:
            served = self._served(server, call_id, twin=twin)
            try:
                answer = await served.call(method, params, caller=caller, since=since, harmless=harmless)
            except ServerUnavailable:
                if self._served(server, call_id, twin=twin) is served:
                    raise
            else:
                if method == "tools/call":
                    self._paces.took(server, str(params.get("name")), answer.server_ms)
                return answer

    def call_over(self, call_id: str) -> None:
        """A voice call is over: its sessions finish what they are asked, and go."""
        self._sessions.over(call_id)
        for server in self._servers.values():
            server.settle()
        self._news.tell("servers")

    def restart(self, name: str) -> None:
        """Restart all sessions with a server at once.

        Raises:
            NotFound: No such server runs.
        """
        if (server := self._servers.get(name)) is None:
            raise NotFound(f"{name} is not running.", next_step="See: hub servers")
        server.restart()
        self._rebuild()

    def approve(
        self, name: str, names: Collection[str] | None, seen: Collection[str] | None
    ) -> list[Waiting]:
        """Let models read what has waited: all of it or what is named, of it only what was `seen` (ids).

        Raises:
            NotFound: No such server, or nothing waits under one of the names.
            hub.core.errors.ChangedSince: Something is not as it was when it was looked at.
        """
        self.server(name)
        done = self.pins.approve(name, names, seen)
        self._rebuild()
        return done

    def stderr_tail(self, name: str) -> list[str]:
        """Return the last lines that a server wrote to stderr, also before it died."""
        try:
            text = self._launcher.log_file(name).read_text("utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-KEPT_LINES:]

    @asynccontextmanager
    async def changed(self) -> AsyncGenerator[MemoryObjectReceiveStream[str]]:
        """Receive "catalog" and "servers" as they change, each at most a few times a second."""
        with self._news.subscription() as receive:
            yield receive

    def _served(self, name: str, call_id: str | None, *, twin: bool) -> Served:
        server = self._servers.get(name)
        if server is None:
            status = self.server(name)
            raise ServerUnavailable(f"{name} is not up ({status.state}).", next_step="See: hub servers")
        session = self._sessions.session(server.current, call_id)
        if not twin:
            return session.main
        if session.twin is None:
            raise ServerUnavailable(f"{name} has no read-only twin.", next_step='Give it a "read_only".')
        return session.twin

    def _do(self, step: Step) -> None:
        server = self._servers.get(step.server)
        if server is None:
            if step.action is Action.START and step.spec is not None:
                self._servers[step.server] = Server(self._launcher, self._sessions, step.spec)
            return
        server.held = None
        match step.action:
            case Action.REPLACE:
                server.replace(step)
            case Action.UPDATE:
                server.update(step)
            case Action.KEEP:
                server.keep()
            case Action.HOLD:
                server.held = step.why if self.config.readable else None
            case Action.STOP:
                self._servers.pop(step.server).stop()
            case _:
                pass

    def _on_state(self, served: Served) -> None:
        if (server := self._servers.get(served.spec.name)) is not None:
            if server.look():
                self._rebuild()
            server.settle()
        self._news.tell("servers")

    def _on_tools(self, served: Served) -> None:
        server = self._servers.get(served.spec.name)
        if server is not None and served in server.current.shared.members:
            self._rebuild()

    def _current(self) -> dict[str, Version]:
        names = dict.fromkeys([*self.config.servers, *self._servers])
        return {name: self._servers[name].current for name in names if name in self._servers}

    def _rebuild(self) -> None:
        """Make new Catalogs of what all servers offer now."""
        if self._offer.rebuild(self._current()):
            self._news.tell("catalog")
