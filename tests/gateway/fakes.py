"""Fakes of what stands behind the gateway, and a real HTTP server in front of it."""

import socket
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import anyio
import uvicorn
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import MCPError
from starlette.types import Receive, Scope, Send

from hub.core.catalog import Catalog, Route
from hub.core.errors import NotFound, ServerUnavailable
from hub.core.ports import Caller, RawResult
from hub.core.spec import Config, ServerSpec, Transport, View
from hub.gateway.server import Gateway
from hub.pool.paces import ToolPace
from hub.toolcalls.toolcalls import Scope as ToolScope
from tests.gateway.fake_calls import CALL_ID, FakeCalls

TOKEN = "operator-token"  # noqa: S105
CALL_TOKEN = "call-token"  # noqa: S105

ECHO: dict[str, Any] = {
    "name": "notes__echo",
    "title": "Echo",
    "description": "Say it again",
    "inputSchema": {
        "type": "object",
        "properties": {"text": {"type": "string", "x-vendor": {"deep": [1, None]}}},
        "required": ["text"],
        "$defs": {"unused": {"const": 1}},
    },
    "outputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "x-out": 1},
    "annotations": {"readOnlyHint": True, "x-custom": "kept"},
    "icons": [{"src": "data:image/png;base64,AA==", "mimeType": "image/png"}],
    "_meta": {"vendor/key": {"a": None}},
    "vendorField": {"kept": True},
}


def route(definition: Mapping[str, Any], server: str, tool: str) -> Route:
    return Route(
        public=definition["name"],
        server=server,
        tool=tool,
        definition=definition,
        read_only=True,
        destructive=False,
        idempotent=True,
    )


def plain(name: str) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object"}}


class FakeTools:
    """A few tools of two servers, each with its own way of answering."""

    def __init__(self) -> None:
        self.routes = [
            route(ECHO, "notes", "echo"),
            *(
                route(plain(f"notes__{tool}"), "notes", tool)
                for tool in ("slow", "fails", "refuses", "breaks", "down")
            ),
            route(plain("notes__odd") | {"outputSchema": {"type": "array"}}, "notes", "odd"),
            route(plain("other__add"), "other", "add"),
        ]
        self.ran: list[tuple[ToolScope, str, str | None, dict[str, Any], dict[str, Any] | None]] = []
        self.running = 0
        self.most = 0
        self.cancelled = anyio.Event()
        self.started = anyio.Event()
        self.gate = anyio.Event()

    def offered(self, scope: ToolScope) -> list[Route]:
        return [r for r in self.routes if scope.view.servers == ("*",) or r.server in scope.view.servers]

    async def run(
        self,
        scope: ToolScope,
        caller: Caller,
        name: str,
        arguments: dict[str, Any],
        *,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> RawResult:
        if name not in [r.public for r in self.offered(scope)]:
            raise NotFound(f"There is no tool {name}.")
        self.ran.append((scope, caller.name, caller.call_id, arguments, more.get("_meta")))
        return await self._answer(name.rpartition("__")[2], caller, arguments)

    async def _answer(self, tool: str, caller: Caller, arguments: dict[str, Any]) -> RawResult:
        match tool:
            case "echo":
                return {
                    "content": [{"type": "text", "text": arguments["text"], "vendorPart": 1}],
                    "structuredContent": {
                        "text": arguments["text"],
                        "nothing": None,
                        "n": 12345678901234567890,
                    },
                    "isError": False,
                    "_meta": {"vendor/result": None},
                    "vendorResult": [1, {"two": None}],
                }
            case "fails":
                return {"content": [{"type": "text", "text": "no such note"}], "isError": True}
            case "odd":
                return {"content": [], "structuredContent": [1, 2]}
            case "refuses":
                raise MCPError(-32099, "not today", {"why": "sunday"})
            case "breaks":
                raise RuntimeError("secret detail of the hub")
            case "down":
                raise ServerUnavailable("notes is in backoff.", next_step="Try again in 5 s.")
            case "slow":
                return await self._slow(caller)
            case _:
                return {"content": [{"type": "text", "text": "3"}]}

    async def _slow(self, caller: Caller) -> RawResult:
        self.running += 1
        self.most = max(self.most, self.running)
        self.started.set()
        try:
            await caller.progress(1, 3, "one")
            await caller.progress(2, 3, "two")
            await self.gate.wait()
        except BaseException:
            self.cancelled.set()
            raise
        finally:
            self.running -= 1
        return {"content": [{"type": "text", "text": "slept"}]}


@dataclass
class FakeAnswer:
    result: RawResult


class NoPins:
    """Nothing waits for approval."""

    def instructions(self, server: str) -> str:
        return ""

    def prompts(self, server: str, listed: Sequence[Any]) -> Sequence[Any]:
        return listed

    def hides_prompt(self, server: str, name: Any) -> bool:
        return False


@dataclass
class FakePool:
    """Two servers, one of them with prompts and resources."""

    pins: NoPins = field(default_factory=NoPins)

    config: Config = field(
        default_factory=lambda: Config(
            servers={
                name: ServerSpec(name=name, transport=Transport.STDIO, command="x")
                for name in ("notes", "other")
            },
            views={"voice": View(name="voice"), "notes": View(name="notes", servers=("notes",))},
        )
    )
    catalog: Catalog = field(default_factory=Catalog)
    asked: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    subscribers: list[MemoryObjectSendStream[str]] = field(default_factory=list)

    @property
    def voice_catalog(self) -> Catalog:
        return self.catalog

    def spec(self, name: str) -> ServerSpec | None:
        return self.config.servers.get(name)

    def pace(self, server: str, tool: str) -> ToolPace | None:
        return ToolPace(20.0, 35.5, 9) if tool == "add" else None

    async def call(
        self, server: str, method: str, params: Mapping[str, Any], *, caller: Caller | None
    ) -> FakeAnswer:
        self.asked.append((server, method, params))
        match method:
            case "prompts/list":
                return FakeAnswer({"prompts": [{"name": "greet", "vendor": 1}], "resultType": "complete"})
            case "prompts/get":
                message = {
                    "role": "user",
                    "content": {"type": "text", "text": f"hi {params['arguments']['who']}"},
                }
                return FakeAnswer({"messages": [message], "vendor": None})
            case "resources/list":
                return FakeAnswer({"resources": [{"uri": "note://1", "name": "one"}]})
            case "resources/templates/list":
                return FakeAnswer({"resourceTemplates": []})
            case "resources/read":
                return FakeAnswer({"contents": [{"uri": params["uri"], "text": "milk"}]})
            case "completion/complete":
                return FakeAnswer({"completion": {"values": ["ada", "alan"]}})
            case _:
                raise MCPError(-32601, "Method not found")

    @asynccontextmanager
    async def changed(self) -> AsyncGenerator[MemoryObjectReceiveStream[str]]:
        send, receive = anyio.create_memory_object_stream[str](8)
        self.subscribers.append(send)
        with send, receive:
            yield receive

    async def change(self) -> None:
        for subscriber in self.subscribers:
            await subscriber.send("catalog")


def fake_status(server: str | None) -> dict[str, Any]:
    known = [
        {"name": "notes", "state": "ready", "transport": "stdio", "tools": 7, "restarts": 0},
        {
            "name": "other",
            "state": "backoff",
            "transport": "http",
            "tools": 1,
            "restarts": 3,
            "last_error": "gone",
        },
    ]
    servers = [one for one in known if server in (None, one["name"])]
    if not servers:
        raise NotFound(f"There is no server {server}.", next_step="See hub_status without arguments.")
    return {"servers": servers, "calls": {"active": 1, "limit": 4}, "providers": []}


def call_scope(call_id: str) -> ToolScope | None:
    return ToolScope(view=View(name="voice"), voice=True, call_id=call_id) if call_id == CALL_ID else None


class Tokens:
    """Stands in for hub.http: finds out whose token it is and says so, or answers 401."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app
        self.principals = {TOKEN: "operator", CALL_TOKEN: f"call:{CALL_ID}"}
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.requests.append((scope["method"], scope["path"], headers))
        if scope["path"] == "/healthz":
            await _plain(send, 200)
            return
        principal = self.principals.get(headers.get("authorization", "").removeprefix("Bearer "))
        if principal is None:
            await _plain(send, 401)
            return
        scope["state"] = {**scope.get("state", {}), "principal": principal}
        await self.app(scope, receive, send)


async def _plain(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@dataclass
class Running:
    """A gateway that is being served."""

    url: str
    port: int
    gateway: Gateway
    tools: FakeTools
    calls: FakeCalls
    pool: FakePool
    front: Tokens


def _listening(port: int) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port))
    # asyncio turns Nagle off only for sockets made with a proto; with it, answers wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def serving(
    *, voice: bool = True, port: int = 0, tools: Any = None, pool: Any = None
) -> AsyncGenerator[Running]:
    """A gateway over fakes, or over what is given, on a free port of loopback."""
    tools, calls = tools or FakeTools(), FakeCalls()
    pool = pool or FakePool(catalog=Catalog(routes={one.public: one for one in tools.routes}))
    gateway = Gateway(tools, calls if voice else None, pool, status=fake_status, call_scope=call_scope)
    front = Tokens(gateway)
    listener = _listening(port)
    config = uvicorn.Config(front, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    bound = listener.getsockname()[1]
    async with anyio.create_task_group() as tasks:
        await tasks.start(lambda task_status: gateway.run(task_status=task_status))
        done = anyio.Event()

        async def serve() -> None:
            try:
                await server._serve([listener])
            finally:
                done.set()

        tasks.start_soon(serve)
        try:
            yield Running(f"http://127.0.0.1:{bound}", bound, gateway, tools, calls, pool, front)
        finally:
            with anyio.CancelScope(shield=True):
                gateway.close()
                server.should_exit = True
                with anyio.move_on_after(5):
                    await done.wait()
            tasks.cancel_scope.cancel()
            listener.close()
