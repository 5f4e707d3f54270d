"""The worker's side of a question: said word for word, and every turn judged by the hub while it is open."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.core.wire import AnswerHeard, AnswerJudged, Command
from hub.voice.asking import Asking, How
from hub.voice.hub_client import HubRefused, HubUnreachable
from hub.voice.transcript import NOT_KEPT

pytestmark = pytest.mark.anyio


class Speech:
    id = "question"

    def done(self) -> bool:
        return False


class Mouth:
    """A Speaker that notes what it says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stopped = 0
        self.whole = True

    def say(self, text: str) -> Any:
        self.said.append(text)
        return Speech()

    async def heard(self, _speech: Any, _seconds: float) -> bool:
        return self.whole

    async def stop(self, _speech: Any) -> None:
        self.stopped += 1


class Desk:
    """An Asking with everything around it."""

    def __init__(self, answers: Sequence[Any] = (True,), *, typed: bool = False) -> None:
        self.answers, self.heard = list(answers), list[AnswerHeard]()
        self.mouth, self.notices = Mouth(), list[tuple[str, dict[str, Any]]]()
        self.taken, self.freed = list[tuple[str, How]](), 0
        self.asking = Asking(
            self._judge,
            speaker=lambda: self.mouth,  # type: ignore[arg-type, return-value]  # what is used of it
            notify=lambda kind, **values: self.notices.append((kind, values)),
            free=self._free,
            taken=self._took,
            typed=typed,
        )

    def _free(self) -> None:
        self.freed += 1

    async def _took(self, text: str, how: How) -> None:
        self.taken.append((text, how))

    async def _judge(self, heard: AnswerHeard) -> AnswerJudged:
        self.heard.append(heard)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return AnswerJudged(taken=bool(answer), hide=answer == "hide")


def ask(action: str = "a1", text: str = "This would.") -> Command:
    return Command(n=1, kind="ask", text=text, action=action, phrase="yes", tool="t")


async def test_a_servers_form_is_told_to_the_page_as_such_and_a_secret_is_not_kept() -> None:
    desk = Desk(("hide",))
    desk.asking.ask(ask("f1.0").model_copy(update={"about": "form", "hide": True}))
    assert desk.asking.hides
    assert await desk.asking.took("hunter2", 1.0, "by voice")
    assert desk.taken == [(NOT_KEPT, "by voice")]
    await desk.asking.asked(Command(n=2, kind="asked", action="f1.0", reason="accept", about="form"))
    assert [kind for kind, _ in desk.notices] == ["form", "form_closed"]
    assert not desk.asking.open
    assert not desk.asking.hides


async def test_without_a_question_no_turn_is_taken_but_each_is_counted() -> None:
    desk = Desk()
    assert not await desk.asking.took("yes", 1.0, "by voice")
    assert (desk.asking.turns, desk.heard) == (1, [])


async def test_a_question_is_said_and_shown_and_frees_the_turn() -> None:
    desk = Desk()
    desk.asking.ask(ask())
    assert desk.asking.open
    assert desk.mouth.said == ["This would."]
    assert desk.freed == 1
    assert desk.notices == [("action", {"action": "a1", "text": "This would.", "phrase": "yes", "tool": "t"})]


async def test_the_hub_is_told_when_the_question_had_been_said() -> None:
    desk = Desk([False, False])
    desk.asking.ask(ask())
    await desk.asking.took("what", 1.0, "by voice")
    await desk.asking.said()
    await desk.asking.took("what", 1.0, "by voice")
    assert desk.heard[0].asked_until is None
    assert desk.heard[1].asked_until is not None
    assert [heard.turn for heard in desk.heard] == [1, 2]
    assert desk.taken == []


async def test_a_question_that_was_cut_off_has_not_been_said() -> None:
    desk = Desk([True])
    desk.mouth.whole = False
    desk.asking.ask(ask())
    await desk.asking.said()
    assert await desk.asking.took("yes", 1.0, "by voice")
    assert desk.heard[0].asked_until is None
    assert desk.taken == [("yes", "by voice")]


async def test_what_is_written_counts_from_when_the_question_could_be_read() -> None:
    desk = Desk([True])
    desk.asking.ask(ask())
    await desk.asking.took("yes", 1.0, "in writing")
    assert desk.heard[0].asked_until is not None


async def test_in_a_typed_call_the_question_is_there_at_once() -> None:
    desk = Desk([True], typed=True)
    desk.mouth.whole = False
    desk.asking.ask(ask())
    await desk.asking.took("yes", 1.0, "by voice")
    assert desk.heard[0].asked_until is not None


@pytest.mark.parametrize("how", ["by voice", "in writing"])
async def test_once_the_agent_has_said_something_else_the_question_must_be_said_again(how: How) -> None:
    desk = Desk([False, False])
    desk.asking.agent_said("greeting")
    desk.asking.ask(ask())
    desk.asking.agent_said("the words before it")
    desk.asking.agent_said("question")
    await desk.asking.said()
    desk.asking.agent_said("an answer to something else")
    await desk.asking.took("yes", 1.0, how)
    desk.asking.ask(ask())
    desk.asking.agent_said("question")
    desk.asking.agent_said(None)
    await desk.asking.said()
    await desk.asking.took("yes", 1.0, how)
    assert desk.heard[0].asked_until is None
    assert desk.heard[1].asked_until is not None


async def test_a_question_that_is_over_is_not_said_on() -> None:
    desk = Desk()
    desk.asking.ask(ask())
    await desk.asking.asked(Command(n=2, kind="asked", action="older", reason="denied"))
    assert desk.asking.open
    await desk.asking.asked(Command(n=3, kind="asked", action="a1", reason="approved"))
    assert not desk.asking.open
    assert desk.mouth.stopped == 1
    assert desk.notices[-1] == ("action_closed", {"action": "a1", "state": "approved"})
    await desk.asking.said()


async def test_a_hub_that_is_away_for_a_moment_is_asked_again() -> None:
    desk = Desk([HubUnreachable("away"), True])
    desk.asking.ask(ask())
    assert await desk.asking.took("yes", 1.0, "by voice")
    assert desk.heard[0] == desk.heard[1]


async def test_words_that_the_hub_does_not_judge_are_no_answer() -> None:
    desk = Desk([HubRefused(404, "gone")])
    desk.asking.ask(ask())
    assert not await desk.asking.took("yes", 1.0, "by voice")
