"""The ways to a server: its own process over pipes, Streamable HTTP, or HTTP with SSE."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.client.stdio import DEFAULT_INHERITED_ENV_VARS
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp.shared.message import SessionMessage

from hub.core.spec import ServerSpec, Transport
from hub.core.supervisor import Loss, LossKind
from hub.pool.dispatch import PipeDispatcher
from hub.pool.http import HttpSession, http_with_sse, streamable_http
from hub.pool.pulse import Pulse
from hub.pool.stdio import StdioReader, StdioWriter
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, Process, exit_reason, running

INHERITED = (*DEFAULT_INHERITED_ENV_VARS, "LANG", "TMPDIR")
"""The only variables that a server gets without being named in its `env`."""
EXIT_SECONDS = 0.3
"""How long the exit of a process may take whose output has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to reach one server; `argv` is its command, packages already resolved."""

    spec: ServerSpec
    argv: tuple[str, ...] = ()
    guardian: Guardian | None = None
    log: Path | None = None
    session: int = 0
    """0: the session for everybody."""

    @property
    def name(self) -> str:
        return label(self.spec, self.session)


def label(spec: ServerSpec, session: int) -> str:
    """Name one session with a server, for logs and errors."""
    own = f"{spec.name} #{session}" if session else spec.name
    return f"{own} (read-only)" if spec.is_twin else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """An open way: two streams of messages, and what is behind them."""

    read: ReadStream[SessionMessage | Exception]
    write: WriteStream[SessionMessage]
    process: Process | None = None
    http: HttpSession | None = None

    async def described(self, loss: Loss) -> Loss:
        """Add to a loss how the process ended and what it said last."""
        if self.process is None or loss.kind is LossKind.HUNG:  # it will not say or do anything more
            return loss
        reason = loss.reason
        with anyio.move_on_after(EXIT_SECONDS):
            reason = exit_reason(await self.process.wait())
        words = await self.process.last_words()
        return Loss(f"{reason}: {words}" if words else reason, loss.kind)

    def dispatcher(self) -> JSONRPCDispatcher[Any]:
        """What matches answers with requests on it."""
        if isinstance(self.read, StdioReader) and isinstance(self.write, StdioWriter):
            return PipeDispatcher(self.read, self.write)
        return JSONRPCDispatcher(self.read, self.write)


@asynccontextmanager
async def open_wire(way: Way, pulse: Pulse) -> AsyncGenerator[Wire]:
    """Open a way; leaving closes it, and ends a process with everything it has spawned.

    Raises:
        ConfigurationError: There is no such program.
    """
    spec = way.spec
    if spec.transport is Transport.STDIO:
        async with running(_command(way), name=way.name, guardian=way.guardian, log=way.log) as process:
            yield Wire(
                read=StdioReader(process, way.name, pulse),
                write=StdioWriter(process, pulse),
                process=process,
            )
        return
    session = HttpSession(way.name, pulse)
    connect = http_with_sse if spec.transport is Transport.SSE else streamable_http
    async with connect(session, spec.url, spec.headers) as (read, write):
        yield Wire(read=Watched(read, pulse), write=write, http=session)


def _command(way: Way) -> Command:
    spec = way.spec
    return Command(
        argv=way.argv or (spec.command, *spec.args),
        env=environment(spec.env),
        cwd=Path(spec.cwd).expanduser() if spec.cwd else None,
        secrets=spec.secrets,
    )


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give a server's whole environment: what everybody gets, and over it what its entry says."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **given}


class Watched:
    """A stream of messages whose end is told before any caller learns of it."""

    def __init__(self, inner: ReadStream[SessionMessage | Exception], pulse: Pulse) -> None:
        self._inner = inner
        self._pulse = pulse

    @property
    def last_context(self) -> Any:
        """The context of the request that a message belongs to, where the transport knows it."""
        return getattr(self._inner, "last_context", None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            message = await self._inner.__anext__()
        except (StopAsyncIteration, anyio.EndOfStream, anyio.ClosedResourceError):
            self._pulse.lose(Loss("the server has closed the connection"))
            raise
        self._pulse.heard()
        return message

    async def receive(self) -> SessionMessage | Exception:
        try:
            return await self.__anext__()
        except StopAsyncIteration:
            raise anyio.EndOfStream from None

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        await self.aclose()
        return None
