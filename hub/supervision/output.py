"""What a child says besides its protocol: the last lines in memory, all of it in a file that rotates."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream

KEPT_LINES = 50
LINE_LIMIT = 4096
FILE_LIMIT = 1_000_000
"""Bytes after which a log file becomes `<name>.1`."""
MASK = "[secret]"
_SHORTEST_SECRET = 4
"""Shorter values (a port, `true`) would mask half of what is said."""
_log = logging.getLogger(__name__)


class Output:
    """Takes the lines of one child's stderr (and stdout), secrets masked."""

    def __init__(
        self, file: Path | None, secrets: Sequence[str], on_line: Callable[[str], None] | None
    ) -> None:
        self._file = file
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._on_line = on_line
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self.finished = anyio.Event()

    def tail(self) -> str:
        return "\n".join(self._kept)

    def mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def note(self, line: str) -> None:
        """Write a line of the hub's own beside the child's; it is none of the child's last words."""
        self._write([self.mask(line)[:LINE_LIMIT]])

    async def drain(self, stream: ByteReceiveStream) -> None:
        """Read lines until the stream ends."""
        rest = b""
        try:
            async for chunk in stream:
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LINE_LIMIT:
                    lines, rest = [*lines, rest], b""
                self._take(lines)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass
        finally:
            self._take([rest] if rest else [])
            self.finished.set()

    def _take(self, lines: Sequence[bytes]) -> None:
        texts = [self.mask(line.decode(errors="replace").rstrip("\r")) for line in lines]
        texts = [text[:LINE_LIMIT] for text in texts if text.strip()]
        self._kept.extend(texts)
        if texts:
            self._write(texts)
        if self._on_line is not None:
            for text in texts:
                self._on_line(text)

    def _write(self, texts: Sequence[str]) -> None:
        if self._file is not None and not note(self._file, *texts):
            self._file = None


def note(path: Path, *lines: str) -> bool:
    """Add lines with the time to a log; a log that cannot be written is said once, and stops nothing."""
    when = time.strftime("%Y-%m-%d %H:%M:%S")
    try:
        append(path, "".join(f"{when} {line}\n" for line in lines).encode())
    except OSError as error:
        _log.warning("%s is not written any more: %s", path.name, error)
        return False
    return True


def append(path: Path, data: bytes) -> None:
    """Write to the end of a file that only its owner can read; a full one is set aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, data)
        full = os.fstat(descriptor).st_size > FILE_LIMIT
    finally:
        os.close(descriptor)
    if full:
        path.replace(path.with_name(f"{path.name}.1"))
