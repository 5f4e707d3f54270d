"""How long a caller waits for each answer, and where the time goes: events and ToolCalls in, seconds out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Final

from hub.core.records import Event, EventKind, Role, ToolCallRecord

Result = dict[str, Any]
PARTS: Final = ("end_of_turn", "model", "speech", "tool")
OF_TOOL: Final = ("queue", "transport", "server", "confirmation")
MEASURED: Final = {"llm_node_ttft": "model", "tts_node_ttfb": "speech", "end_of_turn_delay": "end_of_turn"}


def latency_result(events: Sequence[Event], tools: Sequence[ToolCallRecord]) -> Result | None:
    """p50 and p95 from the end of the caller's words to the agent's first, each turn with its parts.

    In a typed call a turn ends when the whole answer is there. ToolCalls that run at once are added up.
    """
    turns = _turns(events, list(tools))
    if not turns:
        return None
    parts = {part: [_seconds(turn[part]) for turn in turns if part in turn] for part in PARTS}
    return {
        **_quantiles([turn["total"] for turn in turns]),
        "parts": {part: _quantiles(values) for part, values in parts.items() if values},
        "turns": turns,
    }


@dataclass(slots=True)
class _Turn:
    """What is known of the answer to the caller's last words."""

    said_at: float | None = None
    """When the caller's words were complete; None while nobody waits for an answer."""
    answered: Event | None = None
    parts: dict[str, float] = field(default_factory=dict)
    tools: list[dict[str, float]] = field(default_factory=list)


def _turns(events: Sequence[Event], records: list[ToolCallRecord]) -> list[Result]:
    found: list[Result] = []
    turn = _Turn()
    for event in events:
        if event.kind is EventKind.TURN and event.role is Role.CALLER:
            turn = _Turn(said_at=event.t)
        elif event.kind is EventKind.TURN and event.role is Role.AGENT:
            turn.answered = event
        elif event.kind is EventKind.TOOL_ENDED:
            turn.tools.append(_of_tool(event, records))
        elif event.data.get("latency"):
            measured = dict(event.data["latency"])
            turn.parts |= {name: measured[key] for key, name in MEASURED.items() if key in measured}
            told = _told(turn, measured.get("e2e_latency"))
            if told is not None:
                found.append(told)
                turn = _Turn()
    return found


def _told(turn: _Turn, total: float | None) -> Result | None:
    """An answer to the caller's words; None for what was said unasked, or before there is one."""
    if turn.said_at is None or turn.answered is None:
        return None
    if total is None:
        if "end_of_turn" in turn.parts:
            return None  # spoken, but LiveKit could not tell: it was cut off before it was heard
        total = max(0.0, turn.answered.t - turn.said_at)
    tool = {name: round(sum(one.get(name, 0.0) for one in turn.tools), 3) for name in ("total", *OF_TOOL)}
    told: Result = {"turn": turn.answered.data.get("turn"), "total": round(total, 3)}
    told |= {part: round(turn.parts[part], 3) for part in PARTS if part in turn.parts}
    if turn.tools:
        told["tool"] = {name: value for name, value in tool.items() if value or name == "total"}
    return told


def _of_tool(event: Event, records: list[ToolCallRecord]) -> dict[str, float]:
    """One ToolCall, as the worker saw it, and of that what the hub knows more closely."""
    total = float(event.data.get("ms", 0.0)) / 1000
    name = str(event.data.get("tool", ""))
    record = next((one for one in records if name.startswith(f"{one.server}__")), None)
    if record is None:
        return {"total": total}
    records.remove(record)
    queue, server = record.queue_ms / 1000, record.server_ms / 1000
    rest = "confirmation" if record.action is not None else "transport"
    return {"total": total, "queue": queue, "server": server, rest: max(0.0, total - queue - server)}


def _seconds(part: Any) -> float:
    return float(part["total"] if isinstance(part, dict) else part)


def _quantiles(values: Iterable[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = quantiles(ordered, n=20)[-1] if len(ordered) > 1 else ordered[0]
    return {"p50": round(median(ordered), 3), "p95": round(min(p95, ordered[-1]), 3)}
