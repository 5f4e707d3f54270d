"""What clients read of a VoiceCall: records in, the plain results of section 6 of the design out. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

from hub.calls.waits import GIVEN_UP
from hub.core.records import CallRecord, CallStatus, Event, EventKind, Role, ToolCallRecord, Turn
from hub.core.review import outcome

Result = dict[str, Any]


def call_result(call: CallRecord, events: Sequence[Event], include: Sequence[str], now: float) -> Result:
    """The result of get_call: the whole call; `events` are all that the caller has not seen."""
    wanted = set(include) or {"events", "usage", "latency", "summary", "answers", "tools"}
    result: Result = {
        "call_id": call.id,
        "status": call.status.value,
        "mode": call.mode.value,
        "goal": call.goal,
        "created_at": iso(call.created_at),
        "done": call.done,
        "outcome": outcome(call.ended_reason, (call.review or {}).get("criteria") or ()),
        "ended_reason": call.ended_reason.value if call.ended_reason else None,
        "duration_s": duration(call, now),
    }
    if "events" in wanted:
        result["events"] = [event_result(event, call) for event in events if told(event)]
    if call.done:
        result |= review_result(call, wanted)
    result["next_step"] = next_step(call)
    return result


def review_result(call: CallRecord, wanted: AbstractSet[str]) -> Result:
    """What came of a call that is over: pending, ready, or not available and why."""
    review = call.review or {"state": "pending"}
    result: Result = {"review": review["state"]}
    if "why" in review:
        result["review_message"] = review["why"]
    if review["state"] == "ready":
        result |= {part: review[part] for part in ("summary", "answers") if part in wanted}
        if wanted & {"summary", "answers"}:
            result["criteria"] = review["criteria"]
    return result


def told(event: Event) -> bool:
    """Measurements and waits that were given up are kept; they are nothing that happened to the caller."""
    return event.data.get("what") not in ("measured", GIVEN_UP)


def duration(call: CallRecord, now: float) -> float:
    """Seconds since the caller and the agent met; 0 when they have not."""
    if call.started_at is None:
        return 0.0
    return round(max(0.0, (call.ended_at or now) - call.started_at), 3)


def event_result(event: Event, call: CallRecord) -> Result:
    """One event; `t` is seconds since the call was made."""
    result: Result = {
        "n": event.n,
        "t": round(event.t - call.created_at, 3),
        "kind": event.kind.value,
        "text": event.text,
    }
    if event.role is not None:
        result["role"] = event.role.value
    for key in (
        "turn",
        "interrupted",
        "tool",
        "ok",
        "ms",
        "tool_call",
        "arguments",
        "status",
        "ended_reason",
    ):
        if key in event.data:
            result[key] = event.data[key]
    return result


def tool_result(tool: ToolCallRecord, call: CallRecord) -> Result:
    """One ToolCall of a call; `t` is seconds since the call was made."""
    return {
        "t": round(tool.started_at - call.created_at, 3),
        "server": tool.server,
        "tool": tool.tool,
        "outcome": tool.outcome,
        "error": tool.error,
        "queue_ms": round(tool.queue_ms, 1),
        "server_ms": round(tool.server_ms, 1),
    }


def next_step(call: CallRecord) -> str:
    """One sentence for the model that reads the result."""
    match call.status:
        case CallStatus.WAITING_FOR_CALLER:
            return "Give the join link to the caller, then call get_call with wait_seconds 50 until answered."
        case CallStatus.IN_PROGRESS | CallStatus.DIALING:
            return "Call get_call with wait_seconds 50 and after_event set to last_event to follow the call."
        case CallStatus.SCHEDULED:
            return f"The call begins by itself at {iso(call.scheduled_at)}; end_call cancels it."
        case CallStatus.ENDED if call.review is None:
            return (
                "The call is over and its review follows in some seconds: call get_call once more with "
                "wait_seconds 50 and after_event set to last_event."
            )
        case CallStatus.ENDED:
            return "The call is over; get_transcript has every word of it."


def listed(call: CallRecord, now: float) -> Result:
    """One line of list_calls."""
    return {
        "call_id": call.id,
        "status": call.status.value,
        "mode": call.mode.value,
        "rehearsal": call.rehearsal is not None,
        "goal": call.goal,
        "created_at": iso(call.created_at),
        "started_at": iso(call.started_at),
        "ended_at": iso(call.ended_at),
        "duration_s": duration(call, now),
        "ended_reason": call.ended_reason.value if call.ended_reason else None,
        "outcome": outcome(call.ended_reason, (call.review or {}).get("criteria") or ()),
        "cost_usd": call.cost,
        "scheduled_at": iso(call.scheduled_at),
    }


def iso(at: float | None) -> str | None:
    """A moment as people and programs read it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if at is not None else None


def turn_result(turn: Turn, call: CallRecord) -> Result:
    """One turn; `t` is seconds since the call was made."""
    return {
        "n": turn.n,
        "t": round(turn.t - call.created_at, 3),
        "role": turn.role.value,
        "text": turn.text,
        "interrupted": turn.interrupted,
        "final": turn.final,
    }


def with_tools(turns: Sequence[Turn], events: Sequence[Event], last_page: bool) -> list[Turn]:
    """The turns with what tools were called between them (numbered like the turn before)."""
    until = float("inf") if last_page or not turns else turns[-1].t
    since = turns[0].t if turns else 0.0
    tools = [
        Turn(n=0, t=event.t, role=Role.TOOL, text=event.text, final=True)
        for event in events
        if event.kind is EventKind.TOOL_ENDED and since <= event.t <= until
    ]
    return sorted([*turns, *tools], key=lambda turn: turn.t)


def as_text(turns: Sequence[Turn]) -> str:
    """A transcript to read."""
    return "\n".join(f"{turn.role.value}: {turn.text}" + (" —" if turn.interrupted else "") for turn in turns)


def as_srt(turns: Sequence[Turn], call: CallRecord) -> str:
    """A transcript as subtitles; each turn stands until the next one begins."""
    blocks = []
    for i, turn in enumerate(turns):
        start = turn.t - call.created_at
        end = turns[i + 1].t - call.created_at if i + 1 < len(turns) else start + 3.0
        blocks.append(
            f"{i + 1}\n{_stamp(start)} --> {_stamp(max(end, start))}\n{turn.role.value}: {turn.text}\n"
        )
    return "\n".join(blocks)


def _stamp(seconds: float) -> str:
    whole = max(0, round(seconds * 1000))
    return f"{whole // 3600000:02}:{whole // 60000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
