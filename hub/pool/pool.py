"""All MCP servers: one Runner per version and role, one Catalog over them, and the way to ask any of them."""

import logging
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.catalog import Catalog, Route
from hub.core.errors import NotFound, ServerUnavailable
from hub.core.plan import Action, Plan, Step, plan
from hub.core.ports import Caller
from hub.core.spec import Config, ServerSpec, Transport
from hub.core.supervisor import State
from hub.pool import packages, remembered
from hub.pool.connect import OnTools, open_connection
from hub.pool.era import Eras
from hub.pool.news import News
from hub.pool.served import Answer, Listener, LiveConnection, Served
from hub.pool.status import ServerStatus, Version, of_idle, of_running
from hub.pool.wire import Way, environment
from hub.supervision.guardian import Guardian
from hub.supervision.output import KEPT_LINES

PARALLEL_STARTS = 4
PARALLEL_INSTALLS = 2
START_HOLD_SECONDS = 10.0
"""How long a slow starter keeps the next one waiting."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LEFT_OUT = "left out"
_log = logging.getLogger(__name__)

__all__ = ["Answer", "Pool", "ServerStatus"]


class Connect(Protocol):
    """How a connection is opened; `open_connection` in earnest."""

    def __call__(
        self, way: Way, eras: Eras, on_tools: OnTools, /
    ) -> AbstractAsyncContextManager[LiveConnection]: ...


Resolve = Callable[[str, Sequence[str], Path, Mapping[str, str]], Awaitable[tuple[str, ...]]]


@dataclass(slots=True)
class _Server:
    """What runs under one name; the candidate takes over once it is ready."""

    current: Version
    candidate: Version | None = None

    @property
    def wanted(self) -> ServerSpec:
        return (self.candidate or self.current).spec


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
    ) -> None:
        self.config = Config()
        self.catalog = Catalog()
        """What every client may be offered."""
        self.voice_catalog = Catalog()
        """The same with the tools of the twins where there are twins."""
        self._guardian = guardian
        self._home = home
        self._connect = connect
        self._resolve: Resolve = resolve or partial(packages.resolve, guardian=guardian)
        self._random01 = random01
        self._eras = Eras(home / "eras.json")
        self._remembered = remembered.load(home / "catalog.json")
        self._servers: dict[str, _Server] = {}
        self._leaving: dict[str, Version] = {}
        self._routes: dict[tuple[str, str], Route] = {}
        self._left_out: frozenset[tuple[str, str, str]] = frozenset()
        self._news = News()
        self._tasks: TaskGroup | None = None
        self._installs = anyio.CapacityLimiter(PARALLEL_INSTALLS)
        self._starts = anyio.CapacityLimiter(PARALLEL_STARTS)
        self._listener = Listener(on_state=self._on_state, on_tools=self._on_tools)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Own every server until cancelled; leaving stops them all at once."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            task_status.started()
            while True:
                topics = await self._news.gather()
                if "catalog" in topics:
                    self._save()
                self._news.publish(topics)

    async def apply(self, config: Config) -> Plan:
        """Start, replace and stop what differs; returns once that is decided, not once it is done."""
        decided = plan({name: server.wanted for name, server in self._servers.items()}, config)
        self.config = config
        actions: dict[Action, Callable[[Step], None]] = {
            Action.START: self._start,
            Action.REPLACE: self._replace,
            Action.STOP: self._stop,
            Action.KEEP: self._keep,
            Action.UPDATE: self._update,
        }
        for step in decided.steps:
            if (act := actions.get(step.action)) is not None:
                act(step)
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
            return of_running(server.current, server.candidate)
        if (spec := self.config.servers.get(name)) is not None:
            return of_idle(spec)
        raise NotFound(f"There is no server {name}.", next_step="See: hub servers")

    def spec(self, name: str) -> ServerSpec | None:
        """Return the spec that a server runs by, else the one that the file has."""
        server = self._servers.get(name)
        return server.current.spec if server is not None else self.config.servers.get(name)

    def tools(self, name: str) -> list[dict[str, Any]]:
        """Return a server's tools as it listed them last."""
        server = self._servers.get(name)
        return [dict(tool) for tool in (server.current.main.tools or ())] if server is not None else []

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

        Raises:
            ServerUnavailable: It could not be asked in time; nothing was sent.
            hub.pool.errors.ConnectionLost: It ended while it was being asked.
            TimeoutError: It was silent for too long, or not done in time.
            mcp.MCPError: It answered with an error.
        """
        since = anyio.current_time()

        def harmless() -> bool:
            return twin or self._harmless(server, method, params)

        while True:
            served = self._served(server, twin=twin)
            try:
                return await served.call(method, params, caller=caller, since=since, harmless=harmless)
            except ServerUnavailable:
                if not served.retired or self._served(server, twin=twin) is served:
                    raise

    def restart(self, name: str) -> None:
        """Restart a server and its twin at once.

        Raises:
            NotFound: No such server runs.
        """
        if (server := self._servers.get(name)) is None:
            raise NotFound(f"{name} is not running.", next_step="See: hub servers")
        for member in (server.candidate or server.current).members:
            member.runner.restart()

    def stderr_tail(self, name: str) -> list[str]:
        """Return the last lines that a server wrote to stderr, also before it died."""
        try:
            text = self._log_file(name, twin=False).read_text("utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-KEPT_LINES:]

    @asynccontextmanager
    async def changed(self) -> AsyncGenerator[MemoryObjectReceiveStream[str]]:
        """Receive "catalog" and "servers" as they change, each at most a few times a second."""
        with self._news.subscription() as receive:
            yield receive

    def _served(self, name: str, *, twin: bool) -> Served:
        server = self._servers.get(name)
        if server is None:
            status = self.server(name)
            raise ServerUnavailable(f"{name} is not up ({status.state}).", next_step="See: hub servers")
        if not twin:
            return server.current.main
        if server.current.twin is None:
            raise ServerUnavailable(f"{name} has no read-only twin.", next_step='Give it a "read_only".')
        return server.current.twin

    def _harmless(self, server: str, method: str, params: Mapping[str, Any]) -> bool:
        if method != "tools/call":
            return True
        route = self._routes.get((server, str(params.get("name"))))
        return route is not None and (route.read_only or route.idempotent)

    def _start(self, step: Step) -> None:
        if step.spec is not None:
            version = self._version(step.spec)
            self._servers[step.server] = _Server(version)
            self._launch(version)

    def _replace(self, step: Step) -> None:
        if step.spec is None:
            return
        server, spec = self._servers[step.server], step.spec
        self._drop_candidate(server)
        if spec.fingerprint == server.current.spec.fingerprint:  # the edit was taken back
            server.current.adopt(spec)
            return
        old, new = server.current, self._version(spec)
        if step.beside and old.main.ready:
            server.candidate = new
            self._launch(new)
            return
        server.current = new
        self._retire(old)
        self._launch(new, after=None if step.beside else old)

    def _stop(self, step: Step) -> None:
        server = self._servers.pop(step.server)
        self._drop_candidate(server)
        self._retire(server.current)

    def _keep(self, step: Step) -> None:
        """Try again what had given up: whatever it failed of may be mended."""
        for version in (self._servers[step.server].current, self._servers[step.server].candidate):
            for member in version.members if version is not None else ():
                if member.state in (State.FAILED, State.AUTH_REQUIRED):
                    member.runner.cause_changed()

    def _update(self, step: Step) -> None:
        server = self._servers[step.server]
        if step.spec is not None:
            (server.candidate or server.current).adopt(step.spec)

    def _drop_candidate(self, server: _Server) -> None:
        if server.candidate is not None:
            self._retire(server.candidate)
            server.candidate = None

    def _version(self, spec: ServerSpec) -> Version:
        overlaid = spec.twin()
        return Version(spec, self._new(spec), self._new(overlaid) if overlaid is not None else None)

    def _new(self, spec: ServerSpec) -> Served:
        tools = self._remembered.get(spec.fingerprint)
        return Served(spec, self._open, self._listener, self._random01, tools)

    def _open(self, served: Served) -> AbstractAsyncContextManager[LiveConnection]:
        spec = served.spec
        log = self._log_file(spec.name, twin=spec.is_twin)
        way = Way(spec=spec, argv=served.argv, guardian=self._guardian, log=log)
        return self._connect(way, self._eras, served.take_tools)

    def _log_file(self, name: str, *, twin: bool) -> Path:
        ending = ".read-only.log" if twin else ".log"
        return self._home / "logs" / f"server-{_UNSAFE.sub('_', name)}{ending}"

    def _launch(self, version: Version, *, after: Version | None = None) -> None:
        """Start a version; two lives of the same one never overlap."""
        after = after or self._leaving.get(version.spec.fingerprint)
        for member in version.members:
            self._group().start_soon(self._own, member, after)

    async def _own(self, served: Served, after: Version | None) -> None:
        """Prepare one member, start it in its turn, and run it until it is retired."""
        if after is not None:
            for member in after.members:
                await member.wait_ended()
        if served.spec.transport is Transport.STDIO:
            async with self._installs:
                spec = served.spec
                served.argv = await self._resolve(spec.command, spec.args, self._home, environment(spec.env))
        async with anyio.create_task_group() as tasks, self._starts:
            tasks.start_soon(served.run)
            with anyio.move_on_after(START_HOLD_SECONDS):
                await served.wait_settled()

    def _retire(self, version: Version) -> None:
        self._leaving[version.spec.fingerprint] = version
        self._group().start_soon(self._see_off, version)

    async def _see_off(self, version: Version) -> None:
        """Let a version finish what it is being asked, and go."""
        async with anyio.create_task_group() as tasks:
            for member in version.members:
                tasks.start_soon(member.retire)
        for member in version.members:
            await member.wait_ended()
        if self._leaving.get(version.spec.fingerprint) is version:
            del self._leaving[version.spec.fingerprint]

    def _group(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("Pool.apply() needs Pool.run() to be running")
        return self._tasks

    def _on_state(self, served: Served) -> None:
        server = self._servers.get(served.spec.name)
        if server is not None and server.candidate is not None and server.candidate.ready:
            old, server.current, server.candidate = server.current, server.candidate, None
            _log.info("%s: the new version is up and takes over", served.spec.name)
            self._retire(old)
            self._rebuild()
        self._news.tell("servers")

    def _on_tools(self, served: Served) -> None:
        server = self._servers.get(served.spec.name)
        if server is not None and served in server.current.members:
            self._rebuild()

    def _rebuild(self) -> None:
        """Make new Catalogs of what all servers offer now."""
        names = dict.fromkeys([*self.config.servers, *self._servers])
        current = {name: self._servers[name].current for name in names if name in self._servers}
        catalog = Catalog.build({name: (v.spec, v.main.tools or ()) for name, v in current.items()})
        voice = Catalog.build({name: (v.spec, (v.twin or v.main).tools or ()) for name, v in current.items()})
        if (catalog, voice) == (self.catalog, self.voice_catalog):
            return
        self.catalog, self.voice_catalog = catalog, voice
        self._routes = {
            (reason.server, reason.name): reason.route
            for reason in catalog.reasons
            if reason.route is not None
        }
        self._log_left_out()
        self._news.tell("catalog")

    def _log_left_out(self) -> None:
        found = frozenset(
            (reason.server, reason.name, reason.rule)
            for reason in self.catalog.reasons
            if reason.rule.startswith(_LEFT_OUT)
        )
        for server, tool, rule in sorted(found - self._left_out):
            _log.warning("%s: its tool %s is %s", server, tool, rule)
        self._left_out = found

    def _save(self) -> None:
        members = [member for server in self._servers.values() for member in server.current.members]
        known = {member.spec.fingerprint: member.tools for member in members if member.tools is not None}
        self._remembered = {**known}
        remembered.save(self._home / "catalog.json", known)
