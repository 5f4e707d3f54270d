"""LiveKit's webhooks: they only add to what the worker tells, and only where LiveKit can reach the hub."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
from livekit import api
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

logger = logging.getLogger(__name__)

GRACE_SECONDS = 3.0
"""The worker of a room that has ended tells why; only when it does not, the webhook counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The route for LiveKit; its signature is the only key it has."""

    key: str
    secret: str
    room_finished: Callable[[str], Awaitable[None]]

    def routes(self) -> list[BaseRoute]:
        """The one route."""
        return [Route("/livekit/webhook", self._told, methods=["POST"])]

    async def _told(self, request: Request) -> Response:
        receiver = api.WebhookReceiver(api.TokenVerifier(self.key, self.secret))
        body, signature = await request.body(), request.headers.get("authorization", "")
        try:
            event = receiver.receive(body.decode(), signature)
        except Exception as error:  # noqa: BLE001  # the SDK raises a bare Exception for a wrong hash
            logger.info("a webhook with a wrong signature was refused: %s", type(error).__name__)
            return PlainTextResponse("wrong signature", status_code=401)
        if event.event != "room_finished":
            return PlainTextResponse("ok")
        return PlainTextResponse("ok", background=BackgroundTask(self._finished, event.room.name))

    async def _finished(self, room: str) -> None:
        await anyio.sleep(GRACE_SECONDS)
        await self.room_finished(room)
