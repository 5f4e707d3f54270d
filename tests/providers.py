"""Providers of fixed delay on the real wires: AssemblyAI v3 websocket, OpenAI chat SSE, OpenAI speech.

The recogniser tells utterances apart by their LENGTH, so that any number of calls can speak at once; speech
is a pure tone, one pitch per kind of text, so that a caller can tell greeting, filler and answer apart.
"""

import asyncio
import base64
import json
import re
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

RATE = 24_000
LOUD = 300.0
TONES = {"greeting": 800, "answer": 1300, "failed": 1900, "reply": 400, "announcement": 2500}
_KINDS = (("^Hello", "greeting"), ("answer", "answer"), ("Sorry|fail", "failed"), ("I heard", "reply"))

Body = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Utterance:
    """What is understood when somebody speaks for about this many seconds."""

    text: str
    seconds: float


@dataclass(frozen=True)
class Rule:
    """A pattern for the caller's words, and the tool that the model then calls or what it says."""

    pattern: str
    tool: str | None = None
    arguments: Body = field(default_factory=dict)
    say: str = ""


@dataclass
class Providers:
    """All three, with knobs that tests may turn while they run."""

    stt_ms: int = 150
    llm_ms: int = 300
    tts_ms: int = 150
    ms_per_character: int = 45
    utterances: list[Utterance] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    refuse: dict[str, int] = field(default_factory=dict)
    """Provider kind (stt, llm, tts) → the status it answers with."""
    heard: list[Body] = field(default_factory=list)
    """The bodies of chat requests."""
    spoken: list[str] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    port: int = 0

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def assemblyai_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Providers"]:
        """Listen on a free port, the same one when started again."""
        app = web.Application(client_max_size=2**26)
        app.router.add_get("/v3/ws", self._recognise)
        app.router.add_post("/v1/chat/completions", _patient(self._complete))
        app.router.add_post("/v1/audio/speech", _patient(self._speak))
        app.router.add_get("/v1/{rest:.*}", self._models)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    def understood(self, seconds: float) -> str:
        known = min(self.utterances, key=lambda known: abs(known.seconds - seconds), default=None)
        return known.text if known else "hmm"

    def reply(self, body: Body) -> Rule:
        """What the model says to a request: a tool's result is told, words are looked up in the rules."""
        last = next(m for m in reversed(body["messages"]) if m["role"] not in ("system", "developer"))
        content = str(last.get("content"))
        if last["role"] == "tool":
            if re.search(r"still running", content):
                return Rule("", say="Still working on it")
            failed = re.search(r"error|cannot|no such|failed|not allow", content, re.IGNORECASE)
            return Rule(
                "", say=f"Sorry that failed: {content}" if failed else f"The answer is {content[:200]}"
            )
        if last["role"] != "user":
            return Rule("", say="I heard an instruction")
        return self._ruled(content, body)

    def _ruled(self, words: str, body: Body) -> Rule:
        offered = [tool["function"]["name"] for tool in body.get("tools") or []]
        for rule in self.rules:
            if not re.search(rule.pattern, words, re.IGNORECASE):
                continue
            if rule.tool is None:
                return rule
            if rule.tool in offered and body.get("tool_choice") != "none":
                return rule
        return Rule("", say=f"I heard {words}")

    def _note(self, what: str) -> None:
        self.events.append((time.time(), what))

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": []})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if status := self.refuse.get("llm"):
            return web.json_response({"error": {"message": "refused"}}, status=status)
        self.heard.append(body)
        rule = self.reply(body)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(self.llm_ms / 1000)
        for delta in _deltas(rule):
            await response.write(_chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}))
        finish = "tool_calls" if rule.tool else "stop"
        await response.write(_chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}))
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        await response.write(_chunk({"choices": [], "usage": usage}) + b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if status := self.refuse.get("tts"):
            return web.json_response({"error": {"message": "refused"}}, status=status)
        self.spoken.append(body["input"])
        headers = {"Content-Type": "text/event-stream", "x-request-id": uuid.uuid4().hex}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await asyncio.sleep(self.tts_ms / 1000)
        sound = self.tone(body["input"])
        for start in range(0, len(sound), 9600):
            piece = base64.b64encode(sound[start : start + 9600]).decode()
            await response.write(_data({"type": "speech.audio.delta", "audio": piece}))
        await response.write(
            _data({"type": "speech.audio.done", "usage": {"input_tokens": 5, "output_tokens": 50}})
        )
        await response.write_eof()
        return response

    def tone(self, text: str) -> bytes:
        kind = next((kind for pattern, kind in _KINDS if re.search(pattern, text)), "announcement")
        count = int(RATE * max(0.4, len(text) * self.ms_per_character / 1000))
        wave = 8000 * np.sin(2 * np.pi * TONES[kind] * np.arange(count) / RATE)
        return bytes(wave.astype(np.int16).tobytes())

    async def _recognise(self, request: web.Request) -> web.StreamResponse:
        if status := self.refuse.get("stt"):
            return web.json_response({"error": "refused"}, status=status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._note("stt opened")
        await socket.send_json(
            {"type": "Begin", "id": uuid.uuid4().hex, "expires_at": int(time.time()) + 3600}
        )
        ear = _Ear(socket, int(request.query["sample_rate"]), self)
        try:
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    await ear.hear(message.data)
                elif message.type == WSMsgType.TEXT and json.loads(message.data)["type"] == "Terminate":
                    await socket.send_json({"type": "Termination"})
                    break
        finally:
            ear.close()
            self._note("stt closed")
        return socket


class _Ear:
    """Finds speech by its loudness and ends a turn after a fixed time of silence."""

    def __init__(self, socket: web.WebSocketResponse, rate: int, providers: Providers) -> None:
        self._socket = socket
        self._rate = rate
        self._providers = providers
        self._now = 0.0
        self._start: float | None = None
        self._last = 0.0
        self._turn = 0
        self._ending: asyncio.Task[None] | None = None

    async def hear(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        block = self._rate // 100
        count = len(samples) // block
        if not count:
            return
        loud = np.sqrt((samples[: count * block].reshape(count, block) ** 2).mean(1)) > LOUD
        if loud.any():
            await self._loud(np.flatnonzero(loud))
        self._now += len(samples) / self._rate
        if self._start is not None and not loud[-1] and (self._ending is None or self._ending.done()):
            wait = self._providers.stt_ms / 1000 - (self._now - self._last)
            self._ending = asyncio.create_task(self._end(max(0.0, wait)))

    async def _loud(self, blocks: Any) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        self._last = self._now + (int(blocks[-1]) + 1) / 100
        if self._start is None:
            self._start = self._now + int(blocks[0]) / 100
            await self._socket.send_json({"type": "SpeechStarted", "timestamp": int(self._start * 1000)})
            await self._send("well", final=False)

    async def _end(self, wait: float) -> None:
        await asyncio.sleep(wait)
        assert self._start is not None
        text = self._providers.understood(self._last - self._start)
        if not self._socket.closed:
            await self._send(text, final=True)
        self._start = None
        self._turn += 1

    async def _send(self, text: str, *, final: bool) -> None:
        start = int((self._start or 0) * 1000)
        words = [
            {"start": start, "end": start + 100, "confidence": 0.9, "text": word, "word_is_final": final}
            for word in text.split()
        ]
        await self._socket.send_json(
            {
                "type": "Turn",
                "turn_order": self._turn,
                "turn_is_formatted": final,
                "end_of_turn": final,
                "end_of_turn_confidence": 1.0 if final else 0.1,
                "transcript": text if final else "",
                "utterance": text if final else "",
                "words": words,
            }
        )

    def close(self) -> None:
        if self._ending is not None:
            self._ending.cancel()


def _patient(handler: Handler) -> Handler:
    """Clients that interrupt an answer are no error."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ConnectionResetError:
            return web.Response()

    return handled


def _deltas(rule: Rule) -> list[Body]:
    if rule.tool is None:
        return [{"role": "assistant", "content": ""}, *({"content": f"{w} "} for w in rule.say.split(" "))]
    call = {"index": 0, "id": f"call_{uuid.uuid4().hex[:8]}", "type": "function"}
    return [
        {"role": "assistant", "content": rule.say},
        {"tool_calls": [{**call, "function": {"name": rule.tool, "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": json.dumps(rule.arguments)}}]},
    ]


def _chunk(values: Body) -> bytes:
    return _data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "m"} | values)


def _data(values: Body) -> bytes:
    return b"data: " + json.dumps(values).encode() + b"\n\n"
