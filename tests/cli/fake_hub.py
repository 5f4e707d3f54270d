"""A hub's JSON API on a real port, with scripted calls: what the command line talks to in these tests."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

TOKEN = "the-token"  # noqa: S105  # it opens nothing
STARTING_SECONDS = 10.0
NOBODY = 2**22 + 1  # more than Linux gives a process
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "pid": NOBODY,
    "url": "http://127.0.0.1:7788",
    "started_at": time.time() - 100,
    "config": "/somewhere/servers.json",
    "ready": True,
    "voice": True,
    "parts": [{"name": "voice worker", "state": "ready", "detail": "registered", "pid": 4712, "restarts": 0}],
    "servers": [
        {
            "name": "notes",
            "state": "ready",
            "transport": "stdio",
            "tools": 3,
            "restarts": 1,
            "p50_ms": 1.23456,
        },
        {
            "name": "mail",
            "state": "backoff",
            "transport": "http",
            "tools": 0,
            "last_error": "\x1b[31mno\nroute",
        },
    ],
    "calls": {"active": 1, "limit": 4},
    "providers": [{"kind": "stt", "name": "AssemblyAI", "practice": True}],
    "problems": [
        {
            "path": "mcpServers.x.command",
            "line": 7,
            "message": "It is empty.",
            "remedy": "Fill it.",
            "server": "x",
        }
    ],
}


@dataclass
class FakeHub:
    """Answers what `routes` say, else plays one call: a greeting, then `replies` to what is sent."""

    home: Path
    routes: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """`GET /api/status` → (status, JSON value, or text for something that is no hub)."""
    greeting: list[dict[str, Any]] = field(default_factory=list)
    replies: list[list[dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    ended_reason: str | None = None
    port: int = 0
    server: uvicorn.Server | None = None
    delay: float = 0.0

    def tell(self, *events: dict[str, Any]) -> None:
        """Have something happen in the call; `{"end": reason}` ends it."""
        for event in events:
            if "end" in event:
                self.ended_reason = event["end"]
            else:
                self.events.append({"n": len(self.events) + 1, "t": 1.0, **event})

    async def answer(self, request: Request) -> Response:
        """Everything comes here."""
        key = f"{request.method} {request.url.path}"
        body = json.loads(await request.body() or b"null")
        self.asked.append((key, body if request.method == "POST" else dict(request.query_params)))
        if request.url.path != "/api/join" and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": {"code": "unauthorized", "message": "No."}}, status_code=401)
        await anyio.sleep(self.delay)
        if key in self.routes:
            status, value = self.routes[key]
            return PlainTextResponse(value, status) if isinstance(value, str) else JSONResponse(value, status)
        return JSONResponse(await self._play(key, request, body))

    async def _play(self, key: str, request: Request, body: Any) -> dict[str, Any]:
        match key:
            case "POST /api/calls":
                self.tell(*self.greeting)
                link = f"http://127.0.0.1:{self.port}/join/c1#the-key"
                return {"call_id": "c1", "status": "in_progress"} | (
                    {"join_url": link} if body.get("mode") == "browser" else {}
                )
            case "POST /api/calls/c1/send":
                self.tell({"kind": "turn", "role": "caller", "text": body["text"]}, *self.replies.pop(0))
                return {"accepted": True, "delivered": "spoken", "event": len(self.events)}
            case "POST /api/calls/c1/end":
                self.ended_reason = self.ended_reason or "operator_ended"
                return {"status": "ended", "already_ended": False}
            case "POST /api/stop":
                assert self.server is not None
                self.server.should_exit = True
                return {"stopping": True}
        return await self._call(request)

    async def _call(self, request: Request) -> dict[str, Any]:
        after = int(request.query_params.get("after_event", 0))
        with anyio.move_on_after(float(request.query_params.get("wait_seconds", 0))):
            while len(self.events) <= after and self.ended_reason is None:  # noqa: ASYNC110  # told from elsewhere
                await anyio.sleep(0.005)
        return {
            "call_id": "c1",
            "status": "ended" if self.ended_reason else "in_progress",
            "done": self.ended_reason is not None,
            "ended_reason": self.ended_reason,
            "duration_s": 12.3,
            "events": self.events[after:],
            "last_event": len(self.events),
        }


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Have it listen, and be found by HUB_HOME."""
    methods = ["GET", "POST", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", hub.answer, methods=methods)])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    hub.server = uvicorn.Server(config)
    sock = config.bind_socket()
    hub.port = sock.getsockname()[1]
    thread = threading.Thread(target=hub.server.run, kwargs={"sockets": [sock]})
    thread.start()
    deadline = time.monotonic() + STARTING_SECONDS
    while not hub.server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    told = {"pid": 1, "started_at": 1.0, "url": f"http://127.0.0.1:{hub.port}", "config": "servers.json"}
    (hub.home / "hub.json").write_text(json.dumps(told))
    (hub.home / "token").write_text(TOKEN + "\n")
    (hub.home / "token").chmod(0o600)
    try:
        yield hub
    finally:
        hub.server.should_exit = True
        thread.join(timeout=10)
        sock.close()
