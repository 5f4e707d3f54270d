"""The plugins as the worker builds them, against providers that fail."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, llm

from hub.bench.providers import Providers
from hub.core.wire import Brief
from hub.voice.cached_speech import FRAME_SAMPLES, RATE, CachedSpeech
from hub.voice.environment import Environment
from hub.voice.models import Models
from hub.voice.persona import Hearing, Persona, Turns
from hub.voice.session import build_agent, build_session

pytestmark = pytest.mark.anyio
PERSONA = Persona(name="p", greeting="Hello there", instructions="x")
ONCE = APIConnectOptions(max_retry=0, timeout=2)


@pytest.fixture
async def providers() -> AsyncGenerator[Providers]:
    async with Providers(stt_ms=10, llm_ms=10, tts_ms=10).running() as running:
        yield running


@pytest.fixture
async def models(providers: Providers) -> AsyncGenerator[Models]:
    environment = Environment(
        hub_url="",
        worker_token="",
        livekit_url="",
        livekit_api_key="",
        livekit_api_secret="",
        openai_api_key="k",
        openai_base_url=providers.openai_url,
        assemblyai_api_key="k",
        assemblyai_base_url=providers.assemblyai_url,
        home=Path(),
    )
    async with Models.open(environment) as opened:
        yield opened


@pytest.mark.parametrize(("status", "again"), [(401, False), (403, False), (429, True), (503, True)])
async def test_a_refused_handshake_is_an_error_that_livekit_knows(
    providers: Providers, models: Models, status: int, again: bool
) -> None:
    providers.refuse["stt"] = status
    stream = models.hearing(PERSONA, None).stream(conn_options=ONCE)
    with pytest.raises(APIStatusError) as error:
        async for _ in stream:
            pass
    assert (error.value.status_code, error.value.retryable) == (status, again)
    await stream.aclose()


async def test_a_recogniser_that_cannot_be_reached_is_an_error_that_livekit_knows(models: Models) -> None:
    hearing = models.hearing(PERSONA, None)
    hearing._base_url = "ws://127.0.0.1:9"
    stream = hearing.stream(conn_options=ONCE)
    with pytest.raises(APIConnectionError):
        async for _ in stream:
            pass
    await stream.aclose()


async def test_a_connection_that_stands_is_told(models: Models) -> None:
    hearing = models.hearing(PERSONA, "en")
    told: list[bool] = []
    hearing.on_connected = lambda: told.append(True)
    stream = hearing.stream(conn_options=ONCE)
    stream.push_frame(rtc.AudioFrame(bytes(3200), 16000, 1, 1600))
    stream.end_input()
    async for _ in stream:
        pass
    assert told == [True]
    await stream.aclose()


@pytest.mark.parametrize(
    ("model", "language", "wanted_model", "codes"),
    [
        ("universal-3-6-pro", None, "universal-3-6-pro", None),
        ("universal-3-6-pro", "de-AT", "universal-3-6-pro", ["de"]),
        ("universal-3-6-pro", "tlh", "universal-3-6-pro", None),
        ("universal-streaming-english", "en", "universal-streaming-english", None),
        ("universal-streaming-english", "es", "universal-streaming-multilingual", None),
        ("universal-streaming-multilingual", "fr", "universal-streaming-multilingual", None),
    ],
)
async def test_the_recogniser_is_told_the_language_where_it_can_be(
    models: Models, model: str, language: str | None, wanted_model: str, codes: list[str] | None
) -> None:
    persona = PERSONA.model_copy(update={"hearing": Hearing(model=model)})
    options = models.hearing(persona, language)._opts
    assert options.speech_model == wanted_model
    assert (options.language_codes or None) == codes


async def test_the_voice_is_told_the_language_too(models: Models) -> None:
    assert not models.speaking(PERSONA)._opts.instructions
    assert models.speaking(PERSONA.speaking("de"))._opts.instructions == "Speak German."


async def test_a_kept_sentence_survives_the_worker_and_its_provider(
    providers: Providers, models: Models, tmp_path: Path
) -> None:
    cached = CachedSpeech(models, tmp_path)
    assert cached.frames(PERSONA, PERSONA.greeting) is None
    assert await cached.learn(PERSONA, PERSONA.greeting)
    providers.refuse["tts"] = 500
    again = CachedSpeech(models, tmp_path)
    assert await again.learn(PERSONA, PERSONA.greeting)
    frames = again.frames(PERSONA, PERSONA.greeting)
    assert frames is not None
    heard = [frame async for frame in frames]
    assert heard[0].samples_per_channel == FRAME_SAMPLES
    sound = b"".join(bytes(frame.data) for frame in heard)
    assert sound.startswith(providers.tone(PERSONA.greeting))
    assert len(sound) / 2 / RATE >= 0.4


async def test_another_voice_is_another_sound(models: Models, tmp_path: Path) -> None:
    cached = CachedSpeech(models, tmp_path)
    await cached.learn(PERSONA, "Hello", "echo")
    assert cached.frames(PERSONA, "Hello") is None
    assert cached.frames(PERSONA, "Hello", "echo") is not None


async def test_what_is_missing_is_asked_for_until_it_is_there(
    providers: Providers, models: Models, tmp_path: Path
) -> None:
    providers.refuse["tts"] = 500
    assert not await CachedSpeech(models, tmp_path).learn(PERSONA, "Hello")
    providers.refuse.clear()
    cached = CachedSpeech(models, tmp_path)
    await cached.fill([PERSONA])
    assert all(cached.frames(PERSONA, text) is not None for text in PERSONA.fixed_texts())


async def test_how_a_persona_takes_turns_is_how_the_session_does(models: Models) -> None:
    turns = Turns(min_delay=0.41, max_delay=1.7, interruption=0.23, resume=0.61, spelling=1.3)
    hearing = Hearing(min_silence_ms=170, max_silence_ms=1900)
    persona = PERSONA.model_copy(update={"turns": turns, "hearing": hearing})
    brief = Brief(call_id="c", token="t", mcp_path="/mcp", mode="browser", goal="g", max_seconds=60)  # noqa: S106
    tools: Any = llm.Toolset(id="none")
    ear = models.hearing(persona, None)
    session = build_session(models, persona, brief, tools, ear)
    assert session.options.endpointing["min_delay"] == 0.41
    assert session.options.endpointing["max_delay"] == 1.7
    assert session.options.interruption["min_duration"] == 0.23
    assert session.options.interruption["false_interruption_timeout"] == 0.61
    assert (ear._opts.min_turn_silence, ear._opts.max_turn_silence) == (170, 1900)
    agent: Any = build_agent(persona, brief, ready=at_once, answered=never)
    assert agent._floor._spelling == 1.3


async def at_once() -> None:
    pass


async def never(_text: str) -> bool:
    return False
