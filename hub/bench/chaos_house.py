"""Where something goes wrong: a real Pool on a real servers.json, unruly servers, and what is seen."""

import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, cast

import anyio
from mcp import MCPError

from hub.core.ports import Journal
from hub.core.spec import EVERYTHING
from hub.pool.config_file import ConfigFile
from hub.pool.pool import Pool, ServerStatus
from hub.supervision import orphans
from hub.supervision.guardian import Guardian
from hub.toolcalls.toolcalls import Scope, ToolCalls

PATIENCE_SECONDS: Final = 60.0
"""What has not happened by then does not happen."""
LOOK_SECONDS: Final = 0.001
UNRULY: Final = Path(__file__).with_name("unruly.py")
ON_PIPES: Final = ("-I", "-S", str(UNRULY))
AT_ONCE: Final = {"first_delay": 0.01, "stable_after": 0}
"""Counts as stable from the start, so that the first restart is at once."""
SHOWN: Final = 60
UNKNOWN: Final = "outcome is unknown"
NAME: Final = "server"
Entry = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """What one repetition of a row has shown; times in seconds from the fault."""

    noticed: float | None = None
    usable: float | None = None
    told: str = ""
    left: int = 0
    wrong: list[str] = field(default_factory=list)

    def check(self, fact: object, otherwise: str) -> None:
        """Have the verdict fail, with these words, unless it is so."""
        if not fact:
            self.wrong.append(otherwise)


class _Caller:
    name = "chaos"
    call_id = None
    elicits: frozenset[str] = frozenset()
    resumes = False

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Nobody looks."""

    async def confirm(self, question: object) -> NoReturn:
        """Nobody can be asked.

        Raises:
            AssertionError: Somebody was.
        """
        raise AssertionError(f"a ToolCall that is no voice call's was to be confirmed: {question}")

    async def elicit(self, server: str, params: object) -> NoReturn:
        """Nobody can be asked.

        Raises:
            AssertionError: Somebody was.
        """
        raise AssertionError(f"{server} asked: {params}")


class _Forgetful:
    """A Journal for ToolCalls that nobody will ask for."""

    def tool_call(self, record: object) -> None:
        """Forget it."""


class House:
    """One Pool, its folder, and the eyes of whoever watches."""

    def __init__(self, place: Path, guardian: Guardian) -> None:
        self.place = place
        self.guardian = guardian
        self.marker = guardian.next_marker().partition(".")[0] + "."
        self.config = place / "servers.json"
        self.variables: dict[str, str] = {}
        self.pool = Pool(guardian=guardian, home=place / "home")
        self.toolcalls = ToolCalls(self.pool, cast("Journal", _Forgetful()))
        self._file = ConfigFile(self.config, lambda: self.variables | _dot_env(place))

    @classmethod
    @asynccontextmanager
    async def open(cls, place: Path) -> AsyncGenerator["House"]:
        """Run the Pool of a folder; nothing of it is left afterwards, or `left()` tells."""
        (place / "home").mkdir(parents=True, exist_ok=True)
        with anyio.fail_after(PATIENCE_SECONDS):
            async with Guardian.open(place / "home") as guardian, anyio.create_task_group() as tasks:
                house = cls(place, guardian)
                await tasks.start(house.pool.run)
                yield house
                tasks.cancel_scope.cancel()

    async def follow(self, entries: Mapping[str, Entry]) -> "Following":
        """Write the servers.json, go by it, and return what goes by its edits."""
        self.write(entries)
        await self.pool.apply(self._file.read())
        return Following(self._file, self.pool)

    async def start(self, **entries: Entry) -> None:
        """Write the servers.json, and wait until all of it is ready."""
        await self.follow(entries)
        for name in entries:
            await self.state(name, "ready")

    def write(self, entries: Mapping[str, Entry]) -> None:
        self.config.write_text(as_json(entries), encoding="utf-8")

    def entry(self, *modes: str, log: str = NAME, **keys: Any) -> Entry:
        """An unruly server; each log has a lock, so servers that may live side by side need two."""
        env = {"UNRULY_LOG": str(self.place / log)} | keys.pop("env", {})
        plain: Entry = {"command": sys.executable, "args": [*ON_PIPES, *modes], "env": env, "era": "legacy"}
        return plain | {"restart": AT_ONCE} | keys

    def status(self, name: str = NAME) -> ServerStatus:
        return self.pool.server(name)

    def pid(self, name: str = NAME) -> int:
        """The process of a server that has one now."""
        return self.status(name).pid or 0

    async def state(self, name: str, *states: str) -> ServerStatus:
        """Wait until a server is in one of these states."""
        await until(lambda: self.status(name).state in states)
        return self.status(name)

    async def call(self, tool: str, name: str = NAME, **arguments: Any) -> str:
        """Make a ToolCall as everybody does, and return what its caller was told."""
        scope = Scope(view=EVERYTHING)
        try:
            result = await self.toolcalls.run(scope, _Caller(), f"{name}__{tool}", arguments)
        except MCPError as refused:
            return f"refused: {refused}"
        words = str(result["content"][0]["text"])
        return f"isError: {words}" if result.get("isError") else words

    def logged(self, words: str, log: str = NAME) -> int:
        """How often an unruly server has noted something that begins so."""
        return len(self.lines(words, log))

    def lines(self, words: str, log: str = NAME) -> list[str]:
        try:
            lines = (self.place / log).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if line.startswith(words)]

    def left(self) -> dict[int, int]:
        """Whatever process of this house is alive; once it is closed there is none."""
        return orphans.belonging({}, self.marker)


class Following:
    """Goes by the edits of a servers.json, as `hub serve` does."""

    def __init__(self, file: ConfigFile, pool: Pool) -> None:
        self._file, self._pool = file, pool

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Follow while this lasts."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            yield
            tasks.cancel_scope.cancel()

    async def _run(self) -> None:
        async for config in self._file.changes():
            await self._pool.apply(config)


async def until(fact: Callable[[], object]) -> float:
    """Wait until something holds, and say when that was; what happens to processes tells nobody."""
    while not fact():  # noqa: ASYNC110  # see above; the House has a deadline
        await anyio.sleep(LOOK_SECONDS)
    return time.perf_counter()


async def strike(
    house: House, fault: Callable[[], object], *, tool: str = "write", seconds: float = 1000, tries: int = 1
) -> Seen:
    """Do something to the server while a ToolCall is in flight, and watch.

    Noticed: the life is over for the Pool; usable: a ToolCall that came right after the fault (one of several
    `tries`) has its answer.
    """
    seen, before, name = Seen(), house.status(), NAME
    at = {"fault": 0.0}

    async def in_flight() -> None:
        seen.told = await house.call(tool, name, text="in flight", seconds=seconds)

    async def noticed() -> None:
        seen.noticed = await until(lambda: _is_over(house.status(name), before)) - at["fault"]

    async def usable() -> None:
        words = await house.call("read", name, text="meanwhile")
        for _ in range(tries - 1):
            if "isError" in words:
                words = await house.call("read", name, text="meanwhile")
        seen.usable = time.perf_counter() - at["fault"]
        seen.check("isError" not in words, f"a ToolCall that came meanwhile was told: {words}")

    async with anyio.create_task_group() as tasks:
        if tool:
            tasks.start_soon(in_flight)
            await until(lambda: house.logged(f"run {tool} in flight"))
        at["fault"] = time.perf_counter()
        fault()
        tasks.start_soon(noticed)
        tasks.start_soon(usable)
    return seen


def _is_over(now: ServerStatus, before: ServerStatus) -> bool:
    return (now.state, now.pid, now.restarts) != (before.state, before.pid, before.restarts)


async def at_once(*calls: Callable[[], Awaitable[str]]) -> list[str]:
    """Make ToolCalls at the same time."""
    told: list[str] = []

    async def one(call: Callable[[], Awaitable[str]]) -> None:
        told.append(await call())

    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(one, call)
    return told


def gone(pid: int) -> bool:
    return not orphans.alive(pid, 0)


def kill(pid: int, number: int) -> Callable[[], None]:
    """Send a signal, later."""
    return lambda: os.kill(pid, number)


def block_until_gone(pid: int, number: int) -> None:
    """Send a signal and see its end, that of all its threads, before anybody in the Pool can."""
    os.kill(pid, number)
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(LOOK_SECONDS)


def as_json(entries: Mapping[str, Entry]) -> str:
    return json.dumps({"mcpServers": dict(entries)}, indent=1)


def brief(words: str) -> str:
    """What a ToolCall was told, short enough for a table."""
    if not words or words.isdigit():
        return "the answer" if words else ""
    if UNKNOWN in words:
        return "isError: outcome unknown"
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def _dot_env(place: Path) -> dict[str, str]:
    try:
        lines = (place / ".env").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
