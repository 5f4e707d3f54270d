"""Byte streams over the ends of a child's pipes, and the notice of its exit, on any event loop.

The file descriptors are the hub's own, so closing one never waits for a grandchild that holds the other end.
"""

import array
import os
import sys
from subprocess import Popen
from typing import IO

import anyio
from anyio import lowlevel, to_thread
from anyio.abc import ByteReceiveStream, ByteSendStream

if sys.platform != "win32":
    import fcntl
    import termios

CHUNK = 65536
WAITERS = 500
"""How many threads may wait for children where there is no pidfd."""


class _Pipe:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._closed = False
        self._last = False
        if sys.platform != "win32":
            os.set_blocking(file.fileno(), False)

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Close at once; whoever waits on the pipe gets ClosedResourceError."""
        if not self._closed:
            self._closed = True
            if sys.platform != "win32":
                anyio.notify_closing(self._file.fileno())
            self._file.close()

    def _descriptor(self) -> int:
        if self._closed:
            raise anyio.ClosedResourceError
        return self._file.fileno()


class PipeReader(_Pipe, ByteReceiveStream):
    """What the child writes."""

    async def receive(self, max_bytes: int = CHUNK) -> bytes:
        waited = False
        while True:
            try:
                data = await _read(self._descriptor(), max_bytes)
            except BlockingIOError:
                if self._last:
                    raise anyio.EndOfStream from None
                await self._more()
                waited = True
                continue
            except OSError as error:
                raise anyio.BrokenResourceError from error
            if not waited:
                await lowlevel.checkpoint()
            if not data:
                raise anyio.EndOfStream
            return data

    def finish(self) -> None:
        """Have the stream end after what is in the pipe already, whoever else could still write to it."""
        self._last = True
        if not self._closed and sys.platform != "win32":
            anyio.notify_closing(self._file.fileno())

    async def _more(self) -> None:
        try:
            await anyio.wait_readable(self._descriptor())
        except anyio.ClosedResourceError:
            if not self._last:
                raise


class PipeWriter(_Pipe, ByteSendStream):
    """What the child reads."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self._written = 0

    @property
    def read_from(self) -> bool:
        """Whether the child has read anything at all of what was written; true where that cannot be known."""
        if self._closed or sys.platform != "linux":
            return True
        unread = array.array("i", [0])
        fcntl.ioctl(self._descriptor(), termios.FIONREAD, unread)
        return self._written > unread[0]

    def _write(self, item: bytes | memoryview) -> int:
        count = os.write(self._descriptor(), item)
        self._written += count
        return count

    def send_nowait(self, item: bytes) -> bytes:
        """Send as much as goes into the pipe at once, and return the rest.

        Raises:
            anyio.BrokenResourceError: The child does not read any more.
            anyio.ClosedResourceError: It is closed.
        """
        try:
            return item[self._write(item) :]
        except BlockingIOError:
            return item
        except OSError as error:
            raise anyio.BrokenResourceError from error

    async def send(self, item: bytes) -> None:
        rest = memoryview(item)
        await lowlevel.checkpoint_if_cancelled()
        while rest:
            try:
                rest = rest[self._write(rest) :]
            except BlockingIOError:
                await anyio.wait_writable(self._descriptor())
            except OSError as error:
                raise anyio.BrokenResourceError from error


async def ended(process: "Popen[bytes]") -> int:
    """Wait until the child has exited and return its code, negative for a signal; it stays a zombie.

    A zombie keeps its pid, so its group can be signalled without hitting a stranger.
    """
    if not hasattr(os, "pidfd_open"):  # macOS and Windows: not run
        limiter = anyio.CapacityLimiter(WAITERS)
        return await to_thread.run_sync(_wait, process, abandon_on_cancel=True, limiter=limiter)
    descriptor = os.pidfd_open(process.pid)
    try:
        await anyio.wait_readable(descriptor)
    finally:
        os.close(descriptor)
    code = exit_code(process)
    if code is None:
        raise RuntimeError(f"process {process.pid} was said to be gone and is not")
    return code


def exit_code(process: "Popen[bytes]") -> int | None:
    """Look whether the child has exited just now; it stays a zombie."""
    if not hasattr(os, "pidfd_open"):
        return process.poll()
    try:
        result = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # it has been taken off the process table already
        return process.returncode
    if result is None:
        return None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def _wait(process: "Popen[bytes]") -> int:
    return process.wait()


async def _read(descriptor: int, size: int) -> bytes:
    if sys.platform == "win32":  # no readiness for pipes there; not run
        return await to_thread.run_sync(os.read, descriptor, size, abandon_on_cancel=True)
    return os.read(descriptor, size)
