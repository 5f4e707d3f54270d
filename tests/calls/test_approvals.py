"""A change waits for one answer, from whoever gives it first; what follows a no is not asked for again."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from hub.calls.approvals import Approvals
from hub.calls.arguments import StartVoiceCall
from hub.calls.live import LiveCall, LiveCalls
from hub.core.errors import NoSuchAction, Unavailable
from hub.core.records import Append, Approval, ApprovalState, CallRecord, CallStatus, Mode, Question
from hub.core.wire import AnswerHeard

pytestmark = pytest.mark.anyio

CREATE = Question(
    text='This would create it. Say "yes".',
    phrase="yes",
    strong=False,
    about=("this", "would", "create", "it"),
    tool="db__run",
    fingerprint="f1",
)
DROP = Question(
    text="This would drop it.",
    phrase="yes, drop it",
    strong=True,
    about=("drop",),
    tool="db__run",
    fingerprint="f2",
)


@dataclass
class Notebook:
    """The Journal, as far as it is used."""

    written: list[Append] = field(default_factory=list)
    broken: bool = False

    async def write(self, _call_id: str, append: Append) -> None:
        if self.broken:
            raise Unavailable("The disk is full.")
        self.written.append(append)


class Room:
    """One call, its questions, and the answers they got."""

    def __init__(self, seconds: float = 5.0) -> None:
        record = CallRecord(
            id="c1", mode=Mode.TEXT, goal="g", room="r", status=CallStatus.IN_PROGRESS, created_at=0
        )
        self.notebook, self.live = Notebook(), LiveCalls()
        self.call = self.live.add(LiveCall(record=record, request=StartVoiceCall(goal="g")))
        self.approvals = Approvals(self.notebook, self.live, seconds=seconds)  # type: ignore[arg-type]
        self.answers: list[Approval] = []

    async def ask(self, question: Question = CREATE, turn: int = 1) -> None:
        self.answers.append(await self.approvals.ask("c1", question, turn))

    @asynccontextmanager
    async def asking(self, question: Question = CREATE, turn: int = 1) -> AsyncGenerator[str]:
        """While a question is open; its id."""
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.ask, question, turn)
                await anyio.wait_all_tasks_blocked()
                assert self.call.action is not None
                yield self.call.action.id

    def says(
        self, text: str, *, turn: int = 2, began: float = 2.0, until: float | None = 1.0, action: str = ""
    ) -> bool:
        open_action = self.call.action.id if self.call.action is not None else "none"
        heard = AnswerHeard(
            action=action or open_action, turn=turn, text=text, began=began, asked_until=until
        )
        return self.approvals.heard("c1", heard).taken

    @property
    def states(self) -> list[ApprovalState]:
        return [answer.state for answer in self.answers]

    @property
    def orders(self) -> list[tuple[str, str]]:
        return [(command.kind, command.text) for command in self.call.commands]


async def test_the_question_is_said_shown_and_written_down_and_a_yes_is_told_with_who_said_it() -> None:
    room = Room()
    async with room.asking() as action:
        assert room.orders == [("ask", CREATE.text)]
        pending = room.call.pending_action
        assert pending is not None
        deadline = pending.pop("deadline")
        assert pending == {"id": action, "text": CREATE.text, "phrase": "yes", "tool": "db__run"}
        assert deadline.startswith(time.strftime("%Y", time.gmtime()))
        assert room.notebook.written[0].text == CREATE.text
        assert room.says("yes")
        assert room.call.pending_action is None
    (answer,) = room.answers
    assert (answer.state, answer.by, answer.fingerprint) == (
        ApprovalState.APPROVED,
        "the caller, by voice",
        "f1",
    )
    assert room.notebook.written[-1].text == "approved by the caller, by voice, who said “yes”: db__run"
    assert room.notebook.written[-1].data["state"] == "approved"
    assert room.call.commands[-1].kind == "asked"


@pytest.mark.parametrize(
    ("words", "state"),
    [("no", ApprovalState.DENIED), ("yes but wait", ApprovalState.UNSURE), ("yes?", ApprovalState.UNSURE)],
)
async def test_a_no_and_a_doubt_end_it(words: str, state: ApprovalState) -> None:
    room = Room()
    async with room.asking():
        assert room.says(words)
    assert room.states == [state]


@pytest.mark.parametrize("until", [None, 3.0])
async def test_a_yes_that_began_before_the_question_had_been_said_has_it_said_again(
    until: float | None,
) -> None:
    room = Room()
    async with room.asking():
        assert room.says("yes", until=until)
        assert room.orders == [("ask", CREATE.text)] * 2
        assert room.says("no", turn=3, until=None)
    assert room.states == [ApprovalState.DENIED]


async def test_a_plain_yes_does_not_destroy_anything() -> None:
    room = Room()
    async with room.asking(DROP):
        assert room.says("yes")
        assert room.orders[-1] == ("ask", 'I have done nothing yet. To go ahead, say "yes, drop it".')
        assert room.says("yes drop it", turn=3)
    assert room.states == [ApprovalState.APPROVED]


async def test_a_question_back_is_no_answer_and_a_turn_is_judged_once() -> None:
    room = Room()
    async with room.asking():
        assert not room.says("which columns does it have")
        assert not room.says("yes", turn=2)  # the same turn, sent again with other words
        assert not room.says("yes", turn=3, action="another")
        assert room.says("yes", turn=3)
    assert room.states == [ApprovalState.APPROVED]
    assert not room.says("yes", turn=4, action="over")
    assert not room.approvals.heard("nobody", AnswerHeard(action="x", turn=1, text="yes", began=1)).taken


async def test_silence_is_a_no_and_the_model_may_not_ask_again_before_the_caller_does() -> None:
    room = Room(seconds=0.01)
    await room.ask(turn=1)
    await room.ask(turn=1)
    await room.ask(turn=2)
    assert room.states == [ApprovalState.EXPIRED, ApprovalState.REPEATED, ApprovalState.EXPIRED]


async def test_after_a_no_the_words_of_the_no_are_no_new_request() -> None:
    room = Room()
    async with room.asking(turn=1):
        room.says("no", turn=2)
    await room.ask(turn=2)
    async with room.asking(turn=3):
        room.says("yes", turn=4)
    assert room.states == [ApprovalState.DENIED, ApprovalState.REPEATED, ApprovalState.APPROVED]


async def test_two_changes_are_not_asked_for_at_once_but_a_newer_request_takes_the_place_of_an_older() -> (
    None
):
    room = Room()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(room.ask, CREATE, 1)
        await anyio.wait_all_tasks_blocked()
        await room.ask(DROP, 1)
        tasks.start_soon(room.ask, DROP, 2)
        await anyio.wait_all_tasks_blocked()
        assert room.call.pending_action is not None
        assert room.call.pending_action["phrase"] == DROP.phrase
        room.says("yes, drop it", turn=3)
    assert room.states == [ApprovalState.BUSY, ApprovalState.REPLACED, ApprovalState.APPROVED]


async def test_dashboard_page_and_desktop_decide_and_only_the_first_counts() -> None:
    room = Room()
    async with room.asking() as action:
        decided = {"call_id": "c1", "action_id": action, "decision": "approve"}
        with pytest.raises(NoSuchAction):
            room.approvals.decide({**decided, "action_id": "other"}, "the dashboard")
        assert room.approvals.decide(decided, "the dashboard")["state"] == "approved"
        with pytest.raises(NoSuchAction):
            room.approvals.decide({**decided, "decision": "deny"}, "the desktop")
    assert (room.answers[0].state, room.answers[0].by) == (ApprovalState.APPROVED, "the dashboard")


async def test_a_tool_call_that_is_cancelled_closes_its_question() -> None:
    room = Room()
    with anyio.move_on_after(0.01):
        await room.ask(turn=5)
    assert room.call.action is None
    assert room.call.pending_action is None
    assert room.notebook.written[-1].data["state"] == "cancelled"
    assert room.call.refused_turn < 5


async def test_a_call_that_is_over_asks_nothing_and_gets_no_yes() -> None:
    room = Room()
    async with room.asking():
        room.live.remove("c1")
    await room.ask(turn=2)
    assert room.states == [ApprovalState.UNASKABLE] * 2


async def test_what_cannot_be_written_down_is_not_done() -> None:
    room = Room()
    room.notebook.broken = True
    with pytest.raises(Unavailable):
        await room.ask()
    assert room.call.pending_action is None


async def test_a_job_that_leads_the_call_on_does_not_ask_what_is_over() -> None:
    room = Room()
    async with room.asking():
        room.says("yes")
    assert all(command.n in room.call.done for command in room.call.commands)
