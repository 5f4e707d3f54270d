"""One MCP request, as the gateway's handlers see it, and the Caller that it makes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from mcp.server.connection import Connection

from hub.core.form import FORM, URL
from hub.core.ports import RawResult
from hub.core.records import Approval, ApprovalState, Question
from hub.core.wire import TURN_META
from hub.gateway.elicitation import shown
from hub.gateway.eras import is_modern
from hub.gateway.target import Kind, Target

Report: TypeAlias = Callable[[float, float | None, str | None], Awaitable[None]]
"""Tells the client how far its request is; without effect where it did not ask for progress."""
Push: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[RawResult]]
Consult: TypeAlias = Callable[[str, str, Callable[[], Awaitable[None]]], Awaitable[str]]
"""Asks whoever follows a VoiceCall what its agent wants to know; the last argument: it still waits."""
Ask: TypeAlias = Callable[[str, Question, int], Awaitable[Approval]]
"""Asks the caller of a VoiceCall; the number is that of the caller's turn which the ToolCall follows."""


class AnsweredServer(Protocol):
    """What a server is told, and what of it nobody else may see (hub.calls.elicitations.Answered)."""

    @property
    def result(self) -> RawResult: ...

    @property
    def secrets(self) -> tuple[str, ...]: ...


ServerAsks: TypeAlias = Callable[
    [str, str, Mapping[str, Any], Callable[[], Awaitable[None]]], Awaitable[AnsweredServer]
]
"""Puts the question of a server (its name, the parameters) to whoever is in a VoiceCall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Askers:
    """How the ToolCalls of a VoiceCall reach people: for a yes, a desktop's answer, or one to a server."""

    caller: Ask
    desktop: Consult
    server: ServerAsks


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that has been let in: where it came in, in which era, and what it wants."""

    target: Target
    version: str
    params: Mapping[str, Any]
    client: str
    """What the client calls itself; only its token, checked before, says who it is."""
    report: Report
    connection: Connection | None = None
    """The session, where it is the SDK that serves it."""
    elicits: frozenset[str] = frozenset()
    """Which questions the client can show its person."""
    push: Push | None = None
    """Puts the parameters of `elicitation/create` to a client of the older era; returns its result."""

    @property
    def caller(self) -> "Client":
        """Who asks, for a ToolCall."""
        return Client(self)


class Client:
    """The Caller port over one MCP request."""

    def __init__(self, asked: Asked, askers: Askers | None = None, push: Push | None = None) -> None:
        self.secrets: set[str] = set()
        """What was answered to a server that no model may read in its results."""
        self._asked = asked
        self._askers = askers
        self._push = asked.push if push is None else push

    @property
    def name(self) -> str:
        """The VoiceCall, or the client's name for itself."""
        return f"call:{self.call_id}" if self.call_id is not None else self._asked.client

    @property
    def call_id(self) -> str | None:
        """The VoiceCall whose path this is."""
        return self._asked.target.name if self._asked.target.kind is Kind.CALL else None

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tell the client."""
        await self._asked.report(progress, total, message)

    @property
    def elicits(self) -> frozenset[str]:
        """What servers may ask: whoever is in a VoiceCall, anything; a desktop, what it can show."""
        if self.call_id is not None:
            return frozenset((FORM, URL)) if self._askers is not None else frozenset()
        return self._asked.elicits if self._push is not None else frozenset()

    @property
    def resumes(self) -> bool:
        """A desktop of 2026 that shows questions does; a call's worker does not, people answer for it."""
        return self.call_id is None and bool(self._asked.elicits) and is_modern(self._asked.version)

    async def elicit(self, server: str, params: Mapping[str, Any]) -> RawResult:
        """Put a server's question to whoever can answer it."""
        if self.call_id is None and self._push is not None:
            modern, named = is_modern(self._asked.version), self._asked.target.kind is not Kind.SERVER
            return await self._push(shown(server, params, modern=modern, named=named))
        if self._askers is None or self.call_id is None:
            return {"action": "decline"}

        async def alive() -> None:
            await self.progress(0, None, None)

        answered = await self._askers.server(self.call_id, server, params, alive)
        self.secrets |= set(answered.secrets)
        return answered.result

    async def confirm(self, question: Question) -> Approval:
        """Ask the caller of the VoiceCall; nobody else is asked by the hub."""
        if self._askers is None or self.call_id is None:
            return Approval(state=ApprovalState.UNASKABLE)
        meta = self._asked.params.get("_meta")
        turn = meta.get(TURN_META) if isinstance(meta, Mapping) else None
        return await self._askers.caller(self.call_id, question, turn if isinstance(turn, int) else 0)


Answering: TypeAlias = Callable[[Asked], Awaitable[RawResult]]
Answers: TypeAlias = dict[str, Answering]
"""How requests are answered, by method."""
