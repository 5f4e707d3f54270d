"""MCP over the pipes of a child that the hub owns; what is no message on them harms nothing but itself."""

import logging
import re
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic_core import from_json

from hub.core.ports import RawResult
from hub.core.supervisor import Loss, LossKind
from hub.pool.pulse import SENT, Pulse
from hub.supervision.process import Process

MESSAGE_LIMIT = 32 * 1024 * 1024
"""Bytes of one message; a longer one is an error to whoever waits for it."""
WRITE_SECONDS = 10.0
"""A server that does not read for so long is hung."""
NOISE_LOGGED = 5
_NOISE_SHOWN = 200
_END = 200
"""Bytes at either end of an unusable message in which its id is looked for."""
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"'
_ID = rb'"id"\s*:\s*(\d+)'
_OUTCOME = rb'"(?:result|error)"'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:%b\s*,\s*)?%b\s*,\s*%b" % (_VERSION, _ID, _OUTCOME))
_ID_LATE = re.compile(rb"\s*\{\s*(?:%b\s*,\s*)?%b" % (_VERSION, _OUTCOME))
_LATE_ID = re.compile(rb",\s*%b\s*(?:,\s*%b\s*)?\}\s*\Z" % (_ID, _VERSION))
"""How an answer begins and ends (the TypeScript SDK writes the id last); a mere mention of an id is none."""
_log = logging.getLogger(__name__)


class _Stream:
    """The pipes belong to the process, so closing a stream closes nothing."""

    async def aclose(self) -> None:
        return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return None


class StdioReader(_Stream):
    """Messages from the child; their end is told before any caller learns of it."""

    def __init__(self, process: Process, name: str, pulse: Pulse) -> None:
        self._process = process
        self._name = name
        self._pulse = pulse
        self._lines = Lines()
        self._noise = 0
        self.on_answer: Callable[[int, RawResult], None] | None = None
        """Takes the answers that are nothing but an answer; they are not handed on as messages then."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self._next()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._pulse.lose(Loss("it closed its output"))
            raise StopAsyncIteration from None

    async def receive(self) -> SessionMessage:
        try:
            return await self.__anext__()
        except StopAsyncIteration:
            raise anyio.EndOfStream from None

    async def _next(self) -> SessionMessage:
        while True:
            while (line := self._lines.pop()) is not None:
                if self._answered(line):
                    self._pulse.heard()
                elif (message := self._parsed(line)) is not None:
                    self._pulse.heard()
                    return message
            self._lines.feed(await self._process.stdout.receive())

    def _answered(self, line: bytes) -> bool:
        if self.on_answer is None or len(line) > MESSAGE_LIMIT:
            return False
        try:
            message: Any = from_json(line)
        except ValueError:
            return False
        match message:
            case {"jsonrpc": "2.0", "id": int(number), "result": dict(result), **rest} if not rest:
                if isinstance(number, bool):
                    return False
                self.on_answer(number, result)
                return True
        return False

    def _parsed(self, line: bytes) -> SessionMessage | None:
        try:
            if len(line) <= MESSAGE_LIMIT:
                return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except ValueError:
            pass
        self._complain(line)
        return _instead(line)

    def _complain(self, line: bytes) -> None:
        self._noise += 1
        if self._noise <= NOISE_LOGGED:
            shown = self._process.mask(line[:_NOISE_SHOWN].decode(errors="replace"))
            _log.warning("%s: not a message on its stdout: %s", self._name, shown)
            self._process.note(f"[hub] not a message on its stdout: {shown}")


class StdioWriter(_Stream):
    """Messages to the child, each written whole or not at all."""

    def __init__(self, process: Process, pulse: Pulse) -> None:
        self._process = process
        self._pulse = pulse
        self._lock = anyio.Lock()

    async def send(self, item: SessionMessage, /) -> None:
        await self.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")

    async def write(self, line: bytes) -> None:
        """Write one line.

        Raises:
            anyio.BrokenResourceError: The child does not read any more, or not in time.
            anyio.ClosedResourceError: The pipe is closed.
        """
        try:
            self._lock.acquire_nowait()
        except anyio.WouldBlock:
            await self._lock.acquire()
        try:
            if rest := self._process.stdin.send_nowait(line):
                await self._finish(rest)
        except anyio.BrokenResourceError:
            self._pulse.lose(Loss("it closed its input"))  # nothing can be asked of it any more
            raise
        finally:
            self._lock.release()
        if (sent := SENT.get()) is not None:
            sent.written = True

    async def _finish(self, rest: bytes) -> None:
        with anyio.CancelScope(shield=True, deadline=anyio.current_time() + WRITE_SECONDS) as scope:
            await self._process.stdin.send(rest)
        if scope.cancelled_caught:  # half a line may be in the pipe, so nothing can follow it
            self._pulse.lose(Loss("it does not read what it is sent", LossKind.HUNG))
            raise anyio.BrokenResourceError


class Lines:
    """Cuts chunks into lines; of one that is too long, the middle is left out."""

    def __init__(self) -> None:
        self._whole: deque[bytes] = deque()
        self._begun: list[bytes] = []
        self._size = 0
        self._end = b""

    def feed(self, chunk: bytes) -> None:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._keep(end)
            if line := b"".join((*self._begun, self._end)).strip():
                self._whole.append(line)
            self._begun, self._size, self._end = [], 0, b""
        self._keep(rest)

    def pop(self) -> bytes | None:
        return self._whole.popleft() if self._whole else None

    def _keep(self, part: bytes) -> None:
        room = MESSAGE_LIMIT - self._size
        if begin := part[:room] if room > 0 else b"":
            self._begun.append(begin)
            self._size += len(begin)
        if over := part[len(begin) :]:
            self._end = (self._end + over[-_END:])[-_END:]


def _instead(line: bytes) -> SessionMessage | None:
    """Answer in place of the server, if it can be seen which request an unusable line was for."""
    begin, end = line[:_END], line[-_END:]
    found = _ID_FIRST.match(begin) or (_LATE_ID.search(end) if _ID_LATE.match(begin) else None)
    if found is None:
        return None
    message = "The server's answer cannot be read: it is not JSON in UTF-8, or nested too deep."
    if len(line) > MESSAGE_LIMIT:
        message = f"The server's answer is longer than {MESSAGE_LIMIT // 2**20} MB."
    error = ErrorData(code=INTERNAL_ERROR, message=message)
    return SessionMessage(JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=error))
