"""Keeps a tiny process beside the hub that ends everything the hub started, however the hub ends."""

import itertools
import json
import logging
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskStatus

from hub.core.errors import Unavailable
from hub.private_file import write_private
from hub.supervision import orphans
from hub.supervision.pipes import PipeWriter, ended

FILE = "processes.json"
RESPAWN_SECONDS = 1.0
SEND_SECONDS = 1.0
LEAVE_SECONDS = 4.0
"""The guardian sweeps for 3 s at most."""
_log = logging.getLogger(__name__)


class Guardian:
    """Knows every process group of this hub, and tells the guardian process and a file about each."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._id = uuid.uuid4().hex
        self._numbers = itertools.count(1)
        self._watched: dict[int, tuple[int, str]] = {}
        self._pipe: PipeWriter | None = None
        self._lock = anyio.Lock()
        self.pid: int | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Path) -> AsyncGenerator["Guardian"]:
        """End what an earlier hub has left, then guard until left.

        Raises:
            Unavailable: No further process can be started.
        """
        await to_thread.run_sync(reap, home)
        guardian = cls(home)
        failure: Exception | None = None
        keeping = anyio.CancelScope(shield=True)  # its end has everything ended, so it must be the last
        async with anyio.create_task_group() as tasks:
            await tasks.start(guardian._keep, keeping)
            try:
                yield guardian
            except Exception as error:  # noqa: BLE001  # raised again below, without the group's wrapping
                failure = error
            finally:
                keeping.cancel()
        (home / FILE).unlink(missing_ok=True)
        if failure is not None:
            raise failure

    def next_marker(self) -> str:
        """Return a new value for the environment of one life."""
        return f"{self._id}.{next(self._numbers)}."

    async def watch(self, pid: int, name: str) -> None:
        """Have the group of this pid ended should the hub go."""
        self._watched[pid] = (orphans.started(pid), name)
        await self._tell(f"+ {pid} {self._watched[pid][0]}\n")

    async def forget(self, pid: int) -> None:
        """Stop watching a group that is gone."""
        if self._watched.pop(pid, None) is not None:
            await self._tell(f"- {pid}\n")

    async def _tell(self, line: str) -> None:
        self._write_file()
        async with self._lock:
            if self._pipe is not None:
                with anyio.move_on_after(SEND_SECONDS), suppress(anyio.BrokenResourceError):
                    await self._pipe.send(line.encode())

    async def _keep(self, scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
        """Have a guardian process at all times; started once there is the first."""
        with scope:
            await self._guard_once(task_status)
            while True:
                await anyio.sleep(RESPAWN_SECONDS)
                await self._guard_once(anyio.TASK_STATUS_IGNORED)

    async def _guard_once(self, task_status: TaskStatus[None]) -> None:
        child = _spawn(f"{self._id}.", self._home / "logs" / "guardian.log")
        try:
            await self._introduce(child)
            task_status.started()
            _log.warning("the guardian ended (%s) and is started again", await ended(child))
        finally:
            await self._leave(child)

    async def _introduce(self, child: "subprocess.Popen[bytes]") -> None:
        if child.stdin is None:
            raise TypeError("the guardian needs a pipe")
        async with self._lock:
            self._pipe, self.pid = PipeWriter(child.stdin), child.pid
            for pid, (since, _) in self._watched.items():
                await self._pipe.send(f"+ {pid} {since}\n".encode())
        self._write_file()

    async def _leave(self, child: "subprocess.Popen[bytes]") -> None:
        """Close the pipe, which makes the guardian sweep and go."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        with anyio.move_on_after(LEAVE_SECONDS, shield=True):
            await ended(child)
        child.poll()

    def _write_file(self) -> None:
        content = {
            "boot": _boot(),
            "marker": self._id + ".",
            "hub": [os.getpid(), orphans.started(os.getpid())],
            "processes": [[pid, since, name] for pid, (since, name) in self._watched.items()],
        }
        try:
            write_private(self._home / FILE, json.dumps(content))
        except OSError as error:
            _log.warning("%s cannot be written, so a next hub could not clean up: %s", FILE, error)


def reap(home: Path) -> list[int]:
    """End what an earlier hub of this home has left behind; return the pids."""
    try:
        left: dict[str, Any] = json.loads((home / FILE).read_text("utf-8"))
        hub_pid, hub_started = left["hub"]
        roots = {int(pid): int(since) for pid, since, _ in left["processes"]}
        marker, boot = str(left["marker"]), left["boot"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if boot != _boot() or not orphans.LINUX:
        return []
    if orphans.alive(hub_pid, hub_started):
        _log.warning("another hub (pid %s) is alive on %s; its processes are left alone", hub_pid, home)
        return []
    known = {pid: since for pid, since in roots.items() if orphans.started(pid) in (0, since)}
    if ended_pids := orphans.sweep(known, marker):
        _log.warning("ended what an earlier hub had left behind: %s", ended_pids)
    return ended_pids


def _spawn(marker: str, log: Path) -> "subprocess.Popen[bytes]":
    """Start the guardian without the hub's environment, folder, terminal or packages.

    Raises:
        Unavailable: No further process can be started.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(  # noqa: S603  # our own file
            [sys.executable, "-I", "-S", orphans.__file__, marker, str(log)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={},
            cwd="/",
        )
    except OSError as error:
        raise Unavailable(f"The guardian of the hub's processes cannot be started: {error}.") from error


def _boot() -> str:
    """Return what tells this boot from another: pids and start times begin anew with each."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except OSError:
        return ""
