"""The providers of a call: plugin objects of its own, over one HTTP client, SSL context and VAD for all."""

import asyncio
import importlib
import os
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import httpx2
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, vad
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import assemblyai, openai, silero
from openai import AsyncClient

from hub.core.languages import ENGLISH, NAMES, base
from hub.core.speech_rules import word_set
from hub.voice.environment import Environment
from hub.voice.persona import Persona

HANDSHAKE_SECONDS: Final = 5.0
BUFFER_SECONDS: Final = 0.02
"""Sound is sent to the recogniser in pieces of this length."""
TOO_MANY_REQUESTS: Final = 429
SERVER_ERROR: Final = 500
STEERED: Final = ("universal-3", "u3")
"""Models that can be told a language; where they are not, they find out by themselves."""
ENGLISH_ONLY: Final = "universal-streaming-english"
MULTILINGUAL: Final = "universal-streaming-multilingual"
HEARD: Final = word_set("en es de fr pt it tr nl sv no da fi hi vi ar he ja ur zh")
"""What AssemblyAI's streaming models of that family understand."""
SLOW_TO_IMPORT: Final = ("jiter", "jsonschema", "livekit.agents.ipc._preload", "openai.resources")
CONNECT: Final = SessionConnectOptions(
    stt_conn_options=APIConnectOptions(max_retry=3, retry_interval=1.0, timeout=HANDSHAKE_SECONDS),
    llm_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=6.0),
    tts_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=5.0),
    max_unrecoverable_errors=1_000_000,  # hub.voice.health decides when a call cannot go on
)


class SteadySpeechToText(assemblyai.STT):
    """AssemblyAI, but a refused handshake is an error that is retried; stock, it leaves the call deaf."""

    on_connected: Callable[[], None] = staticmethod(lambda: None)

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = CONNECT.stt_conn_options,
    ) -> assemblyai.SpeechStream:
        stream = super().stream(language=language, conn_options=conn_options)
        connect = stream._connect_ws  # noqa: SLF001  # the one place where the plugin lets raw errors out

        async def steady() -> aiohttp.ClientWebSocketResponse:
            try:
                async with asyncio.timeout(HANDSHAKE_SECONDS):
                    socket = await connect()
            except aiohttp.WSServerHandshakeError as error:
                again = error.status >= SERVER_ERROR or error.status == TOO_MANY_REQUESTS
                message = f"the recogniser refused the connection with status {error.status}"
                raise APIStatusError(message, status_code=error.status, retryable=again) from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                message = f"the recogniser cannot be reached ({type(error).__name__})"
                raise APIConnectionError(message) from error
            self.on_connected()
            return socket

        stream._connect_ws = steady  # type: ignore[method-assign]  # noqa: SLF001
        return stream


@dataclass(frozen=True, slots=True)
class Models:
    """What all calls of a worker share."""

    environment: Environment
    vad: vad.VAD
    client: AsyncClient
    sockets: aiohttp.ClientSession

    @classmethod
    @asynccontextmanager
    async def open(cls, environment: Environment) -> AsyncGenerator["Models"]:
        """Do everything slow now, off the loop, so that no call pays for it."""
        secure, voices = await asyncio.to_thread(_warm_up)
        http = httpx2.AsyncClient(
            verify=secure,
            timeout=httpx2.Timeout(connect=15.0, read=5.0, write=5.0, pool=5.0),
            follow_redirects=True,
            limits=httpx2.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=120),
        )
        async with (
            http,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=secure)) as sockets,
            AsyncClient(
                api_key=environment.openai_api_key,
                base_url=environment.openai_base_url,
                max_retries=0,
                http_client=http,
            ) as client,
        ):
            yield cls(environment, voices, client, sockets)

    def hearing(self, persona: Persona, language: str | None) -> SteadySpeechToText:
        options: dict[str, Any] = {}
        model = persona.hearing.model
        if persona.hearing.key_terms:
            options["keyterms_prompt"] = persona.hearing.key_terms
        if language and model.startswith(STEERED) and base(language) in HEARD:
            options["language_codes"] = base(language)
        if language and model == ENGLISH_ONLY and base(language) != ENGLISH:
            model = MULTILINGUAL
        return SteadySpeechToText(
            api_key=self.environment.assemblyai_api_key,
            base_url=self.environment.assemblyai_base_url,
            http_session=self.sockets,
            model=model,  # type: ignore[arg-type]  # the plugin's Literal; a new model is not an error
            min_turn_silence=persona.hearing.min_silence_ms,
            max_turn_silence=persona.hearing.max_silence_ms,
            buffer_size_seconds=BUFFER_SECONDS,
            **options,
        )

    def thinking(self, persona: Persona) -> openai.LLM:
        return openai.LLM(model=persona.model.name, temperature=persona.model.temperature, client=self.client)

    def speaking(self, persona: Persona, voice: str | None = None) -> openai.TTS:
        return openai.TTS(
            model=persona.voice.model,
            voice=voice or persona.voice.name,
            instructions=_style(persona) or NOT_GIVEN,
            client=self.client,
            response_format="pcm",
        )


def _style(persona: Persona) -> str:
    """How it is said; a few words alone do not tell a voice which language they are in."""
    code = base(persona.language)
    return (
        persona.voice.style
        if code == ENGLISH
        else f"{persona.voice.style} Speak {NAMES.get(code, code)}.".strip()
    )


def _warm_up() -> tuple[ssl.SSLContext, vad.VAD]:
    # the end-of-turn model of LiveKit would take 240 MB and is not used here
    os.environ.setdefault("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")
    for name in SLOW_TO_IMPORT:
        importlib.import_module(name)
    return ssl.create_default_context(), silero.VAD.load()
