"""The short road of tools/call, the request that everybody waits for: no queues, no second parsing.

Only requests that are beyond doubt take it; whatever is unusual about a request is left to the SDK, which
says what is wrong with it. (Through the SDK a ToolCall of the older era costs 1.5 ms more.)
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import anyio
import mcp_types as mcp
from mcp import MCPError
from mcp.server.streamable_http import REQUEST_CANCELLED
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    validate_mcp_param_headers,
)
from mcp_types import methods
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.types import Receive, Send

from hub.core.ports import RawResult
from hub.gateway.asked import Asked, Push
from hub.gateway.attendance import Attendance
from hub.gateway.boundary import guarded
from hub.gateway.elicitation import modes
from hub.gateway.sessions import Session, Sessions
from hub.gateway.target import Target
from hub.gateway.wire import Wire

CALL: Final = "tools/call"
CANCELLED: Final = "notifications/cancelled"
SHIM_HEADER: Final = "hub-connect"
"""`hub connect` sends it: a stdio client sends no headers, so those of `x-mcp-header` are not asked for."""

ASKED: Final = "hub-asks-"
"""How the ids of what a client is asked begin."""
ELICIT: Final = "elicitation/create"
ANSWER_SECONDS: Final = 300.0
"""How long a client has to answer what a server asks; then the server hears that there is no answer."""
TELL_SECONDS: Final = 1.0
_OURS: Final = (CALL.encode(), CANCELLED.encode(), ASKED.encode())

HTTP_OK: Final = 200
REQUEST_WAS_CANCELLED: Final = mcp.ErrorData(code=REQUEST_CANCELLED, message="Request cancelled")
STOPPING: Final = mcp.ErrorData(
    code=-32000, message="The hub stopped while tools/call was running: its outcome is unknown."
)

Handler: TypeAlias = Callable[[Asked], Awaitable[RawResult]]
Schema: TypeAlias = Callable[[Target, str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One POST that has been let in, body read."""

    target: Target
    owner: str
    headers: Mapping[str, str]
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ticket:
    """What is to be answered; `session` in the older era only."""

    id: str | int
    params: dict[str, Any]
    version: str
    client: str
    session: Session | None
    elicits: frozenset[str]


class Direct:
    """Answers tools/call itself."""

    def __init__(self, handler: Handler, schema: Schema, sessions: Sessions) -> None:
        self._handler = handler
        self._schema = schema
        self._sessions = sessions
        self._attendance = Attendance()
        self._at_work: set[anyio.CancelScope] = set()
        self._closed = False

    async def run(self) -> None:
        """Notice clients that hang up, and give signs of life to those that wait, until cancelled."""
        await self._attendance.run()

    def close(self) -> None:
        """Answer everything that still runs: the hub is stopping."""
        self._closed = True
        for work in list(self._at_work):
            work.cancel()

    async def took(self, post: Post, receive: Receive, send: Send) -> bool:
        """Answer a POST, or say that it is not for here."""
        if not any(word in post.body for word in _OURS):
            return False
        message = _message(post)
        if message is None:
            return False
        if "method" not in message:
            return await self._answered(post, message, send)
        if message.get("method") == CANCELLED:
            return await self._cancel(post, message, send)
        ticket = self._ticket(post, message)
        if ticket is None:
            return False
        await self._answer(post, ticket, receive, send)
        return True

    async def _cancel(self, post: Post, message: Mapping[str, Any], send: Send) -> bool:
        session = self._session(post)
        params = message.get("params")
        wanted = params.get("requestId") if isinstance(params, dict) else None
        running = session.running.get(wanted) if session and isinstance(wanted, str | int) else None
        if running is None:
            return False
        running.cancel()
        await _accepted(send)
        return True

    async def _answered(self, post: Post, message: Mapping[str, Any], send: Send) -> bool:
        """A client of the older era answers what a server has asked it."""
        session, number = self._session(post), message.get("id")
        if session is None or not isinstance(number, str) or number not in session.asked:
            return False
        result = message.get("result")
        session.asked[number](result if isinstance(result, dict) else {"action": "cancel"})
        await _accepted(send)
        return True

    def _session(self, post: Post) -> Session | None:
        session_id = post.headers.get("mcp-session-id")
        return self._sessions.get(session_id, post.owner) if session_id is not None else None

    def _ticket(self, post: Post, message: dict[str, Any]) -> _Ticket | None:
        """What to answer; None for what the SDK should look at."""
        request_id, params = message.get("id"), message.get("params")
        if message.get("method") != CALL or not isinstance(params, dict):
            return None
        if not isinstance(request_id, str | int) or isinstance(request_id, bool):
            return None
        version = post.headers.get("mcp-protocol-version")
        if version is None or version in HANDSHAKE_PROTOCOL_VERSIONS:
            ticket = self._older(post, request_id, params)
        else:
            ticket = self._modern(post, request_id, message)
        return ticket if ticket is not None and _valid(ticket) else None

    def _older(self, post: Post, request_id: str | int, params: dict[str, Any]) -> _Ticket | None:
        session = self._session(post)
        if session is None or session.due() or request_id in session.running:
            return None
        return _Ticket(
            id=request_id,
            params=params,
            version=session.connection.protocol_version,
            client=session.client,
            session=session,
            elicits=session.elicits,
        )

    def _modern(self, post: Post, request_id: str | int, message: dict[str, Any]) -> _Ticket | None:
        names = ((name.decode("latin-1"), "") for name, _ in post.raw_headers)
        route = classify_inbound_request(message, headers=post.headers)
        if not isinstance(route, InboundModernRoute) or find_duplicated_routing_header(names):
            return None
        if not self._headers_agree(post, message["params"]):
            return None
        able = route.client_capabilities
        told = route.client_info.get("name") if isinstance(route.client_info, Mapping) else None
        return _Ticket(
            id=request_id,
            params=message["params"],
            version=route.protocol_version,
            client=str(told or "unknown"),
            session=None,
            elicits=modes(able.get("elicitation") if isinstance(able, Mapping) else None),
        )

    def _headers_agree(self, post: Post, params: Mapping[str, Any]) -> bool:
        schema = self._schema(post.target, params["name"]) if isinstance(params.get("name"), str) else None
        if schema is None or SHIM_HEADER in post.headers:
            return True
        arguments = params.get("arguments")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in post.raw_headers}
        return (
            validate_mcp_param_headers(schema, arguments if isinstance(arguments, dict) else {}, headers)
            is None
        )

    async def _answer(self, post: Post, ticket: _Ticket, receive: Receive, send: Send) -> None:
        session = ticket.session
        wire = Wire(send, {"mcp-session-id": post.headers["mcp-session-id"]} if session is not None else {})
        work = anyio.CancelScope()
        gone = work if session is None else None  # in the modern era who hangs up has cancelled
        with self._attendance.of(wire, receive, gone), self._working(ticket, work):
            answer, status = await self._run(post, ticket, wire)
        if not work.cancelled_caught:
            await wire.finish(answer, status)
        elif self._closed:
            await wire.finish(_error(ticket, STOPPING), HTTP_OK)
        elif session is not None:  # the older era ends every request with an answer
            await wire.finish(_error(ticket, REQUEST_WAS_CANCELLED), HTTP_OK)

    @contextmanager
    def _working(self, ticket: _Ticket, work: anyio.CancelScope) -> Generator[None]:
        """While inside, the request can be cancelled: by its session, and by the hub's end."""
        running = ticket.session.running if ticket.session is not None else {}
        running[ticket.id] = work
        self._at_work.add(work)
        try:
            with work:
                yield
        finally:
            self._at_work.discard(work)
            running.pop(ticket.id, None)

    async def _run(self, post: Post, ticket: _Ticket, wire: Wire) -> tuple[dict[str, Any], int]:
        asked = Asked(
            target=post.target,
            version=ticket.version,
            params=ticket.params,
            client=ticket.client,
            report=_report(ticket, wire),
            elicits=ticket.elicits,
            push=_push(ticket.session, wire) if ticket.session is not None else None,
        )
        try:
            result = await guarded(CALL, self._handler(asked))
        except MCPError as error:
            status = ERROR_CODE_HTTP_STATUS.get(error.code, HTTP_OK) if ticket.session is None else HTTP_OK
            return _error(ticket, error.error), status
        return {"jsonrpc": "2.0", "id": ticket.id, "result": result}, HTTP_OK


async def _accepted(send: Send) -> None:
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _push(session: Session, wire: Wire) -> Push:
    """Ask a client of the older era on the stream of its own request."""

    async def push(params: Mapping[str, Any]) -> RawResult:
        number, came, told = f"{ASKED}{uuid.uuid4().hex}", anyio.Event(), list[RawResult]()

        def take(result: RawResult) -> None:
            told.append(result)
            came.set()

        session.asked[number] = take
        try:
            await wire.tell({"jsonrpc": "2.0", "id": number, "method": ELICIT, "params": dict(params)})
            with anyio.move_on_after(ANSWER_SECONDS):
                await came.wait()
        finally:
            del session.asked[number]
            if not told:
                with anyio.move_on_after(TELL_SECONDS, shield=True):
                    gone = {"requestId": number, "reason": "it is not needed any more"}
                    await wire.tell({"jsonrpc": "2.0", "method": CANCELLED, "params": gone})
        return told[0] if told else {"action": "cancel"}

    return push


def _report(ticket: _Ticket, wire: Wire) -> Callable[[float, float | None, str | None], Awaitable[None]]:
    meta = ticket.params.get("_meta")
    token = meta.get("progressToken") if isinstance(meta, Mapping) else None

    async def report(progress: float, total: float | None, message: str | None) -> None:
        if token is None:
            return
        told = {"progressToken": token, "progress": progress, "total": total, "message": message}
        params = {key: value for key, value in told.items() if value is not None}
        await wire.tell({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

    return report


def _message(post: Post) -> dict[str, Any] | None:
    """The one JSON-RPC message of a POST that says of itself what the protocol wants it to say."""
    accepted = post.headers.get("accept", "")
    if "application/json" not in accepted or "text/event-stream" not in accepted:
        return None
    if post.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        message = json.loads(post.body)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message.get("jsonrpc") == "2.0" else None


def _valid(ticket: _Ticket) -> bool:
    try:
        methods.validate_client_request(CALL, ticket.version, ticket.params)
    except (ValidationError, KeyError):
        return False
    return True


def _error(ticket: _Ticket, error: mcp.ErrorData) -> dict[str, Any]:
    told = error.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"jsonrpc": "2.0", "id": ticket.id, "error": told}
