"""A server asks in the middle of a spoken call: its fields are said and answered aloud, a password is not.

Everything is sound in a real room: what is said is understood by practice's own recogniser, whose phrases are
extended as any user would extend them, by a phrases.toml in HUB_HOME.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.bench.caller import Caller, Said
from tests.end_to_end.house import House
from tests.end_to_end.test_confirmed_write import LOOK_SECONDS, outcome, said_by_agent, told, until
from tests.end_to_end.test_elicitation import PASSWORD, SECONDS, asked, running_shop
from tests.end_to_end.test_spoken_call import spoken_call
from tests.voices import wav

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]
SPOKEN_SECRET = "swordfish"  # noqa: S105
NOT_KEPT = "[not kept: it may have been a secret]"
NO_QUESTION = "Nobody has asked you that."
PHRASES = f"""
[[phrase]]
id = "answers_to_a_form"
kind = "talk"
say = ["(twelve | three) please", "(small | large) please", "my password is {SPOKEN_SECRET}"]
answer = "{NO_QUESTION}"
"""


@pytest.fixture(scope="module")
def shop(hub_environment: dict[str, str]) -> Iterator[House]:
    with running_shop(hub_environment, PHRASES) as house:
        yield house


class Spoken:
    """A call in which the caller only speaks, and answers a question only when it has been heard."""

    def __init__(self, hub: House, caller: Caller, call_id: str, folder: Path) -> None:
        self.hub = hub
        self.caller = caller
        self.call_id = call_id
        self.folder = folder
        self.last = Said(0, 0)
        self.count = 0

    async def says(self, text: str) -> None:
        self.count += 1
        self.last = await self.caller.say(wav(text, self.folder / f"{self.count}.wav"))

    async def hears(self, words: str) -> dict[str, Any]:
        """The server's question with these words, once it came out of the loudspeaker to its end."""
        question = await asked(self.hub, self.call_id, words)
        await self.caller.onset(self.last.end, seconds=SECONDS)
        with anyio.fail_after(SECONDS):  # a line of the room is final once it has been spoken to its end
            while not self.spoken(question["text"]):  # noqa: ASYNC110  # lines come in their own time
                await anyio.sleep(LOOK_SECONDS)
        await self.caller.quiet(0.4, seconds=SECONDS)
        return question

    def spoken(self, text: str) -> bool:
        return any(text in line for line in self.caller.transcript())

    def whole(self) -> dict[str, Any]:
        return self.hub.get(f"/api/calls/{self.call_id}", include="events,tools")


def answers(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server says that it was answered: `order` ends with a list of just that."""
    (ended,) = [event for event in whole["events"] if event["kind"] == "tool_ended"]
    assert ended["ok"]
    return list(json.loads(ended["text"].partition(": ")[2])["rows"])


def turns(whole: dict[str, Any]) -> list[tuple[str, str]]:
    """Who said what, in the order in which it was said."""
    return [(event["role"], event["text"]) for event in whole["events"] if event.get("role")]


async def two_fields_aloud(call: Spoken) -> list[tuple[str, str]]:
    """Order, and answer what is asked, the first time with a number that does not fit; the turns of it."""
    await call.says("place my order with the new shop")
    first = await call.hears("quantity")
    assert first["text"].startswith("asks new asks: Please complete your order.")
    await call.says("twelve please")
    again = await call.hears("at most 10")
    await call.says("three please")
    second = await call.hears("Which size")
    await call.says("large please")
    return [
        *(("agent", first["text"]), ("caller", "twelve please")),
        *(("agent", again["text"]), ("caller", "three please")),
        *(("agent", second["text"]), ("caller", "large please")),
    ]


async def a_password_that_is_said(call: Spoken) -> list[tuple[str, str]]:
    """Say it all the same: the question stays open. Then do it, and the link, by hand."""
    secret = await call.hears("Password is secret")
    await call.says(f"my password is {SPOKEN_SECRET}")
    got = await said_by_agent(call.hub, call.call_id, "I have not kept it")
    assert got["pending_question"]["id"] == secret["id"]
    forms = f"/api/calls/{call.call_id}/forms"
    call.hub.post(f"{forms}/{secret['id']}", decision="accept", content={"password": PASSWORD})
    link = await asked(call.hub, call.call_id, "I have put a link")
    call.hub.post(f"{forms}/{link['id']}", decision="accept")
    return [("agent", secret["text"]), ("caller", NOT_KEPT)]


async def test_two_fields_are_answered_aloud_and_a_password_that_is_said_is_not_kept(
    shop: House, tmp_path: Path
) -> None:
    async with spoken_call(shop) as (caller, call_id):
        call = Spoken(shop, caller, call_id, tmp_path)
        wanted = [*await two_fields_aloud(call), *await a_password_that_is_said(call)]
        assert await outcome(shop, call_id)
        whole = call.whole()
    form, password, link = answers(whole)
    assert form["action"] == password["action"] == link["action"] == "accept"
    assert json.loads(form["content"]) == {"quantity": 3, "size": "large"}
    assert [turn for turn in turns(whole) if turn in wanted] == wanted
    seen = {
        "the call": str(whole) + str(shop.get(f"/api/calls/{call_id}/transcript")),
        "the hub's output": shop.said,
        "the room's lines": str([line.text for line in caller.lines]),
        "the room's notices": str(caller.notices),
    }
    assert NO_QUESTION not in str(seen)
    for word in (SPOKEN_SECRET, PASSWORD):
        assert not [where for where, text in seen.items() if word in text]
        assert all(word.encode() not in path.read_bytes() for path in shop.home.glob("hub.db*"))


async def test_never_mind_said_aloud_calls_off_the_question_and_the_toolcall(
    shop: House, tmp_path: Path
) -> None:
    async with spoken_call(shop) as (caller, call_id):
        call = Spoken(shop, caller, call_id, tmp_path)
        await call.says("place my order with the old shop")
        await call.hears("quantity")
        await call.says("never mind about that")
        got = await until(shop, call_id, lambda got: told(got, "tool_ended"), SECONDS)
    assert "pending_question" not in got
    assert "never mind about that" in told(got, "caller")
    assert "called off" in str(told(got, "question")) + str(told(got, "tool_ended"))
