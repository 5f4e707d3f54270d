"""VoiceCalls as clients see them: start, join, steer, end; each method returns a plain result (section 6)."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio

from hub.calls import report
from hub.calls.approvals import Approvals
from hub.calls.arguments import (
    AnswerQuestion,
    DecideAction,
    EndCall,
    FillForm,
    SendToCall,
    parse,
)
from hub.calls.elicitations import Elicitations
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.questions import Questions
from hub.calls.reading import CallReader
from hub.calls.recordings import Recordings
from hub.calls.starting import Starter
from hub.calls.surroundings import Surroundings
from hub.calls.waits import Waits
from hub.core.errors import (
    AlreadyEnded,
    ServerUnavailable,
    Unauthorized,
    UnsupportedInMode,
)
from hub.core.ports import Journal, Rooms
from hub.core.records import (
    Append,
    CallRecord,
    CallStatus,
    End,
    EndedReason,
    EventKind,
    Mode,
    Role,
)
from hub.core.voice_call import END_SECONDS

logger = logging.getLogger(__name__)

WORKER_SECONDS = 5.0
"""How long a caller who wants to join waits for a worker that is just starting."""
DELIVERY_SECONDS = 2.0
"""How long send_to_call waits to be able to say that it has happened."""
TOKEN_SECONDS = 3600


class VoiceCalls:
    """Everything a client can do with VoiceCalls."""

    def __init__(
        self,
        journal: Journal,
        rooms: Callable[[], Rooms | None],
        live: LiveCalls,
        keys: Keys,
        surroundings: Surroundings,
    ) -> None:
        self._journal = journal
        self.recordings = Recordings(journal, surroundings)
        self._reader = CallReader(journal, live, surroundings.prices(), self.recordings)
        self._rooms = rooms
        self._live = live
        self._keys = keys
        self._surroundings = surroundings
        self.starter = Starter(journal, rooms, live, keys, surroundings, self.recordings)
        self.approvals = Approvals(journal, live)
        self.questions = Questions(journal, live)
        self.elicitations = Elicitations(journal, live)
        self._waits = Waits(journal)

    async def start(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """start_voice_call."""
        return await self.starter.start(arguments)

    def join_url(self, call_id: str) -> str:
        """The link a caller opens."""
        return self.starter.join_url(call_id)

    async def link(self, call_id: str) -> dict[str, Any]:
        """The join link of a call once more, for whoever runs the hub.

        Raises:
            UnsupportedInMode: Nobody joins such a call by a link.
        """
        call = await self._reader.record(call_id)
        if call.mode is not Mode.BROWSER or call.foreign:
            raise UnsupportedInMode("This call has no join link.", next_step="Only browser calls have one.")
        self._alive(call)
        return {"join_url": self.join_url(call_id), "join_expires_at": report.iso(call.join_expires_at)}

    async def join(self, call_id: str, key: str, livekit_url: str) -> dict[str, Any]:
        """Let the caller in: the room is made and the agent called when this returns.

        Raises:
            Unauthorized: The link is wrong or too old.
            AlreadyEnded: The call is over.
            TooManyCalls: All places are taken.
            OverBudget: What calls may cost has been spent.
            ServerUnavailable: No worker, or no LiveKit.
        """
        live = await self._with_key(call_id, key)
        async with live.entering:
            if live.dispatched_at is None:
                self.starter.room_for_one_more()
                await self.starter.budget.check()
                await self.starter.dispatch(live, WORKER_SECONDS)
        rooms = self._rooms()
        if rooms is None:
            raise ServerUnavailable("LiveKit is not up.", next_step="Try again in a few seconds.")
        identity = f"caller-{call_id}"
        return {
            "url": livekit_url,
            "token": rooms.caller_token(live.record, identity, seconds=TOKEN_SECONDS),
            "identity": identity,
            "expires_at": report.iso(time.time() + TOKEN_SECONDS),
        }

    async def join_info(self, call_id: str, key: str) -> dict[str, Any]:
        """What the join page shows before anybody joins; creates nothing."""
        call = await self._keyed(call_id, key)
        live = self._live.get(call_id)
        return {
            "call_id": call.id,
            "status": call.status.value,
            "goal": call.goal,
            "pending_action": self.pending_action(call_id),
            "pending_form": live.form.pending() if live is not None and live.form is not None else None,
            "mode": call.mode.value,
            "ended_reason": call.ended_reason.value if call.ended_reason else None,
            "agent": call.request.get("persona", "default"),
            "recorded": await self._is_recorded(call),
        } | await self._surroundings.practice()

    async def _is_recorded(self, call: CallRecord) -> bool:
        """Whether whoever joins now will be, or is being, recorded."""
        return bool(call.request.get("record")) and await self.recordings.state(call) != "failed"

    async def _keyed(self, call_id: str, key: str) -> CallRecord:
        call = await self._journal.call(call_id) if self._keys.opens_join(call_id, key) else None
        if call is None:
            raise Unauthorized(
                "This link is not valid.", next_step="Check that it was copied whole, or ask for a new one."
            )
        return call

    async def _with_key(self, call_id: str, key: str) -> LiveCall:
        call = await self._keyed(call_id, key)
        live = self._live.get(call_id)
        if call.done or live is None:
            raise AlreadyEnded("This call is over.", next_step="Ask for a new link.")
        if call.status is CallStatus.SCHEDULED:
            raise ServerUnavailable(
                f"This call begins at {report.iso(call.scheduled_at)}.", next_step="Open the link then."
            )
        if live.dispatched_at is None and time.time() > (call.join_expires_at or 0):
            raise Unauthorized("This link has expired.", next_step="Ask for a new one.")
        return live

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_call."""
        return await self._reader.get(arguments)

    async def whole_result(self, call_id: str, tool_call: str) -> dict[str, Any]:
        """All that a ToolCall gave, for a page.

        Raises:
            NotFound: It has not ended, or there is none.
        """
        return await self._reader.whole_result(call_id, tool_call)

    def pending_action(self, call_id: str) -> dict[str, Any] | None:
        """The change in a call that waits for a yes at this moment."""
        live = self._live.get(call_id)
        return live.pending_action if live is not None else None

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_transcript."""
        return await self._reader.transcript(arguments)

    async def list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """list_calls."""
        return await self._reader.list(arguments)

    async def recording(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_recording."""
        return await self.recordings.get(arguments)

    @property
    def records(self) -> bool:
        """Whether this hub can record."""
        return self.recordings.wanted

    async def news(self, since: int, seconds: float) -> tuple[int, frozenset[str]]:
        """Which calls have changed after a version of the Journal, as soon as any has."""
        version = await self._journal.changed(None, since, seconds)
        return version, self._journal.touched(since)

    async def give_up(self, call_id: str, wait: str) -> None:
        """Note that nobody waits in a task any more; the call goes on."""
        await self._waits.give_up(call_id, wait)

    async def given_up(self, call_id: str, wait: str) -> bool:
        """Whether that has been noted."""
        return await self._waits.given_up(call_id, wait)

    async def send(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """send_to_call."""
        asked = parse(SendToCall, arguments)
        call = await self._reader.record(asked.call_id)
        live = self._alive(call)
        if asked.kind == "caller" and call.mode is not Mode.TEXT:
            raise UnsupportedInMode(
                "The caller of this call speaks for themselves.",
                next_step="Use kind instruct or say; kind caller is for text calls.",
            )
        if live.joined_at is None and asked.kind != "caller":
            raise ServerUnavailable(
                "Nobody has joined the call yet.",
                next_step="Wait with get_call until answered, then send again.",
            )
        before = (await self._journal.write(call.id, *_noted(asked))) and await self._last_event(call.id)
        command = live.order(asked.kind, asked.text, interrupt=asked.interrupt)
        deadline = anyio.current_time() + DELIVERY_SECONDS
        while command.n not in live.done and self._live.get(call.id) and anyio.current_time() < deadline:
            await live.news(deadline - anyio.current_time())
        return {
            "accepted": live.done.get(command.n) != "refused",
            "delivered": live.done.get(command.n, "queued"),
            "event": before,
            "next_step": f"Call get_call with after_event {before} and wait_seconds 50 to see what follows.",
        }

    async def answer(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        """answer_question; `by` says in the Journal who it was."""
        asked = parse(AnswerQuestion, arguments)
        self._alive(await self._reader.record(asked.call_id))
        if self.elicitations.has(asked.call_id, asked.question_id):
            return self.elicitations.answer(asked, by)
        return await self.questions.answer(arguments, by)

    async def decide(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        """decide_action; `by` says in the Journal who it was."""
        asked = parse(DecideAction, arguments)
        self._alive(await self._reader.record(asked.call_id))
        return self.approvals.decide(arguments, by)

    async def decide_by_link(self, key: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The same for whoever has the join link.

        Raises:
            Unauthorized: The link is wrong.
        """
        await self._keyed(parse(DecideAction, arguments).call_id, key)
        return await self.decide(arguments, "the caller, on the join page")

    async def fill(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        """A server's form, filled in or refused on a page; `by` says in the Journal who it was."""
        asked = parse(FillForm, arguments)
        self._alive(await self._reader.record(asked.call_id))
        return self.elicitations.fill(asked, by)

    async def fill_by_link(self, key: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The same for whoever has the join link.

        Raises:
            Unauthorized: The link is wrong.
        """
        await self._keyed(parse(FillForm, arguments).call_id, key)
        return await self.fill(arguments, "the caller, on the join page")

    async def end(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """end_call: returns when the call is over, or keeps ending after END_SECONDS."""
        asked = parse(EndCall, arguments)
        call = await self._reader.record(asked.call_id)
        live = self._live.get(call.id)
        if call.done or live is None:
            return {"status": call.status.value, "already_ended": True, "next_step": report.next_step(call)}
        if live.dispatched_at is None:
            await self.over(live, EndedReason.CANCELLED)
        elif live.loss is not None:  # nobody is there to say goodbye
            await self.over(live, EndedReason.OPERATOR_ENDED)
        else:
            self.close(live, EndedReason.OPERATOR_ENDED, asked.goodbye or "")
        deadline = anyio.current_time() + END_SECONDS
        while self._live.get(call.id) and anyio.current_time() < deadline:
            await live.news(deadline - anyio.current_time())
        call = await self._reader.record(call.id)
        return {"status": call.status.value, "already_ended": False, "next_step": report.next_step(call)}

    def close(self, live: LiveCall, reason: EndedReason, goodbye: str) -> None:
        """Have the agent say goodbye and leave; the keeper ends the call if that does not happen."""
        if live.end_asked_at is None:
            live.end_asked_at, live.end_reason = time.time(), reason
            live.order("end", goodbye, reason=reason.value)

    async def reopen(self) -> None:
        """LiveKit has come back without its rooms: make those of running calls again."""
        rooms = self._rooms()
        for live in self._live:
            if rooms is not None and live.dispatched_at is not None:
                await rooms.reopen(live.record, empty_timeout=self.starter.empty_timeout(live))

    async def room_finished(self, room: str) -> None:
        """LiveKit has closed a room; a call that its worker has not ended meanwhile has lost its media."""
        for live in self._live:
            if live.record.room == room and live.joined_at is not None and live.loss is None:
                await self.over(live, EndedReason.MEDIA_LOST, "the room was closed")

    async def over(self, live: LiveCall, reason: EndedReason, message: str = "") -> None:
        """End a call from here: write it down, let go of it, close its room."""
        await self._journal.write(live.id, End(t=time.time(), reason=reason, message=message))
        self.let_go(live, reason.value)
        rooms = self._rooms()
        if rooms is not None and live.dispatched_at is not None:
            await rooms.close(live.record.room)

    def let_go(self, live: LiveCall, reason: str) -> None:
        """The call is over; whoever waits for it looks again."""
        logger.info("call %s: ended, %s", live.id, reason)
        live.record = replace(live.record, status=CallStatus.ENDED)
        self._live.remove(live.id)

    def _alive(self, call: CallRecord) -> LiveCall:
        live = self._live.get(call.id)
        if call.done or live is None:
            raise AlreadyEnded("The call is over.", next_step="get_transcript has every word of it.")
        return live

    async def _last_event(self, call_id: str) -> int:
        return (await self._reader.record(call_id)).last_event


def _noted(asked: SendToCall) -> tuple[Append, ...]:
    """An order is an event at once; what is said or typed becomes a turn when the worker says so."""
    if asked.kind in {"say", "caller"}:
        return ()
    return (
        Append(
            t=time.time(),
            kind=EventKind.OPERATOR,
            role=Role.OPERATOR,
            text=f"{asked.kind}: {asked.text}",
        ),
    )
