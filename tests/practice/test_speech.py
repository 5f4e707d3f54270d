"""Speech on the wire, by the client that the voice worker uses, and the refusals."""

import base64
import io
import json
import wave
from typing import Any

import aiohttp
import anyio
import numpy as np
import pytest
from livekit.plugins import openai

from hub.practice import speech
from hub.practice.speech import Speech, SpeechRefused, SpeechRequest
from tests.practice.conftest import Running

pytestmark = pytest.mark.anyio
WAIT = 20
TEXT = "I found twelve customers."


async def spoken(practice: Running, **body: Any) -> tuple[dict[str, str], bytes]:
    body = {"model": "gpt-4o-mini-tts", "input": TEXT, "voice": "ash", "response_format": "pcm", **body}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT)) as session,
        session.post(practice.url + "/v1/audio/speech", headers=practice.headers, json=body) as answer,
    ):
        return {key.lower(): value for key, value in answer.headers.items()}, await answer.read()


async def test_the_real_plugin_hears_speech(practice: Running) -> None:
    voice = openai.TTS(
        model="gpt-4o-mini-tts",
        voice="ash",
        base_url=practice.url + "/v1",
        api_key=practice.token,
        response_format="pcm",
    )
    frames = []
    with anyio.fail_after(WAIT):
        async with voice.synthesize(TEXT) as stream:
            frames = [piece.frame async for piece in stream]
    await voice.aclose()
    samples = np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
    assert {frame.sample_rate for frame in frames} == {24_000}
    assert 1.0 < len(samples) / 24_000 < 4.0
    assert np.abs(samples).max() > 3_000


async def test_events_and_bytes_are_the_same_audio(practice: Running) -> None:
    headers, raw = await spoken(practice)
    assert headers["content-type"] == "audio/pcm"
    assert headers["x-request-id"].startswith("req_")
    headers, events = await spoken(practice, stream_format="sse")
    assert headers["content-type"] == "text/event-stream"
    told = [json.loads(line.removeprefix("data: ")) for line in events.decode().split("\n\n") if line]
    audio = b"".join(base64.b64decode(event["audio"]) for event in told[:-1])
    assert abs(len(audio) - len(raw)) < 2_400  # espeak varies from one time to the next
    assert told[-1]["type"] == "speech.audio.done"
    assert told[-1]["usage"]["total_tokens"] > 0


async def test_wav_can_be_read_as_wav(practice: Running) -> None:
    headers, data = await spoken(practice, response_format="wav")
    assert headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(data)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (24_000, 1, 2)


async def test_speed_is_honoured(practice: Running) -> None:
    _, slow = await spoken(practice, speed=0.7)
    _, fast = await spoken(practice, speed=1.6)
    assert len(slow) > 1.5 * len(fast)


async def test_every_voice_speaks_and_sounds_different() -> None:
    sounds: dict[str, bytes] = {}
    library = Speech()
    for name, voice in speech.VOICES.items():
        pieces: list[bytes] = []

        async def keep(audio: bytes, to: list[bytes] = pieces) -> None:
            to.append(audio)

        with anyio.fail_after(WAIT):
            await library.speak(SpeechRequest(TEXT, voice, 165, "pcm", events=False), keep)
        sounds[name] = b"".join(pieces)
    assert all(len(sound) > 24_000 for sound in sounds.values())
    assert len(set(sounds.values())) == len(speech.VOICES)


async def test_a_listener_who_leaves_does_not_hold_the_voice(practice: Running) -> None:
    long = {"model": "x", "input": "This goes on and on. " * 190, "voice": "nova", "response_format": "pcm"}
    with anyio.fail_after(WAIT):
        async with aiohttp.ClientSession() as session:
            url = practice.url + "/v1/audio/speech"
            async with session.post(url, headers=practice.headers, json=long) as answer:
                await answer.content.readany()
        _, audio = await spoken(practice)
    assert len(audio) > 24_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "input"),
        ({"input": " "}, "input"),
        ({"input": "x" * 5_000}, "at most"),
        ({"input": "x", "voice": "bert"}, "practice has alloy"),
        ({"input": "x", "response_format": "mp3"}, "ask for pcm or wav"),
        ({"input": "x"}, "ask for pcm or wav"),
        ({"input": "x", "response_format": "pcm", "speed": 9}, "speed"),
        ({"input": "x", "response_format": "pcm", "speed": "fast"}, "speed"),
        ([], "input"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_the_remedy(body: object, words: str) -> None:
    with pytest.raises(SpeechRefused, match=words):
        speech.parse(body)
