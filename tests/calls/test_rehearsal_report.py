"""What a rehearsal came to does not hang on whether its last note or its review was written first."""

from dataclasses import replace
from typing import Any

import pytest

from hub.calls.rehearsal_report import STOPPED, rehearsal_result
from hub.core.records import CallRecord, CallStatus, EndedReason, Event, EventKind, Mode, Role, Turn

CALL = CallRecord(
    id="c1",
    mode=Mode.TEXT,
    goal="g",
    room="r",
    status=CallStatus.ENDED,
    created_at=0.0,
    ended_reason=EndedReason.AGENT_ENDED,
    request={"rehearsal": {"caller": ["One.", "Two."], "max_turns": 5}},
    review={"state": "ready", "criteria": []},
)
NOTE: dict[str, Any] = {"what": STOPPED, "how": "agent_ended", "said": 2, "why": ""}


def spoken(lines: int) -> list[Turn]:
    return [Turn(n=n + 1, t=float(n), role=Role.CALLER, text="x", final=True) for n in range(lines)]


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize(("lines", "problems"), [(2, 0), (1, 1)])
def test_that_the_agent_has_ended_it_is_known_before_it_is_noted(
    noted: bool, lines: int, problems: int
) -> None:
    events = [Event(n=1, t=1.0, kind=EventKind.STATUS, data=NOTE | {"said": lines})] if noted else []
    result = rehearsal_result(CALL, spoken(lines), events)
    assert len(result["problems"]) == problems
    assert result["passed"] is (problems == 0)


def test_a_hub_that_stopped_before_the_end_has_shown_nothing() -> None:
    result = rehearsal_result(replace(CALL, ended_reason=EndedReason.CALLER_LEFT), spoken(1), [])
    assert result["problems"] == ["The hub stopped before the caller had said everything."]
    assert not result["passed"]
