"""Runs a private PostgreSQL: set up once, started again when it dies, and gone when this process has gone."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.abc import Process, TaskStatus

from hub.practice.postgres_places import Binaries, Place, PracticeUnavailable

logger = logging.getLogger(__name__)
START_SECONDS = 15.0
INITDB_SECONDS = 60.0
STOP_SECONDS = 1.5
STALE_SECONDS = 5.0
SOCKET_PATH = 80  # a socket's whole path may have 103 characters on some systems
FREE_BYTES = 80 << 20
_LOOK_SECONDS = 0.01
_FIRST_RETRY, _LAST_RETRY = 0.2, 10.0
_READY_LINE = 7  # of postmaster.pid
# The shell holds our pipe: when this process goes, however it goes, the pipe ends and PostgreSQL is stopped.
_WATCH = (
    'exec 3<&0; "$@" </dev/null 3<&- & p=$!; (read _ <&3; kill -INT $p) 2>/dev/null & w=$!; exec 3<&-; '
    "wait $p; r=$?; kill $w 2>/dev/null; exit $r"
)
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_wal_size": "64MB",
    "jit": "off",
    "autovacuum_max_workers": "1",
    "max_parallel_workers": "0",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}
_BUILTIN_LOCALE, _IO_METHOD = 17, 18  # the versions that brought them


def _environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {
        "LC_ALL": "C",
        "TZ": "UTC",
    }


@dataclass
class Postgres:
    """One cluster in one folder. `run` owns the process; `socket` says where it listens."""

    binaries: Binaries
    place: Place
    socket: Path = field(init=False)
    up: bool = field(default=False, init=False)

    def dsn(self, user: str, database: str) -> str:
        """How to connect."""
        where = f"host={self.socket} user={user} dbname={database}"
        return f"{where} sslmode=disable gssencmode=disable connect_timeout=5"

    async def run(self, after_start: Callable[[], Awaitable[None]], *, task_status: TaskStatus[None]) -> None:
        """Keep it running until cancelled; `after_start` prepares what is in it each time it has come up.

        Raises:
            PracticeUnavailable: It did not come up the first time.
        """
        await self._prepare()
        try:
            await self._again_and_again(after_start, task_status)
        finally:
            if self.socket != self.place.data:
                shutil.rmtree(self.socket, ignore_errors=True)

    async def _again_and_again(
        self, after_start: Callable[[], Awaitable[None]], task_status: TaskStatus[None]
    ) -> None:
        started, wait = False, _FIRST_RETRY
        while True:
            try:
                await self._once(after_start, task_status, started=started)
                wait = _FIRST_RETRY
            except PracticeUnavailable as error:
                if not started:
                    raise
                logger.warning("practice: the database did not come up again: %s", error)
            started = True
            logger.warning("practice: the database has stopped; starting it again")
            await anyio.sleep(wait)
            wait = min(wait * 2, _LAST_RETRY)

    async def _once(
        self, after_start: Callable[[], Awaitable[None]], task_status: TaskStatus[None], *, started: bool
    ) -> None:
        await self._stop_stale()
        process = await self._start()
        try:
            await self._until_ready(process)
            await after_start()
            self.up = True
            if not started:
                task_status.started()
            await process.wait()
        finally:
            self.up = False
            await _stop(process)

    async def _prepare(self) -> None:
        """Make the cluster when there is none."""
        data = self.place.data
        if (data / "PG_VERSION").exists():
            self._choose_socket()
            return
        if shutil.disk_usage(data.parent).free < FREE_BYTES:
            raise PracticeUnavailable(no_room(data))
        fresh = data.with_name(
            data.name + ".new"
        )  # renamed when whole, so that a killed initdb leaves nothing
        shutil.rmtree(fresh, ignore_errors=True)
        self.place.make(fresh)
        locale = ["--locale=C"]
        if self.binaries.version >= _BUILTIN_LOCALE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments = ["-U", "postgres", "-A", "trust", "-E", "UTF8", *locale, "--wal-segsize=4", "--no-sync"]
        with anyio.fail_after(INITDB_SECONDS):
            done = await anyio.run_process(
                [str(self.binaries.folder / "initdb"), "-D", str(fresh), *arguments, "--no-instructions"],
                stdin=subprocess.DEVNULL,
                check=False,
                cwd="/",
                env=_environment(),
                **self.place.identity(),
            )
        if done.returncode:
            raise PracticeUnavailable(_why(done.stderr.decode(errors="replace"), data))
        fresh.rename(data)
        self._choose_socket()

    def _choose_socket(self) -> None:
        """The data folder, which nobody else can enter; another where its path is too long for a socket."""
        self.socket = self.place.data
        if len(str(self.place.data)) >= SOCKET_PATH:
            self.socket = Path(tempfile.mkdtemp(prefix="hub-practice-"))
            self.place.hand_over(self.socket)

    async def _start(self) -> Process:
        settings = dict(_SETTINGS)
        if self.binaries.version >= _IO_METHOD:
            settings["io_method"] = "sync"
        chosen = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [
            str(self.binaries.folder / "postgres"),
            "-D",
            str(self.place.data),
            "-k",
            str(self.socket),
            *chosen,
        ]
        with self.place.log.open("ab") as log:
            return await anyio.open_process(
                ["/bin/sh", "-c", _WATCH, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=_environment(),
                **self.place.identity(),
            )

    async def _until_ready(self, process: Process) -> None:
        with anyio.move_on_after(START_SECONDS):
            while process.returncode is None:
                lines = _lines(self.place.data / "postmaster.pid")
                if len(lines) > _READY_LINE and lines[_READY_LINE].strip() == "ready":
                    return
                await anyio.sleep(_LOOK_SECONDS)
        with suppress(OSError):
            last = self.place.log.read_text(errors="replace")[-2000:]
            raise PracticeUnavailable(_why(last, self.place.data))
        raise PracticeUnavailable(_why("", self.place.data))

    async def _stop_stale(self) -> None:
        """A stale pid file says "ready" too: stop the server if it is ours, never use an unknown one."""
        file = self.place.data / "postmaster.pid"
        lines = _lines(file)
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        if not pid or str(self.place.data) not in _command_line(pid):
            file.unlink(missing_ok=True)
            return
        for how in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            with anyio.move_on_after(STALE_SECONDS):
                while file.exists() and str(self.place.data) in _command_line(pid):  # noqa: ASYNC110  # no event of ours
                    await anyio.sleep(_LOOK_SECONDS)
                file.unlink(missing_ok=True)
                return


async def _stop(process: Process) -> None:
    with anyio.CancelScope(shield=True):
        if process.stdin is not None:
            await process.stdin.aclose()
        with anyio.move_on_after(STOP_SECONDS):
            await process.wait()
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGQUIT)
        with anyio.move_on_after(STOP_SECONDS):
            await process.wait()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _command_line(pid: int) -> str:
    """What a process was started as; nothing where that cannot be known."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        done = subprocess.run(  # noqa: S603  # a constant and a number
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )  # elsewhere than on Linux
        return done.stdout


def no_room(data: Path) -> str:
    """The sentence for a full disk."""
    return (
        f"The practice database has no room in {data.parent}: free {FREE_BYTES >> 20} MB on that disk, "
        "then start practice again."
    )


_CAUSES: Mapping[str, str] = {
    "could not look up effective user": (
        "The practice database needs a user that the system knows: run as one with an entry in /etc/passwd."
    ),
    "cannot be run as root": "The practice database cannot run as root here: run as an ordinary user.",
    "incompatible with server": (
        "The practice database in {data} was made by another version: remove that folder to start afresh."
    ),
}


def _why(output: str, data: Path) -> str:
    """One sentence with a remedy for what PostgreSQL complained about."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return no_room(data)
    for sign, sentence in _CAUSES.items():
        if sign in output:
            return sentence.format(data=data)
    lines = [line for line in output.strip().splitlines() if "FATAL" in line or "error" in line.lower()]
    last = lines[-1].strip() if lines else "it said nothing"
    return f"The practice database did not start ({last}): remove {data} to start afresh, or see {data}.log."
