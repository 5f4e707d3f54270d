"""What Linux tells about processes and the machine: memory as PSS, processor time, who is whose child."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
KILO: Final = 1024
PARENT, USER_TICKS, SYSTEM_TICKS = 1, 11, 12
"""Fields of /proc/PID/stat after the name."""


def cores() -> int:
    """The processors that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_mb() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // KILO**2


def model() -> str:
    """The processor's name; unknown where the system does not tell."""
    try:
        lines = (PROC / "cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown processor")


def waiting() -> float:
    """How many tasks have been running or waiting for a processor, on average of a minute."""
    return os.getloadavg()[0]


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[PARENT]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def pss_mb(pid: int, part: str = "Pss") -> float:
    """The memory of a process, what it shares with others in equal parts; 0 when it is gone or not ours.

    `part` is a line of smaps_rollup: "Pss", or "Pss_Anon" for what it took for itself (no files' pages, of
    which it has the more the fewer others use them).
    """
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / KILO for line in lines if line.startswith(f"{part}:")), 0.0)


def processor_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes have used so far."""
    found = (fields for pid in pids if (fields := _stat(pid)))
    ticks = sum(int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS]) for fields in found)
    return ticks / os.sysconf("SC_CLK_TCK")


def command_line(pid: int) -> str:
    """How a process was started; empty when it is gone."""
    try:
        return (
            (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        )
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    try:
        return (
            (PROC / str(pid) / "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return []
