"""Small JSON messages to the page in the room: what the agent is doing, and why a call ended."""

import json
import logging
from typing import Final, Protocol

import anyio
from livekit import rtc

log = logging.getLogger(__name__)
TOPIC: Final = "hub.events"
SEND_SECONDS: Final = 2.0
INBOX: Final = 64


class Room(Protocol):
    """The part of rtc.Room that is used."""

    def isconnected(self) -> bool: ...

    @property
    def local_participant(self) -> rtc.LocalParticipant: ...


class Notices:
    """One task sends them in order; what cannot be sent is dropped."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._inbox, self._outbox = anyio.create_memory_object_stream[dict[str, object]](INBOX)

    def send(self, kind: str, **values: object) -> None:
        try:
            self._inbox.send_nowait({"kind": kind, **values})
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            log.debug("a notice was dropped: %s", kind)

    async def run(self) -> None:
        with self._inbox, self._outbox:
            async for notice in self._outbox:
                await self._sent(notice)

    async def _sent(self, notice: dict[str, object]) -> None:
        if not self._room.isconnected():
            return
        try:
            with anyio.fail_after(SEND_SECONDS):
                await self._room.local_participant.send_text(json.dumps(notice), topic=TOPIC)
        except Exception as error:  # noqa: BLE001  # one notice; the FFI raises many kinds, and the call goes on
            log.debug("a notice could not be sent: %s", error)
