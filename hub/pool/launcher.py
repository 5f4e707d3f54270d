"""Starts sessions with servers and sees them off; two lives of the same one never overlap."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from hub.core.spec import Replace, ServerSpec, Transport
from hub.core.supervisor import LossKind
from hub.pool import causes
from hub.pool.era import Eras
from hub.pool.served import Listener, LiveConnection, Served, Tools
from hub.pool.versions import Session, Version
from hub.pool.wire import Way, environment
from hub.supervision.guardian import Guardian

PARALLEL_STARTS = 4
PARALLEL_INSTALLS = 2
START_HOLD_SECONDS = 10.0
"""How long a slow starter keeps the next one waiting."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


OnTools = Callable[[Tools], None]


class Connect(Protocol):
    """How a connection is opened; `open_connection` in earnest."""

    def __call__(
        self, way: Way, eras: Eras, on_tools: OnTools, /
    ) -> AbstractAsyncContextManager[LiveConnection]: ...


Resolve = Callable[[str, Sequence[str], Path, Mapping[str, str]], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What sessions are started with."""

    guardian: Guardian | None
    home: Path
    connect: Connect
    resolve: Resolve
    random01: Callable[[], float]
    remembered: Mapping[str, Tools]
    """The tools that were listed last, by fingerprint."""


class Launcher:
    """`run()` owns every session; the rest only asks."""

    def __init__(self, ground: Ground, listener: Listener) -> None:
        self._ground = ground
        self._listener = listener
        self._eras = Eras(ground.home / "eras.json")
        self._leaving: dict[str, Version] = {}
        self._tasks: TaskGroup | None = None
        self._installs = anyio.CapacityLimiter(PARALLEL_INSTALLS)
        self._starts = anyio.CapacityLimiter(PARALLEL_STARTS)
        self._restarts = anyio.CapacityLimiter(PARALLEL_STARTS)
        self._owned: dict[Served, causes.Stamp] = {}
        """What runs, and what its last start depended on."""

    def begin(self, tasks: TaskGroup) -> None:
        """Have everything run in these tasks from now on."""
        self._tasks = tasks
        tasks.start_soon(self._look_for_causes, name="causes of failed starts")

    def launch(self, spec: ServerSpec, *, like: Version | None, after: Version | None = None) -> Version:
        """Start a version, once `after` and whatever it must not meet have gone.

        Until it has listed its tools, those of `like` count as its own.
        """
        version = Version(spec, self._session(spec, 0))
        version.after = (*self._in_the_way(spec), *([after] if after is not None else []))
        for member in version.shared.members:
            member.tools = self._ground.remembered.get(member.spec.fingerprint)
            if member.tools is None and like is not None:
                member.tools = like.main.tools
        self._begin(version.shared, version)
        return version

    def _in_the_way(self, spec: ServerSpec) -> list[Version]:
        """What is leaving and must be gone first: the same version, and any where one must be alone."""
        return [
            version
            for fingerprint, version in self._leaving.items()
            if fingerprint == spec.fingerprint
            or (version.spec.name == spec.name and Replace.AFTER in (spec.replace, version.spec.replace))
        ]

    def another(self, version: Version) -> Session:
        """Start one more session of a version, under the lowest number that is free."""
        taken = {session.number for session in (*version.sessions, *version.leaving)}
        session = self._session(version.spec, min(set(range(1, len(taken) + 1)) - taken))
        self._begin(session, version)
        return session

    def retire(self, version: Version) -> None:
        """Let a version finish what it is being asked, and go."""
        version.retired = True
        self._leaving[version.spec.fingerprint] = version
        self._group().start_soon(self._see_off, version)

    def retire_session(self, version: Version, session: Session) -> None:
        """Let one session finish what it is being asked, and go."""
        version.leaving.append(session)
        self._group().start_soon(self._see_off_session, version, session)

    def log_file(self, name: str, *, twin: bool = False, session: int = 0) -> Path:
        """Where a session's stderr goes."""
        return log_file(self._ground.home, name, twin=twin, session=session)

    def _session(self, spec: ServerSpec, number: int) -> Session:
        overlaid = spec.twin()
        twin = self._served(overlaid, number) if overlaid is not None else None
        return Session(number, self._served(spec, number), twin)

    def _served(self, spec: ServerSpec, number: int) -> Served:
        return Served(spec, number, self._open, self._listener, self._ground.random01)

    @asynccontextmanager
    async def _open(self, served: Served) -> AsyncGenerator[LiveConnection]:
        """Open one life; what died together is not started again all at once."""
        self._owned[served] = causes.stamp(served.spec)
        async with AsyncExitStack() as stack:
            if served.settled:
                with anyio.move_on_after(START_HOLD_SECONDS):
                    await self._restarts.acquire_on_behalf_of(stack)
            try:
                connection = await stack.enter_async_context(self._connected(served))
            finally:
                with suppress(RuntimeError):  # it was not given a place in time
                    self._restarts.release_on_behalf_of(stack)
            yield connection

    def _connected(self, served: Served) -> AbstractAsyncContextManager[LiveConnection]:
        spec, number = served.spec, served.number
        way = Way(
            spec=spec,
            argv=served.argv,
            guardian=self._ground.guardian,
            log=self.log_file(spec.name, twin=spec.is_twin, session=number),
            session=number,
        )
        return self._ground.connect(way, self._eras, served.take_tools)

    def _begin(self, session: Session, version: Version) -> None:
        for member in session.members:
            self._group().start_soon(self._own, member, version.after)

    async def _own(self, served: Served, after: Sequence[Version]) -> None:
        """Prepare one member, start it in its turn, and run it until it is retired."""
        for version in after:
            for member in version.members:
                await member.wait_ended()
        if served.spec.transport is Transport.STDIO:
            async with self._installs:
                spec = served.spec
                served.argv = await self._ground.resolve(
                    spec.command, spec.args, self._ground.home, environment(spec.env)
                )
        try:
            async with anyio.create_task_group() as tasks, self._starts:
                tasks.start_soon(served.run)
                with anyio.move_on_after(START_HOLD_SECONDS):
                    await served.wait_settled()
        finally:
            self._owned.pop(served, None)

    async def _look_for_causes(self) -> None:
        """Try again what could not be started, once something that it depends on has changed."""
        while True:
            await anyio.sleep(causes.LOOK_SECONDS)
            for served, before in list(self._owned.items()):
                failed = served.runner.gave_up_for is LossKind.CONFIGURATION
                if failed and causes.stamp(served.spec) != before:
                    served.runner.cause_changed()

    async def _see_off(self, version: Version) -> None:
        members = version.members
        async with anyio.create_task_group() as tasks:
            for member in members:
                tasks.start_soon(member.retire)
        for member in members:
            await member.wait_ended()
        version.after = ()  # or every version there ever was would be remembered
        if self._leaving.get(version.spec.fingerprint) is version:
            del self._leaving[version.spec.fingerprint]

    async def _see_off_session(self, version: Version, session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            for member in session.members:
                tasks.start_soon(member.retire)
        for member in session.members:
            await member.wait_ended()
        version.leaving.remove(session)

    def _group(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("Pool.apply() needs Pool.run() to be running")
        return self._tasks


def log_file(home: Path, name: str, *, twin: bool = False, session: int = 0) -> Path:
    """Where a session's stderr goes, and what the hub has to say of it."""
    own = f"server-{_UNSAFE.sub('_', name)}{f'.call-{session}' if session else ''}"
    return home / "logs" / f"{own}{'.read-only.log' if twin else '.log'}"
