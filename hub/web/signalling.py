"""LiveKit's signalling under the hub's own origin, so that a page needs one port and `connect-src 'self'`.

Only signalling passes through here; sound goes straight between browser and LiveKit.
"""

import logging
from collections.abc import Callable, Mapping

import aiohttp
import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
GOING_AWAY, INTERNAL = 1001, 1011
UNSENDABLE = frozenset({1005, 1006, 1015})


class Signalling:
    """A proxy to whichever LiveKit is used. `url` is its ws or http URL, None while there is none."""

    def __init__(self, url: Callable[[], str | None], session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    def routes(self) -> list[BaseRoute]:
        """/lk and everything below, both kinds."""
        return [
            WebSocketRoute("/lk/{path:path}", self._websocket),
            Route("/lk/{path:path}", self._plain, methods=["GET", "HEAD"]),
            Route("/lk", self._plain, methods=["GET", "HEAD"]),
        ]

    def _target(self, kind: str, path: str, query: str) -> str | None:
        url = self._url()
        if url is None:
            return None
        secure = url.startswith(("wss://", "https://"))
        scheme = {"ws": ("ws", "wss"), "http": ("http", "https")}[kind][secure]
        return f"{scheme}://{url.split('://', 1)[1].rstrip('/')}/{path}" + (f"?{query}" if query else "")

    async def _plain(self, request: Request) -> Response:
        target = self._target("http", request.path_params.get("path", ""), request.url.query)
        if target is None:
            return PlainTextResponse("LiveKit is not up.", status_code=503)
        try:
            timeout = aiohttp.ClientTimeout(total=CONNECT_SECONDS)
            async with self._session.request(
                request.method, target, timeout=timeout, headers=_token(request.headers)
            ) as answer:
                return Response(
                    await answer.read(), status_code=answer.status, media_type=answer.content_type
                )
        except (aiohttp.ClientError, TimeoutError):
            return PlainTextResponse("LiveKit does not answer.", status_code=502)

    async def _websocket(self, caller: WebSocket) -> None:
        target = self._target("ws", caller.path_params["path"], caller.url.query)
        if target is None:
            await caller.close(GOING_AWAY, "LiveKit is not up")
            return
        try:
            with anyio.fail_after(CONNECT_SECONDS):
                livekit = await self._session.ws_connect(
                    target, max_msg_size=0, headers=_token(caller.headers)
                )
        except (aiohttp.ClientError, TimeoutError):
            await caller.close(INTERNAL, "LiveKit does not answer")
            return
        await caller.accept()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._down, livekit, caller, tasks.cancel_scope, name="signalling: down")
                await self._up(caller, livekit)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                await livekit.close()

    async def _up(self, caller: WebSocket, livekit: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await caller.receive()
            if message["type"] == "websocket.disconnect" or livekit.closed:
                return
            if message.get("bytes") is not None:
                await livekit.send_bytes(message["bytes"])
            else:
                await livekit.send_str(message["text"])

    async def _down(
        self, livekit: aiohttp.ClientWebSocketResponse, caller: WebSocket, scope: anyio.CancelScope
    ) -> None:
        try:
            async for message in livekit:
                if message.type is aiohttp.WSMsgType.BINARY:
                    await caller.send_bytes(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    await caller.send_text(message.data)
            await caller.close(_told(livekit.close_code))
        except (WebSocketDisconnect, RuntimeError):
            logger.debug("a caller left while LiveKit was speaking")
        scope.cancel()


def _token(headers: Mapping[str, str]) -> dict[str, str]:
    """LiveKit's own token: programs send it as a header, browsers in the query."""
    return {"Authorization": headers["authorization"]} if "authorization" in headers else {}


def _told(code: int | None) -> int:
    """A close code that may be sent: 1005, 1006 and 1015 may not (RFC 6455, section 7.4.1)."""
    return code if code is not None and code not in UNSENDABLE else GOING_AWAY
