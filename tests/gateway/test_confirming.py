"""A desktop that waits in get_call and can show a form has its person asked for the yes; in both eras."""

from typing import Any

import anyio
import pytest

from hub.gateway import confirming
from tests.gateway.clients import ERAS, LEGACY, MODERN, http_client
from tests.gateway.fake_calls import CALL_ID
from tests.gateway.fakes import Running, serving
from tests.gateway.test_elicitation import Person, desk

pytestmark = pytest.mark.anyio
ACTION = {"id": "a1", "text": "This drops products.", "phrase": "yes, drop products", "tool": "notes__add"}
WAIT = {"call_id": CALL_ID, "wait_seconds": 20, "until": "ended"}
APPROVE = {"action": "accept", "content": {"decision": "approve"}}
CANCEL = {"action": "cancel"}
NEVER = 3600.0

eras = pytest.mark.parametrize("era", ERAS)


def wants(hub: Running, action: dict[str, Any] = ACTION) -> None:
    """The agent of the call wants to change something."""
    hub.calls.stands = {"pending_action": action}
    hub.calls.happens("action", action["text"])


def decided(hub: Running) -> list[str]:
    return [
        f"{arguments['action_id']} {arguments['decision']} by {what.removeprefix('decide, ')}"
        for what, arguments in hub.calls.asked
        if what.startswith("decide")
    ]


async def waited(hub: Running, era: str, person: Person, **arguments: Any) -> dict[str, Any]:
    async with desk(f"{hub.url}/mcp", era, person) as client:
        result = await client.call_tool("get_call", {**WAIT, **arguments})
    assert not result.is_error, result.content
    return dict(result.structured_content or {})


@eras
@pytest.mark.parametrize("until", ["any", "answered", "question", "ended"])
async def test_a_change_is_put_to_the_person_and_get_call_tells_what_they_decided(
    era: str, until: str
) -> None:
    person = Person(APPROVE)
    async with serving() as hub, anyio.create_task_group() as tasks:

        async def later() -> None:
            await hub.calls.waiting.wait()
            wants(hub)

        tasks.start_soon(later)
        seen = await waited(hub, era, person, until=until)
        assert decided(hub) == ["a1 approve by the desktop (mcp)"]
    form = person.asked[0]
    assert form.message == "A voice call wants to run notes__add. Its caller is asked: This drops products."
    assert form.requested_schema["properties"]["decision"]["enum"] == ["approve", "deny"]
    assert len(person.asked) == 1
    texts = [event["text"] for event in seen["events"]]
    assert texts[-2:] == ["This drops products.", "approve, the desktop (mcp)"]
    assert "pending_action" not in seen


@eras
async def test_a_change_that_waits_already_is_asked_at_once_and_declining_it_denies_it(era: str) -> None:
    async with serving() as hub:
        wants(hub)
        await waited(hub, era, Person({"action": "decline"}))
        assert decided(hub) == ["a1 deny by the desktop (mcp)"]


@eras
async def test_a_form_that_is_closed_decides_nothing_and_is_not_shown_again(era: str) -> None:
    person = Person(CANCEL, APPROVE)
    async with serving() as hub:
        wants(hub)
        hub.calls.told.set()
        async with desk(f"{hub.url}/mcp", era, person) as client:
            for _ in range(2):
                result = await client.call_tool("get_call", WAIT)
                assert (result.structured_content or {})["pending_action"] == ACTION
            assert (decided(hub), len(person.asked)) == ([], 1)
            wants(hub, ACTION | {"id": "a2"})
            await client.call_tool("get_call", WAIT)
        assert decided(hub) == ["a2 approve by the desktop (mcp)"]


@eras
async def test_who_does_not_wait_or_shows_no_forms_is_asked_nothing(era: str) -> None:
    person = Person(APPROVE)
    async with serving() as hub:
        wants(hub)
        hub.calls.told.set()
        assert (await waited(hub, era, person, wait_seconds=0))["pending_action"] == ACTION
        async with http_client(f"{hub.url}/mcp", era) as client:
            result = await client.call_tool("get_call", WAIT)
        assert (result.structured_content or {})["pending_action"] == ACTION
        assert (person.asked, decided(hub)) == ([], [])


async def test_a_form_is_taken_back_when_the_change_is_decided_elsewhere() -> None:
    person = Person(APPROVE, thinks=NEVER)
    async with serving() as hub, anyio.create_task_group() as tasks:
        wants(hub)

        async def elsewhere() -> None:
            while not person.asked:  # noqa: ASYNC110  # the client's callback has no event
                await anyio.sleep(0.01)
            await hub.calls.decide({"call_id": CALL_ID, "action_id": "a1", "decision": "deny"}, "the caller")

        tasks.start_soon(elsewhere)
        seen = await waited(hub, LEGACY, person)
        assert seen["events"][-1]["text"] == "deny, the caller"
        assert decided(hub) == ["a1 deny by the caller"]


async def test_nobody_answers_and_get_call_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "WAIT_SECONDS_MOST", 0.3)
    person = Person(APPROVE, thinks=NEVER)
    async with serving() as hub:
        wants(hub)
        seen = await waited(hub, LEGACY, person)
        assert (seen["pending_action"], len(person.asked), decided(hub)) == (ACTION, 1, [])


@eras
async def test_an_answer_that_is_none_is_an_error_and_the_change_stays_open(era: str) -> None:
    person = Person({"action": "accept", "content": {"decision": "perhaps"}})
    async with serving() as hub:
        wants(hub)
        async with desk(f"{hub.url}/mcp", era, person) as client:
            result = await client.call_tool("get_call", WAIT)
        assert result.is_error
        assert "decision" in result.content[0].text  # type: ignore[union-attr]  # it is text
        assert (hub.calls.stands, decided(hub)) == ({"pending_action": ACTION}, [])


async def test_an_answer_that_comes_when_somebody_was_quicker_changes_nothing() -> None:
    async with serving() as hub:
        wants(hub)
        person = Person(APPROVE, APPROVE)

        async def slow(context: Any, params: Any) -> Any:
            hub.calls.stands = {"pending_action": ACTION | {"id": "a2"}} if not person.asked else {}
            hub.calls.told.set()
            return await person(context, params)

        seen = await waited(hub, MODERN, slow)  # type: ignore[arg-type]  # a person in a hurry
        assert ("pending_action" in seen, len(person.asked), decided(hub)) == (False, 2, [])
