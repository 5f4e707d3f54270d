"""Opens one session with one server, keeps its tools current, and notices when it is over."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from mcp import MCPError
from mcp.client.session import ClientSession, IncomingMessage
from mcp.client.subscriptions import SubscriptionLost, listen
from mcp.shared.dispatcher import CallOptions
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    CONNECTION_CLOSED,
    METHOD_NOT_FOUND,
    Implementation,
    PromptListChangedNotification,
    ToolListChangedNotification,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from hub import __version__
from hub.core.errors import ConfigurationError
from hub.core.ports import Caller, RawResult
from hub.core.spec import Era, ServerSpec
from hub.core.supervisor import Loss, LossKind
from hub.pool.elicitation import Askings, offered
from hub.pool.era import PROBE_SECONDS, Eras, first_era, negotiate, other_era
from hub.pool.errors import ConnectionLost
from hub.pool.http import written_mark
from hub.pool.param_headers import learn_param_headers
from hub.pool.pulse import SENT, Pulse, Sent
from hub.pool.wire import Way, Wire, open_wire
from hub.supervision import orphans

HEALTH_SECONDS = 10.0
"""Between two questions whether the server is still there."""
HEALTH_BUDGET = 5.0
STOPPED_BUDGET = 1.0
"""The same for a process that is stopped by a signal."""
SILENCE_SECONDS = 2.0
"""Of a server that has a ToolCall to answer: it is asked sooner."""
PAGES = 100
FINISH_SECONDS = 5.0
"""How long what is in flight in a session that the server has ended may keep the next one waiting."""
PROMPTS_SECONDS = 10.0
"""For the list of prompts, which nobody waits for; a server that does not answer has none."""
LISTEN_AGAIN_SECONDS = 5.0
COMMAND_NOT_FOUND = 127
"""What a shell exits with."""
_SSE_BROKE = "SSE stream ended"
_log = logging.getLogger(__name__)

OnTools = Callable[[Sequence[Mapping[str, Any]]], None]


class Connection:
    """One live session; made by `open_connection`, usable from every task."""

    def __init__(
        self, way: Way, wire: Wire, pulse: Pulse, session: ClientSession, askings: Askings, on_tools: OnTools
    ) -> None:
        self.spec: ServerSpec = way.spec
        self.tools: Sequence[Mapping[str, Any]] = ()
        self.prompts: Sequence[Any] | None = None
        """The server's prompts as they came; None: not known (yet)."""
        self._name = way.name
        self._wire = wire
        self._pulse = pulse
        self._session = session
        self._on_tools = on_tools
        self._askings = askings
        self._waiting = 0
        self._idle = anyio.Event()

    @property
    def pid(self) -> int | None:
        return self._wire.process.pid if self._wire.process else None

    @property
    def protocol_version(self) -> str:
        return self._session.protocol_version or ""

    @property
    def modern(self) -> bool:
        return self.protocol_version in MODERN_PROTOCOL_VERSIONS

    @property
    def instructions(self) -> str:
        return self._session.instructions or ""

    @property
    def over(self) -> bool:
        """Whether it has ended, though perhaps nobody has been told yet."""
        process = self._wire.process
        if process is not None and process.exited:
            self._pulse.lose(Loss("it has exited"))
        return self._pulse.over

    async def lost(self) -> Loss:
        """Return what ended the session, with the exit code and last words of its process."""
        loss = await self._pulse.wait()
        if self._wire.http is not None and self._wire.http.ended:
            await self._finished()
        return await self._wire.described(loss)

    async def _finished(self) -> None:
        """Over HTTP each ToolCall has its own answer coming, also where the session takes no new one."""
        with anyio.move_on_after(FINISH_SECONDS):
            while self._waiting:
                self._idle = anyio.Event()
                await self._idle.wait()

    async def request(
        self, method: str, params: Mapping[str, Any], *, caller: Caller | None, timeout: float
    ) -> RawResult:
        """Send one request and return its raw result; progress goes to the caller and renews the timeout.

        Raises:
            mcp.MCPError: The server answered with an error.
            TimeoutError: No answer and no sign of life for `timeout` seconds.
            ConnectionLost: The session ended; says whether the request had been written.
        """
        if self.over:
            raise ConnectionLost(f"{self._name} has just ended.", written=False)
        sent = Sent(written=self._wire.process is None)  # by HTTP that is known only of what failed
        token = SENT.set(sent)
        self._waiting += 1
        try:
            with (
                anyio.CancelScope(deadline=anyio.current_time() + timeout) as scope,
                self._askings.of(method, caller, scope, timeout) as asking,
            ):

                async def on_progress(progress: float, total: float | None, message: str | None) -> None:
                    asking.alive()
                    if caller is not None:
                        await caller.progress(progress, total, message)

                return await self.send(method, params, {"on_progress": on_progress}, caller)
        except MCPError as error:
            raise self._meant(error, sent) from error
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle.set()
            SENT.reset(token)
        self._pulse.doubt()
        raise TimeoutError(f"{self._name} did not answer {method} for {timeout:g} s.")

    async def send(
        self, method: str, params: Mapping[str, Any], options: CallOptions, caller: Caller | None = None
    ) -> RawResult:
        """Send as it is, and return what comes: no model of the SDK's drops or refuses anything.

        Raises:
            mcp.MCPError: An error came back, or the session ended.
        """
        data: dict[str, Any] = {"method": method, "params": dict(params)}
        if "_meta" in data["params"]:
            data["params"]["_meta"] = dict(data["params"]["_meta"])
        self._session._stamp(data, options)  # noqa: SLF001  # what the era wants in each request; see test_connect
        meta = data["params"].get("_meta")
        if meta is not None and CLIENT_CAPABILITIES_META_KEY in meta:
            meta[CLIENT_CAPABILITIES_META_KEY] = offered(meta[CLIENT_CAPABILITIES_META_KEY], caller)
        return await self._session._dispatcher.send_raw_request(method, data["params"], options)  # noqa: SLF001

    async def refresh(self) -> None:
        """Fetch the whole list of tools.

        Raises:
            mcp.MCPError: The server refused, or the session ended.
        """
        self.tools = await self._list("tools")
        if not self._has("prompts"):
            self.prompts = ()
        if self.modern and self._wire.http is not None:
            learn_param_headers(self._session, self.tools)

    async def refresh_prompts(self) -> None:
        """Fetch the whole list of prompts.

        Raises:
            mcp.MCPError: The server refused, or the session ended.
        """
        if self._has("prompts"):
            with anyio.move_on_after(PROMPTS_SECONDS):
                self.prompts = await self._list("prompts")

    async def _list(self, what: str) -> tuple[Any, ...]:
        """Fetch all pages of a list."""
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(PAGES):
            try:
                page = await self.send(f"{what}/list", {"cursor": cursor} if cursor else {}, {})
            except MCPError as error:
                if error.error.code != METHOD_NOT_FOUND:
                    raise
                break
            listed = page.get(what)
            found += listed if isinstance(listed, list) else []
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                break
        return tuple(found)

    def _has(self, what: str, *, telling: bool = False) -> bool:
        """Whether the server has tools or prompts at all, or tells when they change."""
        capability = getattr(self._session.server_capabilities, what, None)
        return capability is not None and bool(not telling or capability.list_changed)

    async def keep_current(self) -> None:
        """Fetch the prompts, and everything again whenever the server says that it has changed."""
        await self._renew(self.refresh_prompts)
        while True:
            await self._pulse.wait_tools_changed()
            await self._renew(self.refresh)
            await self._renew(self.refresh_prompts)

    async def _renew(self, refresh: Callable[[], Awaitable[None]]) -> None:
        before = self.tools, self.prompts
        try:
            await refresh()
        except MCPError as error:
            _log.warning("%s: what it offers now could not be read: %s", self._name, error)
        if (self.tools, self.prompts) != before:
            self._on_tools(self.tools)

    async def keep_listening(self) -> None:
        """Have a modern server tell of changes; a list may have changed while nobody listened."""
        tools, prompts = self._has("tools", telling=True), self._has("prompts", telling=True)
        if not self.modern or not (tools or prompts):
            return
        while True:
            try:
                async with listen(
                    self._session, tools_list_changed=tools, prompts_list_changed=prompts
                ) as events:
                    self._pulse.tools_changed()
                    async for _ in events:
                        self._pulse.tools_changed()
            except MCPError as error:
                if error.error.code == METHOD_NOT_FOUND:
                    return
            except SubscriptionLost:
                pass
            await anyio.sleep(LISTEN_AGAIN_SECONDS)

    async def keep_healthy(self) -> None:
        """Find a server that is there but answers nothing, or that cannot be reached any more."""
        asked_at = anyio.current_time()
        while not self.over:
            doubted = await self._pulse.wait_doubt(min(SILENCE_SECONDS, HEALTH_SECONDS))
            if not doubted and not self._due(asked_at):
                continue
            asked_at = anyio.current_time()
            budget = STOPPED_BUDGET if self._is_stopped() else HEALTH_BUDGET
            with anyio.move_on_after(budget) as scope:
                await self._probe()
            if scope.cancelled_caught and (self._is_stopped() or not self._is_busy()):
                self._pulse.lose(Loss(f"it did not answer for {budget:g} s", LossKind.HUNG))

    def _due(self, asked_at: float) -> bool:
        """Whether it is time to ask again, of itself or since a ToolCall waits in silence."""
        now = anyio.current_time()
        silent = now - max(asked_at, self._pulse.heard_at)
        return now - asked_at >= HEALTH_SECONDS or (self._waiting > 0 and silent >= SILENCE_SECONDS)

    async def _probe(self) -> None:
        try:
            await self.send("server/discover" if self.modern else "ping", {}, {})
        except MCPError as error:
            if written_mark(error.error.data) is not None:
                self._pulse.lose(Loss(error.error.message))

    def _is_stopped(self) -> bool:
        row = orphans.row(self._wire.process.pid) if self._wire.process is not None else None
        return row is not None and row.stopped

    def _is_busy(self) -> bool:
        """Whether silence may mean work: a ToolCall runs, and something was heard not too long ago."""
        if self._askings.open:  # a simple one reads nothing until it has its answer
            return True
        heard_ago = anyio.current_time() - self._pulse.heard_at
        return self._waiting > 0 and heard_ago < self.spec.timeouts.call

    def _meant(self, error: MCPError, sent: Sent) -> Exception:
        """Tell the end of the session from an error of the server's own."""
        code, message = error.error.code, error.error.message
        mark = written_mark(error.error.data)
        if mark is not None:
            return ConnectionLost(f"{self._name} {message}.", written=mark)
        broke = self._wire.http is not None and message.startswith(_SSE_BROKE)
        if code == CONNECTION_CLOSED and (self.over or broke or message == "Connection closed"):
            if broke:
                self._pulse.doubt()
            return ConnectionLost(f"{self._name} ended before it answered.", written=sent.written)
        return error


@asynccontextmanager
async def open_connection(way: Way, eras: Eras, on_tools: OnTools) -> AsyncGenerator[Connection]:
    """Start or reach a server and agree on an era; yields once its tools are known.

    A server that ends at an unknown first message, or says nothing any more after it, is started again and
    spoken to in the legacy way.

    Raises:
        ConfigurationError: There is no such program, or not this era.
        Unauthorized: The server wants other credentials.
        ConnectionLost: It could not be reached, or ended; says why.
    """
    fingerprint, wanted = way.spec.fingerprint, way.spec.era
    era, begun = first_era(wanted, fingerprint, eras), anyio.current_time()
    async with AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(_opened(way, era, on_tools))
        except anyio.get_cancelled_exc_class():
            if era is Era.AUTO and anyio.current_time() - begun > PROBE_SECONDS:
                eras.note_mute(fingerprint)
            raise
        except (ConnectionLost, MCPError, ConfigurationError) as error:
            again = other_era(era, wanted, way.spec.transport, error)
            if again is None:
                raise
            eras.forget(fingerprint)
            connection = await stack.enter_async_context(_opened(way, again, on_tools))
        if wanted is Era.AUTO:
            eras.note(fingerprint, Era.MODERN if connection.modern else Era.LEGACY)
        yield connection


@asynccontextmanager
async def _opened(way: Way, era: Era, on_tools: OnTools) -> AsyncGenerator[Connection]:
    pulse = Pulse()
    failure: Exception | None = None

    async def on_message(message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification | PromptListChangedNotification):
            pulse.tools_changed()

    async with open_wire(way, pulse) as wire:
        dispatcher = wire.dispatcher()
        me = Implementation(name="voice-hub", version=__version__)
        askings = Askings(way.name)
        async with (
            ClientSession(
                dispatcher=dispatcher,
                client_info=me,
                message_handler=on_message,
                elicitation_callback=askings.asked,
            ) as session,
            anyio.create_task_group() as tasks,
        ):
            connection = Connection(way, wire, pulse, session, askings, on_tools)
            try:
                await _begin(connection, session, era, wire, pulse)
                for keep in (connection.keep_current, connection.keep_listening, connection.keep_healthy):
                    tasks.start_soon(keep)
                yield connection
            except Exception as error:  # noqa: BLE001  # raised again below, without the groups' wrapping
                failure = error
            finally:
                tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _begin(connection: Connection, session: ClientSession, era: Era, wire: Wire, pulse: Pulse) -> None:
    """Agree on an era and read the tools.

    Raises:
        Unauthorized: The server wants other credentials.
        ConfigurationError: The command is not there, or the era is not spoken.
        ConnectionLost: It could not be reached, or ended.
        TimeoutError: Its era is named, and it was too slow.
        mcp.MCPError: It refused.
    """
    try:
        spec = connection.spec
        await negotiate(session, era, named=spec.timeouts.start if spec.era is era else None)
        await connection.refresh()
    except MCPError as error:
        if wire.http is not None:
            wire.http.check()
        if not pulse.over and written_mark(error.error.data) is None:
            raise
        loss = await wire.described(pulse.loss or Loss(error.error.message))
        process = wire.process
        if process is not None and process.exit_code == COMMAND_NOT_FOUND:
            raise ConfigurationError(
                loss.reason, next_step="Install what is not found, or correct command."
            ) from error
        raise ConnectionLost(loss.reason, written=process is not None and process.stdin.read_from) from error
