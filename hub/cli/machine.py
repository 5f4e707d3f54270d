"""What this machine has: programs and their versions, holders of ports."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

VERSION_SECONDS = 10.0
LISTEN = "0A"


def version(command: Sequence[str]) -> tuple[int, ...] | None:
    """The first version number that a command prints; None when it is not there or does not work."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        ran = subprocess.run(  # noqa: S603  # a fixed command
            [program, *command[1:]], capture_output=True, text=True, timeout=VERSION_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+(\.\d+)+", ran.stdout + ran.stderr)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)


def port_free(host: str, port: int) -> bool:
    """Whether a hub could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def port_owner(port: int) -> str | None:
    """Who listens on a TCP port, as `name (pid)`; None when this machine does not tell."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    if not wanted:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(link.readlink()) in wanted for link in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} ({process.name})"
    return None


def _listening(port: int) -> Iterator[str]:
    """The inodes of listening sockets; columns as proc(5) has them."""
    for kind in ("tcp", "tcp6"):
        with suppress(OSError):
            for row in Path(f"/proc/net/{kind}").read_text(encoding="ascii").splitlines()[1:]:
                columns = row.split()
                if columns[3] == LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]


def alive(pid: int) -> bool:
    """Whether a process is running; one that only waits to be reaped by its parent is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        return not Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].startswith(" Z")
    return True


def nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())
