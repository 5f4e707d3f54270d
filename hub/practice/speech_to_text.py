"""The speech-to-text stand-in: AssemblyAI's streaming v3 websocket, heard by a decoder process."""

import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import anyio
from aiohttp import WSCloseCode, WSMsgType, web

from hub.practice.decoders import Decoder, DecoderLost, Decoders, TooManyStreams

logger = logging.getLogger(__name__)
NOT_UNDERSTOOD = "[not understood]"
SESSION_SECONDS = 3 * 3600
FINISH_SECONDS = 5.0
_ENCODINGS = {"pcm_s16le": 2, "pcm_mulaw": 1}  # bytes a sample
_RATES = (8_000, 48_000)
_SURE, _UNSURE, _REFUSED = 0.95, 0.6, 0.1
Message = dict[str, Any]


class StreamRefused(ValueError):
    """The query of the websocket asks for something that cannot be had; the text says what."""


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """How the client sends its audio, and how long it wants a pause to be."""

    rate: int
    encoding: str
    min_silence_ms: int | None
    max_silence_ms: int | None
    formatted: bool
    announces: bool  # the newer models announce that speech has started


def parse(query: Mapping[str, str]) -> StreamRequest:
    """Read the query of the websocket.

    Raises:
        StreamRefused: A value in it cannot be used.
    """
    rate = _whole_number(query, "sample_rate") or 16_000
    if not _RATES[0] <= rate <= _RATES[1]:
        raise StreamRefused(f"sample_rate must be from {_RATES[0]} to {_RATES[1]}")
    encoding = query.get("encoding", "pcm_s16le")
    if encoding not in _ENCODINGS:
        raise StreamRefused(f"encoding must be one of {', '.join(_ENCODINGS)}")
    newer = query.get("speech_model", "").startswith(("u3", "universal-3"))
    return StreamRequest(
        rate=rate,
        encoding=encoding,
        min_silence_ms=_whole_number(query, "min_turn_silence"),
        max_silence_ms=_whole_number(query, "max_turn_silence"),
        formatted=newer or query.get("format_turns") == "true",
        announces=newer,
    )


def _whole_number(query: Mapping[str, Any], name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    if not str(value).isdigit():
        raise StreamRefused(f"{name} must be a whole number")
    return int(value)


class Session:
    """One websocket: counts its turns and words its messages."""

    def __init__(self, wanted: StreamRequest) -> None:
        self._wanted = wanted
        self._turn = 0
        self._bytes = 0
        self._began = time.monotonic()

    def heard(self, audio: bytes) -> None:
        """Count audio."""
        self._bytes += len(audio)

    def begin(self) -> Message:
        """The first message."""
        return {"type": "Begin", "id": str(uuid.uuid4()), "expires_at": int(time.time()) + SESSION_SECONDS}

    def termination(self) -> Message:
        """The last message."""
        seconds = self._bytes / (self._wanted.rate * _ENCODINGS[self._wanted.encoding])
        return {
            "type": "Termination",
            "audio_duration_seconds": round(seconds, 3),
            "session_duration_seconds": round(time.monotonic() - self._began, 3),
        }

    def messages(self, event: Mapping[str, Any]) -> list[Message]:
        """What the client is told about an event of the decoder."""
        if event["event"] == "started":
            announced = {"type": "SpeechStarted", "timestamp": event["at_ms"], "confidence": _SURE}
            return [announced] if self._wanted.announces else []
        if event["event"] == "partial":
            return [self._message("", _words(event["words"], _UNSURE, final=False), end=False)]
        if event["event"] != "final":
            return []
        message = self._final(event)
        self._turn += 1
        return [message]

    def _final(self, event: Mapping[str, Any]) -> Message:
        if event["accepted"]:
            words = _words(event["words"], _SURE, final=True)
            return self._message(" ".join(word["text"] for word in words), words, end=True)
        if event["noise"]:
            return self._message("", [], end=True)
        marker = {"text": NOT_UNDERSTOOD, "start": event["start_ms"], "end": event["end_ms"]}
        return self._message(NOT_UNDERSTOOD, _words([marker], _REFUSED, final=True), end=True)

    def _message(self, transcript: str, words: list[Message], *, end: bool) -> Message:
        return {
            "type": "Turn",
            "turn_order": self._turn,
            "turn_is_formatted": self._wanted.formatted and end,
            "end_of_turn": end,
            "end_of_turn_confidence": 1.0 if end else 0.1,
            "transcript": transcript,
            "utterance": transcript if end else "",
            "words": words,
            "language_code": "en",
        }


def _words(heard: list[Message], confidence: float, *, final: bool) -> list[Message]:
    return [{**word, "confidence": confidence, "word_is_final": final} for word in heard]


class SpeechToText:
    """Serves the websocket with decoders lent by the pool."""

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer GET /v3/ws."""
        try:
            wanted = parse(request.query)
        except StreamRefused as error:
            return web.json_response({"error": str(error)}, status=400)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        code, reason = WSCloseCode.OK, ""
        try:
            async with self._decoders.lend() as decoder:
                await self._stream(socket, decoder, wanted)
        except* TooManyStreams:
            code, reason = WSCloseCode.TRY_AGAIN_LATER, "Too many streams in practice"
        except* (DecoderLost, TimeoutError):
            logger.warning("practice: the decoder of a stream was lost; the client may connect again")
            code, reason = WSCloseCode.INTERNAL_ERROR, "The recogniser was lost; connect again"
        await socket.close(code=code, message=reason.encode())
        return socket

    async def _stream(self, socket: web.WebSocketResponse, decoder: Decoder, wanted: StreamRequest) -> None:
        """Carry audio to the decoder and messages to the client, until one of them has had enough.

        Raises:
            DecoderLost: The decoder went away.
        """
        session = Session(wanted)
        await decoder.send({"do": "open", **asdict(wanted)})
        await socket.send_json(session.begin())
        told = _Told()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(told.tell, socket, decoder, session, tasks.cancel_scope)
            if await _listen(socket, decoder, session):
                await decoder.send({"do": "finish"})
                with anyio.move_on_after(FINISH_SECONDS):
                    await anyio.sleep_forever()  # until the decoder has told the rest
            tasks.cancel_scope.cancel()
        if told.lost is not None:
            raise told.lost
        if not socket.closed:
            await socket.send_json(session.termination())


class _Told:
    """What became of telling the client."""

    def __init__(self) -> None:
        self.lost: DecoderLost | None = None

    async def tell(
        self, socket: web.WebSocketResponse, decoder: Decoder, session: Session, scope: anyio.CancelScope
    ) -> None:
        """Send what the decoder says until it has finished, is lost, or the client has gone; then leave."""
        try:
            while (event := await decoder.event())["event"] != "finished":
                for message in session.messages(event):
                    await socket.send_json(message)
        except DecoderLost as error:
            self.lost = error
        except (ConnectionError, RuntimeError):
            logger.debug("practice: a client went away in the middle of a turn")
        scope.cancel()


async def _listen(socket: web.WebSocketResponse, decoder: Decoder, session: Session) -> bool:
    """Pass on what the client sends; whether it said that it has finished."""
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            session.heard(message.data)
            await decoder.hear(message.data)
        elif message.type is WSMsgType.TEXT:
            order = _order(message.data)
            if order == {"do": "finish"}:
                return True
            if order:
                await decoder.send(order)
    return False


def _order(text: str) -> Message:
    """What a text message of the client asks of the decoder; nothing, when practice has no use for it."""
    try:
        message = json.loads(text)
        kind = message.get("type")
        if kind == "UpdateConfiguration":
            silences = {
                "min_silence_ms": _whole_number(message, "min_turn_silence"),
                "max_silence_ms": _whole_number(message, "max_turn_silence"),
            }
            return (
                {"do": "configure", **silences}
                if any(value is not None for value in silences.values())
                else {}
            )
    except (ValueError, AttributeError):
        return {}
    return {"Terminate": {"do": "finish"}, "ForceEndpoint": {"do": "force"}}.get(str(kind), {})
