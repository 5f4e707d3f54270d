"""The open sessions of the older era: who may use each, and which of its requests are running."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import anyio
from mcp.server.connection import Connection

from hub.core.ports import RawResult
from hub.gateway.elicitation import shows

RENEW_SECONDS: Final = 300.0
"""The SDK ends sessions it has not served for half an hour, so now and then it sees a request."""


@dataclass(slots=True)
class Session:
    """One session. `owner` is the principal and the path that opened it."""

    connection: Connection
    owner: str
    running: dict[str | int, anyio.CancelScope] = field(default_factory=dict)
    asked: dict[str, Callable[[RawResult], None]] = field(default_factory=dict)
    """What the client has been asked and not answered: takers of the answers."""
    renewed_at: float = field(default_factory=anyio.current_time)

    @property
    def client(self) -> str:
        """What the client calls itself."""
        told = self.connection.client_params
        return told.client_info.name if told is not None else "unknown"

    @property
    def elicits(self) -> frozenset[str]:
        """Which questions it can show its person."""
        told = self.connection.client_params
        return shows(told.capabilities if told is not None else None)

    def due(self) -> bool:
        """Whether the SDK should see the next request; asked once, it is taken as done."""
        now = anyio.current_time()
        if now - self.renewed_at < RENEW_SECONDS:
            return False
        self.renewed_at = now
        return True


class Sessions:
    """All of them, by session id; a session that ends leaves by itself."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def add(self, connection: Connection, owner: str) -> None:
        """Take on a session that has been initialized."""
        session_id = connection.session_id
        if session_id is not None and session_id not in self._open:
            self._open[session_id] = Session(connection, owner)
            connection.exit_stack.callback(self._close, session_id)

    def _close(self, session_id: str) -> None:
        """Nobody is left to take the answers of what still runs."""
        session = self._open.pop(session_id, None)
        for running in list(session.running.values()) if session is not None else ():
            running.cancel()

    def get(self, session_id: str, owner: str) -> Session | None:
        """The session of that id, for its owner only."""
        session = self._open.get(session_id)
        return session if session is not None and session.owner == owner else None
