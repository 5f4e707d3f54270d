"""Changes that wait for a yes, whoever says it: the caller by voice, a page, the dashboard, a desktop."""

import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

import anyio

from hub.calls.arguments import DecideAction, parse
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.open_action import OpenAction
from hub.core.errors import HubError, NoSuchAction
from hub.core.gate import OPEN_SECONDS, Meaning, judge
from hub.core.ports import Journal
from hub.core.records import Append, Approval, ApprovalState, EventKind, Question
from hub.core.wire import AnswerHeard, AnswerJudged
from hub.core.wording import wording

logger = logging.getLogger(__name__)

NOTE_SECONDS = 2.0
"""How long a question that is over may take to be written down while everything stops."""
REFUSED = frozenset({ApprovalState.DENIED, ApprovalState.UNSURE, ApprovalState.EXPIRED})
_OUTCOMES = {
    ApprovalState.APPROVED: "approved",
    ApprovalState.DENIED: "refused",
    ApprovalState.UNSURE: "not clearly agreed to",
    ApprovalState.EXPIRED: "not answered in time",
    ApprovalState.REPLACED: "dropped: the caller asked for something else",
    ApprovalState.CANCELLED: "dropped: it was cancelled",
}


class Approvals:
    """Asks the caller of a VoiceCall, and takes the answer from wherever it comes."""

    def __init__(self, journal: Journal, live: LiveCalls, *, seconds: float = OPEN_SECONDS) -> None:
        self._journal = journal
        self._live = live
        self._seconds = seconds

    async def ask(self, call_id: str, question: Question, turn: int) -> Approval:
        """Have the question said, and wait for the answer; `turn`: the caller's turn that led to it."""
        live = self._live.get(call_id)
        if live is None:
            return Approval(state=ApprovalState.UNASKABLE)
        refusal = self._refusal(live, turn)
        if refusal is not None:
            return Approval(state=refusal)
        now = time.time()
        action = live.action = OpenAction(
            uuid.uuid4().hex[:12], question, turn, now, now + self._seconds, last_turn=turn
        )
        try:
            await self._asked(live, action)
            await self._answered(live, action)
        finally:
            _settle(live, action, ApprovalState.CANCELLED)
            await self._closed(live, action)
        state = action.state or ApprovalState.CANCELLED
        return Approval(
            state=state if state is not ApprovalState.CANCELLED else ApprovalState.UNASKABLE,
            by=action.by,
            action=action.id,
            fingerprint=question.fingerprint,
        )

    @staticmethod
    def _refusal(live: LiveCall, turn: int) -> ApprovalState | None:
        """Why nothing is asked now, if so; a newer request takes the place of an older one."""
        if turn <= live.refused_turn:
            return ApprovalState.REPEATED
        if live.action is None:
            return ApprovalState.BUSY if live.form is not None else None
        if turn <= live.action.turn:
            return ApprovalState.BUSY
        _settle(live, live.action, ApprovalState.REPLACED)
        return None

    async def _asked(self, live: LiveCall, action: OpenAction) -> None:
        # First of all the order: whoever sees the question anywhere else and types a yes is behind it.
        self._say(live, action, action.question.text)
        live.pending_action = action.pending()
        await self._note(live, action, action.question.text)

    async def _answered(self, live: LiveCall, action: OpenAction) -> None:
        patience = anyio.current_time() + self._seconds
        while action.state is None and self._live.get(live.id) is live:
            left = patience - anyio.current_time()
            if left <= 0:
                _settle(live, action, ApprovalState.EXPIRED)
                return
            await live.news(left)

    async def _closed(self, live: LiveCall, action: OpenAction) -> None:
        if live.action is action:
            live.action = None
        if action.state in REFUSED:
            live.refused_turn = max(live.refused_turn, action.last_turn)
        if self._live.get(live.id) is not live:
            return
        over = live.order("asked", action=action.id, reason=(action.state or ApprovalState.CANCELLED).value)
        for command in (*live.commands, over):
            if command.action == action.id:
                live.done[command.n] = "over"  # a job that leads the call on has nothing to ask any more
        who = f" {action.by}" if action.by else ""
        words = f", who said “{action.words}”" if action.words else ""
        outcome = _OUTCOMES[action.state or ApprovalState.CANCELLED]
        by = f" by{who}{words}" if who else ""
        with anyio.move_on_after(NOTE_SECONDS, shield=True):
            await self._note(live, action, f"{outcome}{by}: {action.question.tool}")

    async def _note(self, live: LiveCall, action: OpenAction, text: str) -> None:
        try:
            await self._journal.write(
                live.id, Append(t=time.time(), kind=EventKind.ACTION, text=text, data=action.told())
            )
        except HubError as error:
            if action.state is None:
                raise  # what cannot be written down is not asked
            logger.warning("call %s: an answer could not be written down: %s", live.id, error.message)

    def heard(self, call_id: str, heard: AnswerHeard) -> AnswerJudged:
        """Judge a turn of the caller's: a yes is only what began after the question had been said."""
        live = self._live.get(call_id)
        action = live.action if live is not None else None
        if live is None or action is None or action.id != heard.action:
            return AnswerJudged(taken=False)
        if heard.turn not in action.judged:
            action.judged[heard.turn] = self._take(live, action, heard)
        return AnswerJudged(taken=action.judged[heard.turn])

    def _take(self, live: LiveCall, action: OpenAction, heard: AnswerHeard) -> bool:
        language = wording(live.request.language)
        action.last_turn = max(action.last_turn, heard.turn)
        meaning = judge(heard.text, action.question, language)
        early = heard.asked_until is None or heard.began < heard.asked_until
        if meaning is Meaning.OTHER:
            return False
        if meaning is Meaning.YES and early:
            self._say(live, action, action.question.text)
        elif meaning is Meaning.WEAK:
            again = language.ask_again.format(phrase=action.question.phrase)
            self._say(live, action, action.question.text if early else again)
        else:
            state = {Meaning.YES: ApprovalState.APPROVED, Meaning.NO: ApprovalState.DENIED}.get(
                meaning, ApprovalState.UNSURE
            )
            _settle(live, action, state, f"the caller, {heard.how}", heard.text)
        return True

    @staticmethod
    def _say(live: LiveCall, action: OpenAction, text: str) -> None:
        live.order("ask", text, action=action.id, phrase=action.question.phrase, tool=action.question.tool)

    def decide(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        """decide_action: approve or deny a change in the caller's place.

        Raises:
            NoSuchAction: It is not open (any more).
        """
        asked = parse(DecideAction, arguments)
        live = self._live.get(asked.call_id)
        action = live.action if live is not None else None
        if live is None or action is None or action.id != asked.action_id or action.state is not None:
            raise NoSuchAction(
                "No such change waits for a yes.",
                next_step="get_call shows in pending_action what waits; an answer counts once.",
            )
        approve = asked.decision == "approve"
        _settle(live, action, ApprovalState.APPROVED if approve else ApprovalState.DENIED, by)
        return {
            "call_id": asked.call_id,
            "action_id": action.id,
            "state": "approved" if approve else "denied",
            "tool": action.question.tool,
            "next_step": "get_call with wait_seconds shows what comes of it.",
        }


def _settle(
    live: LiveCall, action: OpenAction, state: ApprovalState, by: str | None = None, words: str = ""
) -> None:
    """Decide it, so that nothing else can, and wake who waits."""
    action.decide(state, by, words)
    if live.action is action:
        live.pending_action = None
    live.wake()
