"""What a HubError carries."""

from hub.core.errors import CallNotFound
from hub.core.records import CallRecord, CallStatus, Mode


def test_an_error_has_a_code_a_sentence_and_a_next_step() -> None:
    error = CallNotFound("There is no call c.", next_step="List the calls.")
    assert (error.code, error.message, error.next_step, error.retryable) == (
        "call_not_found",
        "There is no call c.",
        "List the calls.",
        False,
    )
    assert str(error) == "There is no call c."


def test_a_call_is_done_once_it_has_ended() -> None:
    statuses = {
        status: CallRecord(id="c", mode=Mode.TEXT, goal="g", room="r", status=status, created_at=0.0).done
        for status in CallStatus
    }
    assert {status for status, done in statuses.items() if done} == {CallStatus.ENDED}
