"""The hub's end of the Link: workers say hello, take jobs, deliver events and fetch commands."""

import logging
import time
from collections.abc import Callable
from typing import Any

import anyio

from hub.calls.arguments import StartVoiceCall
from hub.calls.costs import cost
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.prices import Prices
from hub.calls.takeover import Takeover
from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import AlreadyEnded
from hub.core.languages import ENGLISH, base
from hub.core.ports import Journal
from hub.core.records import Ack, CallRecord, CallStatus, EndedReason, Mode, Role, Spent, Start, Turn
from hub.core.voice_call import writes
from hub.core.wire import (
    Acknowledged,
    AnswerHeard,
    AnswerJudged,
    Brief,
    CommandDone,
    CommandsDown,
    EventsUp,
    JobEnded,
    JobStarted,
    Joined,
    Measured,
    WorkerEvent,
    WorkerHello,
)

logger = logging.getLogger(__name__)

HELLO_SECONDS = 15.0
"""A worker that has not said hello for this long does not count as there."""
COMMANDS_SECONDS_MOST = 25.0
DEFAULT_PERSONA = "default"
EVENTS_MOST = 10_000


def _ends_only_its_job(event: Any, *, mine: bool) -> bool:
    """Also the end of a job that does not lead its call any more says nothing about the call."""
    return isinstance(event, JobEnded) and (event.handover or not mine)


class WorkerLink:
    """Serves the workers."""

    def __init__(  # noqa: PLR0913  # wiring
        self,
        journal: Journal,
        live: LiveCalls,
        keys: Keys,
        calls: VoiceCalls,
        takeover: Takeover,
        *,
        practice: Callable[[], list[str]],
        minutes: Callable[[], float],
        prices: Prices,
    ) -> None:
        self._journal = journal
        self._live = live
        self._keys = keys
        self._calls = calls
        self._takeover = takeover
        self._practice = practice
        self._minutes = minutes
        self._prices = prices
        self._workers: dict[str, tuple[WorkerHello, float]] = {}
        self._came = anyio.Event()

    def hello(self, hello: WorkerHello) -> None:
        """A worker is registered with LiveKit and reaches us."""
        if hello.worker_id not in self._workers:
            logger.info("voice worker %s on %s: registered", hello.worker_id, hello.host)
        self._workers[hello.worker_id] = (hello, time.monotonic())
        for call in self._live:
            if call.worker_id == hello.worker_id:
                call.heard_at = time.time()
        self._came.set()
        self._came = anyio.Event()

    def workers(self) -> list[WorkerHello]:
        """The workers that are there."""
        now = time.monotonic()
        return [hello for hello, at in self._workers.values() if now - at < HELLO_SECONDS]

    def gone(self, pid: int) -> list[LiveCall]:
        """Our own worker process has died; returns the calls that it led."""
        lost = {hello.worker_id for hello, _ in self._workers.values() if hello.pid == pid}
        for worker_id in lost:
            del self._workers[worker_id]
        return [call for call in self._live if call.worker_id in lost]

    def personas(self) -> list[str] | None:
        """The personas that every worker knows; None while there is no worker."""
        known = [set(hello.personas) for hello in self.workers()]
        return sorted(set.intersection(*known)) if known else None

    def language(self, persona: str | None) -> str | None:
        """The language of a persona, as its workers say; None for English, which needs no saying."""
        for hello in self.workers():
            tag = hello.languages.get(persona or DEFAULT_PERSONA)
            if tag is not None and base(tag) != ENGLISH:
                return tag
        return None

    async def worker(self, seconds: float) -> bool:
        """Whether a worker is there, after waiting for one."""
        with anyio.move_on_after(seconds):
            while not self.workers():
                await self._came.wait()
        return bool(self.workers())

    async def job(self, started: JobStarted) -> Brief:
        """A worker has been given a room: tell it what the call is about.

        Raises:
            AlreadyEnded: The call is over; the worker leaves the room.
        """
        live = self._live.get(started.call_id) if started.call_id else await self._foreign(started)
        if live is None:
            raise AlreadyEnded("The call is over.", next_step="Leave the room.")
        if live.job_id not in {None, started.job_id} and live.worker_id in self._workers:
            raise AlreadyEnded("Another job leads this call already.", next_step="Leave the room.")
        live.loss = None
        live.worker_id, live.job_id, live.heard_at = started.worker_id, started.job_id, time.time()
        live.refused_turn = min(live.refused_turn, 0)  # a job counts the caller's turns from its beginning
        if live.form is not None:
            live.form.judged.clear()
        if live.request.language is None and (tag := self.language(live.request.persona)) is not None:
            # the gate asks in the language in which the agent speaks
            live.request = live.request.model_copy(update={"language": tag})
        turns = await self._journal.turns(live.id, limit=10_000)
        part = await self._calls.recordings.next_part(live.record)
        return self._brief(live, started, turns, part)

    def _brief(self, live: LiveCall, started: JobStarted, turns: list[Turn], record_part: int) -> Brief:
        request, foreign = live.request, live.record.foreign
        identity = started.caller_identity if foreign else f"caller-{live.id}"
        return Brief.model_validate(
            request.model_dump(
                include={
                    "goal",
                    "persona",
                    "instructions",
                    "context",
                    "first_message",
                    "language",
                    "voice",
                    "success_criteria",
                    "questions",
                }
            )
            | {
                "call_id": live.id,
                "token": self._keys.call_token(live.id),
                "mcp_path": f"/mcp/calls/{live.id}",
                "mode": live.record.mode.value,
                "max_seconds": request.max_minutes * 60,
                "caller_identity": None if live.record.mode is Mode.TEXT else identity,
                "practice": self._practice(),
                "taken_over": live.losses > 0,
                "after_command": live.numbered,
                "record_part": record_part,
                "history": [
                    {"role": turn.role.value, "text": turn.text}
                    for turn in turns
                    if turn.role is not Role.TOOL
                ],
            }
        )

    async def _foreign(self, started: JobStarted) -> LiveCall | None:
        """A room of somebody else's that asks for our agent becomes a call of ours."""
        known = await self._journal.call_in_room(started.room)
        if known is not None and not known.done:
            return self._live.get(known.id)
        now, who = time.time(), started.caller_name or started.caller_identity or "somebody"
        goal = f"Call from {who} in room {started.room}"
        request = StartVoiceCall(goal=goal, max_minutes=self._minutes())
        record = await self._journal.create(
            CallRecord(
                id=Keys.new_call_id(),
                mode=Mode.PHONE if started.phone else Mode.BROWSER,
                goal=goal,
                room=started.room,
                status=CallStatus.WAITING_FOR_CALLER,
                created_at=now,
                request=request.model_dump(mode="json", exclude_defaults=True),
                foreign=True,
            )
        )
        record = await self._journal.write(record.id, Start(t=now))
        return self._live.add(LiveCall(record=record, request=request, dispatched_at=now))

    async def events(self, call_id: str, up: EventsUp) -> Acknowledged:
        """Write down what a worker tells, once each and in order.

        Raises:
            CallNotFound: No call has this id.
        """
        known = await self._journal.seq(call_id, up.job_id)
        new = [event for event in sorted(up.events, key=lambda event: event.seq) if event.seq > known]
        live = self._live.get(call_id)
        mine = live is not None and live.leads(up.job_id)
        if live is not None and mine:
            live.heard_at = time.time()
        if not new or new[0].seq != known + 1:
            return Acknowledged(seq=known, over=live is None)
        kept = [self._marked(event, up.job_id) for i, event in enumerate(new) if event.seq == known + 1 + i]
        ack = Ack(job_id=up.job_id, worker_id=live.worker_id or "" if live else "", seq=kept[-1].seq)
        lasting = [event for event in kept if not _ends_only_its_job(event, mine=mine)]
        record = await self._journal.write(
            call_id, *(write for event in lasting for write in writes(event)), ack=ack
        )
        if any(isinstance(event, Measured) for event in lasting):
            record = await self._count(record)
        if live is not None and mine:
            self._follow(live, record, lasting)
            if len(lasting) < len(kept):
                await self._handed_over(live, kept[-1])
        return Acknowledged(seq=ack.seq, over=record.done)

    def _marked(self, event: WorkerEvent, job_id: str) -> WorkerEvent:
        """The worker does not know which of its providers are practice; each job counts from nothing."""
        if not isinstance(event, Measured):
            return event
        return event.model_copy(update={"practice": self._practice(), "job": job_id})

    async def _count(self, record: CallRecord) -> CallRecord:
        """What the call has cost so far."""
        events = await self._journal.events(record.id, limit=EVENTS_MOST)
        now = cost(events, self._prices, record.review)
        return await self._journal.write(record.id, Spent(cost=now)) if now != record.cost else record

    async def _handed_over(self, live: LiveCall, end: Any) -> None:
        """The job cannot go on, but its call can."""
        if self._live.get(live.id) is live:
            await self._takeover.lost(live, EndedReason(end.reason), end.message)

    def _follow(self, live: LiveCall, record: CallRecord, events: list[Any]) -> None:
        live.record = record
        for event in events:
            if isinstance(event, Joined):
                live.joined_at = time.time()
            elif isinstance(event, CommandDone):
                live.done[event.command] = event.outcome
            elif isinstance(event, JobEnded):
                self._calls.let_go(live, event.reason)
        live.wake()

    def answer(self, call_id: str, heard: AnswerHeard) -> AnswerJudged:
        """The caller has said something while a question is open."""
        judged = self._calls.elicitations.heard(call_id, heard)
        return judged if judged.taken else self._calls.approvals.heard(call_id, heard)

    async def commands(self, call_id: str, after: int, wait: float) -> CommandsDown:
        """The commands after a number, as soon as there are any."""
        live = self._live.get(call_id)
        deadline = anyio.current_time() + min(wait, COMMANDS_SECONDS_MOST)
        while live is not None and self._live.get(call_id) is live:
            live.heard_at = time.time()
            left = deadline - anyio.current_time()
            if (new := live.commands_after(after)) or left <= 0:
                return CommandsDown(commands=new)
            await live.news(min(left, HELLO_SECONDS / 3))
        return CommandsDown(commands=[], over=True)
