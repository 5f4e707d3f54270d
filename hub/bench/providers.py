"""Providers of fixed delay on the real wires: AssemblyAI v3 websocket, OpenAI chat SSE, OpenAI speech.

The recogniser tells utterances apart by their LENGTH, so that any number of calls can speak at once; speech
is a pure tone, one pitch per kind of text, so that a caller can tell greeting, announcement and answer apart.
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
from typing import Any, Final

import numpy as np
from aiohttp import web

from hub.bench.recogniser import Ear

RATE: Final = 24_000
VOLUME: Final = 8000
SHORTEST_SECONDS: Final = 0.4
PIECE_BYTES: Final = 9600
TONES: Final = {"greeting": 800, "answer": 1300, "failed": 1900, "reply": 400, "announcement": 2500}
KINDS: Final = (("^Hello", "greeting"), ("answer", "answer"), ("Sorry|fail", "failed"), ("I heard", "reply"))
FAILURE: Final = re.compile(r"error|cannot|no such|failed|not allow", re.IGNORECASE)
STOP_SECONDS: Final = 0.2
ANSWER_CHARACTERS: Final = 200
GONE: Final = 499
Body = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is understood when somebody speaks for about this many seconds."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern for the caller's words, and the tool that the model then calls or what it says."""

    pattern: str
    tool: str | None = None
    arguments: Body = field(default_factory=dict)
    say: str = ""


@dataclass
class Providers:
    """All three, with knobs that may be turned while they run."""

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
    """What happened when, on the wall clock."""
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
        app = web.Application(client_max_size=2**26, middlewares=[_interrupted])
        app.router.add_get("/v3/ws", self._recognise)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/audio/speech", self._speak)
        app.router.add_get("/v1/{rest:.*}", self._models)
        app.router.add_get("/events", self._events)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    def note(self, what: str) -> None:
        """Remember that something happened now."""
        self.events.append((time.time(), what))

    def understood(self, seconds: float) -> str:
        """The utterance whose length is nearest."""
        known = min(self.utterances, key=lambda known: abs(known.seconds - seconds), default=None)
        return known.text if known else "hmm"

    def reply(self, body: Body) -> Rule:
        """What the model says to a request: a tool's result is told, words are looked up in the rules."""
        said = [m for m in body["messages"] if m["role"] not in ("system", "developer")]
        if not said:
            return Rule("", say="Hello, I was told to speak first")
        last = said[-1]
        content = str(last.get("content"))
        if last["role"] == "tool":
            return Rule("", say=_told(content))
        if last["role"] != "user":
            return Rule("", say="I heard an instruction")
        return self._ruled(content, body)

    def _ruled(self, words: str, body: Body) -> Rule:
        offered = [tool["function"]["name"] for tool in body.get("tools") or []]
        for rule in self.rules:
            if not re.search(rule.pattern, words, re.IGNORECASE):
                continue
            if rule.tool is None or (rule.tool in offered and body.get("tool_choice") != "none"):
                return rule
        return Rule("", say=f"I heard {words}")

    def tone(self, text: str) -> bytes:
        """The sound of a text: as long as it would take to say, at the pitch of its kind."""
        kind = next((kind for pattern, kind in KINDS if re.search(pattern, text)), "announcement")
        count = int(RATE * max(SHORTEST_SECONDS, len(text) * self.ms_per_character / 1000))
        wave = VOLUME * np.sin(2 * np.pi * TONES[kind] * np.arange(count) / RATE)
        return bytes(wave.astype(np.int16).tobytes())

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": []})

    async def _events(self, _request: web.Request) -> web.Response:
        return web.json_response(self.events)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if status := self.refuse.get("llm"):
            return web.json_response({"error": {"message": "refused"}}, status=status)
        self.heard.append(body)
        self.note("llm asked")
        rule = self.reply(body)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(self.llm_ms / 1000)
        self.note("llm answers")
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
        self.note("tts asked")
        headers = {"Content-Type": "text/event-stream", "x-request-id": uuid.uuid4().hex}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await asyncio.sleep(self.tts_ms / 1000)
        self.note("tts answers")
        sound = self.tone(body["input"])
        for start in range(0, len(sound), PIECE_BYTES):
            piece = base64.b64encode(sound[start : start + PIECE_BYTES]).decode()
            await response.write(_data({"type": "speech.audio.delta", "audio": piece}))
        await response.write(
            _data({"type": "speech.audio.done", "usage": {"input_tokens": 5, "output_tokens": 50}})
        )
        await response.write_eof()
        return response

    async def _recognise(self, request: web.Request) -> web.StreamResponse:
        if status := self.refuse.get("stt"):
            return web.json_response({"error": "refused"}, status=status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.note("stt opened")
        try:
            await Ear(socket, int(request.query["sample_rate"]), self).listen()
        finally:
            self.note("stt closed")
        return socket


@web.middleware
async def _interrupted(request: web.Request, handler: Answer) -> web.StreamResponse:
    """Whoever is interrupted while speaking has the rest thrown away: no error of ours."""
    try:
        return await handler(request)
    except ConnectionResetError:
        return web.Response(status=GONE)


def _told(content: str) -> str:
    if "still running" in content:
        return "Still working on it"
    if FAILURE.search(content):
        return f"Sorry that failed: {content}"
    return f"The answer is {content[:ANSWER_CHARACTERS]}"


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
