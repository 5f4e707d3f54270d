"""A server asks somebody in a call: field by field, what is secret on a page, whoever answers first."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from hub.calls.approvals import Approvals
from hub.calls.arguments import AnswerQuestion, FillForm
from hub.calls.elicitations import Answered, Elicitations
from hub.calls.open_form import OpenForm
from hub.calls.questions import BUSY, Questions
from hub.core.errors import InvalidArguments, NoSuchQuestion
from hub.core.records import ApprovalState, Mode
from hub.core.wire import AnswerHeard
from tests.calls.test_approvals import CREATE
from tests.calls.test_approvals import Room as Call
from tests.servers.asks import FORM, LINK, SECRET, URL

pytestmark = pytest.mark.anyio
PASSWORD = "hunter2"  # noqa: S105
MIXED: dict[str, Any] = {
    "message": "Sign up",
    "requestedSchema": {
        "properties": {
            "password": {"type": "string"},
            "name": {"type": "string"},
            "news": {"type": "boolean"},
        },
        "required": ["password", "name"],
    },
}


class Room(Call):
    """One call, in which a server asks."""

    def __init__(self, *, mode: Mode = Mode.BROWSER, seconds: float = 5, typed: float = 5) -> None:
        super().__init__()
        self.call.record = replace(self.call.record, mode=mode)
        self.forms = Elicitations(self.notebook, self.live, seconds=seconds, typed_seconds=typed)  # type: ignore[arg-type]
        self.alive = 0
        self.told: list[Answered] = []
        self.turn = 0

    async def _alive(self) -> None:
        self.alive += 1

    async def elicit(self, params: dict[str, Any]) -> None:
        self.told.append(await self.forms.ask("c1", "shop", params, self._alive))

    @asynccontextmanager
    async def being_asked(self, params: dict[str, Any]) -> AsyncGenerator[None]:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.elicit, params)
                await anyio.wait_all_tasks_blocked()
                yield

    @property
    def form(self) -> OpenForm:
        assert self.call.form is not None
        return self.call.form

    def hears(self, text: str, *, early: bool = False, how: Any = "in writing") -> tuple[bool, bool]:
        self.turn += 1
        heard = AnswerHeard(
            action=self.form.step_id,
            turn=self.turn,
            text=text,
            began=0.5 if early else 2.0,
            asked_until=1.0,
            how=how,
        )
        judged = self.forms.heard("c1", heard)
        assert self.forms.heard("c1", heard).taken in (judged.taken, False)  # each turn is judged once
        return judged.taken, judged.hide

    def said(self) -> list[str]:
        """What the agent was to say."""
        return [command.text for command in self.call.commands if command.kind == "ask"]

    def notes(self) -> str:
        return "\n".join(append.text for append in self.notebook.written)

    @property
    def result(self) -> dict[str, Any]:
        (told,) = self.told
        return told.result


async def test_fields_are_asked_one_by_one_and_the_answers_go_to_the_server() -> None:
    room = Room()
    async with room.being_asked(FORM):
        assert not room.call.commands[-1].hide
        assert room.said() == [
            "shop asks: Please complete your order. What number should I put for quantity? From 1 to 10."
        ]
        assert room.hears("three please") == (True, False)
        assert room.said()[-1] == "Which size: small or large?"
        pending = room.call.pending_question or {}
        assert (pending["field"], pending["fields"][0]["value"]) == ("size", 3)
        assert room.hears("the large one", how="by voice") == (True, False)
    assert room.result == {"action": "accept", "content": {"quantity": 3, "size": "large"}}
    assert (room.call.form, room.call.pending_question) == (None, None)
    assert "quantity: 3, from the caller, in writing" in room.notes()
    assert "answered by the caller, by voice: the question of shop" in room.notes()
    asked, closed = room.call.commands[-2:]
    assert (closed.kind, closed.action, closed.about, closed.reason) == (
        "asked",
        asked.action,
        "form",
        "accept",
    )
    assert {command.n for command in room.call.commands} == set(room.call.done)  # no other job asks again


async def test_a_german_call_is_asked_and_answered_in_german() -> None:
    room = Room()
    room.call.request = room.call.request.model_copy(update={"language": "de-AT"})
    async with room.being_asked(FORM):
        (said,) = room.said()
        assert said.startswith("shop fragt: Please complete your order. ")
        assert said.endswith("Welche Zahl soll ich für quantity eintragen? Von 1 bis 10.")
        room.hears("viele")
        assert room.said()[-1].startswith("Das passt nicht: Ich brauche eine ganze Zahl.")
        answer = AnswerQuestion(call_id="c1", question_id=room.form.id, answer="zwölf")
        with pytest.raises(InvalidArguments, match="at most 10"):
            room.forms.answer(answer, "the desktop (d)")
        room.hears("drei bitte")
        assert room.said()[-1] == "Was wählen Sie für size: small oder large?"
        room.hears("das zweite", how="by voice")
    assert room.result == {"action": "accept", "content": {"quantity": 3, "size": "large"}}


async def test_what_does_not_fit_is_asked_once_more_and_then_dropped() -> None:
    room = Room()
    async with room.being_asked(FORM):
        assert room.hears("lots") == (True, False)
        assert "That does not fit: I need a whole number." in room.said()[-1]
        assert room.hears("twelve") == (True, False)
    assert room.result == {"action": "cancel"}
    assert "no answer that fits" in room.notes()


@pytest.mark.parametrize(
    ("words", "action"), [("never mind", "cancel"), ("no", "decline"), ("forget it", "cancel")]
)
async def test_the_caller_may_refuse_or_call_it_off(words: str, action: str) -> None:
    for params in (FORM, SECRET, LINK):
        room = Room()
        async with room.being_asked(params):
            assert room.hears(words, early=True) == (True, False)
        assert room.result == {"action": action}


async def test_words_from_before_the_question_are_no_answer_and_it_is_asked_again() -> None:
    room = Room()
    async with room.being_asked(FORM):
        assert room.hears("three", early=True) == (True, False)
        assert len(room.said()) == 2
        assert room.form.values == {}
        assert room.hears("what is that for") == (False, False)
        room.form.deadline = 0
        assert room.hears("three") == (True, False)
        room.hears("small")
    assert room.result["content"] == {"quantity": 3, "size": "small"}


async def test_silence_ends_it_and_the_server_hears_so() -> None:
    room = Room(seconds=0.05)
    async with room.being_asked(FORM):
        pass
    assert room.result == {"action": "cancel"}
    assert "not answered in time" in room.notes()


async def test_a_secret_is_typed_on_the_page_and_never_kept() -> None:
    room = Room()
    async with room.being_asked(SECRET):
        assert "Password is secret, so do not say it. Type it on your page" in room.said()[-1]
        assert room.hears("one moment") == (True, False)
        assert room.hears("where do I find it") == (False, False)
        assert room.hears(PASSWORD) == (True, True)
        assert "I have not kept it" in room.said()[-1]
        answer = AnswerQuestion(call_id="c1", question_id=room.form.id, answer=PASSWORD)
        with pytest.raises(InvalidArguments, match="secret"):
            room.forms.answer(answer, "the desktop (d)")
        shown = json.dumps(room.call.pending_question)
        assert '"secret": true' in shown
        filled = FillForm(
            call_id="c1", form_id=room.form.id, decision="accept", content={"password": PASSWORD}
        )
        assert room.forms.fill(filled, "the caller, on the join page")["state"] == "accept"
        with pytest.raises(NoSuchQuestion):
            room.forms.fill(filled, "somebody else")
    assert room.result == {"action": "accept", "content": {"password": PASSWORD}}
    assert all(command.hide for command in room.call.commands if command.kind == "ask")
    assert room.told[0].secrets == (PASSWORD,)
    kept = room.notes() + str([command.model_dump() for command in room.call.commands])
    assert PASSWORD not in kept
    assert "answered by the caller, on the join page" in kept


async def test_secrets_come_last_and_the_page_shows_what_was_said_already() -> None:
    room = Room(mode=Mode.TEXT)
    async with room.being_asked(MIXED):
        room.hears("Ada")
        room.hears("skip")
        assert "in the hub's dashboard" in room.said()[-1]
        fields = (room.call.pending_question or {})["fields"]
        assert [field.get("value") for field in fields] == [None, "Ada", None]
        content = {"name": "Ada", "password": ""}
        asked = FillForm(call_id="c1", form_id=room.form.id, decision="accept", content=content)
        with pytest.raises(InvalidArguments, match="password: it is needed"):
            room.forms.fill(asked, "the dashboard")
        room.forms.fill(asked.model_copy(update={"content": {**content, "password": "x"}}), "the dashboard")
    assert room.result["content"] == {"name": "Ada", "password": "x"}


async def test_a_link_is_on_the_page_and_its_address_is_never_said() -> None:
    room = Room()
    async with room.being_asked(LINK):
        (said,) = room.said()
        assert said.startswith("shop asks: Pay for the order. I have put a link on your page.")
        pending = room.call.pending_question or {}
        assert (pending["url"], pending["host"]) == (URL, "pay.example.com")
        assert room.hears("okay") == (True, False)
        assert room.hears("show me the orders") == (False, False)
        room.forms.fill(FillForm(call_id="c1", form_id=room.form.id, decision="accept"), "the dashboard")
    assert room.result == {"action": "accept"}
    assert "pay.example.com" not in room.notes() + " ".join(room.said())


async def test_a_desktop_may_answer_and_decline() -> None:
    room = Room()
    async with room.being_asked(FORM):
        answer = AnswerQuestion(call_id="c1", question_id=room.form.id, answer="12")
        assert room.forms.has("c1", room.form.id)
        with pytest.raises(InvalidArguments, match="at most 10"):
            room.forms.answer(answer, "the desktop (d)")
        room.forms.answer(answer.model_copy(update={"answer": "2"}), "the desktop (d)")
        room.forms.answer(answer.model_copy(update={"decline": True}), "the desktop (d)")
    assert room.result == {"action": "decline"}
    assert "quantity: 2, from the desktop (d)" in room.notes()
    assert not room.forms.has("c1", "another")
    link = Room()
    async with link.being_asked(LINK):
        link.forms.answer(AnswerQuestion(call_id="c1", question_id=link.form.id, answer="opened"), "d")
    assert link.result == {"action": "accept"}


async def test_a_form_without_fields_is_a_question_of_yes_or_no() -> None:
    for words, action in (("yes", "accept"), ("no", "decline")):
        room = Room()
        async with room.being_asked({"message": "Delete it?", "requestedSchema": {"properties": {}}}):
            assert room.said() == ["shop asks: Delete it? Shall I go on: yes or no?"]
            room.hears(words)
        assert room.result == {"action": action}


async def test_one_thing_is_asked_at_a_time() -> None:
    room = Room()
    async with room.being_asked(FORM):
        busy = await Approvals(room.notebook, room.live).ask("c1", CREATE, 1)  # type: ignore[arg-type]
        assert busy.state is ApprovalState.BUSY
        asked = await Questions(room.notebook, room.live).ask("c1", "Which?", room._alive)  # type: ignore[arg-type]
        assert asked == BUSY
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(room.elicit, LINK)
            await anyio.wait_all_tasks_blocked()
            assert not room.form.asked.url
            room.hears("never mind")
            await anyio.wait_all_tasks_blocked()
            assert room.form.asked.url
            room.hears("no")
    assert [told.result["action"] for told in room.told] == ["cancel", "decline"]


async def test_what_cannot_be_asked_and_a_call_that_is_over_are_told_apart() -> None:
    room = Room()
    await room.elicit({"message": "x"})
    assert room.result == {"action": "decline"}
    async with room.being_asked(FORM):
        form = room.form
        room.live.remove("c1")
    assert room.told[1].result == {"action": "cancel"}
    assert form.reply is not None
    await room.elicit(FORM)
    assert room.told[2].result == {"action": "cancel"}
    with pytest.raises(NoSuchQuestion):
        room.forms.fill(FillForm(call_id="c1", form_id=form.id, decision="cancel"), "x")
