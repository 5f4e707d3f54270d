"""The language of a call: what the gate asks in, and what start_voice_call warns of."""

import pytest

from hub.core.wire import JobStarted
from tests.calls.conftest import House, hello

pytestmark = pytest.mark.anyio


async def test_a_call_without_a_language_has_that_of_its_persona(house: House) -> None:
    house.link.hello(hello().model_copy(update={"languages": {"default": "de", "b": "en"}}))
    started = await house.calls.start({"goal": "g"})
    call_id = started["call_id"]
    brief = await house.link.job(
        JobStarted(worker_id="w1", job_id="j1", room=f"call-{call_id}", call_id=call_id)
    )
    live = house.live.get(call_id)
    assert live is not None
    assert (brief.language, live.request.language) == ("de", "de")
    assert any("Practice hears" in warning for warning in started["warnings"])


async def test_a_language_of_the_call_comes_before_the_personas(house: House) -> None:
    house.link.hello(hello().model_copy(update={"languages": {"default": "de"}}))
    started = await house.calls.start({"goal": "g", "language": "fr"})
    assert (await house.work(started["call_id"])).brief["language"] == "fr"


async def test_in_practice_another_language_is_warned_of_and_begins(house: House) -> None:
    house.link.hello(hello())
    started = await house.calls.start({"goal": "g", "language": "de-DE"})
    assert started["status"] == "waiting_for_caller"
    assert [warning for warning in started["warnings"] if "German" in warning]
    english = await house.calls.start({"goal": "g", "language": "en-GB"})
    assert not [warning for warning in english["warnings"] if "Practice" in warning]
