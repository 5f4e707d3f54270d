"""The hub as a worker sees it: the Link's endpoints with an in-memory journal, and an MCP server per call."""

import contextlib
import socket
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from hub.core.wire import Brief, Command, EventsUp, JobEnded, JobStarted, TurnHeard, WorkerHello

TOKEN = "worker-token"  # noqa: S105  # of a test
Run = Callable[[dict[str, Any], Callable[[float], Awaitable[None]]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class FakeTool:
    """A tool and what running it does."""

    name: str
    run: Run
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})


class Endless:
    """What a tool does that never answers; it knows when it has begun and when it was cancelled."""

    def __init__(self) -> None:
        self.started, self.cancelled = anyio.Event(), anyio.Event()

    async def __call__(self, _arguments: object, _progress: object) -> dict[str, Any]:
        self.started.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            self.cancelled.set()
            raise
        return text("")


@dataclass
class FakeCall:
    """One call: its Brief, the events that came, the commands that wait."""

    brief: Brief
    jobs: list[JobStarted] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    seq: dict[str, int] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    over: bool = False
    changed: anyio.Event = field(default_factory=anyio.Event)

    def touch(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    def order(self, kind: Any, text: str = "", **values: Any) -> int:
        self.commands.append(Command(n=len(self.commands) + 1, kind=kind, text=text, **values))
        self.touch()
        return len(self.commands)

    def turns(self) -> list[TurnHeard]:
        """The turns as they stand: the last word on each item, in the order they began."""
        turns: dict[str, TurnHeard] = {}
        for event in self.events:
            if isinstance(event, TurnHeard):
                turns[event.item] = event
        return list(turns.values())

    def said(self, role: str) -> list[str]:
        return [turn.text for turn in self.turns() if turn.role == role and turn.final]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def ended(self) -> JobEnded | None:
        found = self.of(JobEnded)
        return found[0] if found else None

    async def until(self, true: Callable[["FakeCall"], Any], seconds: float = 15) -> None:
        """Wait for something about this call to become true."""
        with anyio.fail_after(seconds):
            while not true(self):
                with anyio.move_on_after(0.1):
                    await self.changed.wait()


class FakeHub:
    """Can be stopped and started again on the same port, like a hub that crashed."""

    def __init__(self) -> None:
        self.calls: dict[str, FakeCall] = {}
        self.hellos: list[WorkerHello] = []
        self.tools: dict[str, FakeTool] = {}
        self.broken = 0
        """So many requests of the Link are answered with 503."""
        self.answers_lost = 0
        """So many batches of events are taken, and then answered with 503."""
        self.token = TOKEN
        self.port = 0
        self.bus = InMemorySubscriptionBus()
        self.greeted = anyio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, **values: Any) -> FakeCall:
        call_id = f"call-{uuid.uuid4().hex[:8]}"
        given: dict[str, Any] = {
            "mode": "browser",
            "goal": "Answer questions about the data.",
            "max_seconds": 600,
        } | values
        call = FakeCall(
            Brief(call_id=call_id, token=f"t-{call_id}", mcp_path=f"/mcp/calls/{call_id}", **given)
        )
        self.calls[call_id] = call
        return call

    def tool(self, name: str, run: Run, **values: Any) -> None:
        self.tools[name] = FakeTool(name, run, **values)

    async def tools_changed(self) -> None:
        await self.bus.publish(ToolsListChanged())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator["FakeHub"]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)  # nobody is refused while the server starts
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(), log_level="critical", lifespan="on", timeout_graceful_shutdown=1, ws="none"
        )
        server = _Quiet(config)
        with listener:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(server.serve, [listener])
                try:
                    yield self
                finally:
                    server.should_exit = True
                    for call in self.calls.values():
                        call.touch()

    def _app(self) -> Starlette:
        mcp = Server[Any](
            "calls",
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_subscriptions_listen=ListenHandler(self.bus),
        )
        inner = mcp.streamable_http_app(streamable_http_path="/mcp", stateless_http=True)

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope)
            name = str(scope["path"]).rsplit("/", 1)[-1]
            call = self.calls.get(name)
            if call is None or request.headers.get("authorization") != f"Bearer {call.brief.token}":
                await Response(status_code=401)(scope, receive, send)
                return
            await inner({**scope, "path": "/mcp", "raw_path": b"/mcp", "root_path": ""}, receive, send)

        routes = [
            Route("/api/worker/hello", self._hello, methods=["POST"]),
            Route("/api/worker/jobs", self._job, methods=["POST"]),
            Route("/api/worker/calls/{id}/events", self._events, methods=["POST"]),
            Route("/api/worker/calls/{id}/commands", self._commands),
            Mount("/mcp", app=guarded),
        ]
        lifespan: Any = inner.router.lifespan_context
        return Starlette(routes=routes, lifespan=lambda _app: lifespan(inner))

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, "unauthorized", "No such token.")
        if self.broken:
            self.broken -= 1
            return _error(503, "unavailable", "Not now.")
        return None

    async def _hello(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self.hellos.append(WorkerHello.model_validate_json(await request.body()))
        self.greeted.set()
        return JSONResponse({})

    async def _job(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        started = JobStarted.model_validate_json(await request.body())
        call = self.calls.get(started.call_id) if started.call_id else self.call(goal="A foreign room.")
        if call is None:
            return _error(404, "call_not_found", "There is no such call.")
        call.jobs.append(started)
        return JSONResponse(call.brief.model_dump())

    async def _events(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        call = self.calls.get(request.path_params["id"])
        if call is None:
            return _error(404, "call_not_found", "There is no such call.")
        up = EventsUp.model_validate_json(await request.body())
        seen = call.seq.get(up.job_id, 0)
        for event in up.events:
            if event.seq == seen + 1:
                call.events.append(event)
                seen = event.seq
        call.seq[up.job_id] = seen
        call.touch()
        if self.answers_lost:
            self.answers_lost -= 1
            return _error(503, "unavailable", "The answer is lost.")
        return JSONResponse({"seq": seen, "over": call.over})

    async def _commands(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        call = self.calls.get(request.path_params["id"])
        if call is None:
            return _error(404, "call_not_found", "There is no such call.")
        after, wait = int(request.query_params["after"]), float(request.query_params["wait"])
        with anyio.move_on_after(min(wait, 2.0)):
            while len(call.commands) <= after and not call.over:
                await call.changed.wait()
        new = [command.model_dump() for command in call.commands[after:]]
        return JSONResponse({"commands": new, "over": call.over})

    async def _list_tools(self, _ctx: Any, _params: Any) -> types.ListToolsResult:
        tools = [
            types.Tool(name=tool.name, description=tool.description, input_schema=dict(tool.schema))
            for tool in self.tools.values()
        ]
        return types.ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def _call_tool(self, ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = self.tools[params.name]

        async def progress(value: float) -> None:
            await ctx.session.report_progress(value)

        return types.CallToolResult.model_validate(await tool.run(params.arguments or {}, progress))


class _Quiet(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


def text(value: str, *, error: bool = False) -> dict[str, Any]:
    """A tool's result."""
    return {"content": [{"type": "text", "text": value}], "isError": error}


def _error(status: int, code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": message, "retryable": False, "next_step": ""}}
    return JSONResponse(body, status_code=status)
