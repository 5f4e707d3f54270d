"""HTTP for MCP sessions: a failed request fails alone, and what it says about the session is noticed."""

import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR

from hub.core.errors import ConfigurationError, Unauthorized
from hub.core.supervisor import Loss, LossKind
from hub.pool.errors import ConnectionLost
from hub.pool.pulse import SENT, Pulse
from hub.pool.stdio import MESSAGE_LIMIT

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 30.0
GOODBYE_SECONDS = 1.0
SSE_SILENCE_SECONDS = 24 * 3600.0
"""An event stream may be silent; whether the server is there is what the probe is for."""
MARK = "hub/written"
"""In the data of an error that the hub answers itself: whether the request may have reached the server."""
SESSION = "mcp-session-id"
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _FIRST_ERROR, _SERVER_ERROR = 401, 403, 404, 400, 500
_INSTEAD = 400
"""The status of an answer of ours: the SDK takes the error out of its body."""
_TOO_LONG = f"The server's answer is longer than {MESSAGE_LIMIT // 2**20} MB."
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 25_000}
"""A peer that has vanished without a word is found by the system, also where nothing is sent."""


class HttpSession:
    """What the requests of one session have shown so far."""

    def __init__(self, name: str, pulse: Pulse) -> None:
        self.name = name
        self.pulse = pulse
        self.id: str | None = None
        self.ended = False
        """The server does not know this session any more."""
        self.status: int | None = None
        """Of the last response that was an error."""
        self.reason = ""
        """Of the last request that failed without a response."""
        self.moved: str | None = None
        """Where the last response has led to, if it was a redirect."""

    def check(self) -> None:
        """See whether what has failed needs somebody to change something.

        Raises:
            Unauthorized: The server wants other credentials.
            ConfigurationError: The server is to be found elsewhere.
        """
        if self.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise Unauthorized(
                f"The server wants other credentials (HTTP {self.status}).",
                next_step='Correct the token in "headers".',
            )
        if self.moved is not None:
            raise ConfigurationError(
                f"The server leads to another address, {self.moved}, which gets nothing of ours by itself.",
                next_step='If that is right, write it as "url".',
            )

    def take(self, request: httpx2.Request, response: httpx2.Response) -> str | None:
        """Note a response; return the reason if it means that the request did not reach a session."""
        self.pulse.heard()
        self.id = response.headers.get(SESSION, self.id)
        self.moved = response.headers.get("location") if response.has_redirect_location else None
        if response.status_code < _FIRST_ERROR:
            return None
        self.status = response.status_code
        if response.status_code == _UNAUTHORIZED:
            reason = "wants other credentials (HTTP 401)"
            remedy = 'Correct the token in "headers".'
            self.pulse.lose(Loss(f"the server {reason}. {remedy}", LossKind.AUTHORIZATION))
            return reason
        if response.status_code == _NOT_FOUND and SESSION in request.headers:
            self.ended = True
            self.pulse.lose(Loss("the server has ended the session (HTTP 404)"))
            return "has ended the session"
        return None


class SafeTransport(httpx2.AsyncHTTPTransport):
    """Turns what would end the whole session into an error answer to one request."""

    def __init__(self, session: HttpSession, *, one_way: bool = False) -> None:
        super().__init__(socket_options=_socket_options())
        self._session = session
        self._one_way = one_way
        """Answers come on another stream, so a failed POST has no answer to fail with."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await super().handle_async_request(request)
            if request.method == "POST":
                response = await _read_whole(request, response)
        except httpx2.TransportError as error:
            written = not isinstance(error, _NEVER_SENT)
            self._session.pulse.doubt()
            return self._failed(request, f"cannot be reached: {_words(error)}", written=written)
        gone = self._session.take(request, response)
        if gone is not None:
            await response.aclose()
            return self._failed(request, gone, written=False)
        if request.method == "POST" and response.status_code >= self._unusable:
            await response.aclose()
            return self._refused(request, response)
        return response

    @property
    def _unusable(self) -> int:
        """The first status of which nothing but itself is told."""
        return _FIRST_ERROR if self._one_way else _SERVER_ERROR

    def _refused(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Say which error it was; one of a gateway may mean that there is no server behind it any more."""
        reason = f"answered with HTTP {response.status_code}"
        if self._one_way or response.status_code in _GATEWAY_ERRORS:
            self._session.pulse.doubt()
            return self._failed(request, reason, written=True)
        if response.headers.get("content-type", "").lower().startswith("application/json"):
            return response  # it may say more than we know
        return _error(request, INTERNAL_ERROR, f"The server {reason}.")

    def _failed(self, request: httpx2.Request, reason: str, *, written: bool) -> httpx2.Response:
        self._session.reason = reason
        if (sent := SENT.get()) is not None:
            sent.written = written  # the session may be closed before the error below has come through
        if self._one_way and request.method == "POST":
            self._session.pulse.lose(Loss(reason))
            return httpx2.Response(202, request=request)
        return _error(request, CONNECTION_CLOSED, reason, {MARK: written})


@asynccontextmanager
async def streamable_http(
    session: HttpSession, url: str, headers: Mapping[str, str]
) -> AsyncGenerator[TransportStreams]:
    """Connect by Streamable HTTP; a legacy session is ended at the server on leaving."""
    timeout = httpx2.Timeout(CONNECT_SECONDS, read=None, write=WRITE_SECONDS)
    async with httpx2.AsyncClient(
        transport=SafeTransport(session), headers=dict(headers), timeout=timeout
    ) as client:
        try:
            async with streamable_http_client(
                url, http_client=client, terminate_on_close=False, max_sse_event_size=MESSAGE_LIMIT
            ) as streams:
                yield streams
        finally:
            if session.id is not None and not session.pulse.over:
                with anyio.move_on_after(GOODBYE_SECONDS, shield=True):
                    await client.delete(url, headers={SESSION: session.id})


@asynccontextmanager
async def http_with_sse(
    session: HttpSession, url: str, headers: Mapping[str, str]
) -> AsyncGenerator[TransportStreams]:
    """Connect by the older transport: one event stream down, POSTs up."""

    def client(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        transport = SafeTransport(session, one_way=True)
        return httpx2.AsyncClient(transport=transport, headers=headers, timeout=timeout, auth=auth)

    connecting = sse_client(
        url,
        headers=dict(headers),
        timeout=CONNECT_SECONDS,
        sse_read_timeout=SSE_SILENCE_SECONDS,
        httpx_client_factory=client,
    )
    open_ = False
    try:
        async with AsyncExitStack() as stack:
            try:
                streams = await stack.enter_async_context(connecting)
            except httpx2.HTTPStatusError as error:
                session.check()
                reason = session.reason or f"HTTP {error.response.status_code}"
                raise ConnectionLost(f"The server {reason}.", written=False) from error
            open_ = True
            yield streams
    except BaseExceptionGroup as group:
        # The stream's end is known by then; on its ways out the SDK tells of it once more, or fails to.
        _, rest = group.split((httpx2.TransportError, anyio.BrokenResourceError, anyio.ClosedResourceError))
        if rest is not None or not open_:
            raise


def written_mark(data: Any) -> bool | None:
    """Read what the hub noted in an error that it answered itself; None for a server's own error."""
    return data.get(MARK) if isinstance(data, dict) else None


async def _read_whole(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """Read a JSON answer here, where a broken connection can still become an error answer.

    Raises:
        httpx2.TransportError: It broke off.
    """
    if not response.headers.get("content-type", "").lower().startswith("application/json"):
        return response
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MESSAGE_LIMIT:
                return _error(request, INTERNAL_ERROR, _TOO_LONG)
    finally:
        await response.aclose()
    headers = [
        (key, value)
        for key, value in response.headers.multi_items()
        if key.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return httpx2.Response(response.status_code, headers=headers, content=bytes(body))


def _error(request: httpx2.Request, code: int, message: str, data: Any = None) -> httpx2.Response:
    """Answer in place of the server."""
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    body = {"jsonrpc": "2.0", "id": None, "error": error}
    return httpx2.Response(_INSTEAD, json=body, request=request)


def _socket_options() -> list[tuple[int, int, int]]:
    """Have the system look after idle connections, as far as it can."""
    known = [(getattr(socket, name, None), value) for name, value in _KEEPALIVE.items()]
    options = [(socket.IPPROTO_TCP, number, value) for number, value in known if number is not None]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *options]


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
