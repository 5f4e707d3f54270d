"""The doors that guard themselves: signing in to the dashboard, joining a call, health, metrics."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import InvalidArguments, ServerUnavailable
from hub.http.access import COOKIE, Doorkeeper
from hub.web.api import body, for_operator, told
from hub.web.pages import signed_out_page

COOKIE_SECONDS = 30 * 24 * 3600
LIVEKIT_PATH = "/lk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Routes that need no token, and /metrics, which does."""

    door: Doorkeeper
    calls: VoiceCalls | None
    ready: Callable[[], bool]
    metrics: Callable[[], bytes]

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/login", self._login, methods=["GET"]),
            Route("/api/join", self._join, methods=["POST"]),
            Route("/api/join/action", self._act, methods=["POST"]),
            Route("/api/join/form", self._fill, methods=["POST"]),
            Route("/api/join/info", self._join_info, methods=["POST"]),
            Route("/healthz", self._healthy, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
            Route("/metrics", for_operator(self._metrics), methods=["GET"]),
        ]

    async def _login(self, request: Request) -> Response:
        code = request.query_params.get("code", "")
        if not self.door.redeem(code):
            return signed_out_page()
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE,
            self.door.cookie(),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def _join(self, request: Request) -> Response:
        return await told(self._let_in, request)

    async def _let_in(self, request: Request) -> Response:
        call_id, key = await _key(request)
        scheme = "wss" if request.url.scheme == "https" else "ws"
        livekit = f"{scheme}://{request.headers.get('host', request.url.netloc)}{LIVEKIT_PATH}"
        return _fresh(await self._voice().join(call_id, key, livekit))

    async def _act(self, request: Request) -> Response:
        return await told(self._decided, request)

    async def _decided(self, request: Request) -> Response:
        """The caller's yes or no on the page: {call_id, key, action_id, decision}."""
        given = await body(request)
        _, key = await _key(request)
        del given["key"]
        return _fresh(await self._voice().decide_by_link(key, given))

    async def _fill(self, request: Request) -> Response:
        return await told(self._filled, request)

    async def _filled(self, request: Request) -> Response:
        """A server's form on the page: {call_id, key, form_id, decision, content}."""
        given = await body(request)
        _, key = await _key(request)
        del given["key"]
        return _fresh(await self._voice().fill_by_link(key, given))

    async def _join_info(self, request: Request) -> Response:
        return await told(self._info, request)

    async def _info(self, request: Request) -> Response:
        return _fresh(await self._voice().join_info(*await _key(request)))

    async def _healthy(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _ready(self, _request: Request) -> Response:
        return PlainTextResponse("ok") if self.ready() else PlainTextResponse("not ready", status_code=503)

    async def _metrics(self, _request: Request) -> Response:
        return Response(self.metrics(), media_type=CONTENT_TYPE_LATEST)

    def _voice(self) -> VoiceCalls:
        if self.calls is None:
            raise ServerUnavailable("This hub runs without voice.", next_step="Ask whoever runs it.")
        return self.calls


async def _key(request: Request) -> tuple[str, str]:
    given = await body(request)
    call_id, key = given.get("call_id"), given.get("key")
    if not isinstance(call_id, str) or not isinstance(key, str):
        raise InvalidArguments("call_id and key are needed.", next_step="Open the whole join link.")
    return call_id, key


def _fresh(content: dict[str, object]) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
