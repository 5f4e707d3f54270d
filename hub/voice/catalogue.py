"""The live tools of one VoiceCall, through `/mcp/calls/<id>`: a snapshot to read at any time, and ToolCalls.

One task owns the connection, follows changes of the list, and connects again whenever the hub was away.
"""

import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    CONNECTION_CLOSED,
    METHOD_NOT_FOUND,
    CallToolRequest,
    CallToolRequestParams,
    ListToolsRequest,
    PaginatedRequestParams,
)
from pydantic import TypeAdapter

from hub.core.backoff import RestartPolicy
from hub.core.errors import HubError
from hub.core.wire import TURN_META
from hub.voice.again import pause
from hub.voice.plain import failure, sentence

log = logging.getLogger(__name__)
Progressed = Callable[[float, float | None, str | None], None]
ERA: Final = "2026-07-28"
RAW: Final[Any] = TypeAdapter(dict[str, Any])
"""Results as they came: unknown keys kept, nothing checked against an output schema."""
AGAIN: Final = RestartPolicy(first_delay=0.2, factor=2, max_delay=3)
LIST_SECONDS: Final = 10.0
PAGES: Final = 50
RELIST_SECONDS: Final = 5.0
"""How often the list is read where changes cannot be subscribed to."""
LISTED_SECONDS: Final = 3.0
CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 90.0
"""A ToolCall without any sign of life for this long has failed; progress renews it."""
TOTAL_SECONDS: Final = 1800.0
"""The hub bounds a ToolCall, and lets no time pass while somebody answers a server's questions."""


class ToolFailed(HubError):
    """A ToolCall that failed; the message can be said to a caller."""

    code = "tool_failed"


class Catalogue:
    """What one call may use."""

    def __init__(
        self, url: str, token: str, secure: ssl.SSLContext, turn: Callable[[], int] = lambda: 0
    ) -> None:
        self.tools: tuple[Mapping[str, Any], ...] = ()
        """The definitions as they came, replaced as a whole."""
        self._url = url
        self._token = token
        self._secure = secure
        self._turn = turn
        """How many turns the caller has finished: each ToolCall says which one it follows."""
        self._client: Client | None = None
        self._connected = anyio.Event()
        self._listed = anyio.Event()

    async def listed(self) -> None:
        """Return once the tools are known, or after LISTED_SECONDS: the first answer must not lack them."""
        with anyio.move_on_after(LISTED_SECONDS):
            await self._listed.wait()

    async def run(self) -> None:
        """Own the connection until cancelled."""
        attempt = 0
        while True:
            try:
                async with self._http() as http, self._open(http) as client:
                    await self._follow(client)
                    attempt = 1  # ended by the hub, in good order
            except Exception as error:  # noqa: BLE001  # one connection: the SDK raises groups of many kinds
                attempt += 1
                log.debug("the tools' connection failed: %r", error)
            finally:
                self._client = None
                self._connected = anyio.Event()
            await pause(AGAIN, attempt)

    async def call(
        self, name: str, arguments: Mapping[str, Any], progressed: Progressed | None = None
    ) -> dict[str, Any]:
        """Run one tool and return its result as it came; `progressed` hears how far it is.

        Raises:
            ToolFailed: The tool said so, or the hub cannot be reached, or it took too long.
        """
        with anyio.move_on_after(CONNECT_SECONDS):
            await self._connected.wait()
        client = self._client
        if client is None:
            raise ToolFailed("The tools cannot be reached just now.")
        result = await self._answer(client, name, arguments, progressed)
        if result.get("isError"):
            raise ToolFailed(failure(result))
        if "inputRequests" in result:
            raise ToolFailed("The tool asked a question that cannot be answered in this call.")
        return result

    async def _answer(
        self, client: Client, name: str, arguments: Mapping[str, Any], progressed: Progressed | None
    ) -> dict[str, Any]:
        meta: Any = {TURN_META: self._turn()}
        params = CallToolRequestParams(name=name, arguments=dict(arguments), _meta=meta)
        request = CallToolRequest(params=params)
        with anyio.move_on_after(SILENT_SECONDS) as patience:

            async def alive(progress: float, total: float | None, message: str | None) -> None:
                patience.deadline = anyio.current_time() + SILENT_SECONDS
                if progressed is not None:
                    progressed(progress, total, message)

            try:
                result: dict[str, Any] = await client.session.send_request(
                    request, RAW, request_read_timeout_seconds=TOTAL_SECONDS, progress_callback=alive
                )
            except MCPError as error:
                if error.code == CONNECTION_CLOSED:
                    raise ToolFailed("The tools cannot be reached just now.") from error
                raise ToolFailed(sentence(error.message)) from error
            return result
        raise ToolFailed("The tool did not answer in time.")

    async def _follow(self, client: Client) -> None:
        """Read the list now and whenever it changes; returns when the subscription has ended."""
        await self._read(client)
        self._client = client
        self._connected.set()
        try:
            async with client.listen(tools_list_changed=True) as changes:
                await self._read(client)
                async for _ in changes:
                    await self._read(client)
        except MCPError as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            await self._keep_reading(client)

    async def _keep_reading(self, client: Client) -> None:
        while True:
            await anyio.sleep(RELIST_SECONDS)
            await self._read(client)

    async def _read(self, client: Client) -> None:
        """All pages of the list."""
        tools: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(PAGES):
            request = ListToolsRequest(params=PaginatedRequestParams(cursor=cursor))
            page: dict[str, Any] = await client.session.send_request(
                request, RAW, request_read_timeout_seconds=LIST_SECONDS
            )
            tools += page.get("tools") or []
            cursor = page.get("nextCursor")
            if not cursor:
                break
        self.tools = tuple(tools)
        self._listed.set()

    def _http(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=_CalmTransport(verify=self._secure),
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=httpx2.Timeout(connect=CONNECT_SECONDS, read=None, write=LIST_SECONDS, pool=None),
        )

    def _open(self, http: httpx2.AsyncClient) -> Client:
        transport = streamable_http_client(self._url, http_client=http)
        return Client(transport, mode=ERA, cache=None, read_timeout_seconds=LIST_SECONDS)


class _CalmTransport(httpx2.AsyncHTTPTransport):
    """Answers 503 where nothing can be reached: an exception would end all ToolCalls of the session."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except httpx2.TransportError as error:
            body = {
                "jsonrpc": "2.0",
                "id": None,
                "error": {"code": CONNECTION_CLOSED, "message": f"not reachable: {type(error).__name__}"},
            }
            return httpx2.Response(503, json=body)
