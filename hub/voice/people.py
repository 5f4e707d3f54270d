"""Who is in the room: when the caller comes, leaves, loses the connection, or never comes."""

import logging
from typing import Final

import anyio
from livekit import rtc

from hub.core.records import EndedReason
from hub.core.wire import CallerState
from hub.voice.ending import Ender, Ending
from hub.voice.link import Link

log = logging.getLogger(__name__)
NO_SHOW_SECONDS: Final = 60.0
RECONNECT_SECONDS: Final = 15.0
GIVE_UP_SECONDS: Final = 8.0
"""How long the agent itself may be away before another job is to lead the call on."""
LEFT: Final = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
        rtc.DisconnectReason.USER_REJECTED,
        rtc.DisconnectReason.USER_UNAVAILABLE,
        rtc.DisconnectReason.ROOM_DELETED,
    }
)
GIVEN_UP: Final = frozenset({rtc.DisconnectReason.CONNECTION_TIMEOUT})
"""LiveKit itself has waited for them to come back."""
ROOM_ENDED: Final = {
    rtc.DisconnectReason.ROOM_DELETED: (EndedReason.OPERATOR_ENDED, "the room was deleted"),
    rtc.DisconnectReason.PARTICIPANT_REMOVED: (
        EndedReason.OPERATOR_ENDED,
        "the agent was removed from the room",
    ),
    rtc.DisconnectReason.ROOM_CLOSED: (EndedReason.CALLER_LEFT, "everybody had left the room"),
}


class People:
    """Watches one room for its caller."""

    def __init__(self, room: rtc.Room, link: Link, ender: Ender, caller: str | None) -> None:
        self._room = room
        self._link = link
        self._ender = ender
        self._caller = caller
        self._here = anyio.Event()
        self._gone = anyio.Event()

    async def run(self) -> None:
        """End the call when the caller has not come, or not come back, in time."""
        self._room.on("participant_connected", self._came)
        self._room.on("participant_disconnected", self._left)
        try:
            for participant in self._room.remote_participants.values():
                self._came(participant)
            await self._watch()
        finally:
            self._room.off("participant_connected", self._came)
            self._room.off("participant_disconnected", self._left)

    async def _watch(self) -> None:
        came = self._here  # replaced when they leave
        with anyio.move_on_after(NO_SHOW_SECONDS):
            await came.wait()
        if not came.is_set():
            self._ender.end(Ending(EndedReason.NO_SHOW, "nobody came", at_once=True))
            return
        while True:
            await self._gone.wait()
            with anyio.move_on_after(RECONNECT_SECONDS):
                await self._here.wait()
            if not self._here.is_set():
                self._ender.end(Ending(EndedReason.CALLER_LEFT, "the connection was lost", at_once=True))
                return

    def _came(self, participant: rtc.RemoteParticipant) -> None:
        if not self._is_caller(participant):
            return
        self._caller = participant.identity
        self._gone = anyio.Event()
        if not self._here.is_set():
            self._here.set()
            self._link.tell(CallerState, state="joined")

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        if not self._is_caller(participant):
            return
        reason = participant.disconnect_reason or rtc.DisconnectReason.UNKNOWN_REASON
        if reason == rtc.DisconnectReason.DUPLICATE_IDENTITY:
            return  # the same caller has joined again
        name = rtc.DisconnectReason.Name(reason).lower()
        self._here = anyio.Event()
        self._link.tell(CallerState, state="left", reason=name)
        if reason in LEFT or reason in GIVEN_UP:
            self._ender.end(Ending(EndedReason.CALLER_LEFT, name, at_once=True))
        else:
            self._gone.set()

    def _is_caller(self, participant: rtc.RemoteParticipant) -> bool:
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            return False
        return self._caller is None or participant.identity == self._caller


class RoomWatch:
    """A room that ends, ends the job, whoever was in it; so does a connection that does not come back.

    LiveKit's client may hang in an attempt to reconnect for ever, while the caller has long come back.
    """

    def __init__(self, room: rtc.Room, ender: Ender) -> None:
        self._ender = ender
        self._lost = anyio.Event()
        self._back = anyio.Event()
        room.on("disconnected", self._ended)
        room.on("reconnecting", self._reconnecting)
        room.on("reconnected", self._reconnected)

    async def run(self) -> None:
        """Give up a connection that has been away for too long."""
        while True:
            await self._lost.wait()
            with anyio.move_on_after(GIVE_UP_SECONDS):
                await self._back.wait()
                continue
            message = f"LiveKit was not reached again in {GIVE_UP_SECONDS:g} s"
            self._ender.end(Ending(EndedReason.MEDIA_LOST, message, at_once=True, handover=True))
            return

    def _reconnecting(self) -> None:
        if not self._lost.is_set():
            self._back = anyio.Event()
            self._lost.set()

    def _reconnected(self) -> None:
        self._lost = anyio.Event()
        self._back.set()

    def _ended(self, reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.UNKNOWN_REASON) -> None:
        name = rtc.DisconnectReason.Name(reason or rtc.DisconnectReason.UNKNOWN_REASON).lower()
        known = ROOM_ENDED.get(reason)
        why, message = known or (EndedReason.MEDIA_LOST, name)
        removed = reason == rtc.DisconnectReason.PARTICIPANT_REMOVED  # the hub may have called another agent
        self._ender.end(Ending(why, message, at_once=True, keep_room=removed, handover=known is None))
