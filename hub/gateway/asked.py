"""One MCP request, as the gateway's handlers see it, and the Caller that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp.server.session import ServerSession

from hub.gateway.target import Kind, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that has been let in: where it came in, in which era, and what it wants."""

    target: Target
    version: str
    params: Mapping[str, Any]
    session: ServerSession

    @property
    def caller(self) -> "Client":
        """Who asks, for a ToolCall."""
        return Client(self)


class Client:
    """The Caller port over one MCP request."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    @property
    def name(self) -> str:
        """What the client calls itself; only its token, checked before, says who it is."""
        if self.call_id is not None:
            return f"call:{self.call_id}"
        told = self._asked.session.client_params
        return told.client_info.name if told is not None else "unknown"

    @property
    def call_id(self) -> str | None:
        """The VoiceCall whose path this is."""
        return self._asked.target.name if self._asked.target.kind is Kind.CALL else None

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tell the client; without effect where it did not ask for progress."""
        await self._asked.session.report_progress(progress, total, message)
