"""Load that costs next to nothing itself: bare sockets and bare pipes, no client library."""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from hub.core.errors import HubError

VERSION: Final = "2025-11-25"
ANSWER_SECONDS: Final = 15.0
LINE_LIMIT: Final = 2**24
CLIENT: Final = {"name": "hub bench", "version": "1"}
NO_CONTENT: Final = (202, 204)
Message = dict[str, Any]
Call = Callable[[], Awaitable[None]]
"""One ToolCall; raises when the answer is not the right one."""


def initialize(number: int) -> Message:
    """The first message of a session of the older era."""
    params = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": CLIENT}
    return {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": params}


INITIALIZED: Final[Message] = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def tool_call(number: int, tool: str, text: str) -> Message:
    """A call of the tool that says the text again."""
    params = {"name": tool, "arguments": {"text": text}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def check(answer: bytes, text: str) -> None:
    """See that it is the answer to this very call.

    Raises:
        HubError: It is not.
    """
    if f'"{text}"'.encode() not in answer or b'"result"' not in answer:
        raise HubError(f"A ToolCall was not answered with what it sent: {answer[:200]!r}")


class Socket:
    """One kept-alive HTTP connection to the hub."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path
        self.head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, message: Message) -> tuple[dict[str, str], bytes]:
        """Send one message; headers and body of the answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._host, self._port, limit=LINE_LIMIT
            )
        body = json.dumps(message).encode()
        self._writer.write(f"{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answer(self._reader)

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if "content-length" in headers:
            return headers, await reader.readexactly(int(headers["content-length"]))
        if int(status.split()[1]) in NO_CONTENT:
            return headers, b""
        return headers, b"".join([chunk async for chunk in _chunks(reader)])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def _chunks(reader: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readline()
    await reader.readline()


class HttpLoad:
    """A session over HTTP; each of its callers has a connection of its own."""

    def __init__(self, url: str, token: str, tool: str) -> None:
        self._url, self._token, self._tool = url, token, tool
        self._numbers = itertools.count(10)
        self._extra = ""

    async def open(self) -> None:
        """Begin the session."""
        socket = Socket(self._url, self._token)
        headers, _ = await socket.post(initialize(1))
        self._extra = f"MCP-Protocol-Version: {VERSION}\r\n"
        if "mcp-session-id" in headers:
            self._extra += f"Mcp-Session-Id: {headers['mcp-session-id']}\r\n"
        socket.head += self._extra
        await socket.post(INITIALIZED)
        socket.close()

    @asynccontextmanager
    async def caller(self) -> AsyncGenerator[Call]:
        socket = Socket(self._url, self._token)
        socket.head += self._extra

        async def call() -> None:
            number = next(self._numbers)
            _, answer = await socket.post(tool_call(number, self._tool, f"n{number}"))
            check(answer, f"n{number}")

        try:
            yield call
        finally:
            socket.close()


class PipeLoad:
    """The server itself over its pipes; all callers share them."""

    def __init__(self, process: asyncio.subprocess.Process, tool: str) -> None:
        self._process, self._tool = process, tool
        self._numbers = itertools.count(10)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, arguments: tuple[str, ...], tool: str) -> AsyncGenerator["PipeLoad"]:
        """Start the server; it is gone afterwards."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=pipe, stdout=pipe, limit=LINE_LIMIT
        )
        load = cls(process, tool)
        reading = asyncio.create_task(load._read())
        try:
            await load._ask(initialize(1))
            load._send(INITIALIZED)
            yield load
        finally:
            process.kill()
            await process.wait()
            await reading

    @asynccontextmanager
    async def caller(self) -> AsyncGenerator[Call]:
        async def call() -> None:
            number = next(self._numbers)
            check(await self._ask(tool_call(number, self._tool, f"n{number}")), f"n{number}")

        yield call

    async def _ask(self, message: Message) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[message["id"]] = answer
        self._send(message)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await answer

    def _send(self, message: Message) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        if self._process.stdout is None:
            return
        async for line in self._process.stdout:
            answer = self._waiting.pop(json.loads(line).get("id", 0), None)
            if answer is not None and not answer.done():
                answer.set_result(line)


async def rate(load: HttpLoad | PipeLoad, at_once: int, seconds: float) -> float:
    """Calls a second with so many callers, each with one call at a time."""
    end, done = time.perf_counter() + seconds, 0

    async def one() -> None:
        nonlocal done
        async with load.caller() as call:
            while time.perf_counter() < end:
                await call()
                done += time.perf_counter() < end

    async with asyncio.TaskGroup() as callers:
        for _ in range(at_once):
            callers.create_task(one())
    return done / seconds
