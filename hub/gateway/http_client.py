"""A small HTTP client for `hub connect`: one request per connection, JSON and event streams.

(The usual clients take half a second to import and a lost connection takes their whole session with it.)
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import anyio.abc
import h11

from hub.core.errors import ConfigurationError

CONNECT_SECONDS: Final = 5.0
CHUNK: Final = 65_536


class Gone(Exception):
    """The hub is not there, or went away; `sent` says whether it may have seen the request."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a hub listens, and the token it wants."""

    host: str
    port: int
    token: str = field(repr=False)

    @classmethod
    def at(cls, url: str, token: str) -> "Hub":
        """The hub of a URL.

        Raises:
            ConfigurationError: It is not one that can be used.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ConfigurationError(f"{url} is not the URL of a hub.", next_step="Start the hub again.")
        return cls(host=parts.hostname, port=parts.port or 80, token=token)


class Response:
    """Status, headers (names in lower case), and the body as it comes."""

    def __init__(self, status: int, headers: Mapping[str, str], chunks: AsyncGenerator[bytes]) -> None:
        self.status = status
        self.headers = headers
        self._chunks = chunks

    @property
    def streams(self) -> bool:
        """Whether the body is an event stream."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    async def body(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self._chunks])

    async def events(self) -> AsyncGenerator[str]:
        """The data of each event, as it comes."""
        rest, data = b"", list[str]()
        async for chunk in self._chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in (raw.removesuffix(b"\r").decode() for raw in lines):
                if not line and data:
                    yield "\n".join(data)
                    data = []
                elif line.startswith("data:"):
                    data.append(line.removeprefix("data:").removeprefix(" "))


@asynccontextmanager
async def fetch(
    hub: Hub,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    sent: anyio.Event | None = None,
) -> AsyncGenerator[Response]:
    """Send a request and give its response.

    Raises:
        Gone: There is no hub, or it went away before the end of its answer.
    """
    try:
        with anyio.fail_after(CONNECT_SECONDS):
            stream = await anyio.connect_tcp(hub.host, hub.port)
    except (OSError, TimeoutError) as error:
        raise Gone("The hub is not running", sent=False) from error
    async with stream:
        exchange = _Exchange(stream)
        await exchange.send(hub, method, path, headers, body)
        if sent is not None:
            sent.set()
        response = await exchange.response()
        async with aclosing(exchange.chunks()) as chunks:
            yield Response(
                response.status_code,
                {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers},
                chunks,
            )


class _Exchange:
    """One request and its response, over one connection."""

    def __init__(self, stream: anyio.abc.SocketStream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, hub: Hub, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        name = f"[{hub.host}]" if ":" in hub.host else hub.host
        every = {
            "Host": f"{name}:{hub.port}",
            "Connection": "close",
            **({"Authorization": f"Bearer {hub.token}"} if hub.token else {}),
            **({"Content-Length": str(len(body))} if body else {}),
            **headers,
        }
        request = h11.Request(method=method, target=path, headers=list(every.items()))
        out = [self._http.send(request), self._http.send(h11.Data(body)), self._http.send(h11.EndOfMessage())]
        try:
            await self._stream.send(b"".join(part for part in out if part))
        except (OSError, anyio.BrokenResourceError) as error:
            raise Gone("The hub went away", sent=True) from error

    async def response(self) -> h11.Response:
        event = await self._next()
        while isinstance(event, h11.InformationalResponse):
            event = await self._next()
        if not isinstance(event, h11.Response):
            raise Gone("The hub went away", sent=True)
        return event

    async def chunks(self) -> AsyncGenerator[bytes]:
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _next(self) -> Any:
        """The next event of the response.

        Raises:
            Gone: The connection ended in the middle of it.
        """
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                try:
                    data = await self._stream.receive(CHUNK)
                except anyio.EndOfStream:
                    data = b""
                self._http.receive_data(data)
        except (OSError, anyio.BrokenResourceError, h11.RemoteProtocolError) as error:
            raise Gone("The hub went away", sent=True) from error
        return event


def compact(message: Mapping[str, Any]) -> bytes:
    """A JSON message in one line."""
    return json.dumps(message, separators=(",", ":")).encode()
