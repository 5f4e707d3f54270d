"""Whom a server's own question is for: the caller of the ToolCall in which it asks, and nobody else."""

import logging
import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import anyio
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from hub.core.form import FORM, URL
from hub.core.ports import Caller, RawResult
from hub.core.records import Approval, Question

ASKABLE: Final = frozenset({"tools/call", "prompts/get", "resources/read"})
"""Requests in which a server may ask back."""
ASKING: ContextVar["Asking | None"] = ContextVar("ASKING", default=None)
"""The request that a message of a server's belongs to; over pipes nothing says so."""
_log = logging.getLogger(__name__)


class Paused:
    """A deadline that stands still while somebody is asked."""

    def __init__(self, scope: anyio.CancelScope) -> None:
        self._scope = scope
        self._asked = 0
        self._left = math.inf

    @property
    def on(self) -> bool:
        """Whether somebody is being asked."""
        return self._asked > 0

    @contextmanager
    def asking(self) -> Generator[None]:
        """While inside, no time passes."""
        if not self._asked:
            self._left, self._scope.deadline = self._scope.deadline - anyio.current_time(), math.inf
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1
            if not self._asked:
                self._scope.deadline = anyio.current_time() + self._left

    def renew(self, seconds: float) -> None:
        """Give it so long from now on, or from when nobody is asked any more."""
        if self._asked:
            self._left = seconds
        else:
            self._scope.deadline = anyio.current_time() + seconds


class Unhurried:
    """A Caller for whom another deadline stands still as well while they are asked."""

    def __init__(self, caller: Caller, scope: anyio.CancelScope) -> None:
        self._caller = caller
        self._paused = Paused(scope)

    @property
    def name(self) -> str:
        return self._caller.name

    @property
    def call_id(self) -> str | None:
        return self._caller.call_id

    @property
    def elicits(self) -> frozenset[str]:
        return self._caller.elicits

    @property
    def resumes(self) -> bool:
        return self._caller.resumes

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        await self._caller.progress(progress, total, message)

    async def confirm(self, question: Question) -> Approval:
        return await self._caller.confirm(question)

    async def elicit(self, server: str, params: Mapping[str, Any]) -> RawResult:
        with self._paused.asking():
            return await self._caller.elicit(server, params)


def unhurried(caller: Caller | None, scope: anyio.CancelScope) -> Caller | None:
    """The caller, whose time this scope bounds."""
    return caller if caller is None or not caller.elicits else Unhurried(caller, scope)


class Asking:
    """One request in flight."""

    def __init__(self, caller: Caller | None, scope: anyio.CancelScope, timeout: float) -> None:
        self.paused = Paused(scope)
        self._caller = caller
        self._timeout = timeout

    def alive(self) -> None:
        """The server has given a sign of life."""
        self.paused.renew(self._timeout)

    async def ask(self, server: str, params: Mapping[str, Any]) -> RawResult:
        """Put the question to the caller; one who cannot be asked has declined."""
        if self._caller is None or params.get("mode", FORM) not in self._caller.elicits:
            return {"action": "decline"}
        with self.paused.asking():
            answer = await self._caller.elicit(server, params)
            self.alive()
        return answer


class Askings:
    """The requests in flight of one session."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._running: list[Asking] = []
        self._told = False

    @property
    def open(self) -> bool:
        """Whether the server waits for somebody's answer, and not the other way round."""
        return any(asking.paused.on for asking in self._running)

    @contextmanager
    def of(
        self, method: str, caller: Caller | None, scope: anyio.CancelScope, timeout: float
    ) -> Generator[Asking]:
        """While inside, the server may ask; `scope` stands still meanwhile."""
        asking = Asking(caller, scope, timeout)
        if method not in ASKABLE:
            yield asking
            return
        self._running.append(asking)
        token = ASKING.set(asking)
        try:
            yield asking
        finally:
            ASKING.reset(token)
            self._running.remove(asking)

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002  # the SDK passes it by name
        """The SDK's callback: a server asks, outside of any answer (2025 and before)."""
        asking = self._meant()
        if asking is None:
            return ElicitResult(action="decline")
        return ElicitResult.model_validate(await asking.ask(self._server, _plain(params)))

    def _meant(self) -> Asking | None:
        asking = ASKING.get()
        if asking is not None and asking in self._running:
            return asking
        if len(self._running) == 1:
            return self._running[0]
        if not self._told:  # once a session: the remedy is the same each time
            self._told = True
            _log.warning(
                "%s asked something while %d requests ran, and over pipes nothing says which of them it is "
                'for, so it was declined. "share": "call" gives each voice call a session of its own, and '
                '"concurrency": 1 lets only one request run at a time.',
                self._server,
                len(self._running),
            )
        return None


def _plain(params: ElicitRequestFormParams | ElicitRequestURLParams) -> dict[str, Any]:
    told = params.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {key: value for key, value in told.items() if key not in ("_meta", "task")}


def offered(capabilities: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
    """What a request of the 2026 era says of its client: of elicitation, what this caller can do."""
    others = {key: value for key, value in capabilities.items() if key != "elicitation"}
    modes = caller.elicits if caller is not None else frozenset[str]()
    able: dict[str, Any] = {mode: {} for mode in (FORM, URL) if mode in modes}
    return others | ({"elicitation": able} if able else {})
