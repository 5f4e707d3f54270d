"""`hub connect`: a stdio MCP server that joins a desktop client to the running hub, or starts one."""

import asyncio
import os
import queue
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from hub.core.errors import HubError
from hub.gateway.bridge import Bridge
from hub.gateway.http_client import Gone
from hub.gateway.rendezvous import Home, find, find_or_start, say

GOODBYE_SECONDS: Final = 0.3
FLUSH_SECONDS: Final = 1.0
INTERRUPTED: Final = 130
USAGE: Final = (
    "usage: hub connect   (a stdio MCP server; takes no arguments, HUB_HOME and HUB_PORT say which hub)"
)


def main(argv: Sequence[str]) -> int:
    """Serve the client on stdin and stdout until stdin ends."""
    if argv:
        sys.stderr.write(USAGE + "\n")
        return 0 if set(argv) <= {"-h", "--help"} else 2
    out = Out()
    try:
        code = anyio.run(_serve, Home.of(os.environ), out)
    except HubError as error:
        code = _failed(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    return _leave(out, code)


def _failed(error: HubError) -> int:
    say(f"{error.message} {error.next_step}".strip())
    return 1


def _leave(out: "Out", code: int) -> int:
    """Go at once: the thread that reads stdin cannot be stopped."""
    out.close()
    sys.stderr.flush()
    os._exit(code)


async def _serve(home: Home, out: "Out") -> int:
    lines, ended = _stdin()
    code = 0
    bridge: Bridge | None = None

    async def join() -> None:
        nonlocal bridge, code
        try:
            hub = await find_or_start(home)
        except HubError as error:
            code = _failed(error)
            ended.set()
            return
        bridge = Bridge(hub, lambda: find(home), out.write)
        await bridge.run(lines)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(join)
        await ended.wait()
        if bridge is not None:
            with anyio.move_on_after(GOODBYE_SECONDS):
                await _goodbye(bridge)
        tasks.cancel_scope.cancel()
    return code


async def _goodbye(bridge: Bridge) -> None:
    try:
        await bridge.goodbye()
    except Gone:
        return


def _stdin() -> tuple[MemoryObjectReceiveStream[bytes], anyio.Event]:
    """The lines of stdin, and an event for its end, which counts at once whatever is still under way."""
    send, receive = anyio.create_memory_object_stream[bytes](max_buffer_size=float("inf"))
    ended = anyio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read, args=(sys.stdin.buffer, loop, send, ended), daemon=True).start()
    return receive, ended


def _read(
    stdin: BinaryIO, loop: asyncio.AbstractEventLoop, send: MemoryObjectSendStream[bytes], ended: anyio.Event
) -> None:
    for line in stdin:
        if line.strip():
            loop.call_soon_threadsafe(send.send_nowait, line)
    loop.call_soon_threadsafe(ended.set)


class Out:
    """Stdout, for the protocol alone: whatever else is printed goes to stderr.

    A client that does not read stops nothing but its own lines.
    """

    def __init__(self) -> None:
        self._fd = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def write(self, message: bytes) -> None:
        """Write one message as a line."""
        self._lines.put(message + b"\n")

    def close(self) -> None:
        """Wait until everything is written, for a moment."""
        self._lines.put(None)
        self._thread.join(FLUSH_SECONDS)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            view = memoryview(line)
            while view:
                try:
                    view = view[os.write(self._fd, view) :]
                except OSError:
                    return  # nobody reads any more; stdin will end too
