"""Recordings on disk: HUB_HOME/recordings/<call>/part-N.ogg, private, and `.part` while more may come."""

import contextlib
import os
import re
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from hub.core.errors import InvalidArguments
from hub.core.recording import Part, sounding

END_BYTES: Final = 65_536
"""An Ogg page is no longer than this."""
HEADER_SLACK: Final = 512
"""So that the header of the longest last page is in what is read, too."""
IDLE_SECONDS: Final = 90.0
"""A worker gives up a hub that it has not reached for a minute: what was left by then stays as it is."""
OPEN: Final = ".part"
DELETED: Final = "deleted"
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
PART: Final = re.compile(r"part-([1-9][0-9]{0,3})\.ogg(\.part)?")


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """All of them. Every method touches the disk: call them in a thread."""

    folder: Path
    wanted: bool = True
    """New ones may be made."""

    def append(self, call_id: str, number: int, at: int, data: bytes) -> int:
        """Write what is new of `data`, which begins at byte `at` of a part; returns how long the part is.

        Raises:
            OSError: The disk is full, or cannot be written.
        """
        final, growing = self._paths(call_id, number)
        if final.exists():
            return final.stat().st_size
        growing.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT, 0o600)
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123  # a descriptor
            size = file.seek(0, os.SEEK_END)
            if at <= size < at + len(data):
                try:
                    _write(file, data[size - at :])
                except OSError:
                    _take_back(growing, file, size)
                    raise
                size = at + len(data)
        return size

    def finish(self, call_id: str, number: int) -> None:
        """Give a part its final name: nothing more will come."""
        final, growing = self._paths(call_id, number)
        if growing.exists():
            with growing.open("rb") as file:
                os.fsync(file.fileno())
            growing.replace(final)

    def parts(self, call_id: str, *, over: bool, failed: bool = False) -> list[Part]:
        """The parts of a call; of one that is over, those that nobody goes on with are finished.

        What is finished and has no sound is no part: its worker was lost before there was any.
        """
        found = []
        for number, path in sorted(self._found(call_id)):
            idle = failed or time.time() - path.stat().st_mtime > IDLE_SECONDS
            if over and path.name.endswith(OPEN) and idle:
                self.finish(call_id, number)
            now = self.path(call_id, number)
            part = _part(number, now) if now is not None else None
            if part is not None and (part.open or part.seconds):
                found.append(part)
        return found

    def next_number(self, call_id: str) -> int:
        """The number of the next part; those before it are finished, because their job is gone."""
        return max(self.finish_all(call_id), default=0) + 1

    def finish_all(self, call_id: str) -> list[int]:
        """Finish every part of a call; returns their numbers."""
        known = [number for number, _ in self._found(call_id)]
        for number in known:
            self.finish(call_id, number)
        return known

    def path(self, call_id: str, number: int) -> Path | None:
        """The file of a part, if there is one; it plays also while it grows."""
        return next((path for path in self._paths(call_id, number) if path.is_file()), None)

    def deleted(self, call_id: str) -> bool:
        """Whether it was recorded and deleted."""
        return (self._of(call_id) / DELETED).exists()

    def delete(self, call_id: str) -> int:
        """Delete every part; returns how many there were."""
        found = self._found(call_id)
        if found:
            (self._of(call_id) / DELETED).touch(mode=0o600)
        for _, path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _found(self, call_id: str) -> list[tuple[int, Path]]:
        folder = self._of(call_id)
        names = [(PART.fullmatch(path.name), path) for path in folder.iterdir()] if folder.is_dir() else []
        return [(int(match[1]), path) for match, path in names if match is not None]

    def _paths(self, call_id: str, number: int) -> tuple[Path, Path]:
        final = self._of(call_id) / f"part-{number}.ogg"
        return final, final.with_name(final.name + OPEN)

    def _of(self, call_id: str) -> Path:
        if not ID.fullmatch(call_id):
            raise InvalidArguments(f"{call_id[:64]!r} is no call's id.", next_step="list_calls shows them.")
        return self.folder / call_id


def _write(file: FileIO, data: bytes) -> None:
    """All of it, unbuffered: what a buffer still held would be written after what failed is taken back."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _take_back(path: Path, file: FileIO, size: int) -> None:
    """Leave no half of a piece behind, nor a file of which there is no piece at all."""
    with contextlib.suppress(OSError):
        os.ftruncate(file.fileno(), size)
        if not size:
            path.unlink()


def _part(number: int, path: Path) -> Part:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(END_BYTES)
        file.seek(max(0, size - END_BYTES - HEADER_SLACK))
        tail = file.read()
    return Part(number=number, seconds=sounding(head, tail), bytes=size, open=path.name.endswith(OPEN))
