"""Who has the floor: a murmur does not take it from the agent, nor a pause in a number from the caller."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, Final

from livekit.agents.stt import SpeechEvent, SpeechEventType
from livekit.agents.voice import AgentSession

from hub.core.speech_heard import MOST_WORDS, goes_on, only_listening

WORDS: Final = frozenset(
    {
        SpeechEventType.INTERIM_TRANSCRIPT,
        SpeechEventType.PREFLIGHT_TRANSCRIPT,
        SpeechEventType.FINAL_TRANSCRIPT,
    }
)


class Floor:
    """Between the recogniser and the session of one call."""

    def __init__(self, speaks: Callable[[], bool], spelling: float, language: str | None = None) -> None:
        self._speaks = speaks
        self._spelling = spelling
        self._language = language
        self._saying = ""
        self._held: SpeechEvent | None = None
        """The end of a turn that may not be one."""
        self._until = 0.0
        self._unfinished = False

    async def noted(self, text: AsyncIterable[Any]) -> AsyncGenerator[Any]:
        """What the agent is about to say, as it comes: if it asks something, "okay" is an answer."""
        self._saying = ""
        async for piece in text:
            self._saying += str(piece)
            yield piece

    async def heard(self, events: AsyncIterable[SpeechEvent | str]) -> AsyncGenerator[SpeechEvent | str]:
        """What the session is to know of what the recogniser heard."""
        source = aiter(events)
        coming = asyncio.ensure_future(anext(source))
        try:
            while True:
                await asyncio.wait({coming}, timeout=self._patience())
                if not coming.done():
                    for late in self._released():
                        yield late
                    continue
                try:
                    event = coming.result()
                except StopAsyncIteration:
                    break
                coming = asyncio.ensure_future(anext(source))
                if self._passes(event):
                    yield event
        finally:
            coming.cancel()

    def _patience(self) -> float | None:
        return None if self._held is None else max(0.0, self._until - time.monotonic())

    def _released(self) -> list[SpeechEvent]:
        """Nothing more came: the turn was over when the recogniser said so."""
        held, self._held, self._unfinished = self._held, None, False
        return [] if held is None else [held]

    def _passes(self, event: SpeechEvent | str) -> bool:
        kind = _kind(event)
        if self._murmured(event):
            return False
        if kind in WORDS or kind is SpeechEventType.START_OF_SPEECH:
            self._held = None
        if kind is SpeechEventType.FINAL_TRANSCRIPT:
            self._unfinished = goes_on(_text(event), self._language)
        if kind is SpeechEventType.END_OF_SPEECH and self._unfinished and isinstance(event, SpeechEvent):
            self._held, self._until = event, time.monotonic() + self._spelling
            return False
        return True

    def _murmured(self, event: SpeechEvent | str) -> bool:
        if _kind(event) not in WORDS or not self._speaks():
            return False
        text = _text(event)
        if _kind(event) is SpeechEventType.INTERIM_TRANSCRIPT and len(text.split()) <= MOST_WORDS:
            return True  # it may still become a murmur; the words come again when they are final
        return only_listening(text, self._language, asked="?" in self._saying)


def agent_speaks(session: AgentSession[Any]) -> bool:
    """Whether the agent has something to say that nobody has cut off, be it that it pauses just now."""
    speech = session.current_speech
    return speech is not None and not speech.interrupted


def _kind(event: SpeechEvent | str) -> SpeechEventType | None:
    return event.type if isinstance(event, SpeechEvent) else None


def _text(event: SpeechEvent | str) -> str:
    if isinstance(event, str):
        return event
    return event.alternatives[0].text if event.alternatives else ""
