"""Finds and ends what is left of a hub's processes. Run alone, by file, it is the guardian.

The guardian outlives the hub for a few seconds at most and has to be small, so this file uses a
little of the standard library and nothing of the hub. On Linux a process belongs to a life by its
session or group, by the marker in its environment (which a daemon keeps when it leaves both), or by
a parent that belongs. A subreaper would not help: what the hub started is not the guardian's child.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping

MARKER = "HUB_GUARD"
"""The environment variable that says which life of which hub a process belongs to."""
TERM_SECONDS = 1.5
KILL_SECONDS = 1.5
POLL_SECONDS = 0.05
LINUX = sys.platform == "linux"
KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
_STARTED_FIELD = 19
"""Where /proc/PID/stat has the start time, counted from the state."""


class Row:
    """One line of the process table."""

    __slots__ = ("group", "parent", "pid", "session", "started", "state")

    def __init__(self, pid: int, stat: str) -> None:
        fields = stat.rpartition(")")[2].split()
        self.pid = pid
        self.state = fields[0]
        self.parent, self.group, self.session = (int(field) for field in fields[1:4])
        self.started = int(fields[_STARTED_FIELD])

    @property
    def dead(self) -> bool:
        return self.state in "ZX"

    @property
    def stopped(self) -> bool:
        return self.state in "Tt"


def row(pid: int) -> Row | None:
    """Look up one process; None when there is none, or no process table to read."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib is 2 MB
            return Row(pid, file.read())
    except OSError:
        return None


def started(pid: int) -> int:
    """Return what tells a process from a later one of the same pid; 0 where that cannot be known."""
    found = row(pid)
    return found.started if found else 0


def alive(pid: int, since: int) -> bool:
    """Say whether this very process is still there and not a zombie."""
    if LINUX:
        found = row(pid)
        return found is not None and not found.dead and since in (0, found.started)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def belonging(roots: Mapping[int, int], marker: str, since: int = 0) -> dict[int, int]:
    """Return what is alive and belongs to the roots or has the marker; both ways pid: start time.

    Whoever knows when the first of them was started says so: what is older need not be looked into.
    """
    if not LINUX:
        return {pid: since for pid, since in roots.items() if _group_alive(pid)}
    rows = {pid: found for pid in _pids() if (found := row(pid)) is not None}
    groups = {pid for pid, since in roots.items() if pid not in rows or rows[pid].started == since}
    wanted = f"\0{MARKER}={marker}".encode()
    ours = {
        pid
        for pid, found in rows.items()
        if found.started >= since
        and (found.group in groups or found.session in groups or wanted in b"\0" + _environment(pid))
    }
    _add_descendants(ours, rows)
    ours.discard(os.getpid())
    return {pid: rows[pid].started for pid in ours if not rows[pid].dead}


def send(number: int, found: Iterable[int], roots: Iterable[int]) -> None:
    """Signal whole groups first (a fork cannot slip through), then everything that had left them."""
    if sys.platform == "win32":
        for pid in found:
            os.system(f"taskkill /F /T /PID {int(pid)} >NUL 2>&1")  # noqa: S605  # an int
        return
    for kill, pids in ((os.killpg, roots), (os.kill, found)):
        for pid in pids:
            try:
                kill(pid, number)
            except OSError:  # gone meanwhile, or not ours to end
                continue


def sweep(roots: Mapping[int, int], marker: str) -> list[int]:
    """End everything that belongs, asking first; return the pids that were found."""
    asked: set[int] = set()
    begin = time.monotonic()
    while left := belonging(roots, marker):
        waited = time.monotonic() - begin
        if waited > TERM_SECONDS + KILL_SECONDS:
            break
        if waited > TERM_SECONDS:
            send(KILL, left, set(roots) & set(left))
        elif new := set(left) - asked:
            send(signal.SIGTERM, new, set(roots) & new)
        asked |= set(left)
        time.sleep(POLL_SECONDS)
    return sorted(asked)


def guard(read: Callable[[], bytes], marker: str) -> list[int]:
    """Follow what the hub registers (`+ PID STARTED` and `- PID`) until its pipe ends, then sweep."""
    roots: dict[int, int] = {}
    rest = b""
    while chunk := read():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            sign, *numbers = line.split()
            pid = int(numbers[0])
            if sign == b"+":
                roots[pid] = int(numbers[1])
            else:
                roots.pop(pid, None)
    return sweep(roots, marker)


def main(marker: str, log: str) -> None:
    """Be the guardian: nothing but the end of the hub ends it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if ended := guard(lambda: os.read(0, 65536), marker):
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123  # pathlib is 2 MB
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            file.write(f"{when} the hub was gone; ended what it had left: {' '.join(map(str, ended))}\n")


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  # pathlib is 2 MB


def _environment(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  # pathlib is 2 MB
            return file.read()
    except OSError:
        return b""


def _add_descendants(ours: set[int], rows: Mapping[int, Row]) -> None:
    children: dict[int, list[int]] = {}
    for found in rows.values():
        children.setdefault(found.parent, []).append(found.pid)
    todo = list(ours)
    while todo:
        new = [pid for pid in children.get(todo.pop(), ()) if pid not in ours]
        ours.update(new)
        todo += new


def _group_alive(pid: int) -> bool:
    try:
        if sys.platform == "win32":
            os.kill(pid, 0)
        else:
            os.killpg(pid, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
