"""Notices that the cause of a failed start may have gone: a program is installed, a file is there now."""

import os
from collections.abc import Iterator
from pathlib import Path

from hub.core.spec import ServerSpec
from hub.pool.wire import environment

LOOK_SECONDS = 3.0
"""Between two looks at what has failed; installing a program is no edit of servers.json."""
Stamp = tuple[tuple[int, int] | None, ...]


def stamp(spec: ServerSpec) -> Stamp:
    """Give what changes when something that a start depends on is installed, moved, or made executable."""
    return tuple(_state(path) for path in _paths(spec))


def _paths(spec: ServerSpec) -> Iterator[Path]:
    path = environment(spec.env).get("PATH", os.defpath)
    yield from map(Path, path.split(os.pathsep))
    folder = Path(spec.cwd or "").expanduser()
    yield folder
    for word in (spec.command, *spec.args):
        if os.sep in word and "\0" not in word:
            yield folder / word


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns
