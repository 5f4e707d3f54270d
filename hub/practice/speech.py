"""The speech stand-in: OpenAI's audio/speech by espeak-ng, sent while it is being made."""

import base64
import json
import math
import struct
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import numpy as np
import soxr
from aiohttp import web

from hub.practice import openai_errors
from hub.practice.voices import Espeak, Voice, pace

RATE = 24_000
MAX_INPUT = 4096  # characters, as OpenAI has it
_SPEEDS = (0.25, 4.0)
VOICES = {
    "alloy": Voice("en-us+f2", 48),
    "ash": Voice("en-us", 42),
    "ballad": Voice("en-gb-x-rp", 45),
    "coral": Voice("en-us+f3", 58),
    "echo": Voice("en-us+m3", 45),
    "fable": Voice("en-gb-scotland", 50),
    "onyx": Voice("en-us+m7", 28),
    "nova": Voice("en-us+f4", 60),
    "sage": Voice("en+f2", 52),
    "shimmer": Voice("en-us+f1", 66),
    "verse": Voice("en+m1", 50),
    "marin": Voice("en+f4", 55),
    "cedar": Voice("en-us+m2", 38),
}


class SpeechRefused(ValueError):
    """The request asks for something that cannot be spoken; the text says what."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What is to be spoken, how, and in which form it is sent."""

    text: str
    voice: Voice
    wpm: int
    form: str  # pcm or wav
    events: bool  # server-sent events rather than the audio alone


def parse(body: Any) -> SpeechRequest:
    """Read the body of a request.

    Raises:
        SpeechRefused: Something in it is missing or not to be had here.
    """
    if not isinstance(body, dict) or not isinstance(body.get("input"), str) or not body["input"].strip():
        raise SpeechRefused("input must be the text to speak")
    if len(body["input"]) > MAX_INPUT:
        raise SpeechRefused(f"input may have at most {MAX_INPUT} characters")
    name = body.get("voice", "ash")
    if name not in VOICES:
        raise SpeechRefused(f"voice {name!r} is not known; practice has {', '.join(VOICES)}")
    form = body.get("response_format", "mp3")
    if form not in {"pcm", "wav"}:
        raise SpeechRefused(f"response_format {form!r} is not to be had in practice; ask for pcm or wav")
    speed = body.get("speed", 1.0)
    if not isinstance(speed, int | float) or not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise SpeechRefused(f"speed must be a number from {_SPEEDS[0]} to {_SPEEDS[1]}")
    events = body.get("stream_format", "audio") == "sse"
    return SpeechRequest(body["input"], VOICES[name], pace(speed), form, events)


class Speech:
    """Speaks. One voice library for the process; a synthesis at a time, each in a thread."""

    def __init__(self) -> None:
        self._espeak = Espeak()

    async def speak(self, wanted: SpeechRequest, emit: Callable[[bytes], Awaitable[None]]) -> int:
        """Emit the speech as 16-bit mono samples at 24 kHz, chunk by chunk; returns the number of bytes."""
        # unbounded, because a listener that reads slowly must not hold the one voice; the text is bounded
        send, receive = anyio.create_memory_object_stream[bytes](math.inf)

        def sink(chunk: bytes) -> bool:
            try:
                anyio.from_thread.run_sync(send.send_nowait, chunk)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, CancelledError):
                return False
            return True

        async def synthesise() -> None:
            with send:
                await anyio.to_thread.run_sync(
                    self._espeak.speak, wanted.text, wanted.voice, wanted.wpm, sink
                )

        resampler = soxr.ResampleStream(self._espeak.rate, RATE, 1, dtype="int16")
        total = 0
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(synthesise)
            with receive:
                async for chunk in receive:
                    audio = _bytes(resampler.resample_chunk(np.frombuffer(chunk, np.int16)))
                    total += len(audio)
                    await emit(audio)
        rest = _bytes(resampler.resample_chunk(np.zeros(0, np.int16), last=True))
        await emit(rest)
        return total + len(rest)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer POST /v1/audio/speech."""
        try:
            wanted = parse(await request.json())
        except (ValueError, UnicodeDecodeError) as error:
            text = str(error) if isinstance(error, SpeechRefused) else "the body is not JSON"
            return openai_errors.reply(400, text)
        kind = "text/event-stream" if wanted.events else f"audio/{wanted.form}"
        response = web.StreamResponse(
            headers={"Content-Type": kind, "x-request-id": f"req_{uuid.uuid4().hex}"}
        )
        await response.prepare(request)

        async def emit(audio: bytes) -> None:
            if audio:
                await response.write(_delta(audio) if wanted.events else audio)

        if wanted.form == "wav":
            await emit(_wav_header())
        total = await self.speak(wanted, emit)
        if wanted.events:
            await response.write(_done(wanted, total))
        await response.write_eof()
        return response


def _bytes(samples: "np.ndarray[Any, np.dtype[np.int16]]") -> bytes:
    return samples.astype("<i2", copy=False).tobytes()


def _delta(audio: bytes) -> bytes:
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(audio).decode()})


def _done(wanted: SpeechRequest, size: int) -> bytes:
    """The last event. The usage is words and tenths of a second, as practice has no tokens."""
    words, tenths = len(wanted.text.split()), size // (RATE * 2 // 10)
    usage = {"input_tokens": words, "output_tokens": tenths, "total_tokens": words + tenths}
    return _event({"type": "speech.audio.done", "usage": usage})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _wav_header() -> bytes:
    """A header for audio whose length is not known yet."""
    open_end = 0xFFFFFFFF
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", open_end, b"WAVE") + form + struct.pack("<4sI", b"data", open_end)
