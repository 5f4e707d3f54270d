"""What the hub remembers: VoiceCalls, their turns and events, and ToolCalls. Frozen values."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CallStatus(StrEnum):
    """Where a VoiceCall stands; `ended` is final."""

    SCHEDULED = "scheduled"
    WAITING_FOR_CALLER = "waiting_for_caller"
    DIALING = "dialing"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"


class EndedReason(StrEnum):
    """Why a VoiceCall ended."""

    CALLER_LEFT = "caller_left"
    AGENT_ENDED = "agent_ended"
    OPERATOR_ENDED = "operator_ended"
    NO_SHOW = "no_show"
    MAX_DURATION = "max_duration"
    OVER_BUDGET = "over_budget"
    NO_WORKER = "no_worker"
    PROVIDER_FAILED = "provider_failed"
    MEDIA_LOST = "media_lost"
    WORKER_LOST = "worker_lost"
    HUB_STOPPED = "hub_stopped"
    CANCELLED = "cancelled"


class Mode(StrEnum):
    """How the caller takes part."""

    BROWSER = "browser"
    PHONE = "phone"
    TEXT = "text"


class Role(StrEnum):
    """Who a turn belongs to; `operator` is what a desktop had said through `say`."""

    CALLER = "caller"
    AGENT = "agent"
    OPERATOR = "operator"
    TOOL = "tool"


class EventKind(StrEnum):
    """What an event of a VoiceCall tells."""

    TURN = "turn"
    OPERATOR = "operator"
    TOOL_STARTED = "tool_started"
    TOOL_ENDED = "tool_ended"
    STATUS = "status"
    QUESTION = "question"
    ACTION = "action"
    PROVIDER = "provider"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One VoiceCall; times are seconds since the epoch."""

    id: str
    mode: Mode
    goal: str
    room: str
    status: CallStatus
    created_at: float
    request: dict[str, Any] = field(default_factory=dict)
    """The arguments of start_voice_call, as they were given."""
    join_expires_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    ended_reason: EndedReason | None = None
    idempotency_key: str | None = None
    foreign: bool = False
    """The room was made by somebody else on an external LiveKit."""
    scheduled_at: float | None = None
    """When it begins, if it does not begin at once."""
    cost: float = 0.0
    """What the providers ask for it so far, in US dollars, estimated."""
    review: dict[str, Any] | None = None
    """What came of it; None until it has been looked through."""
    last_event: int = 0
    """The number of its newest event, as of when it was read."""

    @property
    def done(self) -> bool:
        return self.status is CallStatus.ENDED

    @property
    def rehearsal(self) -> dict[str, Any] | None:
        """Who plays the caller, and for how long, where nobody real calls."""
        noted: dict[str, Any] | None = self.request.get("rehearsal")
        return noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side said, in one piece; `n` counts the turns of a call from 1."""

    n: int
    t: float
    role: Role
    text: str
    final: bool
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a VoiceCall; `n` counts the events of a call from 1."""

    n: int
    t: float
    kind: EventKind
    text: str = ""
    role: Role | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the caller is asked before something is changed."""

    text: str
    phrase: str
    """What must be said for a yes."""
    strong: bool
    """Nothing less than the phrase will do, because something is destroyed."""
    about: tuple[str, ...]
    """The words of what would be done."""
    tool: str
    fingerprint: str = ""
    """The hash of server, tool and arguments that a yes is bound to."""


class ApprovalState(StrEnum):
    """What became of a question."""

    APPROVED = "approved"
    DENIED = "denied"
    UNSURE = "unsure"
    EXPIRED = "expired"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    REPEATED = "repeated"
    BUSY = "busy"
    UNASKABLE = "unaskable"
    CHANGED = "changed"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The answer to a Question; `by` says who gave it, `fingerprint` to what."""

    state: ApprovalState
    by: str | None = None
    action: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallRecord:
    """One ToolCall that was run, with where its time went (milliseconds)."""

    id: str
    call_id: str | None
    caller: str
    server: str
    tool: str
    started_at: float
    queue_ms: float
    server_ms: float
    outcome: str
    """`ok`, `tool_error`, `unavailable`, `timeout`, `cancelled`, `refused` or `denied`."""
    error: str | None = None
    twin: bool = False
    action: str | None = None
    """The question that the caller was asked before, if any; its events say what was said."""
    approved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """Which VoiceCalls to list; `before` is the `created_at` of the last one that was seen."""

    status: str | None = None
    since: float | None = None
    query: str | None = None
    limit: int = 20
    before: float | None = None
    idempotency_key: str | None = None
    unreviewed: bool = False
    """Only those that are over and have no review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """A worker's event number: everything up to it is on disk after the write it comes with."""

    job_id: str
    worker_id: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutTurn:
    """Write or grow the turn known as `item`; once final it becomes an event as well, and stays as it is."""

    item: str
    t: float
    role: Role
    text: str
    final: bool
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Append an event."""

    t: float
    kind: EventKind
    text: str = ""
    role: Role | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Nobody says any more what was being said: turns still open become final and interrupted."""

    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The call is in progress from `t` on; one that is so, or has ended, stays as it is."""

    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The call is over; the first reason stays. Turns still open become final and interrupted."""

    t: float
    reason: EndedReason
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The moment of a scheduled call has come."""

    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the call has cost so far, in US dollars."""

    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What came of a call that is over; the first review stays."""

    t: float
    review: dict[str, Any]
    message: str


Write = PutTurn | Append | Cut | Start | End | Due | Spent | Reviewed
