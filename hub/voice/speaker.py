"""Says what is known beforehand, from kept sound where there is some, and waits until it has been heard."""

from typing import Any, Final

import anyio
from livekit.agents import NOT_GIVEN, AgentSession
from livekit.agents.voice import SpeechHandle

from hub.core.speech_waiting import Words
from hub.voice.cached_speech import CachedSpeech
from hub.voice.persona import Persona, PhraseKind

INTERRUPT_SECONDS: Final = 2.0


class Speaker:
    """The mouth of one call, beside the model's own replies."""

    def __init__(
        self, session: AgentSession[Any], cached: CachedSpeech, persona: Persona, voice: str | None
    ) -> None:
        self.operator: set[str] = set()
        """Speeches that a desktop had said."""
        self.phrases: dict[str, str] = {}
        """Speeches that are not in the model's context, and what they say."""
        self._session = session
        self._cached = cached
        self._persona = persona
        self._voice = voice
        self._said: dict[PhraseKind, int] = {}

    def phrase(self, kind: PhraseKind) -> SpeechHandle | None:
        """Say one of the wordings, in turn; None when nothing can be said (any more)."""
        wordings = self._persona.phrases.of(kind)
        if not wordings:
            return None
        count = self._said[kind] = self._said.get(kind, -1) + 1
        try:
            return self._kept(wordings[count % len(wordings)])
        except RuntimeError:  # the session is closing
            return None

    def announce(self, words: Words) -> SpeechHandle | None:
        """Say to somebody who waits what is being done; None when nothing can be said (any more)."""
        if words.kind != "progress":
            return self.phrase(words.kind)
        try:
            return self._kept(words.text)
        except RuntimeError:  # the session is closing
            return None

    def say(self, text: str) -> SpeechHandle:
        """Say a text word for word.

        Raises:
            RuntimeError: The session is closing.
        """
        frames = self._cached.frames(self._persona, text, self._voice)
        if frames is None or self._session.output.audio is None:
            return self._session.say(text)
        return self._session.say(text, audio=frames)

    def _kept(self, text: str, *, interruptible: bool = True) -> SpeechHandle:
        """From kept sound, even of another voice: what apologises for a provider must not need it."""
        frames = self._cached.frames(self._persona, text, self._voice)
        frames = frames or self._cached.frames(self._persona, text)
        unknown = frames is None or self._session.output.audio is None
        audio: Any = NOT_GIVEN if unknown else frames
        speech = self._session.say(
            text, audio=audio, add_to_chat_ctx=False, allow_interruptions=interruptible
        )
        self.phrases[speech.id] = text
        return speech

    def insist(self, text: str) -> SpeechHandle:
        """Say what must be heard, whatever the caller says meanwhile; the model does not learn of it.

        Raises:
            RuntimeError: The session is closing.
        """
        return self._kept(text, interruptible=False)

    def operator_says(self, text: str) -> SpeechHandle:
        speech = self.say(text)
        self.operator.add(speech.id)
        return speech

    async def hush(self) -> None:
        """Stop whatever is being said.

        Not before somebody can hear it: LiveKit's output would be mute for the rest of the call.
        """
        if self._unheard():
            return
        with anyio.move_on_after(INTERRUPT_SECONDS):
            await self._session.interrupt(force=True)

    async def stop(self, speech: SpeechHandle) -> None:
        """Stop this speech and no other; not before somebody can hear it, as above."""
        if speech.done() or self._unheard():
            return
        with anyio.move_on_after(INTERRUPT_SECONDS):
            await speech.interrupt(force=True)

    def _unheard(self) -> bool:
        if self._session.output.audio is None:
            return False
        subscribed = self._session.room_io.subscribed_fut
        return subscribed is not None and not subscribed.done()

    async def heard(self, speech: SpeechHandle, seconds: float) -> bool:
        """Wait until a speech is over; True when it was heard to its end."""
        with anyio.move_on_after(seconds):
            await speech.wait_for_playout()
        return speech.done() and not speech.interrupted
