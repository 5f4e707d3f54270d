"""One call, from its dispatch to the last event: this task owns everything that the call uses."""

import logging
import time
from functools import partial
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from livekit.agents import AgentSession, JobContext, llm
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.room_io import TextInputEvent

from hub.core.records import EndedReason
from hub.core.speech_waiting import Words
from hub.core.wire import Brief, CommandDone, JobEnded, Joined
from hub.voice.asking import Asking, How
from hub.voice.catalogue import Catalogue
from hub.voice.ending import Ender, Ending
from hub.voice.introduction import Introduction
from hub.voice.link import Link
from hub.voice.listening import Listening
from hub.voice.models import SteadySpeechToText
from hub.voice.notices import Notices
from hub.voice.people import People, RoomWatch
from hub.voice.persona import Persona
from hub.voice.recording import Outlets, Recording
from hub.voice.resuming import Resuming
from hub.voice.session import HEARING_RATE, add_answer, build_agent, build_session, room_options
from hub.voice.shared import Shared
from hub.voice.speaker import Speaker
from hub.voice.steering import Steering
from hub.voice.toolset import HubToolset, Manner

log = logging.getLogger(__name__)
GOODBYE_SECONDS: Final = 12.0
CLOSE_SECONDS: Final = 3.0
FLUSH_SECONDS: Final = 1.0
DELETE_SECONDS: Final = 2.0


class Call:
    """A VoiceCall as the worker sees it."""

    def __init__(self, shared: Shared, ctx: JobContext) -> None:
        self.ender = Ender()
        self._shared = shared
        self._ctx = ctx
        self._room = RoomWatch(ctx.room, self.ender)

    async def run(self) -> None:
        """Lead the call; returns when its resources are free."""
        introduction = Introduction(self._shared.hub, self._shared.worker_id, self._ctx)
        try:
            brief = await introduction.brief()
            if brief is not None:
                await self._lead(brief, connected=introduction.connected)
        finally:
            self._ctx.shutdown(str(self._reason()))

    async def _lead(self, brief: Brief, *, connected: bool) -> None:
        link = Link(self._shared.hub, brief.call_id, self._ctx.job.id, after=brief.after_command)
        self._shared.spawn(link.run)  # it outlives this job until the hub has every event
        try:
            if connected:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._room.run)
                    await _Conversation(self._shared, self._ctx, brief, link, self.ender).run()
                    tasks.cancel_scope.cancel()
            else:
                message = "the room could not be joined"
                self.ender.end(Ending(EndedReason.MEDIA_LOST, message, at_once=True, handover=True))
        finally:
            with anyio.CancelScope(shield=True):
                await self._handed_in(link)
                if not self._hands_over and not (self.ender.ending and self.ender.ending.keep_room):
                    with anyio.move_on_after(DELETE_SECONDS):
                        await self._ctx.delete_room()

    async def _handed_in(self, link: Link) -> None:
        ending = self.ender.ending
        message = ending.message if ending else "the job was cancelled"
        link.tell(JobEnded, reason=self._reason(), message=message, handover=self._hands_over)
        link.close()
        await link.flushed(FLUSH_SECONDS)

    @property
    def _hands_over(self) -> bool:
        """Also a job that was cancelled has a caller who is still there."""
        return self.ender.ending is None or self.ender.ending.handover

    def _reason(self) -> EndedReason:
        return self.ender.ending.reason if self.ender.ending else EndedReason.WORKER_LOST


class _Conversation:
    """The part of a call in which somebody can be heard."""

    def __init__(self, shared: Shared, ctx: JobContext, brief: Brief, link: Link, ender: Ender) -> None:
        self._shared = shared
        self._ctx = ctx
        self._brief = brief
        self._link = link
        self._ender = ender
        self._persona: Persona = shared.persona(brief)
        self._typed = brief.mode == "text"
        self._notices = Notices(ctx.room)
        self._asking = self._to_ask()
        self._listening = Listening(link, ender, self._notices.send, lambda: self._asking.hides)
        self._catalogue = Catalogue(shared.hub.url + brief.mcp_path, brief.token, shared.secure, self._turns)
        self._tools = HubToolset(
            self._catalogue,
            tell=link.tell,
            notify=self._notices.send,
            announce=self._announced,
            hang_up=self._hang_up,
            manner=Manner(brief.goal, self._persona.results_on_page, self._persona.language),
        )
        self._session: AgentSession[Any] = build_session(
            shared.models, self._persona, brief, self._tools, self._hearing()
        )
        self._speaker = Speaker(self._session, shared.cached, self._persona, brief.voice)
        self._recording = self._to_record()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            try:
                await self._begun(tasks)
                with anyio.move_on_after(self._brief.max_seconds):
                    await self._ender.wait()
                self._ender.end(Ending(EndedReason.MAX_DURATION, "the call's time was up", phrase="time_up"))
            except Exception:
                # one call: whatever went wrong in it is logged, and the call ends with a reason
                log.exception("call %s failed", self._brief.call_id)
                self._ender.end(
                    Ending(EndedReason.WORKER_LOST, "the worker made a mistake", phrase="giving_up")
                )
            finally:
                with anyio.CancelScope(shield=True):
                    await self._closed()
                tasks.cancel_scope.cancel()

    async def _begun(self, tasks: TaskGroup) -> None:
        """Everything that has to be there before the first word, and nothing that could be slow."""
        tasks.start_soon(self._catalogue.run)
        tasks.start_soon(self._notices.run)
        self._listening.attach(self._session, self._speaker, self._tools)
        self._listening.on_words = self._asking.agent_said
        if self._typed:
            self._session.output.transcription = self._listening.words
        else:
            Resuming(self._session, self._persona.turns.resume)
        await self._session.start(
            build_agent(self._persona, self._brief, self._catalogue.listed, self._answered),
            room=self._ctx.room,
            room_options=room_options(self._brief, self._listening.words, self._written),
            session_host=False,
            record=False,
        )
        self._link.tell(Joined)
        if self._recording is not None:
            self._recording.listen(HEARING_RATE)
            self._recording.announce()
            tasks.start_soon(self._recording.run)
        self._greet()
        steering = Steering(self._link, self._session, self._speaker, self._ender, self._asking)
        tasks.start_soon(self._steered, steering)
        tasks.start_soon(self._watch_link)
        if not self._typed:
            people = People(self._ctx.room, self._link, self._ender, self._brief.caller_identity)
            tasks.start_soon(people.run)

    def _greet(self) -> None:
        if self._brief.taken_over:
            self._go_on()
            return
        self._speaker.say(self._brief.first_message or self._persona.greeting)
        if not self._typed and (self._brief.voice or self._brief.language):
            self._shared.spawn(self._shared.cached.learn_all, self._persona, self._brief.voice)

    def _go_on(self) -> None:
        """Lead on a call of a lost job: answer what it had not, else say that somebody is there again."""
        history = self._brief.history
        if history and history[-1].get("role") == "caller":
            self._session.generate_reply()
        else:
            self._speaker.phrase("taken_over")

    async def _steered(self, steering: Steering) -> None:
        await self._catalogue.listed()
        await steering.run()

    async def _written(self, session: AgentSession[Any], event: TextInputEvent) -> None:
        """What a caller types into the page is answered like what is said.

        Their turn is told first: whatever the agent is heard saying from now on comes after it.
        """
        if await self._asking.took(event.text, time.time(), "in writing"):
            return
        self._listening.transcript.caller_wrote(event.text)
        await self._catalogue.listed()
        await self._speaker.hush()
        message = llm.ChatMessage(role="user", content=[event.text])
        self._listening.told.add(message.id)
        session.generate_reply(user_input=message)

    def _to_ask(self) -> Asking:
        return Asking(
            partial(self._shared.hub.answer, self._brief.call_id),
            speaker=lambda: self._speaker,
            notify=self._notices.send,
            free=self._free_turn,
            taken=self._took,
            typed=self._typed,
        )

    def _to_record(self) -> Recording | None:
        """A job that takes a recorded call over announces and records it anew."""
        if self._typed or not self._brief.record_part:
            return None
        out = Outlets(self._link.tell, self._notices.send)
        return Recording(self._shared, self._brief, self._session, self._speaker, out)

    def _free_turn(self) -> None:
        self._tools.free_turn()

    def _turns(self) -> int:
        return self._asking.turns

    async def _answered(self, text: str) -> bool:
        """Whether what was said is the answer to a question of the hub's."""
        return await self._asking.took(text, self._listening.onsets.taken(), "by voice")

    async def _took(self, text: str, how: How) -> None:
        """The session does not learn of an answer by itself."""
        transcript = self._listening.transcript
        (transcript.caller_said if how == "by voice" else transcript.caller_wrote)(text)
        await add_answer(self._session, text)

    def _announced(self, words: Words) -> SpeechHandle | None:
        """Say that it takes a moment; not to somebody who is being asked."""
        if self._asking.open:
            return None
        return self._speaker.announce(words)

    def _hearing(self) -> SteadySpeechToText | None:
        if self._typed:
            return None
        hearing = self._shared.models.hearing(self._persona, self._brief.language)
        hearing.on_connected = lambda: self._listening.works("stt")
        return hearing

    def _hang_up(self, said_goodbye: bool) -> None:
        goodbye = None if said_goodbye else self._persona.goodbye
        self._ender.end(Ending(EndedReason.AGENT_ENDED, goodbye=goodbye))

    async def _watch_link(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._when_over)
            await self._link.lost.wait()
            self._ender.end(Ending(EndedReason.HUB_STOPPED, "the hub was not heard of", phrase="giving_up"))

    async def _when_over(self) -> None:
        await self._link.over.wait()
        self._ender.end(Ending(EndedReason.OPERATOR_ENDED, "the hub had ended the call", at_once=True))

    async def _closed(self) -> None:
        """Goodbye, then the session: its last turns are told while it closes."""
        ending = self._ender.ending
        if ending is not None and not ending.at_once:
            await self._goodbye(ending)
            self._notices.send("ended", reason=ending.reason.value)
        with anyio.move_on_after(CLOSE_SECONDS):
            await self._session.aclose()
        self._listening.transcript.close()
        if self._recording is not None:
            await self._recording.aclose(time.monotonic())

    async def _goodbye(self, ending: Ending) -> None:
        outcome = "in_context"
        try:
            await self._speaker.hush()
            speech = self._speaker.say(ending.goodbye) if ending.goodbye else None
            if ending.phrase:
                speech = self._speaker.phrase(ending.phrase)
            if speech is not None:
                outcome = "spoken" if await self._speaker.heard(speech, GOODBYE_SECONDS) else "cut_off"
        except RuntimeError as error:  # LiveKit's word for a session that is closing
            log.debug("no goodbye could be said: %s", error)
        if ending.command is not None:
            self._link.tell(CommandDone, command=ending.command, outcome=outcome, text=ending.goodbye or "")
