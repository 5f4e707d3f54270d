"""AssemblyAI's websocket: by the real plugin, and its messages one by one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import anyio
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt, utils
from livekit.plugins import assemblyai

from hub.bench.sounds import Samples, samples
from hub.practice.speech_to_text import NOT_UNDERSTOOD, Session, StreamRefused, parse
from tests.practice.conftest import Running

pytestmark = pytest.mark.anyio
WAIT = 40
U3 = {"speech_model": "universal-3-6-pro", "min_turn_silence": "100", "max_turn_silence": "100"}


def said(text: str, voice: str = "en-us", rate: int = 16_000) -> Samples:
    """The sentence with silence before it, and enough after it for the turn to end."""
    before, after = np.zeros(rate // 2, np.int16), np.zeros(rate * 3 // 2, np.int16)
    return np.concatenate([before, samples(text, voice, 150, rate) // 3, after])


@asynccontextmanager
async def connected(practice: Running, **query: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    with anyio.fail_after(WAIT):
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                practice.url + "/v3/ws",
                params={"sample_rate": "16000", **query},
                headers={"Authorization": practice.token},
            ) as socket,
        ):
            assert (await socket.receive_json())["type"] == "Begin"
            yield socket


async def send(socket: aiohttp.ClientWebSocketResponse, audio: bytes, size: int = 1_600) -> None:
    for at in range(0, len(audio), size):
        await socket.send_bytes(audio[at : at + size])


async def until_end_of_turn(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    while not (told and told[-1].get("end_of_turn")):
        told.append(await socket.receive_json())
    return told


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("which tables do we have", "which tables do we have"),
        ("i would like a large pizza", NOT_UNDERSTOOD),
    ],
)
async def test_the_real_plugin_hears_phrases_and_only_phrases(
    text: str, heard: str, practice: Running
) -> None:
    final = interim = ""
    async with utils.http_context.open():
        plugin = assemblyai.STT(api_key=practice.token, base_url=practice.url.replace("http", "ws"))
        with anyio.fail_after(WAIT):
            async with plugin.stream() as stream:
                audio = said(text)
                for at in range(0, len(audio), 800):
                    piece = audio[at : at + 800]
                    stream.push_frame(rtc.AudioFrame(piece.tobytes(), 16_000, 1, len(piece)))
                events: list[stt.SpeechEventType] = []
                async for event in stream:
                    events.append(event.type)
                    if event.type is stt.SpeechEventType.INTERIM_TRANSCRIPT:
                        interim = event.alternatives[0].text
                    if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                        final = event.alternatives[0].text
                        break
    assert final == interim == heard
    assert events[0] is stt.SpeechEventType.START_OF_SPEECH
    assert stt.SpeechEventType.PREFLIGHT_TRANSCRIPT in events


async def test_a_turn_has_partials_and_words_with_times(practice: Running) -> None:
    async with connected(practice, **U3) as socket:
        await send(socket, said("how many orders came in this week", "en-us+f3").tobytes())
        told = await until_end_of_turn(socket)
    assert told[0]["type"] == "SpeechStarted"
    assert 200 < told[0]["timestamp"] < 800
    assert [message["end_of_turn"] for message in told[1:]] == [False] * (len(told) - 2) + [True]
    assert len(told) > 2
    assert all(message["transcript"] == "" and message["words"] for message in told[1:-1])
    final = told[-1]
    assert final["transcript"] == final["utterance"] == "how many orders came in this week"
    assert [word["text"] for word in final["words"]] == final["transcript"].split()
    times = [time for word in final["words"] for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert all(word["word_is_final"] for word in final["words"])
    assert (final["turn_order"], final["turn_is_formatted"]) == (0, True)


async def test_turns_are_counted_and_the_end_is_told(practice: Running) -> None:
    async with connected(practice) as socket:
        audio = said("which tables do we have").tobytes()
        await send(socket, audio)
        first = await until_end_of_turn(socket)
        await send(socket, audio)
        second = await until_end_of_turn(socket)
        await socket.send_str(json.dumps({"type": "Terminate"}))
        last = await socket.receive_json()
    assert first[0]["type"] == "Turn"  # the older models do not announce speech
    assert [first[-1]["turn_order"], second[-1]["turn_order"]] == [0, 1]
    assert last["type"] == "Termination"
    assert last["audio_duration_seconds"] == pytest.approx(2 * len(audio) / 32_000, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
async def test_other_sample_rates_are_heard(rate: int, practice: Running) -> None:
    async with connected(practice, sample_rate=str(rate)) as socket:
        await send(socket, said("which tables do we have", rate=rate).tobytes(), rate // 10)
        assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"


async def test_mulaw_is_heard(practice: Running) -> None:
    async with connected(practice, encoding="pcm_mulaw") as socket:
        await send(socket, mulaw(said("which tables do we have")), 800)
        assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"


def mulaw(audio: Samples) -> bytes:
    size = np.minimum(np.abs(audio.astype(np.int32)), 32_635) + 132
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    code = (exponent << 4) | ((size >> (exponent + 3)) & 15) | np.where(audio < 0, 128, 0)
    return bytes((~code).astype(np.uint8).tobytes())


async def test_a_turn_can_be_ended_at_once(practice: Running) -> None:
    async with connected(practice) as socket:
        spoken = samples("which tables do we have", "en-us", 150, 16_000) // 3
        await send(socket, np.concatenate([np.zeros(8_000, np.int16), spoken]).tobytes())
        await socket.send_str(json.dumps({"type": "ForceEndpoint"}))
        assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"


async def test_terminating_in_mid_turn_delivers_what_was_said(practice: Running) -> None:
    async with connected(practice) as socket:
        spoken = samples("which tables do we have", "en-us", 150, 16_000) // 3
        await send(socket, np.concatenate([np.zeros(8_000, np.int16), spoken]).tobytes())
        await socket.send_str(json.dumps({"type": "Terminate"}))
        assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"
        assert (await socket.receive_json())["type"] == "Termination"


async def test_a_longer_silence_can_be_asked_for(practice: Running) -> None:
    spoken = samples("which tables do we have", "en-us", 150, 16_000) // 3
    pause = np.zeros(8_000, np.int16)
    audio = np.concatenate([pause, spoken, pause]).tobytes()
    async with connected(practice) as socket:
        await socket.send_str(json.dumps({"type": "UpdateConfiguration", "min_turn_silence": 1_500}))
        await socket.send_str(json.dumps({"type": "UpdateConfiguration", "agent_context": "ignored"}))
        await socket.send_str("not json")
        await send(socket, audio)
        await send(socket, np.zeros(24_000, np.int16).tobytes())
        told = await until_end_of_turn(socket)
    assert told[-1]["transcript"] == "which tables do we have"


async def test_several_streams_at_once_have_a_decoder_each(practice: Running) -> None:
    heard: list[str] = []

    async def one(text: str) -> None:
        async with connected(practice) as socket:
            await send(socket, said(text).tobytes())
            heard.append((await until_end_of_turn(socket))[-1]["transcript"])

    wanted = ["which tables do we have", "what tables are there", "which tables do we have"]
    async with anyio.create_task_group() as tasks:
        for text in wanted:
            tasks.start_soon(one, text)
    assert sorted(heard) == sorted(wanted)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"sample_rate": "many"}, "sample_rate"),
        ({"sample_rate": "96000"}, "sample_rate"),
        ({"encoding": "opus"}, "encoding"),
        ({"min_turn_silence": "-1"}, "min_turn_silence"),
    ],
)
async def test_a_query_that_cannot_be_used_is_refused(
    query: dict[str, str], words: str, practice: Running
) -> None:
    with pytest.raises(StreamRefused, match=words):
        parse(query)
    async with (
        aiohttp.ClientSession() as session,
        session.get(practice.url + "/v3/ws", params=query, headers=practice.headers) as answer,
    ):
        assert answer.status == 400
        assert words in (await answer.json())["error"]


def test_a_cough_ends_a_turn_without_words() -> None:
    cough = {"event": "final", "accepted": False, "noise": True, "words": [], "start_ms": 0, "end_ms": 90}
    (message,) = Session(parse({})).messages(cough)
    assert (message["transcript"], message["words"], message["end_of_turn"]) == ("", [], True)


def test_what_was_not_understood_is_a_turn_of_its_own() -> None:
    final = {"event": "final", "accepted": False, "noise": False, "words": [], "start_ms": 10, "end_ms": 900}
    (message,) = Session(parse({})).messages(final)
    assert message["transcript"] == NOT_UNDERSTOOD
    assert [(word["text"], word["start"], word["end"]) for word in message["words"]] == [
        (NOT_UNDERSTOOD, 10, 900)
    ]
