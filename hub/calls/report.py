"""What clients read of a VoiceCall: records in, the plain results of section 6 of the design out. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from hub.core.records import CallRecord, CallStatus, Event, EventKind, Role, Turn

Result = dict[str, Any]
QUANTILE_LEAST = 2


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
        "outcome": None,
        "ended_reason": call.ended_reason.value if call.ended_reason else None,
        "duration_s": duration(call, now),
    }
    if "events" in wanted:
        result["events"] = [event_result(event, call) for event in events if told(event)]
    result["next_step"] = next_step(call)
    return result


def told(event: Event) -> bool:
    """Measurements are kept for the report, they are nothing that happened to the caller."""
    return event.data.get("what") != "measured"


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


def latency_result(events: Sequence[Event]) -> Result | None:
    """p50 and p95 of the time from the end of the caller's words to the agent's first, in seconds."""
    turns = [dict(event.data["latency"]) for event in events if event.data.get("latency")]
    totals = sorted(turn["total"] for turn in turns if "total" in turn)
    if not totals:
        return None
    p95 = quantiles(totals, n=20)[-1] if len(totals) >= QUANTILE_LEAST else totals[0]
    return {"p50": round(median(totals), 3), "p95": round(min(p95, totals[-1]), 3), "turns": turns}


def usage_result(events: Sequence[Event]) -> Result | None:
    """What the providers have counted, as of the last measurement."""
    found = [event.data["usage"] for event in events if event.data.get("usage")]
    return dict(found[-1]) if found else None


def next_step(call: CallRecord) -> str:
    """One sentence for the model that reads the result."""
    match call.status:
        case CallStatus.WAITING_FOR_CALLER:
            return "Give the join link to the caller, then call get_call with wait_seconds 50 until answered."
        case CallStatus.IN_PROGRESS | CallStatus.DIALING:
            return "Call get_call with wait_seconds 50 and after_event set to last_event to follow the call."
        case CallStatus.SCHEDULED:
            return f"The call begins by itself at {iso(call.scheduled_at)}; end_call cancels it."
        case CallStatus.ENDED:
            return "The call is over; get_transcript has every word of it."


def listed(call: CallRecord, now: float) -> Result:
    """One line of list_calls."""
    return {
        "call_id": call.id,
        "status": call.status.value,
        "mode": call.mode.value,
        "goal": call.goal,
        "created_at": iso(call.created_at),
        "started_at": iso(call.started_at),
        "ended_at": iso(call.ended_at),
        "duration_s": duration(call, now),
        "ended_reason": call.ended_reason.value if call.ended_reason else None,
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
