"""What the agent of a VoiceCall wants to know of the desktop that follows it, and the answer."""

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio

from hub.calls.arguments import AnswerQuestion, parse
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.open_question import OpenQuestion
from hub.core.errors import NoSuchQuestion
from hub.core.ports import Journal
from hub.core.records import Append, EventKind

OPEN_SECONDS: Final = 60.0
"""How long the caller is kept company while the desktop is asked."""
ALIVE_SECONDS: Final = 5.0
"""How often whoever waits for the answer is told that it is still being waited for."""
NOTE_SECONDS: Final = 2.0
NOBODY: Final = "Nobody answered the question in time. Tell the caller so, and go on without the answer."
BUSY: Final = "Another question is still open. Wait for its answer before you ask again."


class Questions:
    """At most one is open in a call."""

    def __init__(self, journal: Journal, live: LiveCalls, *, seconds: float = OPEN_SECONDS) -> None:
        self._journal = journal
        self._live = live
        self._seconds = seconds

    async def ask(self, call_id: str, text: str, alive: Callable[[], Awaitable[None]]) -> str:
        """Put a question to whoever follows the call; returns what the agent is told.

        Raises:
            CallNotFound, Unavailable: It could not be written down.
        """
        live = self._live.get(call_id)
        if live is None or live.question is not None or live.form is not None:
            return BUSY
        question = live.question = OpenQuestion(uuid.uuid4().hex[:12], text, time.time() + self._seconds)
        live.pending_question = question.pending()  # before the event: who sees that, sees this
        try:
            await self._note(live, question, text, "asked")
            await self._answered(live, question, alive)
        finally:
            live.question = live.pending_question = None
            live.wake()
            if question.answer is None and self._live.get(call_id) is live:
                with anyio.move_on_after(NOTE_SECONDS, shield=True):
                    await self._note(live, question, f"not answered: {text}", "unanswered")
        if question.answer is None:
            return NOBODY
        return f"The answer to your question is: {question.answer}"

    async def _answered(
        self, live: LiveCall, question: OpenQuestion, alive: Callable[[], Awaitable[None]]
    ) -> None:
        deadline = anyio.current_time() + self._seconds
        while question.answer is None and self._live.get(live.id) is live:
            left = deadline - anyio.current_time()
            if left <= 0:
                return
            await live.news(min(left, ALIVE_SECONDS))
            await alive()

    async def answer(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        """answer_question; `by` says in the Journal who it was.

        Raises:
            NoSuchQuestion: It is not open (any more).
        """
        asked = parse(AnswerQuestion, arguments)
        live = self._live.get(asked.call_id)
        question = live.question if live is not None else None
        if (
            live is None
            or question is None
            or question.id != asked.question_id
            or question.answer is not None
        ):
            raise NoSuchQuestion(
                "No such question waits for an answer.",
                next_step="get_call shows in pending_question what waits; an answer counts once.",
            )
        question.answer, question.by = asked.answer, by
        live.pending_question = None
        live.wake()
        await self._note(live, question, f"answered by {by}: {asked.answer}", "answered")
        return {
            "call_id": live.id,
            "question_id": question.id,
            "state": "answered",
            "next_step": "get_call with wait_seconds shows what the agent makes of it.",
        }

    async def _note(self, live: LiveCall, question: OpenQuestion, text: str, state: str) -> None:
        data = {"what": "question", "question_id": question.id, "state": state}
        await self._journal.write(
            live.id, Append(t=time.time(), kind=EventKind.QUESTION, text=text, data=data)
        )
