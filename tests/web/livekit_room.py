"""A private livekit-server, and an agent in one of its rooms that does what the test says."""

import asyncio
import contextlib
import json
import secrets
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import pi, sin
from pathlib import Path
from typing import Any

import aiohttp
import anyio
from livekit import api, rtc

from tests.livekit_server import environment, free_port

RATE = 48_000
FRAME = RATE // 100
READY_SECONDS = 10
STOP_SECONDS = 2
ALONE_SECONDS = 5
SETTLED_SECONDS = 0.3
"""livekit-server swallows a SIGTERM in its first tenth of a second."""


@dataclass
class LivekitServer:
    """One livekit-server on loopback with its own key; can die and come back on the same ports."""

    binary: Path
    port: int = field(default_factory=free_port)
    udp_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    key: str = "hub-pages"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where signalling is."""
        return f"ws://127.0.0.1:{self.port}"

    def token(self, identity: str, room: str, *, agent: bool = False) -> str:
        """A token that lets one participant into one room."""
        token = api.AccessToken(self.key, self.secret).with_identity(identity)
        token = token.with_grants(
            api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True, agent=agent)
        )
        return (token.with_kind("agent") if agent else token).to_jwt()

    async def start(self) -> None:
        """Start and wait until it answers with our key."""
        env = environment(self.port, self.udp_port, self.key, self.secret)
        nothing = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            self.binary, env=env, stdout=nothing, stderr=nothing
        )
        with anyio.fail_after(READY_SECONDS):
            while not await self._answers():  # noqa: ASYNC110  # it has no other way to say that it is ready
                await anyio.sleep(0.05)
        await anyio.sleep(SETTLED_SECONDS)

    async def _answers(self) -> bool:
        try:
            async with api.LiveKitAPI(self.url, self.key, self.secret) as livekit:
                await livekit.room.list_rooms(api.ListRoomsRequest())
        except (aiohttp.ClientError, api.TwirpError):
            return False
        return True

    async def kill(self) -> None:
        """Gone from one moment to the next."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def stop(self) -> None:
        """Stop: the second SIGTERM does not wait for participants."""
        if self._process is None:
            return
        for _ in range(2):
            self._process.send_signal(signal.SIGTERM)
            with anyio.move_on_after(STOP_SECONDS):
                await self._process.wait()
                break
        await self.kill() if self._process.returncode is None else None

    async def forget(self, room: str) -> None:
        """Close a room that may be gone already."""
        with contextlib.suppress(api.TwirpError):
            await self.close_room(room)

    async def close_room(self, room: str) -> None:
        """Everybody in it is told that it is deleted."""
        async with api.LiveKitAPI(self.url, self.key, self.secret) as livekit:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room))


@dataclass
class Agent:
    """The agent's side of a call, by hand."""

    room: rtc.Room
    heard: list[str] = field(default_factory=list)
    loudest: float = 0.0
    """The loudest sample of the caller's microphone so far, 0 to 1."""
    _tone: float = 0.0

    async def state(self, state: str) -> None:
        """What it is doing: initializing, listening, thinking or speaking."""
        await self.room.local_participant.set_attributes({"lk.agent.state": state})

    async def says(self, segment: str, *pieces: str, end: bool = True) -> rtc.TextStreamWriter:
        """Speak in pieces of one stream, as LiveKit's agents do; without `end` it has not finished."""
        writer = await self.room.local_participant.stream_text(
            topic="lk.transcription", attributes={"lk.segment_id": segment, "lk.transcription_final": "false"}
        )
        for piece in pieces:
            await writer.write(piece)
        if end:
            await writer.aclose(attributes={"lk.transcription_final": "true"})
        return writer

    async def hears(self, identity: str, segment: str, text: str, *, final: bool) -> None:
        """What was recognised of the caller; each guess is a stream of its own, sent in the caller's name."""
        writer = await self.room.local_participant.stream_text(
            topic="lk.transcription",
            attributes={"lk.segment_id": segment, "lk.transcription_final": str(final).lower()},
            sender_identity=identity,
        )
        await writer.write(text)
        await writer.aclose()

    async def tells(self, kind: str, **event: Any) -> None:
        """An event of the worker to the page."""
        await self.room.local_participant.send_text(json.dumps({"kind": kind, **event}), topic="hub.events")

    def sounds(self, loud: float) -> None:
        """Make a tone of this loudness, 0 for silence."""
        self._tone = loud

    def caller_muted(self) -> bool:
        """Whether every track of everybody else is muted."""
        tracks = [
            track
            for other in self.room.remote_participants.values()
            for track in other.track_publications.values()
        ]
        return bool(tracks) and all(track.muted for track in tracks)

    async def until_alone(self, seconds: float = ALONE_SECONDS) -> None:
        """Wait until nobody else is in the room."""
        with anyio.fail_after(seconds):
            while self.room.remote_participants:  # noqa: ASYNC110  # a stand-in may look
                await anyio.sleep(0.02)

    async def make_sound(self, source: rtc.AudioSource) -> None:
        """Feed the tone to the room, for ever."""
        at = 0
        while True:
            samples = [int(self._tone * 32_000 * sin((at + n) * 2 * pi * 440 / RATE)) for n in range(FRAME)]
            data = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
            await source.capture_frame(rtc.AudioFrame(data, RATE, 1, FRAME))
            at += FRAME

    async def listen(self, track: rtc.Track) -> None:
        """Note how loud the caller is."""
        async for event in rtc.AudioStream(track, sample_rate=16_000, num_channels=1):
            self.loudest = max(self.loudest, max(map(abs, event.frame.data)) / 32_768)


@asynccontextmanager
async def agent_in(livekit: LivekitServer, room_name: str) -> AsyncGenerator[Agent]:
    """An agent that is in the room with a voice track, listening."""
    room = rtc.Room()
    agent = Agent(room)
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[None]] = []

        async def read(reader: rtc.TextStreamReader) -> None:
            agent.heard.append(await reader.read_all())

        def on_track(track: rtc.Track, *_: object) -> None:
            if track.kind == rtc.TrackKind.KIND_AUDIO:
                running.append(tasks.create_task(agent.listen(track)))

        room.on("track_subscribed", on_track)
        room.register_text_stream_handler(
            "lk.chat", lambda reader, _: running.append(tasks.create_task(read(reader)))
        )
        await room.connect(livekit.url, livekit.token("agent", room_name, agent=True))
        source = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        await room.local_participant.publish_track(
            track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        running.append(tasks.create_task(agent.make_sound(source)))
        await agent.state("listening")
        try:
            yield agent
        finally:
            await room.disconnect()
            await source.aclose()
            for task in running:
                task.cancel()
