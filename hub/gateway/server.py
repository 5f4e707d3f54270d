"""The hub's MCP paths: both eras of the protocol over streamable HTTP, one target per path.

Bearer, Host and Origin are checked before, by hub.http; here it is decided what a principal may reach.
Requests are answered by middleware of the SDK's server, past its typed results, so that what a server said
arrives as it was said, and no exception's text gets out.
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import anyio
import mcp_types as mcp
from anyio.abc import TaskStatus
from mcp import MCPError
from mcp.server import NotificationOptions, Server, ServerRequestContext
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import CallNext, HandlerResult
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import DEFAULT_MAX_REQUEST_BODY_SIZE, TransportSecuritySettings
from mcp.shared.message import ServerMessageMetadata
from mcp_types import methods
from starlette.responses import Response
from starlette.types import Message, Receive, Send
from starlette.types import Scope as HttpScope

from hub import __version__
from hub.core.errors import NotFound
from hub.core.ports import RawResult
from hub.gateway.announcements import Announcements
from hub.gateway.asked import Answering, Answers, Asked, Askers
from hub.gateway.boundary import guarded
from hub.gateway.call_tools import call_tools, status_tool
from hub.gateway.confirming import Confirming
from hub.gateway.direct import ANSWER_SECONDS, SHIM_HEADER, Direct, Post
from hub.gateway.elicitation import shows
from hub.gateway.eras import is_modern
from hub.gateway.library import Library
from hub.gateway.own_tools import OwnTools
from hub.gateway.ports import Calls, CallScope, Rehearsals, Servers, Status, Tools
from hub.gateway.prompts import PromptDesk
from hub.gateway.rehearse_tool import rehearse_tool
from hub.gateway.relay import METHODS as RELAYED
from hub.gateway.relay import Relay
from hub.gateway.sessions import Sessions
from hub.gateway.subscriptions import Subscriptions
from hub.gateway.target import Kind, Target, target_of
from hub.gateway.tasks import Tasks
from hub.gateway.tasks_wire import EXTENSION as TASKS
from hub.gateway.tasks_wire import METHODS as OF_TASKS
from hub.gateway.tasks_wire import check_listening, check_request
from hub.gateway.tools import ToolDesk

SESSION_IDLE_SECONDS: Final = 1800.0
MAX_SESSIONS: Final = 1000

HEADERS_OF: ContextVar[Target | None] = ContextVar("HEADERS_OF", default=None)
"""Where the SDK's question for a tool's schema comes from: it asks with the tool's name alone."""


class _Front(Server[dict[str, Any]]):
    """The SDK's server, as far as the hub lets it speak: handshake, discovery, ping and listening."""

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,  # noqa: ARG002  # the SDK's own signature
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,  # noqa: ARG002
        extensions: dict[str, dict[str, Any]] | None = None,  # noqa: ARG002
        *,
        protocol_version: str | None = None,  # noqa: ARG002
    ) -> mcp.ServerCapabilities:
        """Tools, and that they may change; what else a path has is added when it is known which it is."""
        return mcp.ServerCapabilities(tools=mcp.ToolsCapability(list_changed=True))


class Gateway:
    """An ASGI app for `/mcp…`. It answers while `run` runs."""

    def __init__(  # noqa: PLR0913  # wiring
        self,
        toolcalls: Tools,
        voice_calls: Calls | None,
        pool: Servers,
        *,
        status: Status,
        call_scope: CallScope,
        askers: Askers | None = None,
        rehearsals: Rehearsals | None = None,
    ) -> None:
        self._pool = pool
        self._voice_calls = voice_calls
        self._announcements = Announcements()
        self._sessions = Sessions()
        self._front = _Front(
            "voice-hub",
            version=__version__,
            title="voice-hub",
            instructions=_INSTRUCTIONS if voice_calls is not None else None,
            on_subscriptions_listen=self._announcements.listen,
            get_tool_input_schema=self._header_schema,
        )
        stamp = self._front.server_info_stamp
        of_calls = call_tools(voice_calls) if voice_calls is not None else ()
        rehearsing = (rehearse_tool(rehearsals),) if rehearsals is not None else ()
        own = OwnTools((*of_calls, *rehearsing, status_tool(status)))
        self._desk = ToolDesk(toolcalls, own, pool, call_scope, stamp, askers=askers)
        self._relay = Relay(pool, stamp)
        library = Library(voice_calls, pool, status, stamp)
        self._subscriptions = Subscriptions(self._announcements.bus, library.read)
        prompts = PromptDesk(voice=voice_calls is not None, stamp=stamp)
        tasks = Tasks(voice_calls, own, stamp) if voice_calls is not None else None
        call_tool: Answering = self._desk.call_tool
        if voice_calls is not None and tasks is not None:
            call_tool = tasks.around(Confirming(voice_calls, stamp).around(call_tool))
        self._everywhere: Answers = {"tools/list": self._desk.list_tools, "tools/call": call_tool}
        self._own = library.answers() | self._subscriptions.answers() | prompts.answers()
        self._own |= tasks.answers() if tasks is not None else {}
        self._direct = Direct(call_tool, self._desk.header_schema, self._sessions)
        self._front.middleware = [self._answer]
        self._front.add_notification_handler(
            "notifications/initialized", mcp.NotificationParams, self._joined
        )
        self._manager = StreamableHTTPSessionManager(
            self._front,
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            session_idle_timeout=SESSION_IDLE_SECONDS,
            max_sessions=MAX_SESSIONS,
        )

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Serve, and pass on changes of the Catalog, until cancelled."""
        async with self._manager.run(), anyio.create_task_group() as tasks:
            tasks.start_soon(self._direct.run, name="gateway: clients that wait")
            tasks.start_soon(self._desk.parking.run, name="gateway: ToolCalls that wait for an answer")
            tasks.start_soon(
                self._subscriptions.run, self._pool, self._voice_calls, name="gateway: subscriptions"
            )
            task_status.started()
            try:
                await self._announcements.run(self._pool)
            finally:
                self.close()
                tasks.cancel_scope.cancel()

    def close(self) -> None:
        """End what is still open, so that the HTTP server can stop: listeners' streams, running ToolCalls."""
        self._announcements.listen.close()
        self._direct.close()

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        target = target_of(scope["path"])
        principal = scope.get("state", {}).get("principal")
        if target is None:
            await _refusal(404, "There is no such path.")(scope, receive, send)
        elif not target.admits(principal):
            await _refusal(403, "This token is not good for this path.")(scope, receive, send)
        elif (unknown := self._unknown(target)) is not None:
            await _refusal(404, unknown)(scope, receive, send)
        else:
            await self._serve(target, f"{principal} {target.kind} {target.name}", scope, receive, send)

    def _unknown(self, target: Target) -> str | None:
        try:
            self._desk.scope(target)
        except NotFound as unknown:
            return unknown.message
        return None

    async def _serve(
        self, target: Target, owner: str, scope: HttpScope, receive: Receive, send: Send
    ) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] == "POST" and 0 < _length(headers) <= DEFAULT_MAX_REQUEST_BODY_SIZE:
            body = await _body(receive)
            if body is None:
                return
            post = Post(target=target, owner=owner, headers=headers, raw_headers=scope["headers"], body=body)
            if await self._direct.took(post, receive, send):
                return
            receive = _again(body, receive)
        HEADERS_OF.set(None if SHIM_HEADER in headers else target)
        user = AuthenticatedUser(AccessToken(token="", client_id=owner, scopes=[]))
        state = {**scope["state"], "target": target, "owner": owner}
        await self._manager.handle_request({**scope, "user": user, "state": state}, receive, send)

    def _header_schema(self, name: str) -> Any:
        target = HEADERS_OF.get()
        return self._desk.header_schema(target, name) if target is not None else None

    async def _joined(self, ctx: ServerRequestContext[Any, Any], _params: mcp.NotificationParams) -> None:
        connection = ctx.session._connection  # noqa: SLF001  # the SDK has no registry of its own
        self._announcements.add(connection)
        if ctx.request is not None:
            self._sessions.add(connection, ctx.request.scope["state"]["owner"])

    async def _answer(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """The SDK's middleware: what the hub answers itself never reaches the SDK's handlers."""
        target: Target = ctx.request.scope["state"]["target"] if ctx.request is not None else Target(Kind.HUB)
        answering = self._answering(target, ctx.method)
        if answering is None or not ctx.session._connection.initialize_accepted:  # noqa: SLF001
            if ctx.method == "subscriptions/listen":
                check_listening(ctx.params or {})
            return self._introduced(target, ctx.method, await call_next(ctx))
        _check(ctx)
        told = ctx.session.client_params
        asked = Asked(
            target=target,
            version=ctx.protocol_version,
            params=ctx.params or {},
            client=told.client_info.name if told is not None else "unknown",
            report=ctx.session.report_progress,
            connection=ctx.session._connection,  # noqa: SLF001  # as above
            elicits=_elicits(ctx),
            push=partial(_push, ctx) if not is_modern(ctx.protocol_version) else None,
        )
        return await guarded(ctx.method, answering(asked))

    def _introduced(self, target: Target, method: str, result: HandlerResult) -> HandlerResult:
        """Add what else a path has to the answer of the handshake or of discovery."""
        if method not in ("initialize", "server/discover") or not isinstance(result, dict):
            return result
        if target.kind is Kind.SERVER:
            words = self._pool.pins.instructions(target.name)
            others = {key: value for key, value in result.items() if key != "instructions"}
            result = {**others, **({"instructions": words} if words else {})}
        capabilities = {**result["capabilities"], **_FURTHER.get(target.kind, {})}
        if method == "server/discover" and self._answering(target, "tasks/get") is not None:
            capabilities["extensions"] = {TASKS: {}}
        return {**result, "capabilities": capabilities}

    def _answering(self, target: Target, method: str) -> Answering | None:
        if method in self._everywhere:
            return self._everywhere[method]
        if target.kind is Kind.SERVER and method in RELAYED:
            return partial(self._relay.request, method)
        return self._own.get(method) if target.own_tools else None


_OWN: Final[dict[str, Any]] = {"prompts": {}, "resources": {"subscribe": True}}
_SERVERS: Final[dict[str, Any]] = {"prompts": {}, "resources": {}, "completions": {}}
_FURTHER: Final = {Kind.HUB: _OWN, Kind.VIEW: _OWN, Kind.SERVER: _SERVERS}
_INSTRUCTIONS: Final = (
    "This hub places voice calls (start_voice_call, then get_call with wait_seconds) and lends the tools "
    "of its MCP servers as server__tool. Use a server's tool yourself for what needs no call."
)


def _elicits(ctx: ServerRequestContext[Any, Any]) -> frozenset[str]:
    return shows(ctx.session.client_capabilities)


async def _push(ctx: ServerRequestContext[Any, Any], params: Mapping[str, Any]) -> RawResult:
    """Ask a client of the older era on the stream of its own request."""
    request = mcp.ElicitRequest.model_validate({"method": "elicitation/create", "params": dict(params)})
    with anyio.move_on_after(ANSWER_SECONDS):
        metadata = ServerMessageMetadata(related_request_id=ctx.request_id)
        result = await ctx.session.send_request(request, mcp.ElicitResult, metadata=metadata)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"action": "cancel"}


def _check(ctx: ServerRequestContext[Any, Any]) -> None:
    """Refuse parameters that the protocol does not allow.

    Raises:
        MCPError: This version of the protocol has no such method.
        ValidationError: A parameter is missing or of the wrong kind.
    """
    if ctx.method in OF_TASKS and is_modern(ctx.protocol_version):
        check_request(ctx.params or {}, ctx.request.headers if ctx.request is not None else {})
        return
    try:
        methods.validate_client_request(ctx.method, ctx.protocol_version, ctx.params)
    except KeyError as unknown:
        raise MCPError(mcp.METHOD_NOT_FOUND, "Method not found", ctx.method) from unknown


def _length(headers: Mapping[str, str]) -> int:
    given = headers.get("content-length", "")
    return int(given) if given.isdecimal() else 0


async def _body(receive: Receive) -> bytes | None:
    """The body of a request; None when the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The same request once more, for an app that wants to read it itself."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


def _refusal(status: int, message: str) -> Response:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": mcp.INVALID_REQUEST, "message": message}}
    return Response(json.dumps(error), status_code=status, media_type="application/json")
