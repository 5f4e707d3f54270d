"""Joins a stdio MCP client to the hub's /mcp, in whichever era the client speaks.

Each request is a POST of its own, so that one that is lost takes no other with it. When the hub goes away,
its requests get an error, and the session is opened again, unseen by the client, when the hub is back.
"""

import base64
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.errors import HubError, Unauthorized
from hub.gateway.http_client import Gone, Hub, Response, compact, fetch
from hub.gateway.rendezvous import say

PATH: Final = "/mcp"
VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
NAMED: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"} | dict.fromkeys(
    ("tasks/get", "tasks/update", "tasks/cancel"), "taskId"
)
LOST: Final = -32000
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
LOOK_AGAIN_SECONDS: Final = 0.5
NOTICE_SECONDS: Final = 10.0
ORDER_SECONDS: Final = 5.0
NOT_FOUND: Final = 404
UNAUTHORIZED: Final = 401
FAILED: Final = 400
_PLAIN = re.compile(r"[\x21-\x7E](?:[\x20-\x7E]*[\x21-\x7E])?")
_WRAPPED = re.compile(r"=\?base64\?.*\?=")

Message = dict[str, Any]
Find = Callable[[], Awaitable[Hub | None]]
Write = Callable[[bytes], None]


@dataclass(slots=True)
class _Running:
    """A request of the client that has no answer yet."""

    method: str
    modern: bool
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    sent: anyio.Event = field(default_factory=anyio.Event)


@dataclass(frozen=True, slots=True)
class _Session:
    """A session of the older era."""

    id: str
    version: str


class Bridge:
    """One client, one hub."""

    def __init__(self, hub: Hub, find: Find, write: Write) -> None:
        self._hub = hub
        self._find = find
        self._write = write
        self._running: dict[str | int, _Running] = {}
        self._hello: Message | None = None
        self._session: _Session | None = None
        self._listening = False
        self._subscribed: dict[str, Message] = {}
        """What the client has subscribed to: a hub that comes back does not know."""
        self._renewing = anyio.Lock()

    async def run(self, lines: MemoryObjectReceiveStream[bytes]) -> None:
        """Serve the client's lines until they end."""
        async with anyio.create_task_group() as tasks:
            async for line in lines:
                await self._take(tasks, line)

    async def goodbye(self) -> None:
        """Let the hub forget the session."""
        if self._session is not None:
            async with fetch(self._hub, "DELETE", PATH, self._headers({})):
                pass

    async def _take(self, tasks: TaskGroup, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "This line is not JSON.")
            return
        if not isinstance(message, dict):
            self._refuse(None, INVALID_REQUEST, "This line is not one JSON-RPC message.")
        elif "method" in message and "id" in message:
            running = _Running(str(message["method"]), _modern(message) is not None)
            self._running[_key(message["id"])] = running
            tasks.start_soon(self._request, message, running)
        elif message.get("method") == "notifications/cancelled":
            await self._cancelled(message)
        else:
            await self._notice(message)
            if message.get("method") == "notifications/initialized" and not self._listening:
                self._listening = True
                tasks.start_soon(self._listen)

    async def _cancelled(self, message: Message) -> None:
        running = self._running.get(_key((message.get("params") or {}).get("requestId")))
        if running is not None and running.modern:
            running.scope.cancel()  # over HTTP, the end of the connection says it
        elif running is not None:
            with anyio.move_on_after(ORDER_SECONDS):
                await running.sent.wait()
            await self._notice(message)

    async def _notice(self, message: Message) -> None:
        """Send what gets no answer, in the order it came; one that is lost is not missed."""
        with anyio.move_on_after(NOTICE_SECONDS):
            try:
                async with fetch(self._hub, "POST", PATH, self._headers(message), compact(message)):
                    pass
            except Gone:
                return

    async def _request(self, message: Message, running: _Running) -> None:
        try:
            with running.scope:
                await self._answered(message, running)
        except Gone as gone:
            self._refuse(message["id"], LOST, _words(gone, running.method))
        except HubError as error:
            self._refuse(message["id"], LOST, error.message)
        except Exception as defect:  # noqa: BLE001  # one request's boundary: the others go on
            say(f"{running.method} failed: {defect!r}")
            self._refuse(message["id"], LOST, f"hub connect could not pass on {running.method}.")
        finally:
            self._running.pop(_key(message["id"]), None)

    async def _answered(self, message: Message, running: _Running) -> None:
        """Have a request answered; a hub that has moved, or forgotten the session, is asked once more."""
        session = self._session
        try:
            if await self._once(message, running):
                return
        except Gone as gone:
            if gone.sent or not await self._found():
                raise
        await self._renew(session)
        if not await self._once(message, running):
            self._refuse(
                message["id"], LOST, f"The hub does not know this session, so {running.method} was not done."
            )

    async def _once(self, message: Message, running: _Running) -> bool:
        """Ask; False when the hub has not looked at the request because it does not know session or token."""
        asked_in, hello = self._session, running.method == "initialize"
        headers = self._headers(message)
        async with fetch(self._hub, "POST", PATH, headers, compact(message), running.sent) as response:
            if response.status == UNAUTHORIZED:
                used = self._hub
                if not await self._found() or self._hub == used:
                    raise Unauthorized(
                        "The hub does not accept the token in HUB_HOME/token: is HUB_HOME its home?"
                    )
                return False
            if response.status == NOT_FOUND and asked_in is not None and not running.modern and not hello:
                return False
            await self._pass_on(response, message)
        return True

    async def _pass_on(self, response: Response, message: Message) -> None:
        if response.streams:
            async with aclosing(response.events()) as events:
                async for event in events:
                    if self._deliver(json.loads(event), message, response):
                        return
            raise Gone("The hub went away", sent=True)
        body = await response.body()
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {"error": {"code": LOST, "message": f"The hub answered with HTTP {response.status}."}}
        if (
            response.status >= FAILED
            and isinstance(answer.get("error"), dict)
            and "code" not in answer["error"]
        ):
            answer["error"] = {
                "code": LOST,
                "message": str(answer["error"].get("message", "The hub refused this.")),
            }
        self._deliver({"jsonrpc": "2.0", **answer, "id": message["id"]}, message, response)

    def _deliver(self, answer: Message, asked: Message, response: Response) -> bool:
        """Hand a message to the client; True when it was the answer."""
        final = "method" not in answer and answer.get("id") == asked["id"]
        if final and "result" in answer:
            self._note(asked, answer["result"], response)
        self._write(compact(answer))
        return final

    def _note(self, asked: Message, result: Mapping[str, Any], response: Response) -> None:
        """Remember what the client has set up, so that it can be set up again."""
        method, uri = asked["method"], str((asked.get("params") or {}).get("uri"))
        if method == "initialize":
            self._open(asked, result, response)
        elif method == "resources/subscribe":
            self._subscribed[uri] = asked
        elif method == "resources/unsubscribe":
            self._subscribed.pop(uri, None)

    def _open(self, hello: Message, result: Mapping[str, Any], response: Response) -> None:
        self._hello = hello
        session_id = response.headers.get("mcp-session-id")
        if session_id is not None:
            self._session = _Session(session_id, str(result.get("protocolVersion", "")))

    def _headers(self, message: Message) -> dict[str, str]:
        """What HTTP wants to be told besides the message itself."""
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "Hub-Connect": "1",
        }
        version = _modern(message)
        if version is not None:
            method = str(message.get("method", ""))
            name = (message.get("params") or {}).get(NAMED.get(method, ""))
            headers |= {"MCP-Protocol-Version": version, "Mcp-Method": method}
            headers |= {"Mcp-Name": header_value(name)} if isinstance(name, str) else {}
        elif self._session is not None and message.get("method") != "initialize":
            headers |= {"MCP-Protocol-Version": self._session.version, "Mcp-Session-Id": self._session.id}
        return headers

    async def _found(self) -> bool:
        hub = await self._find()
        if hub is not None:
            self._hub = hub
        return hub is not None

    async def _renew(self, old: _Session | None) -> None:
        """Open a session in the place of `old`, with the client's own first words; once, whoever asks.

        Raises:
            Gone: The hub is not there.
        """
        async with self._renewing:
            if self._hello is None or old is None or self._session != old:
                return
            hello = {**self._hello, "id": "hub-connect"}
            async with fetch(self._hub, "POST", PATH, self._headers(hello), compact(hello)) as response:
                answer = await _result(response)
                self._open(self._hello, answer, response)
            await self._notice({"jsonrpc": "2.0", "method": "notifications/initialized"})
            for asked in list(self._subscribed.values()):
                await self._repeat({**asked, "id": "hub-connect"})
            self._write(compact({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}))
            say("connected to the hub again")

    async def _repeat(self, message: Message) -> None:
        """Ask the hub something that the client has the answer to."""
        async with fetch(self._hub, "POST", PATH, self._headers(message), compact(message)) as response:
            with contextlib.suppress(Gone):  # what was subscribed to is no more
                await _result(response)

    async def _listen(self) -> None:
        """Hand on what the hub says unasked, in the older era, for as long as the client is there."""
        while True:
            session = self._session
            try:
                if session is None or not await self._stream(session):
                    return
            except Gone:
                await self._back()
            await anyio.sleep(LOOK_AGAIN_SECONDS)

    async def _stream(self, session: _Session) -> bool:
        """Read one stream to its end; False when this hub has none to give."""
        headers = {name: value for name, value in self._headers({}).items() if name != "Content-Type"}
        async with fetch(self._hub, "GET", PATH, headers | {"Accept": "text/event-stream"}) as response:
            if response.status == NOT_FOUND:
                await self._renew(session)
                return True
            if not response.streams:
                return response.status not in {405, 501}
            async with aclosing(response.events()) as events:
                async for event in events:
                    self._write(compact(json.loads(event)))
        return True

    async def _back(self) -> None:
        """Wait until the hub is there again."""
        while not await self._found():  # noqa: ASYNC110  # a hub that starts leaves word in a file
            await anyio.sleep(LOOK_AGAIN_SECONDS)

    def _refuse(self, request_id: Any, code: int, message: str) -> None:
        error = {"code": code, "message": message}
        self._write(compact({"jsonrpc": "2.0", "id": request_id, "error": error}))


async def _result(response: Response) -> dict[str, Any]:
    """The result of the one request that was asked.

    Raises:
        Gone: There is none.
    """
    if response.streams:
        async with aclosing(response.events()) as events:
            async for event in events:
                answer = json.loads(event)
                if "result" in answer:
                    return dict(answer["result"])
    else:
        answer = json.loads(await response.body() or b"{}")
        if "result" in answer:
            return dict(answer["result"])
    raise Gone("The hub did not open a session", sent=False)


def _modern(message: Message) -> str | None:
    """The protocol version that a message of the modern era carries; None in the older one."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _key(request_id: Any) -> str | int:
    return request_id if isinstance(request_id, str | int) else repr(request_id)


def _words(gone: Gone, method: str) -> str:
    if gone.sent:
        return f"{gone} while {method} was running: its outcome is unknown. This connection comes back."
    return f"{gone}, so {method} was not done. Start it with `hub serve`; this connection comes back."


def header_value(value: str) -> str:
    """A value as an HTTP header can carry it (MCP 2026-07-28, basic/transports, "Value Encoding")."""
    if not value or (_PLAIN.fullmatch(value) and not _WRAPPED.fullmatch(value)):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="
