"""LiveKit as the hub uses it: make a room with the agent in it, close it, let a caller in."""

import json
from datetime import timedelta

import aiohttp
from livekit import api
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.models import ParticipantInfo

from hub.core.errors import ServerUnavailable
from hub.core.records import CallRecord

AGENT_NAME = "voice-hub"
API_SECONDS = 5.0
DEPARTURE_SECONDS = 20
PARTICIPANTS_MOST = 8
NO_ANSWER = (TimeoutError, api.TwirpError, aiohttp.ClientError, OSError)


class LiveKitRooms:
    """Rooms on one LiveKit server."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._url, self._key, self._secret = url, key, secret
        self._api = api.LiveKitAPI(
            url.replace("ws", "http", 1) if url.startswith("ws") else url,
            key,
            secret,
            timeout=aiohttp.ClientTimeout(total=API_SECONDS),
        )

    async def aclose(self) -> None:
        """Give back the connections."""
        await self._api.aclose()

    async def open(self, call: CallRecord, *, empty_timeout: int) -> None:
        agent = RoomAgentDispatch(agent_name=AGENT_NAME, metadata=json.dumps({"call_id": call.id}))
        try:
            await self._create(call, empty_timeout, agent)
        except NO_ANSWER as error:
            raise ServerUnavailable(
                "LiveKit does not answer, so no room can be made for the call.",
                next_step="Look at livekit-server in hub_status and try again.",
            ) from error

    async def reopen(self, call: CallRecord, *, empty_timeout: int) -> None:
        try:
            await self._create(call, empty_timeout)
        except NO_ANSWER:
            return  # whoever comes back creates it, with the server's own limits

    async def _create(self, call: CallRecord, empty_timeout: int, *agents: RoomAgentDispatch) -> None:
        request = api.CreateRoomRequest(
            name=call.room,
            empty_timeout=empty_timeout,
            departure_timeout=DEPARTURE_SECONDS,
            max_participants=PARTICIPANTS_MOST,
            agents=agents,
        )
        await self._api.room.create_room(request)

    async def dispatch(self, call: CallRecord) -> None:
        request = api.CreateAgentDispatchRequest(
            agent_name=AGENT_NAME, room=call.room, metadata=json.dumps({"call_id": call.id})
        )
        try:
            await self._api.agent_dispatch.create_dispatch(request)
        except NO_ANSWER as error:
            raise ServerUnavailable(
                "LiveKit does not answer, so no agent can be called.",
                next_step="Look at livekit-server in hub_status and try again.",
            ) from error

    async def clear(self, room: str) -> None:
        try:
            there = await self._api.room.list_participants(api.ListParticipantsRequest(room=room))
            for one in there.participants:
                if one.kind == ParticipantInfo.Kind.AGENT:
                    gone = api.RoomParticipantIdentity(room=room, identity=one.identity)
                    await self._api.room.remove_participant(gone)
        except NO_ANSWER:
            return  # there is no such room, or its agents have just left

    async def close(self, room: str) -> None:
        try:
            await self._api.room.delete_room(api.DeleteRoomRequest(room=room))
        except NO_ANSWER:
            return  # gone already, or LiveKit is: its rooms go with it

    def caller_token(self, call: CallRecord, identity: str, *, seconds: int) -> str:
        grants = api.VideoGrants(
            room_join=True, room=call.room, can_publish=True, can_subscribe=True, can_publish_data=True
        )
        token = api.AccessToken(self._key, self._secret).with_identity(identity).with_name("Caller")
        return token.with_grants(grants).with_ttl(timedelta(seconds=seconds)).to_jwt()
