"""The sentences that are known beforehand, kept as sound: said at once, and also when a provider is down."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Final

import anyio
from livekit import rtc
from livekit.agents import APIError

from hub.core.backoff import RestartPolicy
from hub.core.speech_words import spoken
from hub.voice.again import pause
from hub.voice.models import CONNECT, Models
from hub.voice.persona import Persona

log = logging.getLogger(__name__)
RATE: Final = 24000
FRAME_SAMPLES: Final = RATE // 20
AGAIN: Final = RestartPolicy(first_delay=1, factor=2, max_delay=60)
SENTENCE_SECONDS: Final = 20.0


class CachedSpeech:
    """Sound by text and voice; what was synthesised once is kept in a folder over restarts."""

    def __init__(self, models: Models, folder: Path) -> None:
        self._models = models
        self._folder = folder
        self._sound: dict[str, bytes] = {}

    def frames(
        self, persona: Persona, text: str, voice: str | None = None
    ) -> AsyncGenerator[rtc.AudioFrame] | None:
        """The sound of a text, or None where it is not known."""
        sound = self._sound.get(self._key(persona, text, voice))
        return None if sound is None else _frames(sound)

    async def fill(self, personas: Iterable[Persona]) -> None:
        """Get everything that is missing, the greetings first; goes on until all of it is there."""
        wanted = sorted(
            (
                (order, persona, text)
                for persona in personas
                for order, text in enumerate(persona.fixed_texts())
            ),
            key=lambda item: item[0],
        )
        attempt = 0
        while wanted:
            _, persona, text = wanted[0]
            if await self.learn(persona, text):
                wanted.pop(0)
                attempt = 0
                continue
            attempt += 1
            await pause(AGAIN, attempt)

    async def learn(self, persona: Persona, text: str, voice: str | None = None) -> bool:
        """Make sure that one sentence is there; False when the speech provider failed."""
        key = self._key(persona, text, voice)
        if key in self._sound:
            return True
        sound = await asyncio.to_thread(self._kept, key)
        if sound is None:
            sound = await self._synthesised(persona, text, voice)
            if sound is None:
                return False
            await asyncio.to_thread(self._keep, key, sound)
        self._sound[key] = sound
        return True

    async def learn_all(self, persona: Persona, voice: str | None) -> None:
        """Get what a persona knows to say in another voice or language too; stops at the first failure."""
        for text in persona.fixed_texts():
            if not await self.learn(persona, text, voice):
                return

    async def _synthesised(self, persona: Persona, text: str, voice: str | None) -> bytes | None:
        tts = self._models.speaking(persona, voice)
        try:
            with anyio.fail_after(SENTENCE_SECONDS):
                stream = tts.synthesize(spoken(text, persona.language), conn_options=CONNECT.tts_conn_options)
                async with stream:
                    return b"".join([bytes(event.frame.data) async for event in stream]) or None
        except (APIError, TimeoutError) as error:
            log.warning("the speech provider could not say a sentence to keep: %s", error)
            return None

    def _key(self, persona: Persona, text: str, voice: str | None) -> str:
        parts = (
            self._models.environment.openai_base_url,
            persona.voice.model,
            voice or persona.voice.name,
            persona.voice.style,
            spoken(text, persona.language),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def _kept(self, key: str) -> bytes | None:
        try:
            return (self._folder / f"{key}.pcm").read_bytes() or None
        except OSError:
            return None

    def _keep(self, key: str, sound: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f"{key}.part"
            unfinished.write_bytes(sound)
            unfinished.replace(self._folder / f"{key}.pcm")
        except OSError as error:
            log.warning("a sentence cannot be kept in %s: %s", self._folder, error)


async def _frames(sound: bytes) -> AsyncGenerator[rtc.AudioFrame]:
    size = FRAME_SAMPLES * 2
    for start in range(0, len(sound), size):
        piece = sound[start : start + size]
        yield rtc.AudioFrame(piece, RATE, 1, len(piece) // 2)
