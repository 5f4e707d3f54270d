"""The stand-ins: they are never quicker than their delays, and what they say fits what they were asked."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import anyio
import numpy as np
import pytest

from hub.bench.providers import TONES, Providers, Rule, Utterance
from hub.bench.script import FAST, PLAIN, PLAIN_TOOL, RULES, SLOW, STORY, TOOL, UTTERANCES

pytestmark = pytest.mark.anyio
RATE = 16_000


def asked(words: str, *, tools: list[str] | None = None) -> dict[str, Any]:
    offered = [{"function": {"name": name}} for name in tools or []]
    return {"messages": [{"role": "user", "content": words}], "tools": offered}


def test_utterances_are_told_apart_by_their_length() -> None:
    providers = Providers(utterances=list(UTTERANCES))
    for utterance in UTTERANCES:
        assert providers.understood(utterance.seconds + 0.1) == utterance.text
        assert providers.understood(utterance.seconds - 0.1) == utterance.text


def test_the_script_leads_to_the_tools_and_tones_that_are_measured() -> None:
    providers = Providers(rules=list(RULES))
    assert providers.reply(asked(FAST.text, tools=[TOOL])).arguments == {"ms": 20}
    assert providers.reply(asked(SLOW.text, tools=[TOOL])).arguments == {"ms": 8000}
    assert providers.reply(asked(FAST.text)).tool is None
    assert providers.reply(asked(SLOW.text, tools=[PLAIN_TOOL])).tool == PLAIN_TOOL
    assert providers.reply({"messages": [{"role": "system", "content": "Greet."}]}).say.startswith("Hello")
    assert providers.reply(asked(PLAIN.text)).say.startswith("I heard")
    assert len(providers.reply(asked(STORY.text)).say) > 200


def test_a_tools_result_is_told_and_a_failure_too() -> None:
    providers = Providers()
    for content, said in (("waited 20", "The answer is waited 20"), ("no such table", "Sorry that failed")):
        body = {"messages": [{"role": "tool", "content": content}]}
        assert providers.reply(body).say.startswith(said)


def test_each_kind_of_text_has_its_pitch() -> None:
    providers = Providers()
    for text, kind in (
        ("Hello there", "greeting"),
        ("The answer is 3", "answer"),
        ("One moment", "announcement"),
    ):
        sound = np.frombuffer(providers.tone(text), np.int16)
        spectrum = np.abs(np.fft.rfft(sound.astype(np.float64)))
        assert abs(int(np.argmax(spectrum)) * 24_000 / len(sound) - TONES[kind]) < 5


async def test_no_answer_comes_before_its_delay() -> None:
    providers = Providers(llm_ms=120, tts_ms=80, rules=[Rule("office", say="I heard you")])
    async with providers.running(), aiohttp.ClientSession() as client:
        begun = time.monotonic()
        answer = await client.post(f"{providers.openai_url}/chat/completions", json=asked("the office"))
        text = await answer.text()
        assert time.monotonic() - begun >= 0.12
        words = [json.loads(line[6:])["choices"] for line in text.splitlines() if line.startswith("data: {")]
        assert "".join(one[0]["delta"].get("content") or "" for one in words if one) == "I heard you "
        begun = time.monotonic()
        spoken = await client.post(f"{providers.openai_url}/audio/speech", json={"input": "Hello"})
        assert "speech.audio.done" in await spoken.text()
        assert time.monotonic() - begun >= 0.08
    assert [what for _, what in providers.events] == ["llm asked", "llm answers", "tts asked", "tts answers"]


async def test_a_turn_ends_no_sooner_than_its_delay_after_the_speech() -> None:
    providers = Providers(
        stt_ms=150, utterances=[Utterance("one second", 1.0), Utterance("two seconds", 2.0)]
    )
    address = "{}/v3/ws?sample_rate=16000"
    async with providers.running(), aiohttp.ClientSession() as client:
        async with client.ws_connect(address.format(providers.assemblyai_url)) as socket:
            assert (await socket.receive_json())["type"] == "Begin"
            speech = np.full(RATE, 4000, np.int16)
            await socket.send_bytes(speech.tobytes())
            await socket.send_bytes(np.zeros(RATE // 50, np.int16).tobytes())
            ended = time.monotonic()
            with anyio.fail_after(5):
                while not (said := await socket.receive_json()).get("end_of_turn"):
                    pass
            assert time.monotonic() - ended >= 0.1
            assert said["transcript"] == "one second"
            await socket.send_json({"type": "Terminate"})
            assert (await socket.receive_json())["type"] == "Termination"
        with anyio.fail_after(5):
            while "stt closed" not in [what for _, what in providers.events]:  # noqa: ASYNC110  # its end of the socket
                await asyncio.sleep(0.01)


async def test_a_provider_can_be_made_to_refuse() -> None:
    providers = Providers(refuse={"llm": 429, "tts": 500, "stt": 401})
    async with providers.running(), aiohttp.ClientSession() as client:
        assert (await client.post(f"{providers.openai_url}/chat/completions", json=asked("x"))).status == 429
        assert (await client.post(f"{providers.openai_url}/audio/speech", json={"input": "x"})).status == 500
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(f"{providers.assemblyai_url}/v3/ws?sample_rate=16000")
