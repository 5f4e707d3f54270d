"""The stand-in for AssemblyAI v3: finds speech by its loudness, ends a turn after a fixed time of silence."""

import asyncio
import json
import time
import uuid
from typing import Any, Final, Protocol

import numpy as np
from aiohttp import WSMsgType, web

LOUD: Final = 300.0
BLOCKS_A_SECOND: Final = 100
SESSION_SECONDS: Final = 3600
Samples = np.ndarray[Any, np.dtype[np.float32]]


class Understanding(Protocol):
    """What the recogniser goes by."""

    stt_ms: int

    def understood(self, seconds: float) -> str: ...

    def note(self, what: str) -> None: ...


class Ear:
    """One session."""

    def __init__(self, socket: web.WebSocketResponse, rate: int, mind: Understanding) -> None:
        self._socket = socket
        self._rate = rate
        self._mind = mind
        self._now = 0.0
        self._start: float | None = None
        self._last = 0.0
        self._turn = 0
        self._ending: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Until the other side has had enough."""
        expires = int(time.time()) + SESSION_SECONDS
        await self._socket.send_json({"type": "Begin", "id": uuid.uuid4().hex, "expires_at": expires})
        try:
            async for message in self._socket:
                if message.type == WSMsgType.BINARY:
                    await self._hear(message.data)
                elif message.type == WSMsgType.TEXT and json.loads(message.data)["type"] == "Terminate":
                    await self._socket.send_json({"type": "Termination"})
                    break
        finally:
            if self._ending is not None:
                self._ending.cancel()

    async def _hear(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        block = self._rate // BLOCKS_A_SECOND
        count = len(samples) // block
        if not count:
            return
        loud = np.sqrt((samples[: count * block].reshape(count, block) ** 2).mean(1)) > LOUD
        if loud.any():
            await self._speech(np.flatnonzero(loud))
        self._now += len(samples) / self._rate
        if self._start is not None and not loud[-1] and (self._ending is None or self._ending.done()):
            wait = self._mind.stt_ms / 1000 - (self._now - self._last)
            self._ending = asyncio.create_task(self._end(max(0.0, wait)))

    async def _speech(self, blocks: "np.ndarray[Any, np.dtype[np.intp]]") -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        self._last = self._now + (int(blocks[-1]) + 1) / BLOCKS_A_SECOND
        if self._start is None:
            self._start = self._now + int(blocks[0]) / BLOCKS_A_SECOND
            await self._socket.send_json({"type": "SpeechStarted", "timestamp": int(self._start * 1000)})
            await self._send("well", final=False)

    async def _end(self, wait: float) -> None:
        await asyncio.sleep(wait)
        if self._start is None:
            return
        text = self._mind.understood(self._last - self._start)
        self._mind.note("stt final")
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
