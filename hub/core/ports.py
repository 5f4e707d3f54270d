"""The borders of the hub: what its parts ask of the world and of each other, each with a fake for tests."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hub.core.records import (
    Ack,
    Approval,
    CallQuery,
    CallRecord,
    Event,
    Question,
    ToolCallRecord,
    Turn,
    Write,
)
from hub.core.review import Completion

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

    @property
    def elicits(self) -> frozenset[str]:
        """Which questions of a server's can be put to it: "form", "url"; others count as declined."""

    @property
    def resumes(self) -> bool:
        """It takes an `input_required` result (2026) as it is, and comes again with the answers."""

    async def confirm(self, question: Question) -> Approval:
        """Ask before something is changed, and wait for the answer."""

    async def elicit(self, server: str, params: Mapping[str, Any]) -> RawResult:
        """Put a server's own question (the parameters of `elicitation/create`); returns its result."""


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


class LanguageModel(Protocol):
    """A language model that the hub itself asks."""

    async def complete(self, model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
        """Have it answer with one JSON object.

        Raises:
            ServerUnavailable: It could not be reached; trying again may help.
            Unavailable: It refused, or answered something else.
        """


class Rooms(Protocol):
    """LiveKit, as far as the hub steers it."""

    async def open(self, call: CallRecord, *, empty_timeout: int) -> None:
        """Make the room and dispatch the agent into it.

        Raises:
            ServerUnavailable: LiveKit does not answer.
        """

    async def reopen(self, call: CallRecord, *, empty_timeout: int) -> None:
        """Make the room of a running call again, after LiveKit has lost it; the agent comes by itself."""

    async def dispatch(self, call: CallRecord) -> None:
        """Call the agent into its room once more: LiveKit tries only once, and says nothing when it fails.

        Raises:
            ServerUnavailable: LiveKit does not answer.
        """

    async def clear(self, room: str) -> None:
        """Put agents out of the room: one that died is there until LiveKit has missed it for long enough."""

    async def close(self, room: str) -> None:
        """Delete the room; one that is already gone is fine."""

    def caller_token(self, call: CallRecord, identity: str, *, seconds: int) -> str: ...


class Journal(Protocol):
    """What the hub remembers. Everything that waits asks for what is newer than a number it has seen."""

    async def create(self, call: CallRecord) -> CallRecord:
        """Store a new VoiceCall; one with a known idempotency key is returned instead of stored again."""

    async def call(self, call_id: str) -> CallRecord | None: ...

    async def call_in_room(self, room: str) -> CallRecord | None: ...

    async def calls(self, query: CallQuery) -> list[CallRecord]:
        """Newest first."""

    async def write(self, call_id: str, *writes: Write, ack: Ack | None = None) -> CallRecord:
        """Do all writes in one transaction, on disk when this returns.

        With an `ack` whose number is on disk already nothing is written.

        Raises:
            CallNotFound: No call has this id.
            Unavailable: The database cannot be written, the disk is full for example.
        """

    async def seq(self, call_id: str, job_id: str) -> int:
        """The number of the last worker event of that job that is on disk, 0 for none."""

    async def workers(self, call_id: str) -> list[str]:
        """The names of the workers that have led a call."""

    async def events(self, call_id: str, *, after: int = 0, limit: int = 200) -> list[Event]: ...

    async def turns(self, call_id: str, *, after: int = 0, limit: int = 200) -> list[Turn]: ...

    async def tool_calls(self, call_id: str, *, limit: int = 1000) -> list[ToolCallRecord]:
        """The ToolCalls of one VoiceCall, oldest first."""

    async def spent(self, since: float) -> float:
        """What the calls made since then have cost, in US dollars."""

    def tool_call(self, record: ToolCallRecord) -> None:
        """Note a ToolCall; written soon, in a batch, so that no ToolCall waits for the disk."""

    def version(self, call_id: str | None = None) -> int:
        """A number that grows with every write to a call (None: to any)."""

    def touched(self, since: int) -> frozenset[str]:
        """The calls that were written to after that version of `version()`."""

    async def changed(self, call_id: str | None, version: int, seconds: float) -> int:
        """Return the version once it differs from `version`, or after `seconds`."""
