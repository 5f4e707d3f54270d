"""What every part has in common: a Runner, and words about it for people."""

import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from hub.core.backoff import RestartPolicy
from hub.core.errors import Unavailable
from hub.core.supervisor import Loss
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, Process, StopSteps, exit_reason, running
from hub.supervision.runner import Runner, Snapshot

POLICY = RestartPolicy(max_delay=10.0)
STOP = StopSteps(close_stdin_wait=0.1, term_wait=2.0, kill_wait=0.4)
LINE_BYTES = 64 * 1024
INHERITED = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "USER",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


@dataclass(slots=True)
class ProcessLife:
    """A part while its process is up."""

    process: Process
    detail: str
    told: dict[str, Any]
    """What it said when it was ready."""

    @property
    def pid(self) -> int:
        return self.process.pid

    async def lost(self) -> Loss:
        code = await self.process.wait()
        words = await self.process.last_words()
        return Loss(f"{exit_reason(code)}{': ' + words if words else ''}")


class Part:
    """One local process under supervision."""

    def __init__(
        self,
        name: str,
        open_life: Callable[[], AbstractAsyncContextManager[ProcessLife]],
        *,
        start_timeout: float,
        on_change: Callable[[Snapshot], None],
    ) -> None:
        self.name = name
        self.note = ""
        """What is going on while it is not up, for example that it is being built."""
        self.runner: Runner[ProcessLife] = Runner(
            name, open_life, POLICY, start_timeout=start_timeout, on_change=on_change
        )

    @property
    def life(self) -> ProcessLife | None:
        return self.runner.life

    def status(self) -> dict[str, Any]:
        """How it stands, for people and programs."""
        snapshot, life = self.runner.snapshot, self.life
        return {
            "name": self.name,
            "state": snapshot.state.value,
            "detail": life.detail if life else snapshot.reason or self.note,
            "pid": snapshot.pid,
            "restarts": snapshot.restarts,
            "next_attempt_at": snapshot.next_attempt_at,
        }


def inherited(more: Mapping[str, str | None]) -> dict[str, str]:
    """The environment of a part: what every program needs, and what this one is told."""
    base = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return base | {name: value for name, value in more.items() if value is not None}


@asynccontextmanager
async def speaking(
    arguments: tuple[str, ...],
    env: Mapping[str, str],
    *,
    name: str,
    guardian: Guardian,
    home: Path,
    secrets: tuple[str, ...],
) -> AsyncGenerator[tuple[Process, dict[str, Any]]]:
    """Run one of our own commands; it is ready when it has said so in one line of JSON on stdout.

    Raises:
        Unavailable: It ended before that; says its last words.
    """
    command = Command(argv=(sys.executable, "-m", "hub", *arguments), env=env, secrets=secrets)
    log = home / "logs" / f"{name}.log"
    async with running(command, name=name, guardian=guardian, log=log, stop=STOP) as process:
        lines = BufferedByteReceiveStream(process.stdout)
        try:
            line = await lines.receive_until(b"\n", LINE_BYTES)
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError):
            code = await process.wait()
            words = await process.last_words()
            raise Unavailable(f"{exit_reason(code)}{': ' + words if words else ''}") from None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_drain, lines, name=f"{name}: stdout")
            yield process, json.loads(line)
            tasks.cancel_scope.cancel()


async def _drain(lines: BufferedByteReceiveStream) -> None:
    """Nothing more is expected there, but a full pipe would stop the process."""
    try:
        while True:
            await lines.receive()
    except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
        return
