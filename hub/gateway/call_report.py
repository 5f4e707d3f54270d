"""A call as one page to read: what came of it and how it is known, what was said, what it took."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

MET: Final = {True: "met", False: "not met", "unknown": "unknown"}
REVIEWS: Final = {
    "pending": "The review follows in some seconds.",
    None: "The call is not over, so nothing has been judged yet.",
}


def page(call: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> str:
    """Markdown, from the results of get_call and get_transcript."""
    sections = [list(_head(call)), list(_review(call)), list(_took(call)), list(_said(turns))]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(call: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Call {call['call_id']}"
    yield ""
    yield f"- Goal: {call.get('goal', '')}"
    ended = f" ({call['ended_reason']})" if call.get("ended_reason") else ""
    yield f"- Status: {call['status']}{ended}"
    if call.get("outcome"):
        yield f"- Outcome: {call['outcome']}"
    yield f"- Duration: {call.get('duration_s') or 0:.0f} s"


def _review(call: Mapping[str, Any]) -> Iterator[str]:
    yield "## What came of it"
    yield ""
    state = call.get("review")
    if state != "ready":
        yield REVIEWS.get(state) or f"There is no review: {call.get('review_message')}"
        return
    yield str(call.get("summary") or "There is no summary.")
    for criterion in call.get("criteria") or ():
        yield f"- {MET[criterion['met']]}: {criterion['text']}{_proof(criterion)}"
    for key, answer in (call.get("answers") or {}).items():
        yield f"- {key} = {answer['value']}{_proof(answer)}"


def _proof(found: Mapping[str, Any]) -> str:
    return f" — “{found['quote']}” (turn {found['turn']})" if found.get("quote") else ""


def _took(call: Mapping[str, Any]) -> Iterator[str]:
    usage, latency = call.get("usage"), call.get("latency")
    if not usage and not latency:
        return
    yield "## What it took"
    yield ""
    if latency:
        within = f"half within {latency['p50']} s, 95 of 100 within {latency['p95']} s"
        yield f"- {len(latency['turns'])} answers: {within}"
        for part, times in latency["parts"].items():
            yield f"  - {part.replace('_', ' ')}: {times['p50']} s, {times['p95']} s"
    if usage:
        yield f"- Estimated cost: ${usage['cost_usd']:.4f} by the prices of {usage['prices_as_of']}"
        for kind in ("stt", "llm", "tts", "review"):
            if kind in usage:
                yield f"  - {kind}: {_cost(usage[kind])}"


def _cost(provider: Mapping[str, Any]) -> str:
    if provider["practice"]:
        return "practice, free"
    price = provider["cost_usd"]
    return f"{provider['model']}, " + ("no known price" if price is None else f"${price:.4f}")


def _said(turns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## What was said"
    yield ""
    for turn in turns:
        yield f"{turn['n']}. **{turn['role']}**: {turn['text']}" + (" —" if turn["interrupted"] else "")
    if not turns:
        yield "Nothing."
