"""Looks through every call that is over, however it ended: summary, criteria, answers, each with its proof.

What has to be done is in the Journal, so that a call whose hub was killed is looked through by the next one.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio

from hub.calls.costs import cost
from hub.calls.prices import Prices
from hub.core.errors import HubError
from hub.core.ports import Journal, LanguageModel
from hub.core.records import CallQuery, CallRecord, Event, Reviewed, Role, Spent, Turn
from hub.core.review import Completion, ReviewAsked, read, verified

logger = logging.getLogger(__name__)

DEFAULT_MODEL: Final = "gpt-4o"
TRIES: Final = 4
AGAIN_SECONDS: Final = (2.0, 10.0, 30.0)
GRACE_SECONDS: Final = 0.3
"""The Journal is looked at this often at most."""
LOOK_SECONDS: Final = 60.0
BATCH: Final = 20
EVERYTHING: Final = 10_000


@dataclass(slots=True)
class _Attempt:
    tries: int = 0
    not_before: float = 0.0


class Reviewer:
    """Reviews one call after the other."""

    def __init__(
        self,
        journal: Journal,
        model: LanguageModel | None,
        prices: Prices,
        *,
        practice: Callable[[], Sequence[str]],
    ) -> None:
        self._journal = journal
        self._model = model
        self._prices = prices
        self._practice = practice
        self._attempts: dict[str, _Attempt] = {}

    async def run(self) -> None:
        """Review calls as they end, for ever."""
        while True:
            version = self._journal.version()
            try:
                await self._round()
            except HubError as error:  # the disk is full, say: the calls are still there
                logger.warning("calls cannot be reviewed: %s", error.message)
            await self._journal.changed(None, version, self._pause())
            await anyio.sleep(GRACE_SECONDS)

    def _pause(self) -> float:
        due = [attempt.not_before for attempt in self._attempts.values()]
        return min(max(0.0, min(due) - anyio.current_time()), LOOK_SECONDS) if due else LOOK_SECONDS

    async def _round(self) -> None:
        for call in await self._journal.calls(CallQuery(unreviewed=True, limit=BATCH)):
            attempt = self._attempts.setdefault(call.id, _Attempt())
            if anyio.current_time() >= attempt.not_before:
                await self._review(call, attempt)

    async def _review(self, call: CallRecord, attempt: _Attempt) -> None:
        turns = await self._journal.turns(call.id, limit=EVERYTHING)
        asked = _asked(call, turns)
        if not any(turn.role is Role.CALLER for turn in turns):
            await self._keep(call, "The call is reviewed.", _ready(asked, _unspoken(turns)))
        elif self._model is None:
            await self._give_up(call, "no language model is set up, see OPENAI_API_KEY")
        else:
            await self._ask(self._model, call, asked, attempt)

    async def _ask(
        self, model: LanguageModel, call: CallRecord, asked: ReviewAsked, attempt: _Attempt
    ) -> None:
        name = model_of(await self._journal.events(call.id, limit=EVERYTHING))
        try:
            completion = await model.complete(name, asked.messages())
        except HubError as error:
            await self._failed(call, attempt, error.message, again=error.retryable)
            return
        given = read(completion.text)
        if given is None:
            await self._failed(call, attempt, "The language model answered something else.", again=True)
            return
        review = {"state": "ready", **verified(asked, given), "usage": self._used(name, completion)}
        await self._keep(call, "The call is reviewed.", review)

    async def _failed(self, call: CallRecord, attempt: _Attempt, why: str, *, again: bool) -> None:
        attempt.tries += 1
        if not again or attempt.tries >= TRIES:
            await self._give_up(call, why)
            return
        attempt.not_before = anyio.current_time() + AGAIN_SECONDS[attempt.tries - 1]
        logger.info("call %s is not reviewed yet: %s", call.id, why)

    async def _give_up(self, call: CallRecord, why: str) -> None:
        logger.warning("call %s has no review: %s", call.id, why)
        await self._keep(call, f"No review: {why}", {"state": "not_available", "why": why})

    async def _keep(self, call: CallRecord, message: str, review: dict[str, Any]) -> None:
        events = await self._journal.events(call.id, limit=EVERYTHING)
        spent = Spent(cost=cost(events, self._prices, review))
        await self._journal.write(call.id, Reviewed(t=time.time(), review=review, message=message), spent)
        self._attempts.pop(call.id, None)

    def _used(self, model: str, completion: Completion) -> dict[str, Any]:
        amounts = {"input_tokens": completion.input_tokens, "output_tokens": completion.output_tokens}
        return {"model": model, "practice": "llm" in self._practice(), "amounts": amounts}


def _asked(call: CallRecord, turns: Sequence[Turn]) -> ReviewAsked:
    return ReviewAsked(
        goal=call.goal,
        ended=call.ended_reason.value if call.ended_reason else "",
        criteria=call.request.get("success_criteria", ()),
        questions=call.request.get("questions", ()),
        turns=turns,
    )


def _ready(asked: ReviewAsked, summary: str) -> dict[str, Any]:
    """The review of a call in which the caller said nothing: there is nothing to judge by."""
    unknown = [{"text": text, "met": "unknown", "quote": None, "turn": None} for text in asked.criteria]
    return {"state": "ready", "summary": summary, "criteria": unknown, "answers": {}}


def _unspoken(turns: Sequence[Turn]) -> str:
    return "The caller said nothing." if turns else "Nothing was said."


def model_of(events: Sequence[Event]) -> str:
    """The model that led the call can be asked about it as well."""
    named: list[Mapping[str, str]] = [event.data["models"] for event in events if event.data.get("models")]
    return next((models["llm"] for models in reversed(named) if "llm" in models), DEFAULT_MODEL)
