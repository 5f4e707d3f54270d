"""What clients read of a rehearsal: the call's records in, one plain result out. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.calls.report import turn_result
from hub.core.records import CallRecord, EndedReason, Event, EventKind, Role, Turn
from hub.core.rehearsal import Hanging, passed, problems

STOPPED: Final = "rehearsal"
"""What an event is about that says how the played caller came to stop."""
Result = dict[str, Any]


def rehearsal_result(call: CallRecord, turns: Sequence[Turn], events: Sequence[Event]) -> Result:
    """The part `rehearsal` of get_call; `passed` is null until the call is over and reviewed."""
    noted: Mapping[str, Any] = call.rehearsal or {}
    stopped = next((event.data for event in reversed(events) if event.data.get("what") == STOPPED), None)
    if stopped is None and call.ended_reason is EndedReason.AGENT_ENDED:  # the review was quicker
        spoken = sum(turn.role is Role.CALLER for turn in turns)
        stopped = {"how": Hanging.AGENT_ENDED.value, "said": spoken, "why": ""}
    script = noted.get("caller")
    lines: Sequence[str] = script if isinstance(script, list) else ()
    found = problems(call.ended_reason, stopped, lines) if call.done else []
    result: Result = {
        "caller": "scripted" if lines else "played by the language model",
        "passed": None,
        "problems": found,
        "turns": [turn_result(turn, call) for turn in turns],
        "tools": [_tool(event) for event in events if event.kind is EventKind.TOOL_ENDED],
    }
    if call.done and call.review is not None:
        review = call.review
        found += [] if review["state"] == "ready" else [f"Nobody judged the call: {review.get('why')}."]
        result["passed"] = passed(found, review.get("criteria") or ())
    return result


def _tool(event: Event) -> Result:
    data = event.data
    told: Result = {"name": data["tool"], "ok": data.get("ok", True), "ms": round(data.get("ms", 0.0), 1)}
    return told if told["ok"] else told | {"error": data.get("text", "")}
