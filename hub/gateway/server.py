"""The hub's MCP paths: both eras of the protocol over streamable HTTP, one target per path.

Bearer, Host and Origin are checked before, by hub.http; here it is decided what a principal may reach.
Requests are answered by middleware of the SDK's server, past its typed results, so that what a server said
arrives as it was said, and no exception's text gets out.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import anyio
import mcp_types as mcp
from anyio.abc import TaskStatus
from mcp import MCPError
from mcp.server import NotificationOptions, Server, ServerRequestContext
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import CallNext, HandlerResult
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import methods
from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from hub import __version__
from hub.core.errors import HubError, NotFound
from hub.core.ports import RawResult
from hub.gateway.announcements import Announcements
from hub.gateway.asked import Asked
from hub.gateway.own_tools import OwnTools
from hub.gateway.ports import Calls, CallScope, Servers, Status, Tools
from hub.gateway.relay import METHODS as RELAYED
from hub.gateway.relay import Relay
from hub.gateway.target import Kind, Target, target_of
from hub.gateway.tools import ToolDesk

logger = logging.getLogger(__name__)

SESSION_IDLE_SECONDS: Final = 1800.0
MAX_SESSIONS: Final = 1000

Answering: TypeAlias = Callable[[Asked], Awaitable[RawResult]]


class _Front(Server[dict[str, Any]]):
    """The SDK's server, as far as the hub lets it speak: handshake, discovery, ping and listening."""

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> mcp.ServerCapabilities:
        """Tools, and that they may change; what else a path has is added when it is known which path it is."""
        return mcp.ServerCapabilities(tools=mcp.ToolsCapability(list_changed=True))


class Gateway:
    """An ASGI app for `/mcp…`. It answers while `run` runs."""

    def __init__(
        self,
        toolcalls: Tools,
        voice_calls: Calls | None,
        pool: Servers,
        *,
        status: Status,
        call_scope: CallScope,
    ) -> None:
        self._pool = pool
        self._announcements = Announcements()
        self._front = _Front(
            "voice-hub",
            version=__version__,
            title="voice-hub",
            instructions=_INSTRUCTIONS if voice_calls is not None else None,
            on_subscriptions_listen=self._announcements.listen,
            get_tool_input_schema=lambda _name: None,
        )
        stamp = self._front.server_info_stamp
        self._desk = ToolDesk(toolcalls, OwnTools(voice_calls, status), pool, call_scope, stamp)
        self._relay = Relay(pool, stamp)
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
        async with self._manager.run():
            task_status.started()
            try:
                await self._announcements.run(self._pool)
            finally:
                self.close()

    def close(self) -> None:
        """End the streams of those who listen, so that the HTTP server can stop."""
        self._announcements.listen.close()

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        target = target_of(scope["path"])
        principal = scope.get("state", {}).get("principal")
        if target is None or not target.admits(principal):
            status, message = (
                (404, "There is no such path.")
                if target is None
                else (403, "This token is not good for this path.")
            )
            await _refuse(status, message)(scope, receive, send)
            return
        try:
            self._desk.scope(target)
        except NotFound as unknown:
            await _refuse(404, unknown.message)(scope, receive, send)
            return
        owner = AccessToken(token="", client_id=f"{principal} {target.kind} {target.name}", scopes=[])
        scope = {**scope, "user": AuthenticatedUser(owner), "state": {**scope["state"], "target": target}}
        await self._manager.handle_request(scope, receive, send)

    async def _joined(self, ctx: ServerRequestContext[Any, Any], _params: mcp.NotificationParams) -> None:
        self._announcements.add(ctx.session._connection)  # noqa: SLF001  # the SDK has no registry of its own

    async def _answer(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        target: Target = ctx.request.scope["state"]["target"]  # type: ignore[union-attr]  # HTTP has a request
        try:
            answering = self._answering(target, ctx.method)
            if answering is None or not ctx.session._connection.initialize_accepted:  # noqa: SLF001
                return _with_capabilities(target, ctx.method, await call_next(ctx))
            _check(ctx)
            return await answering(
                Asked(
                    target=target, version=ctx.protocol_version, params=ctx.params or {}, session=ctx.session
                )
            )
        except (MCPError, ValidationError):
            raise
        except HubError as error:
            raise MCPError(mcp.INVALID_PARAMS, error.message) from error
        except Exception as defect:  # one request's boundary: its text must not reach the client
            logger.exception("request %s failed", ctx.method)
            raise MCPError(mcp.INTERNAL_ERROR, "The hub could not do this; its log says why.") from defect

    def _answering(self, target: Target, method: str) -> Answering | None:
        match method:
            case "tools/list":
                return self._desk.list_tools
            case "tools/call":
                return self._desk.call_tool
            case _ if target.kind is Kind.SERVER and method in RELAYED:
                return partial(self._relay.request, method)
            case _:
                return None


_INSTRUCTIONS: Final = (
    "This hub places voice calls (start_voice_call, then get_call with wait_seconds) and lends the tools of its MCP "
    "servers as server__tool. Use a server's tool yourself for what needs no call."
)


def _check(ctx: ServerRequestContext[Any, Any]) -> None:
    """Refuse parameters that the protocol does not allow.

    Raises:
        MCPError: This version of the protocol has no such method.
        ValidationError: A parameter is missing or of the wrong kind.
    """
    try:
        methods.validate_client_request(ctx.method, ctx.protocol_version, ctx.params)
    except KeyError as unknown:
        raise MCPError(mcp.METHOD_NOT_FOUND, "Method not found", ctx.method) from unknown


def _with_capabilities(target: Target, method: str, result: HandlerResult) -> HandlerResult:
    """Add what else a path has to the answer of the handshake or of discovery."""
    if method not in ("initialize", "server/discover") or not isinstance(result, dict):
        return result
    further: dict[str, Any] = {}
    if target.kind is Kind.SERVER:
        further = {"prompts": {}, "resources": {}, "completions": {}}
    return {**result, "capabilities": {**result["capabilities"], **further}}


def _refuse(status: Literal[403, 404], message: str) -> Response:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": mcp.INVALID_REQUEST, "message": message}}
    return Response(json.dumps(error), status_code=status, media_type="application/json")
