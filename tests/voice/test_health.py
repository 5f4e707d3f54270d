"""What failures of providers mean."""

from typing import Any

import pytest

from hub.voice.health import ENDURED, ENDURED_SECONDS, Failures, Provider, Verdict


def judged(failures: Failures, provider: Provider, now: float = 0.0, **values: Any) -> Verdict:
    given: dict[str, Any] = {"retrying": False, "status": None} | values
    return failures.failed(provider, now, **given)


@pytest.mark.parametrize("provider", ["stt", "llm", "tts"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_fatal_at_once(provider: Provider, status: int) -> None:
    assert judged(Failures(), provider, status=status).fatal


@pytest.mark.parametrize("provider", ["stt", "llm", "tts"])
def test_failures_in_a_row_end_the_call(provider: Provider) -> None:
    failures = Failures()
    verdicts = [judged(failures, provider) for _ in range(ENDURED[provider] + 1)]
    assert [verdict.fatal for verdict in verdicts] == [False] * ENDURED[provider] + [True]


def test_every_answer_that_failed_is_apologised_for() -> None:
    failures = Failures()
    assert [judged(failures, "llm").say for _ in range(2)] == ["trouble_thinking"] * 2


def test_deafness_is_said_once_and_at_its_first_sign() -> None:
    failures = Failures()
    assert judged(failures, "stt", retrying=True) == Verdict(tell=True, say="trouble_hearing")
    assert judged(failures, "stt", retrying=True) == Verdict()


def test_a_retry_of_the_model_is_nobodys_business() -> None:
    assert judged(Failures(), "llm", retrying=True) == Verdict()


def test_what_has_failed_for_too_long_is_fatal() -> None:
    failures = Failures()
    judged(failures, "stt", retrying=True)
    assert judged(failures, "stt", ENDURED_SECONDS + 1).fatal


def test_a_provider_that_works_again_starts_afresh() -> None:
    failures = Failures()
    for _ in range(ENDURED["llm"]):
        judged(failures, "llm")
    assert failures.works("llm")
    assert not failures.works("llm")
    assert not judged(failures, "llm").fatal
