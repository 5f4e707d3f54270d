"""What servers ask in the middle of a ToolCall of a VoiceCall: said field by field, or shown on a page.

Answered by the caller in their own words, on the join page, on the dashboard or by a desktop; whoever is
first. Secrets are only typed into a page, and nothing of them is kept.
"""

import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import anyio

from hub.calls.arguments import AnswerQuestion, FillForm
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.open_form import OpenForm, steps_of
from hub.core.errors import HubError, InvalidArguments, NoSuchQuestion
from hub.core.form import Action, NoForm, Reply, elicitation
from hub.core.form_answer import Hearing, Said, asks_back, heard, only_waits, refused
from hub.core.form_values import content, secrets
from hub.core.form_wording import ENGLISH, FormWording, form_wording, opening, question, typed_only
from hub.core.ports import Journal, RawResult
from hub.core.records import Append, EventKind, Mode
from hub.core.wire import AnswerHeard, AnswerJudged
from hub.core.wording import wording

logger = logging.getLogger(__name__)

FIELD_SECONDS: Final = 60.0
"""For one field that is said, as for a yes."""
TYPED_SECONDS: Final = 180.0
"""For what has to be fetched and typed on a telephone, or signed in to behind a link."""
FLOOR_SECONDS: Final = 120.0
"""How long it waits until nothing else is being asked in the call."""
ALIVE_SECONDS: Final = 5.0
NOTE_SECONDS: Final = 2.0
TRIES_MOST: Final = 2
"""Asked again once when an answer does not fit."""
_GONE: Final = "No such question waits for an answer."
_OUTCOMES: Final[Mapping[Action, str]] = {
    "accept": "answered",
    "decline": "declined",
    "cancel": "dropped",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server is told, and what of it nobody else may see."""

    result: RawResult
    secrets: tuple[str, ...] = ()


class Elicitations:
    """At most one is open in a call, and none while something else is asked."""

    def __init__(
        self,
        journal: Journal,
        live: LiveCalls,
        *,
        seconds: float = FIELD_SECONDS,
        typed_seconds: float = TYPED_SECONDS,
    ) -> None:
        self._journal = journal
        self._live = live
        self._seconds = {"said": seconds, "typed": typed_seconds, "opened": typed_seconds}

    async def ask(
        self, call_id: str, server: str, params: Mapping[str, Any], alive: Callable[[], Awaitable[None]]
    ) -> Answered:
        """Put a server's question to whoever is in the call, and wait for the answer."""
        live = self._live.get(call_id)
        try:
            asked = elicitation(server, params)
        except NoForm as reason:
            logger.warning("%s asked something that nobody can be asked: %s", server, reason)
            return Answered({"action": "decline"})
        if live is None or not await self._floor(live, alive):
            return Answered({"action": "cancel"})
        page = live.record.mode is Mode.BROWSER and not live.record.foreign
        form = live.form = OpenForm(uuid.uuid4().hex[:12], asked, steps_of(asked), page)
        try:
            self._say(live, form, opening(asked, form_wording(live.request.language)))
            await self._answered(live, form, alive)
        finally:
            form.settle(Reply(action="cancel"), "dropped: it was cancelled")
            await self._closed(live, form)
        reply = form.reply or Reply(action="cancel")
        return Answered(reply.result(), secrets(asked, reply.content))

    async def _floor(self, live: LiveCall, alive: Callable[[], Awaitable[None]]) -> bool:
        """Wait until nothing else is asked in the call."""
        patience = anyio.current_time() + FLOOR_SECONDS
        while live.asked:
            if anyio.current_time() >= patience or self._live.get(live.id) is not live:
                return False
            await live.news(ALIVE_SECONDS)
            await alive()
        return True

    def _say(self, live: LiveCall, form: OpenForm, before: str = "", *, fresh: bool = True) -> None:
        """Have the open step asked; `fresh` gives it its whole time."""
        if fresh:
            seconds = self._seconds[form.step.how]
            form.deadline, form.patience = time.time() + seconds, anyio.current_time() + seconds
        form.text = " ".join(part for part in (before, self._words(live, form)) if part)
        _over(live, form)
        _ask(live, form, form.text)
        live.pending_question = form.pending()
        form.notes.append(form.text)

    @staticmethod
    def _words(live: LiveCall, form: OpenForm) -> str:
        table = form_wording(live.request.language)
        match form.step.how:
            case "opened":
                return table.opened.format(place=table.places[form.page])
            case "typed":
                return typed_only(form.step.fields, table, page=form.page)
            case "said":
                return question(form.step.field, table)

    async def _answered(self, live: LiveCall, form: OpenForm, alive: Callable[[], Awaitable[None]]) -> None:
        while form.reply is None and self._live.get(live.id) is live:
            await self._write(live, form)
            left = form.patience - anyio.current_time()
            if left <= 0:
                form.settle(Reply(action="cancel"), "not answered in time")
            elif form.reply is None:
                await live.news(min(left, ALIVE_SECONDS))
                await alive()

    async def _closed(self, live: LiveCall, form: OpenForm) -> None:
        live.form = live.pending_question = None
        live.wake()
        if self._live.get(live.id) is not live:
            return
        action = form.reply.action if form.reply is not None else "cancel"
        over = live.order("asked", action=form.step_id, reason=action, about="form")
        _over(live, form, also=over.n)
        by = f" by {form.reply.by}" if form.reply is not None and form.reply.by else ""
        form.notes.append(f"{form.outcome or _OUTCOMES[action]}{by}: the question of {form.asked.server}")
        with anyio.move_on_after(NOTE_SECONDS, shield=True):
            try:
                await self._write(live, form)
            except HubError as error:
                logger.warning("call %s: an answer could not be written down: %s", live.id, error.message)

    async def _write(self, live: LiveCall, form: OpenForm) -> None:
        notes, form.notes = form.notes, []
        state = form.reply.action if form.reply is not None else "open"
        data = {"what": "form", "question_id": form.id, "server": form.asked.server, "state": state}
        for text in notes:
            await self._journal.write(
                live.id, Append(t=time.time(), kind=EventKind.QUESTION, text=text, data=data)
            )

    def heard(self, call_id: str, turn: AnswerHeard) -> AnswerJudged:
        """Judge a turn of the caller's: only what began after the question had been said is an answer."""
        live = self._live.get(call_id)
        form = live.form if live is not None else None
        if live is None or form is None or form.reply is not None or form.step_id != turn.action:
            return AnswerJudged(taken=False)
        if turn.turn not in form.judged:
            form.judged[turn.turn] = self._take(live, form, turn)
            live.wake()
        taken, hide = form.judged[turn.turn]
        return AnswerJudged(taken=taken, hide=hide)

    def _take(self, live: LiveCall, form: OpenForm, turn: AnswerHeard) -> tuple[bool, bool]:
        """Whether the turn is an answer, and whether it may not be kept."""
        if form.step.how != "said":
            return self._beside_page(live, form, turn)
        said, value = heard(form.step.field, turn.text, _hearing(live), spoken=turn.how == "by voice")
        if said is Said.OTHER:
            return False, False
        early = turn.asked_until is None or turn.began < turn.asked_until
        if early and said not in (Said.CANCELLED, Said.DECLINED):
            self._say(live, form, fresh=False)
        else:
            self._went(live, form, said, value, f"the caller, {turn.how}")
        return True, False

    def _beside_page(self, live: LiveCall, form: OpenForm, turn: AnswerHeard) -> tuple[bool, bool]:
        """What is said while something is to be done on a page."""
        hearing = _hearing(live)
        refusal = refused(turn.text, hearing)
        if refusal is not None:
            self._went(live, form, refusal, None, f"the caller, {turn.how}")
            return True, False
        if only_waits(turn.text, hearing):
            return True, False
        if form.step.how == "opened" or asks_back(turn.text, hearing):
            return False, False
        table = form_wording(live.request.language)
        place = table.places[form.page]
        _ask(live, form, table.not_aloud.format(place=place))
        return True, True

    def _went(self, live: LiveCall, form: OpenForm, said: Said, value: Any, by: str) -> str:
        """Go by what was said to the open field; returns what would have fitted, if it did not."""
        match said:
            case Said.CANCELLED:
                form.settle(Reply(action="cancel", by=by), "called off")
            case Said.DECLINED:
                form.settle(Reply(action="decline", by=by), "declined")
            case Said.MISFIT:
                return self._misfitted(live, form, str(value), by)
            case _:
                self._filled(live, form, value, by)
        return ""

    def _misfitted(self, live: LiveCall, form: OpenForm, fits: str, by: str) -> str:
        form.tries += 1
        form.notes.append(f"{form.step.field.label}: what {by} said does not fit")
        if form.tries >= TRIES_MOST:
            form.settle(Reply(action="cancel", by=by), "dropped: no answer that fits")
        else:
            self._say(live, form, form_wording(live.request.language).misfit.format(what=fits))
        return fits

    def _filled(self, live: LiveCall, form: OpenForm, value: Any, by: str) -> None:
        one = form.step.field
        if not one.name:  # a form without fields
            form.settle(Reply(action="accept" if value else "decline", by=by), "")
            return
        if value is not None:
            form.values[one.name] = value
        form.notes.append(f"{one.label}: {'left out' if value is None else value}, from {by}")
        form.at, form.tries = form.at + 1, 0
        if form.at < len(form.steps):
            self._say(live, form)
        else:
            form.at -= 1
            form.settle(Reply(action="accept", content=form.values, by=by), "")

    def fill(self, asked: FillForm, by: str) -> dict[str, Any]:
        """The whole form, filled in on a page, or its refusal.

        Raises:
            NoSuchQuestion: It is not open (any more).
            InvalidArguments: Something does not fit; says what.
        """
        live, form = self._found(asked.call_id, asked.form_id)
        if asked.decision != "accept":
            form.settle(Reply(action=asked.decision, by=by), "")
        else:
            taken, wrong = content(form.asked.fields, asked.content)
            if wrong:
                labels = {one.name: one.label for one in form.asked.fields}
                fits = "; ".join(f"{labels[name]}: {what}" for name, what in wrong.items())
                raise InvalidArguments(
                    f"This does not fit yet: {fits}.", next_step="Correct it, then send again."
                )
            form.settle(Reply(action="accept", content=taken, by=by), "")
        live.wake()
        return {"call_id": live.id, "form_id": form.id, "state": asked.decision}

    def answer(self, asked: AnswerQuestion, by: str) -> dict[str, Any]:
        """answer_question of a desktop: the open field, or that the link was opened; never a secret.

        Raises:
            NoSuchQuestion: It is not open (any more).
            InvalidArguments: It does not fit, or is not to be answered here.
        """
        live, form = self._found(asked.call_id, asked.question_id)
        if form.step.how == "typed" and not asked.decline:
            raise InvalidArguments(
                "This is secret and is typed on the join page or the dashboard only.",
                next_step="Leave it to the person, or decline it.",
            )
        if asked.decline:
            form.settle(Reply(action="decline", by=by), "")
        elif form.step.how == "opened":
            form.settle(Reply(action="accept", by=by), "the link was opened")
        else:
            said, value = heard(form.step.field, asked.answer, _hearing(live, told=ENGLISH), spoken=False)
            if said in (Said.MISFIT, Said.OTHER):
                fits = value or "an answer to what is asked"
                raise InvalidArguments(f"That does not fit: it takes {fits}.", next_step="Answer again.")
            self._went(live, form, said, value, by)
        live.wake()
        return {
            "call_id": live.id,
            "question_id": form.id,
            "state": "answered",
            "next_step": "get_call shows in pending_question whether more is asked.",
        }

    def has(self, call_id: str, question_id: str) -> bool:
        """Whether this is the id of a server's question that is open."""
        live = self._live.get(call_id)
        return live is not None and live.form is not None and live.form.id == question_id

    def _found(self, call_id: str, form_id: str) -> tuple[LiveCall, OpenForm]:
        live = self._live.get(call_id)
        form = live.form if live is not None else None
        if live is None or form is None or form.id != form_id or form.reply is not None:
            raise NoSuchQuestion(_GONE, next_step="get_call shows in pending_question what waits.")
        return live, form


def _ask(live: LiveCall, form: OpenForm, text: str) -> None:
    live.order("ask", text, action=form.step_id, about="form", hide=form.step.how == "typed")


def _hearing(live: LiveCall, told: FormWording | None = None) -> Hearing:
    """The call's language; a desktop is `told` in English what would fit."""
    language = live.request.language
    return Hearing(wording(language), form_wording(language), datetime.now(UTC).date(), told=told)


def _over(live: LiveCall, form: OpenForm, *, also: int | None = None) -> None:
    """What was ordered for a form before needs not be done by a job that leads the call on."""
    for command in live.commands:
        ours = command.action.startswith(f"{form.id}.") and command.kind == "ask"
        if ours or command.n == also:
            live.done[command.n] = "over"
