"""A hub for the pages alone: its JSON, its live streams and LiveKit's signalling, all set by the test."""

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio
import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.http.errors import error_body
from hub.web.pages import page_routes
from hub.web.signalling import Signalling
from tests.web.livekit_room import LivekitServer

KEY = "the-key"
Json = dict[str, Any]


def refusal(status: int, code: str, message: str, next_step: str = "") -> Response:
    """An error as the hub tells it."""
    return JSONResponse(error_body(code, message, next_step=next_step), status_code=status)


@dataclass
class FakeHub:
    """What the pages are told; a test changes it and calls `changed()`."""

    status: Json = field(default_factory=dict)
    calls: list[Json] = field(default_factory=list)
    details: dict[str, Json] = field(default_factory=dict)
    turns: dict[str, list[Json]] = field(default_factory=dict)
    servers: dict[str, Json] = field(default_factory=dict)
    results: dict[str, Json] = field(default_factory=dict)
    """Whole results, by ToolCall."""
    waiting: list[Json] = field(default_factory=list)
    """What waits for approval, of whatever server is asked for."""
    info: Json = field(default_factory=dict)
    livekit: LivekitServer | None = None
    refuse: dict[str, Response] = field(default_factory=dict)
    """By path: how the next requests to it are refused."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    """By path: what a POST is answered."""
    port: int = 0
    _news: anyio.Event = field(default_factory=anyio.Event)
    _server: "_Server | None" = None

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    def changed(self) -> None:
        """Tell everybody who follows."""
        self._news.set()
        self._news = anyio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["FakeHub"]:
        """Answer on a free port, until left; the same port when served again."""
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            async with aiohttp.ClientSession() as session, anyio.create_task_group() as tasks:
                signalling = Signalling(lambda: self.livekit.url if self.livekit else None, session)
                app = Starlette(routes=[*self._routes(), *signalling.routes(), *page_routes()])
                server = _Server(
                    uvicorn.Config(
                        app,
                        log_level="error",
                        timeout_graceful_shutdown=0,
                        lifespan="off",
                        ws="websockets-sansio",
                    )
                )
                tasks.start_soon(server.serve, [listener])
                try:
                    yield self
                finally:
                    self.changed()
                    server.force_exit = True
                    server.should_exit = True

    def _routes(self) -> list[Route]:
        table = [
            ("GET", "/api/live", self._live),
            ("GET", "/api/live/calls/{id}", self._live_call),
            ("GET", "/api/status", self._status),
            ("GET", "/api/calls", self._calls),
            ("GET", "/api/calls/{id}", self._call),
            ("GET", "/api/calls/{id}/link", self._link),
            ("GET", "/api/calls/{id}/results/{tool_call}", self._result),
            ("GET", "/api/servers/{name}", self._a_server),
            ("GET", "/api/pins", self._pins),
            ("POST", "/api/join/info", self._join_info),
            ("POST", "/api/join", self._join),
            ("POST", "/api/{path:path}", self._post),
        ]
        return [Route(path, self._guarded(answer), methods=[method]) for method, path, answer in table]

    def _guarded(self, answer: Any) -> Any:
        async def guarded(request: Request) -> Response:
            path = request.url.path
            if request.method == "POST":
                self.asked.append(("POST", path, await request.json() if await request.body() else None))
            if path in self.refuse:
                return self.refuse[path]
            response: Response = await answer(request)
            return response

        return guarded

    async def _status(self, _: Request) -> Response:
        return JSONResponse(self.status)

    async def _calls(self, _: Request) -> Response:
        return JSONResponse({"calls": self.calls, "next_cursor": None})

    async def _call(self, request: Request) -> Response:
        call = self.details.get(request.path_params["id"])
        return (
            JSONResponse(call)
            if call
            else refusal(404, "call_not_found", "There is no such call.", "Look at the list of calls.")
        )

    async def _result(self, request: Request) -> Response:
        return JSONResponse({"tool": "a tool", "result": self.results[request.path_params["tool_call"]]})

    async def _link(self, request: Request) -> Response:
        return JSONResponse({"join_url": f"{self.url}/join/{request.path_params['id']}#{KEY}"})

    async def _pins(self, request: Request) -> Response:
        found = {"server": request.query_params["server"], "waiting": self.waiting}
        return JSONResponse({"servers": [found]})

    async def _a_server(self, request: Request) -> Response:
        server = self.servers.get(request.path_params["name"])
        return (
            JSONResponse(server)
            if server
            else refusal(404, "not_found", "There is no such server.", "Look at servers.json.")
        )

    async def _post(self, request: Request) -> Response:
        return JSONResponse(self.answers.get(request.url.path, {}))

    async def _join_info(self, _: Request) -> Response:
        return JSONResponse(self.info)

    async def _join(self, request: Request) -> Response:
        call_id = (await request.json())["call_id"]
        if self.livekit is None:
            return refusal(503, "server_unavailable", "LiveKit is not up.", "Try again in a few seconds.")
        identity = f"caller-{call_id}"
        token = self.livekit.token(identity, call_id)
        return JSONResponse(
            {"url": f"ws://127.0.0.1:{self.port}/lk", "token": token, "identity": identity, "expires_at": ""}
        )

    async def _live(self, _: Request) -> Response:
        async def events() -> AsyncGenerator[ServerSentEvent]:
            while True:
                news = self._news
                yield ServerSentEvent(event="status", data=json.dumps(self.status))
                yield ServerSentEvent(event="calls", data=json.dumps({"calls": self.calls}))
                await news.wait()

        return EventSourceResponse(events())

    async def _live_call(self, request: Request) -> Response:
        call_id = request.path_params["id"]
        if call_id not in self.details:
            return refusal(404, "call_not_found", "There is no such call.")

        async def events() -> AsyncGenerator[ServerSentEvent]:
            while True:
                news = self._news
                yield ServerSentEvent(event="call", data=json.dumps(self.details[call_id]))
                yield ServerSentEvent(event="turns", data=json.dumps({"turns": self.turns.get(call_id, [])}))
                await news.wait()

        return EventSourceResponse(events())


class _Server(uvicorn.Server):
    """One that leaves the test's signals alone."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()
