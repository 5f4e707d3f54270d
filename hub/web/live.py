"""Live updates without reload: server-sent events for the dashboard, woken by the Journal and the pool."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import HubError
from hub.core.ports import Journal
from hub.http.errors import error_response
from hub.http.status import HubStatus
from hub.web.api import for_operator

STATUS_SECONDS = 2.0
"""Figures that change by themselves (latencies, a count-down) are looked at this often."""
CALLS_SECONDS = 15.0
GRACE_SECONDS = 0.2
"""Several changes in this time are told once."""
PING_SECONDS = 15
CALLS_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The streams under /api/live."""

    status: HubStatus
    changes: Callable[[], AbstractAsyncContextManager[MemoryObjectReceiveStream[str]]]
    journal: Journal
    calls: VoiceCalls | None

    def routes(self) -> list[BaseRoute]:
        """Both of them."""
        return [
            Route("/api/live", for_operator(self._hub), methods=["GET"]),
            Route("/api/live/calls/{call_id}", for_operator(self._call), methods=["GET"]),
        ]

    async def _hub(self, _request: Request) -> Response:
        return EventSourceResponse(self._hub_events(), ping=PING_SECONDS)

    async def _hub_events(self) -> AsyncGenerator[ServerSentEvent]:
        send, receive = anyio.create_memory_object_stream[ServerSentEvent](8)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tell_status, send.clone(), name="live: status")
            if self.calls is not None:
                tasks.start_soon(self._tell_calls, self.calls, send.clone(), name="live: calls")
            send.close()
            async with receive:
                async for event in receive:
                    yield event

    async def _tell_status(self, send: Any) -> None:
        last = ""
        async with send, self.changes() as changes:
            while True:
                now = json.dumps(self.status.whole())
                if now != last:
                    await send.send(ServerSentEvent(event="status", data=now))
                    last = now
                with anyio.move_on_after(STATUS_SECONDS):
                    await changes.receive()

    async def _tell_calls(self, calls: VoiceCalls, send: Any) -> None:
        last = ""
        async with send:
            while True:
                version = self.journal.version()
                now = json.dumps(await calls.list({"limit": CALLS_SHOWN}))
                if now != last:
                    await send.send(ServerSentEvent(event="calls", data=now))
                    last = now
                await self.journal.changed(None, version, CALLS_SECONDS)
                await anyio.sleep(GRACE_SECONDS)

    async def _call(self, request: Request) -> Response:
        call_id = request.path_params["call_id"]
        try:
            if self.calls is not None:
                await self.calls.get({"call_id": call_id})
        except HubError as error:
            return error_response(error)
        return EventSourceResponse(self._call_events(call_id), ping=PING_SECONDS)

    async def _call_events(self, call_id: str) -> AsyncGenerator[ServerSentEvent]:
        if self.calls is None:
            return
        after, seen = 0, dict[int, dict[str, Any]]()
        while True:
            version = self.journal.version(call_id)
            call = await self.calls.get({"call_id": call_id, "after_event": after})
            after = call["last_event"]
            yield ServerSentEvent(event="call", data=json.dumps(call))
            turns = (await self.calls.transcript({"call_id": call_id, "limit": 500}))["turns"]
            fresh = [turn for turn in turns if seen.get(turn["n"]) != turn]
            if fresh:
                seen |= {turn["n"]: turn for turn in fresh}
                yield ServerSentEvent(event="turns", data=json.dumps({"turns": fresh}))
            await self.journal.changed(call_id, version, CALLS_SECONDS)
