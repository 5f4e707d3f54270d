"""A caller made of a WAV file: joins the call's room and speaks into it. The only part that loads livekit."""

import logging
from array import array
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import anyio
from livekit import rtc

from hub.cli.api import HubApi, Values
from hub.cli.wav import Sound
from hub.core.errors import Unavailable

RATE = 48_000
FRAME = RATE // 100
QUEUE_MS = 100
JOIN_SECONDS = 20.0
LEAVE_SECONDS = 5.0


class Mouth:
    """Speaks what it is given, and silence between: a microphone that is never switched off."""

    def __init__(self, source: rtc.AudioSource) -> None:
        self._source = source
        self._left: array[int] = array("h")
        self._said = anyio.Event()

    async def run(self) -> None:
        """Own the source until cancelled; the source's queue keeps the pace."""
        while True:
            piece, self._left = self._left[:FRAME], self._left[FRAME:]
            if not self._left:
                self._said.set()
            frame = rtc.AudioFrame.create(RATE, 1, FRAME)
            frame.data[: len(piece)] = memoryview(piece)
            await self._source.capture_frame(frame)

    async def say(self, sound: Sound) -> None:
        """Speak a sound; returns when it has been spoken."""
        self._said = anyio.Event()
        self._left = at_rate(sound)
        await self._said.wait()


def at_rate(sound: Sound) -> "array[int]":
    """The samples at LiveKit's rate."""
    if sound.rate == RATE:
        return sound.samples
    resampler = rtc.AudioResampler(sound.rate, RATE, quality=rtc.AudioResamplerQuality.HIGH)
    given = rtc.AudioFrame(sound.samples.tobytes(), sound.rate, 1, len(sound.samples))
    spoken = array("h")
    for frame in [*resampler.push(given), *resampler.flush()]:
        spoken.frombytes(bytes(frame.data))
    return spoken


@asynccontextmanager
async def joined(api: HubApi, call: Values) -> AsyncGenerator[Mouth]:
    """The call's caller, in its room.

    Raises:
        Unavailable: No way into the room.
    """
    # What LiveKit's library says of a failure would, with no handler, stand before our one sentence.
    logging.getLogger("livekit").addHandler(logging.NullHandler())
    key = urlsplit(str(call["join_url"])).fragment
    ticket = await api.post("/api/join", {"call_id": call["call_id"], "key": key}, seconds=JOIN_SECONDS)
    room = rtc.Room()
    try:
        source = await _connect(room, urljoin(_websocket(api.url), str(ticket["url"])), str(ticket["token"]))
        mouth = Mouth(source)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mouth.run)
            yield mouth
            tasks.cancel_scope.cancel()
    finally:
        with anyio.move_on_after(LEAVE_SECONDS, shield=True):
            await room.disconnect()


async def _connect(room: rtc.Room, url: str, token: str) -> rtc.AudioSource:
    """Enter the room with a microphone."""
    source = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE_MS)
    track = rtc.LocalAudioTrack.create_audio_track("voice", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    try:
        with anyio.fail_after(JOIN_SECONDS):
            await room.connect(url, token)
            await room.local_participant.publish_track(track, options)
    except (rtc.ConnectError, TimeoutError) as error:
        raise Unavailable(
            "LiveKit could not be joined from here.", next_step="hub doctor checks what it needs."
        ) from error
    return source


def _websocket(url: str) -> str:
    return "ws" + url.removeprefix("http")
