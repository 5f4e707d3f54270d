"""A scripted server for the pool, and the real small servers of tests/servers."""

import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.errors import ConfigurationError
from hub.core.ports import Caller
from hub.core.spec import Replace, ServerSpec
from hub.core.supervisor import Loss
from hub.pool.connect import OnTools
from hub.pool.era import Eras
from hub.pool.errors import ConnectionLost
from hub.pool.wire import Way

SERVERS = Path(__file__).parent.parent / "servers"
READS = {"name": "read", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
WRITES = {"name": "write", "inputSchema": {"type": "object"}}


REFUSED, CRASHES, HANGS, DIES = "--refused", "--crashes", "--hangs", "--dies"
"""Servers that are started with one of these never come up, each in its way, or not for long."""
DIES_SECONDS = 1.0


class FakeConnection:
    """Answers `tools/call` with who it is; can be told to hang, and to die in the middle."""

    protocol_version = "2026-07-28"
    pid = 4711
    prompts: Sequence[Any] | None = ()
    instructions = ""

    def __init__(self, spec: ServerSpec, number: int, tools: Sequence[Mapping[str, Any]]) -> None:
        self.spec = spec
        self.number = number
        self.session = 0
        self.tools = tools
        self.requests: list[str] = []
        self.gate = anyio.Event()
        self.gate.set()
        self.loss: Loss | None = None
        self._dead = anyio.Event()

    @property
    def who(self) -> tuple[str, int]:
        return self.spec.fingerprint, self.session

    @property
    def over(self) -> bool:
        return self.loss is not None

    async def lost(self) -> Loss:
        if self.spec.args[:1] == (DIES,):
            with anyio.move_on_after(DIES_SECONDS):
                await self._dead.wait()
            self.die()
        await self._dead.wait()
        return self.loss or Loss("died")

    def die(self, reason: str = "exit code 1") -> None:
        self.loss = Loss(reason)
        self._dead.set()

    async def request(
        self, method: str, params: Mapping[str, Any], *, caller: Caller | None, timeout: float
    ) -> dict[str, Any]:
        if self.over:
            raise ConnectionLost("over", written=False)
        self.requests.append(str(params.get("name", method)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_when_dead, tasks.cancel_scope)
            with anyio.move_on_after(timeout) as waiting:
                await self.gate.wait()
            tasks.cancel_scope.cancel()
        if waiting.cancelled_caught:
            raise TimeoutError
        if self.over:
            raise ConnectionLost("ended", written=True)
        return {"server": self.spec.name, "args": list(self.spec.args), "life": self.number}

    async def _cancel_when_dead(self, scope: anyio.CancelScope) -> None:
        await self._dead.wait()
        scope.cancel()


class FakeConnect:
    """Opens FakeConnections; `failures` are raised first, one each."""

    def __init__(self) -> None:
        self.lives: list[FakeConnection] = []
        self.open: list[FakeConnection] = []
        self.failures: dict[str, list[Exception]] = {}
        self.opening_seconds = 0.0
        self.closing_seconds = 1.0
        self.tools: Sequence[Mapping[str, Any]] = (READS, WRITES)
        self.on_tools: dict[str, OnTools] = {}
        self.opening = 0
        self.overlaps: list[Any] = []
        """Lives that must not have been there at the same time."""
        self.most_opening = 0

    @asynccontextmanager
    async def __call__(self, way: Way, eras: Eras, on_tools: OnTools, /) -> AsyncGenerator[FakeConnection]:
        spec = way.spec
        self.opening += 1
        self.most_opening = max(self.most_opening, self.opening)
        try:
            await self._open(spec)
            if waiting := self.failures.get(spec.name):
                raise waiting.pop(0)
        finally:
            self.opening -= 1
        life = FakeConnection(spec, len(self.lives), self.tools)
        life.session = way.session
        self.overlaps += [(life.who, each.who) for each in self.open if _excluded(life, each)]
        self.lives.append(life)
        self.open.append(life)
        self.on_tools[spec.name] = on_tools
        try:
            yield life
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(self.closing_seconds)
            self.open.remove(life)

    async def _open(self, spec: ServerSpec) -> None:
        await anyio.sleep(self.opening_seconds)
        match spec.args[:1]:
            case (fate,) if fate == REFUSED:
                raise ConfigurationError("There is no such program.")
            case (fate,) if fate == CRASHES:
                raise ConnectionLost("exit code 1", written=False)
            case (fate,) if fate == HANGS:
                await anyio.sleep_forever()

    def last(self, name: str, *, twin: bool = False) -> FakeConnection:
        return [life for life in self.lives if (life.spec.name, life.spec.is_twin) == (name, twin)][-1]


def _excluded(one: FakeConnection, other: FakeConnection) -> bool:
    """Whether two may not live at the same time: the same one twice, or two that follow each other."""
    same_place = (one.spec.name, one.spec.is_twin) == (other.spec.name, other.spec.is_twin)
    in_turn = Replace.AFTER in (one.spec.replace, other.spec.replace) and one.who[0] != other.who[0]
    return one.who == other.who or (same_place and in_turn)


@pytest.fixture
def connect() -> FakeConnect:
    return FakeConnect()


@pytest.fixture
def echo() -> ServerSpec:
    return ServerSpec(name="echo", command=sys.executable, args=("-S", str(SERVERS / "echo.py")))


@pytest.fixture
def notes() -> ServerSpec:
    return ServerSpec(name="notes", command=sys.executable, args=(str(SERVERS / "notes.py"),))


@pytest.fixture
def eras(tmp_path: Path) -> Eras:
    return Eras(tmp_path / "eras.json")
