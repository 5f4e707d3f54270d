"""What the hub orders during a call, done and confirmed when it really happened."""

import logging
import time
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream
from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from hub.core.records import EndedReason
from hub.core.wire import Command, CommandDone
from hub.voice.asking import Asking
from hub.voice.ending import Ender, Ending
from hub.voice.link import Link
from hub.voice.session import add_note
from hub.voice.speaker import Speaker

log = logging.getLogger(__name__)
REPLY_SECONDS: Final = 60.0
SAY_SECONDS: Final = 120.0
INBOX: Final = 256
TOLD: Final = 500


class Steering:
    """Carries out the commands of one call; typed words are answered one after the other."""

    def __init__(
        self, link: Link, session: AgentSession[Any], speaker: Speaker, ender: Ender, asking: Asking
    ) -> None:
        self._link = link
        self._session = session
        self._speaker = speaker
        self._ender = ender
        self._asking = asking
        self._lines, self._to_answer = _lines()

    async def run(self) -> None:
        with self._lines, self._to_answer:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._answering)
                async for command in self._link.commands:
                    await self._obey(command, tasks)

    async def _obey(self, command: Command, tasks: TaskGroup) -> None:
        try:
            if command.interrupt and command.kind != "end":
                await self._speaker.hush()
            match command.kind:
                case "caller":
                    await self._take_line(command)
                case "context":
                    await add_note(
                        self._session, f"Note from the desktop that follows this call: {command.text}"
                    )
                    self._done(command, "in_context", command.text)
                case "say" | "instruct":
                    await self._speak(command, tasks)
                case "ask" | "asked":
                    await self._question(command, tasks)
                case "end":
                    self._end(command)
        except RuntimeError as error:  # LiveKit's word for a session that is closing
            self._done(command, "refused", str(error))

    async def _question(self, command: Command, tasks: TaskGroup) -> None:
        if command.kind == "asked":
            await self._asking.asked(command)
        else:
            self._asking.ask(command)
            tasks.start_soon(self._asking.said)

    async def _take_line(self, command: Command) -> None:
        if not self._asking.typed:
            self._done(command, "refused", "Only in a typed call can the caller's words be sent.")
            return
        if await self._asking.took(command.text, time.time(), "in writing"):
            self._done(command, "in_context")
            return
        try:
            self._lines.send_nowait(command)
        except anyio.WouldBlock:
            self._done(command, "refused", "Too many lines are waiting to be answered.")

    async def _speak(self, command: Command, tasks: TaskGroup) -> None:
        if command.kind == "instruct":
            await self._instruct(command, tasks)
        else:
            speech = self._speaker.operator_says(command.text)
            tasks.start_soon(self._confirm, command, speech, SAY_SECONDS)

    async def _instruct(self, command: Command, tasks: TaskGroup) -> None:
        note = f"Instruction from the desktop that follows this call, to be carried out now: {command.text}"
        await add_note(self._session, note)
        tasks.start_soon(self._confirm, command, self._session.generate_reply(), REPLY_SECONDS)

    def _end(self, command: Command) -> None:
        known = {reason.value for reason in EndedReason}
        reason = EndedReason(command.reason) if command.reason in known else EndedReason.OPERATOR_ENDED
        if not self._ender.end(Ending(reason, goodbye=command.text or None, command=command.n)):
            self._done(command, "refused", "The call was ending already.")

    async def _answering(self) -> None:
        async for command in self._to_answer:
            try:
                speech = self._session.generate_reply(user_input=command.text)
            except RuntimeError as error:
                self._done(command, "refused", str(error))
                continue
            self._done(command, "in_context")
            await self._speaker.heard(speech, REPLY_SECONDS)

    async def _confirm(self, command: Command, speech: SpeechHandle, seconds: float) -> None:
        heard = await self._speaker.heard(speech, seconds)
        self._done(command, "spoken" if heard else "cut_off", _said(speech))

    def _done(self, command: Command, outcome: str, text: str = "") -> None:
        self._link.tell(CommandDone, command=command.n, outcome=outcome, text=text[:TOLD])


def _said(speech: SpeechHandle) -> str:
    return " ".join(item.text_content or "" for item in speech.chat_items if item.type == "message")


def _lines() -> tuple[Any, MemoryObjectReceiveStream[Command]]:
    return anyio.create_memory_object_stream[Command](INBOX)
