"""One local process with everything it spawns: started in a session of its own, gone without a rest."""

import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from hub.core.errors import ConfigurationError
from hub.supervision import orphans
from hub.supervision.guardian import Guardian
from hub.supervision.output import Output
from hub.supervision.pipes import PipeReader, PipeWriter, ended, exit_code

if sys.platform != "win32":
    import pwd

POLL_SECONDS = 0.02
LAST_WORDS_SECONDS = 0.2
"""How long the last lines of stderr may take after the exit; a grandchild may hold the pipe for ever."""
LEFT_OVER_SECONDS = 0.25
"""How long what has outlived its leader may take to go when it is asked to; the next life waits for that."""
MARGIN_SECONDS = 0.5
"""What a stop may take on top of its steps, for looking around."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to start; `env` is complete, nothing is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    user: int | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that are masked in whatever the process says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSteps:
    """How long each way of asking a process to go may take, in seconds."""

    close_stdin_wait: float = 1.0
    term_wait: float = 1.0
    kill_wait: float = 0.5
    second_term: bool = False
    """Ask again half-way: some programs take the second SIGTERM as "at once"."""

    @property
    def total(self) -> float:
        return self.close_stdin_wait + self.term_wait + self.kill_wait


DEFAULT_STOP = StopSteps()


class Process:
    """A running child; ended and cleaned up by leaving `running()`."""

    def __init__(self, child: "subprocess.Popen[bytes]", marker: str, output: Output) -> None:
        if child.stdin is None or child.stdout is None or child.stderr is None:
            raise TypeError("the child needs three pipes")
        self._child = child
        self._marker = marker
        self._output = output
        self._exited = anyio.Event()
        self.pid = child.pid
        self.started = orphans.started(child.pid)
        self.exit_code: int | None = None
        self.stdin = PipeWriter(child.stdin)
        self.stdout = PipeReader(child.stdout)
        self.stderr = PipeReader(child.stderr)

    @property
    def exited(self) -> bool:
        """Whether it has exited, though perhaps nobody has been told yet."""
        return self.exit_code is not None or exit_code(self._child) is not None

    async def wait(self) -> int:
        """Return the exit code (negative: the signal) at once at the exit, whoever still holds its pipes."""
        await self._exited.wait()
        return self.exit_code or 0

    def stderr_tail(self) -> str:
        """Return the last lines it wrote to stderr, secrets masked."""
        return self._output.tail()

    async def last_words(self) -> str:
        """Return the last line it wrote to stderr, once everything it had written is read."""
        with anyio.move_on_after(LAST_WORDS_SECONDS):
            await self._output.finished.wait()
        return self.stderr_tail().rpartition("\n")[2]

    def note(self, line: str) -> None:
        """Write a line of the hub's own into the log of this process."""
        self._output.note(line)

    def mask(self, text: str) -> str:
        """Take the command's secrets out of a text."""
        return self._output.mask(text)

    async def watch(self) -> None:
        self.exit_code = await ended(self._child)
        self._exited.set()
        for pipe in (self.stdout, self.stderr):
            pipe.finish()  # a grandchild may hold it open for ever

    async def stop(self, steps: StopSteps) -> None:
        """Close its input, then ask, then force; the group and what had left it are gone afterwards."""
        self.stdin.close()
        waits = self._patience(steps)
        with anyio.move_on_after(waits.close_stdin_wait):
            await self._exited.wait()
        if left := await self._left():
            times = 2 if waits.second_term else 1
            for _ in range(times):
                self._send(signal.SIGTERM, left)
                if await self._gone(left, waits.term_wait / times):
                    break
        with anyio.move_on_after(steps.kill_wait):
            while left := await self._left():
                self._send(orphans.KILL, left)
                await self._gone(left, steps.kill_wait)
            await self._exited.wait()

    def _patience(self, steps: StopSteps) -> StopSteps:
        """Wait less for those who cannot do anything (stopped), and for what a dead leader has left."""
        if self.exited:
            return replace(steps, term_wait=min(steps.term_wait, LEFT_OVER_SECONDS))
        row = orphans.row(self.pid)
        if row is not None and row.stopped:
            return replace(steps, close_stdin_wait=0, term_wait=0)
        return steps

    def release(self) -> None:
        """Close the pipes and take the zombie off the process table."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()
        self._child.poll()

    async def _left(self) -> dict[int, int]:
        """Look for what is left, in a thread: among many processes that takes longer than a ToolCall."""
        look = partial(orphans.belonging, {self.pid: self.started}, self._marker, self.started)
        return await to_thread.run_sync(look)

    def _send(self, number: int, left: Mapping[int, int]) -> None:
        orphans.send(number, left, [self.pid])

    async def _gone(self, left: Mapping[int, int], seconds: float) -> bool:
        with anyio.move_on_after(seconds):
            while any(orphans.alive(pid, since) for pid, since in left.items()):  # noqa: ASYNC110  # not our children
                await anyio.sleep(POLL_SECONDS)
            return True
        return False


@asynccontextmanager
async def running(
    command: Command,
    *,
    name: str,
    guardian: Guardian | None,
    log: Path | None = None,
    stop: StopSteps = DEFAULT_STOP,
    on_line: Callable[[str], None] | None = None,
) -> AsyncGenerator[Process]:
    """Run a command; leaving ends it and everything it has spawned, within `stop.total`.

    stderr is always drained; with `on_line`, stdout is too, and each line of both is told.

    Raises:
        ConfigurationError: There is no such program or folder, or it must not be run.
    """
    marker = guardian.next_marker() if guardian is not None else f"{uuid.uuid4().hex}.0."
    output = Output(log, command.secrets, on_line)
    process = Process(_spawn(command, marker), marker, output)
    failure: Exception | None = None
    attending = anyio.CancelScope(shield=True)
    async with anyio.create_task_group() as tasks:
        try:
            tasks.start_soon(_attend, attending, process, output, on_line is not None)
            if guardian is not None:
                await guardian.watch(process.pid, name)
            yield process
        except Exception as error:  # noqa: BLE001  # raised again below, without the group's wrapping
            failure = error
        finally:
            with anyio.CancelScope(shield=True):
                with anyio.move_on_after(stop.total + MARGIN_SECONDS):
                    await process.stop(stop)
                    await process.last_words()
                attending.cancel()
                process.release()
                if guardian is not None:
                    await guardian.forget(process.pid)
    if failure is not None:
        raise failure


def exit_reason(code: int) -> str:
    """Put an exit code into words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


async def _attend(scope: anyio.CancelScope, process: Process, output: Output, stdout: bool) -> None:
    """Notice the exit and drain the pipes, also while everything around is being cancelled."""
    with scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.watch)
            tasks.start_soon(output.drain, process.stderr)
            if stdout:
                tasks.start_soon(output.drain, process.stdout)


def _spawn(command: Command, marker: str) -> "subprocess.Popen[bytes]":
    program = command.argv[0]
    try:
        return subprocess.Popen(  # noqa: S603  # the user's own servers.json says what to run
            command.argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=command.cwd,
            env={**command.env, orphans.MARKER: marker},
            start_new_session=True,
            **_identity(command.user),
        )
    except FileNotFoundError as error:
        if command.cwd is not None and not command.cwd.is_dir():
            raise ConfigurationError(
                f"There is no folder {command.cwd}.", next_step="Correct cwd."
            ) from error
        raise ConfigurationError(
            f"There is no program {program}.", next_step=f"Install {program}, or correct command."
        ) from error
    except (PermissionError, NotADirectoryError) as error:
        raise ConfigurationError(
            f"{program} cannot be run: {error.strerror}.", next_step="Make it executable, or correct command."
        ) from error


def _identity(user: int | None) -> dict[str, Any]:
    if user is None or sys.platform == "win32":
        return {}
    try:
        group = pwd.getpwuid(user).pw_gid
    except KeyError:
        group = user
    return {"user": user, "group": group, "extra_groups": []}
