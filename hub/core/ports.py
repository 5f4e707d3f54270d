"""The borders of the hub: what the deciding and the running parts ask of the world, each with a fake for tests."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from hub.core.records import CallRecord, EndedReason, Event, EventKind, Role, ToolCallRecord, Turn

RawResult = dict[str, Any]
"""A result as it came over the wire: unknown keys kept."""


class Caller(Protocol):
    """Who makes a ToolCall: a desktop client, or a VoiceCall."""

    @property
    def name(self) -> str: ...

    @property
    def call_id(self) -> str | None:
        """The VoiceCall that it belongs to, if it does."""

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tell the caller how far its ToolCall is."""


class Connection(Protocol):
    """One live MCP session with one server."""

    @property
    def protocol_version(self) -> str: ...

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        """The server's tools as they came, all pages."""

    async def request(
        self, method: str, params: Mapping[str, Any], *, caller: Caller | None, timeout: float
    ) -> RawResult:
        """Send one request and return its raw result; progress goes to the caller and renews the timeout.

        Raises:
            mcp.MCPError: The server answered with an error.
            TimeoutError: No answer and no sign of life for `timeout` seconds.
            hub.pool.errors.ConnectionLost: The session ended; says whether the request had been written.
        """


class Rooms(Protocol):
    """LiveKit, as far as the hub steers it."""

    async def open(self, call: CallRecord, *, empty_timeout: int) -> None:
        """Make the room and dispatch the agent into it."""

    async def dispatch(self, call: CallRecord) -> None: ...

    async def close(self, room: str) -> None:
        """Delete the room; one that is already gone is fine."""

    def caller_token(self, call: CallRecord, identity: str, *, seconds: int) -> str: ...


class Journal(Protocol):
    """What the hub remembers. Everything that waits reads from a row number on and is woken by `changed`."""

    async def create_call(self, call: CallRecord) -> CallRecord:
        """Store a new VoiceCall; one with a known idempotency key is returned instead of stored again."""

    async def call(self, call_id: str) -> CallRecord | None: ...

    async def calls(
        self, *, status: str | None, since: float | None, query: str | None, limit: int, before: float | None
    ) -> list[CallRecord]:
        """Newest first."""

    async def started(self, call_id: str, at: float) -> CallRecord: ...

    async def ended(self, call_id: str, at: float, reason: EndedReason) -> CallRecord:
        """End a call; one that had ended keeps its first reason. Open turns become final and interrupted."""

    async def update_call(self, call_id: str, values: Mapping[str, Any]) -> CallRecord:
        """Set `key_hash`, `join_expires_at`, `status` or `room`."""

    async def append(
        self,
        call_id: str,
        kind: EventKind,
        *,
        t: float,
        text: str = "",
        role: Role | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Event: ...

    async def put_turn(self, call_id: str, item: str, turn: Turn) -> Turn:
        """Write or grow the turn known as `item` (its `n` is given by the Journal); final: also an event."""

    async def events(self, call_id: str, after: int, limit: int = 200) -> list[Event]: ...

    async def turns(self, call_id: str, after: int, limit: int = 200) -> list[Turn]: ...

    async def worker_seq(self, call_id: str, job_id: str) -> int:
        """The number of the last event of that job that is on disk, 0 for none."""

    async def acknowledge(self, call_id: str, job_id: str, seq: int) -> None: ...

    async def tool_call(self, record: ToolCallRecord) -> None: ...

    def unit(self) -> AbstractAsyncContextManager[None]:
        """Everything written inside is on disk together, or not at all."""

    async def wait(self, call_id: str | None, version: int, seconds: float) -> int:
        """Return the version of a call (None: of anything) once it differs from `version`, or after `seconds`."""

    def watch(self) -> AsyncGenerator[str]:
        """The ids of calls that changed, as they change."""
