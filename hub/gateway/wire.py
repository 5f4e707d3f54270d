"""Answers one POST: as JSON, or as an event stream where there is something to tell before the answer."""

import json
from collections.abc import Mapping
from typing import Any, Final

import anyio
from starlette.types import Receive, Send

QUIET_SECONDS: Final = 15.0
"""After this long without a word the client is sent a sign of life, and then again and again."""


class Wire:
    """The response of one POST."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._streaming = False
        self._finished = False
        self._turn = anyio.Lock(fast_acquire=True)

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message before the answer."""
        await self._event(b"event: message\r\ndata: " + _bytes(message) + b"\r\n\r\n")

    async def finish(self, message: Mapping[str, Any], status: int) -> None:
        """Send the answer; the status counts only where nothing was sent before."""
        self._finished = True
        body = _bytes(message)
        if not self._streaming:
            length = (b"content-length", str(len(body)).encode())
            await self._start(status, [(b"content-type", b"application/json"), length])
            await self._send({"type": "http.response.body", "body": body})
            return
        async with self._turn:
            event = b"event: message\r\ndata: " + body + b"\r\n\r\n"
            await self._send({"type": "http.response.body", "body": event, "more_body": False})

    async def attend(self, receive: Receive) -> None:
        """Send signs of life until the client is gone."""
        while True:
            with anyio.move_on_after(QUIET_SECONDS) as quiet:
                if (await receive())["type"] == "http.disconnect":
                    return
            if quiet.cancelled_caught:
                await self._event(b": ping\r\n\r\n")

    async def _event(self, event: bytes) -> None:
        async with self._turn:
            if self._finished:
                return
            if not self._streaming:
                self._streaming = True
                await self._start(
                    200,
                    [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache, no-transform")],
                )
            await self._send({"type": "http.response.body", "body": event, "more_body": True})

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self._send(
            {"type": "http.response.start", "status": status, "headers": [*headers, *self._headers]}
        )


def _bytes(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
