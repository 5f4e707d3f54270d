"""The life of one VoiceCall: what each message of the worker means for it, and when it ends by itself.

`LIFE` says which status follows which happening; a happening that is not there changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.core.records import Append, CallStatus, End, EndedReason, EventKind, PutTurn, Role, Start, Write
from hub.core.wire import (
    CallerState,
    CommandDone,
    Failed,
    JobEnded,
    Joined,
    Measured,
    ProviderState,
    Recorded,
    ToolEnded,
    ToolStarted,
    TurnHeard,
    WorkerEvent,
)

JOIN_SECONDS: Final = 10.0
"""A worker must say `joined` within this time of its dispatch."""
AGAIN_SECONDS: Final = 2.5
"""When no worker has taken a call by then, the agent is dispatched once more."""
END_SECONDS: Final = 10.0
"""A worker that was told to end a call has this long for its goodbye."""
OVERRUN_SECONDS: Final = 30.0
"""The worker ends a call at its limit; the hub does it when the worker has not by then."""
LINK_SECONDS: Final = 3600.0
"""A join link is good for this long."""
_DONE: Final[Mapping[str, str]] = {
    "spoken": "said to the caller",
    "cut_off": "begun, but the caller spoke over it",
    "in_context": "the agent knows it now",
    "refused": "the agent could not take it",
}


class Happening(StrEnum):
    """What moves a VoiceCall."""

    DUE = "due"
    JOINED = "joined"
    OVER = "over"


LIFE: Final[Mapping[CallStatus, Mapping[Happening, CallStatus]]] = {
    CallStatus.SCHEDULED: {
        Happening.DUE: CallStatus.WAITING_FOR_CALLER,
        Happening.OVER: CallStatus.ENDED,
    },
    CallStatus.WAITING_FOR_CALLER: {
        Happening.JOINED: CallStatus.IN_PROGRESS,
        Happening.OVER: CallStatus.ENDED,
    },
    CallStatus.DIALING: {
        Happening.JOINED: CallStatus.IN_PROGRESS,
        Happening.OVER: CallStatus.ENDED,
    },
    CallStatus.IN_PROGRESS: {Happening.OVER: CallStatus.ENDED},
    CallStatus.ENDED: {},
}


def follows(status: CallStatus, happening: Happening) -> CallStatus:
    """The status after a happening; the same one where the happening means nothing."""
    return LIFE[status].get(happening, status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What decides whether a call must end by itself; all times in seconds on one clock, None: not yet."""

    status: CallStatus
    max_seconds: float
    join_expires_at: float | None = None
    dispatched_at: float | None = None
    joined_at: float | None = None
    end_asked_at: float | None = None
    end_reason: EndedReason = EndedReason.OPERATOR_ENDED
    heard_of_worker_at: float | None = None


def verdict(vitals: Vitals, now: float) -> EndedReason | None:
    """Why a call must end now, if it must."""
    if vitals.status is CallStatus.ENDED:
        return None
    for at, seconds, reason in _limits(vitals):
        if at is not None and now >= at + seconds:
            return reason
    return None


def unanswered(vitals: Vitals, now: float) -> bool:
    """Whether nobody has taken a call that was dispatched a while ago."""
    return (
        vitals.status is not CallStatus.ENDED
        and vitals.dispatched_at is not None
        and vitals.joined_at is None
        and vitals.heard_of_worker_at is None
        and now >= vitals.dispatched_at + AGAIN_SECONDS
    )


def _limits(vitals: Vitals) -> list[tuple[float | None, float, EndedReason]]:
    if vitals.joined_at is None:
        unheard = vitals.dispatched_at is not None
        return [
            (vitals.end_asked_at, 0.0, vitals.end_reason),
            (vitals.dispatched_at, JOIN_SECONDS, EndedReason.NO_WORKER),
            (None if unheard else vitals.join_expires_at, 0.0, EndedReason.NO_SHOW),
        ]
    return [
        (vitals.end_asked_at, END_SECONDS, vitals.end_reason),
        (vitals.joined_at, vitals.max_seconds + OVERRUN_SECONDS, EndedReason.MAX_DURATION),
    ]


def writes(event: WorkerEvent) -> tuple[Write, ...]:
    """What the Journal keeps of one message of the worker."""
    match event:
        case Joined():
            return (Start(t=event.t),)
        case TurnHeard():
            return (
                PutTurn(
                    item=event.item,
                    t=event.t,
                    role=Role(event.role),
                    text=event.text,
                    final=event.final,
                    interrupted=event.interrupted,
                ),
            )
        case JobEnded():
            return (End(t=event.t, reason=_reason(event.reason), message=event.message),)
        case _:
            return (_noted(event),)


def _recorded(event: Recorded) -> tuple[EventKind, str]:
    """In plain words, because callers are told too."""
    part = f"part {event.part} of the recording" if event.part > 1 else "the recording"
    if event.state == "failed":
        return EventKind.ERROR, f"{part} failed: {event.message}"
    length = f" after {event.seconds:.0f} s" if event.state == "ended" else ""
    return EventKind.STATUS, f"{part} {event.state}{length}"


def _reason(text: str) -> EndedReason:
    """A newer worker may know reasons that we do not."""
    try:
        return EndedReason(text)
    except ValueError:
        return EndedReason.AGENT_ENDED


def _noted(
    event: CallerState | ToolStarted | ToolEnded | ProviderState | Failed | CommandDone | Recorded | Measured,
) -> Append:
    kind, text = EventKind.STATUS, "measured"
    match event:
        case CallerState():
            text = f"the caller {event.state}" + (f" ({event.reason})" if event.reason else "")
        case ToolStarted():
            kind, text = EventKind.TOOL_STARTED, event.tool
        case ToolEnded():
            kind, text = EventKind.TOOL_ENDED, f"{event.tool}: {event.text}" if event.text else event.tool
        case ProviderState():
            kind, text = EventKind.PROVIDER, f"{event.provider} {event.state}: {event.message}".rstrip(": ")
        case Failed():
            kind, text = EventKind.ERROR, event.message
        case Recorded():
            kind, text = _recorded(event)
        case CommandDone():
            text = f"{_DONE[event.outcome]}: {event.text}".rstrip(": ")
        case _:
            pass  # a measurement is its data
    data = event.model_dump(exclude={"seq", "t", "kind"}, exclude_defaults=True)
    return Append(t=event.t, kind=kind, text=text, data=data | {"what": event.kind})
