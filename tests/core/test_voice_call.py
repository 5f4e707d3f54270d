"""The life of a VoiceCall as values: every table entry, every verdict, every message of the worker."""

from itertools import product
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from hub.core.records import Append, CallStatus, End, EndedReason, EventKind, PutTurn, Role, Start
from hub.core.voice_call import LIFE, Happening, Vitals, follows, unanswered, verdict, writes
from hub.core.wire import WorkerEvent

MOVES = {
    (CallStatus.SCHEDULED, Happening.DUE): CallStatus.WAITING_FOR_CALLER,
    (CallStatus.SCHEDULED, Happening.OVER): CallStatus.ENDED,
    (CallStatus.WAITING_FOR_CALLER, Happening.JOINED): CallStatus.IN_PROGRESS,
    (CallStatus.WAITING_FOR_CALLER, Happening.OVER): CallStatus.ENDED,
    (CallStatus.DIALING, Happening.JOINED): CallStatus.IN_PROGRESS,
    (CallStatus.DIALING, Happening.OVER): CallStatus.ENDED,
    (CallStatus.IN_PROGRESS, Happening.OVER): CallStatus.ENDED,
}


@pytest.mark.parametrize(("status", "happening"), list(product(CallStatus, Happening)))
def test_every_happening_moves_a_call_or_changes_nothing(status: CallStatus, happening: Happening) -> None:
    assert follows(status, happening) is MOVES.get((status, happening), status)
    assert set(LIFE) == set(CallStatus)


def vitals(**values: Any) -> Vitals:
    given: dict[str, Any] = {"status": CallStatus.IN_PROGRESS, "max_seconds": 60.0}
    return Vitals(**(given | values))


@pytest.mark.parametrize(
    ("values", "now", "reason"),
    [
        ({"status": CallStatus.ENDED, "dispatched_at": 0.0}, 1e9, None),
        ({"status": CallStatus.WAITING_FOR_CALLER, "join_expires_at": 100.0}, 99.0, None),
        ({"status": CallStatus.WAITING_FOR_CALLER, "join_expires_at": 100.0}, 100.0, EndedReason.NO_SHOW),
        ({"dispatched_at": 5.0, "join_expires_at": 6.0}, 14.9, None),
        ({"dispatched_at": 5.0, "join_expires_at": 6.0}, 15.0, EndedReason.NO_WORKER),
        ({"dispatched_at": 5.0, "end_asked_at": 6.0}, 6.0, EndedReason.OPERATOR_ENDED),
        ({"joined_at": 0.0, "heard_of_worker_at": 30.0, "end_asked_at": 30.0}, 39.0, None),
        (
            {"joined_at": 0.0, "heard_of_worker_at": 30.0, "end_asked_at": 30.0},
            40.0,
            EndedReason.OPERATOR_ENDED,
        ),
        ({"joined_at": 0.0, "heard_of_worker_at": 30.0}, 50.0, None),  # another worker is looked for
        ({"joined_at": 0.0, "heard_of_worker_at": 89.0}, 89.9, None),
        ({"joined_at": 0.0, "heard_of_worker_at": 89.0}, 90.0, EndedReason.MAX_DURATION),
    ],
)
def test_a_call_ends_by_itself_when_it_must(
    values: dict[str, Any], now: float, reason: EndedReason | None
) -> None:
    assert verdict(vitals(**values), now) is reason


@pytest.mark.parametrize(
    ("values", "now", "again"),
    [
        ({"dispatched_at": 5.0}, 7.4, False),
        ({"dispatched_at": 5.0}, 7.5, True),
        ({"dispatched_at": 5.0, "heard_of_worker_at": 6.0}, 8.0, False),
        ({"dispatched_at": 5.0, "joined_at": 6.0}, 8.0, False),
        ({"status": CallStatus.ENDED, "dispatched_at": 5.0}, 8.0, False),
        ({}, 8.0, False),
    ],
)
def test_a_call_that_nobody_has_taken_is_offered_again(
    values: dict[str, Any], now: float, again: bool
) -> None:
    assert unanswered(vitals(**values), now) is again


def event(kind: str, **values: Any) -> WorkerEvent:
    adapter: TypeAdapter[WorkerEvent] = TypeAdapter(WorkerEvent)
    return adapter.validate_python({"kind": kind, "seq": 1, "t": 2.0} | values)


def test_a_turn_is_put_and_the_ends_are_kept() -> None:
    turn = event("turn", item="i", role="caller", text="hi", final=True)
    assert writes(turn) == (PutTurn(item="i", t=2.0, role=Role.CALLER, text="hi", final=True),)
    assert writes(event("joined")) == (Start(t=2.0),)
    assert writes(event("ended", reason="caller_left")) == (End(t=2.0, reason=EndedReason.CALLER_LEFT),)


def test_a_reason_of_a_newer_worker_is_taken_as_the_agents() -> None:
    assert writes(event("ended", reason="sunset")) == (End(t=2.0, reason=EndedReason.AGENT_ENDED),)


@pytest.mark.parametrize(
    ("told", "kind", "text"),
    [
        (
            event("caller", state="left", reason="closed the page"),
            EventKind.STATUS,
            "the caller left (closed the page)",
        ),
        (event("caller", state="joined"), EventKind.STATUS, "the caller joined"),
        (event("tool_started", tool_call="t", tool="a__b"), EventKind.TOOL_STARTED, "a__b"),
        (event("tool_ended", tool_call="t", tool="a__b", ok=True, ms=3), EventKind.TOOL_ENDED, "a__b"),
        (
            event("tool_ended", tool_call="t", tool="a__b", ok=False, ms=3, text="no table"),
            EventKind.TOOL_ENDED,
            "a__b: no table",
        ),
        (
            event("provider", provider="llm", state="failed", message="401"),
            EventKind.PROVIDER,
            "llm failed: 401",
        ),
        (event("provider", provider="llm", state="recovered"), EventKind.PROVIDER, "llm recovered"),
        (event("error", message="odd"), EventKind.ERROR, "odd"),
        (event("command_done", command=1, outcome="in_context"), EventKind.STATUS, "the agent knows it now"),
        (event("recording", state="began", part=1), EventKind.STATUS, "the recording began"),
        (
            event("recording", state="ended", part=2, seconds=61.4),
            EventKind.STATUS,
            "part 2 of the recording ended after 61 s",
        ),
        (
            event("recording", state="failed", part=1, seconds=3, message="the hub's disk is full"),
            EventKind.ERROR,
            "the recording failed: the hub's disk is full",
        ),
        (event("measured", latency={"total": 1.0}), EventKind.STATUS, "measured"),
    ],
)
def test_what_else_happens_is_an_event_with_its_data(told: WorkerEvent, kind: EventKind, text: str) -> None:
    (append,) = writes(told)
    assert isinstance(append, Append)
    assert (append.kind, append.text, append.data["what"]) == (kind, text, told.kind)


def test_every_kind_of_message_is_covered() -> None:
    union = get_args(get_args(WorkerEvent)[0])
    assert len(union) == 11
