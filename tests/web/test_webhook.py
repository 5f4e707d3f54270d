"""LiveKit's webhooks count only with LiveKit's signature, and only for a room that has ended."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator

import httpx2
import pytest
from livekit import api
from starlette.applications import Starlette

from hub.web import webhook as module
from hub.web.webhook import Webhook

pytestmark = pytest.mark.anyio

KEY, SECRET = "key", "s" * 40


@pytest.fixture
def finished() -> list[str]:
    return []


@pytest.fixture
async def client(finished: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[httpx2.AsyncClient]:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0)

    async def room_finished(room: str) -> None:
        finished.append(room)

    hook = Webhook(key=KEY, secret=SECRET, room_finished=room_finished)
    transport = httpx2.ASGITransport(app=Starlette(routes=hook.routes()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def signed(event: str, secret: str = SECRET) -> tuple[str, dict[str, str]]:
    body = json.dumps({"event": event, "room": {"name": "call-1"}})
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    return body, {"Authorization": api.AccessToken(KEY, secret).with_sha256(digest).to_jwt()}


async def test_a_room_that_has_ended_is_told(client: httpx2.AsyncClient, finished: list[str]) -> None:
    for event in ("room_started", "room_finished"):
        body, headers = signed(event)
        assert (await client.post("/livekit/webhook", content=body, headers=headers)).status_code == 200
    assert finished == ["call-1"]


async def test_a_wrong_signature_tells_nothing(client: httpx2.AsyncClient, finished: list[str]) -> None:
    body, headers = signed("room_finished", "x" * 40)
    other, _ = signed("room_started")
    right = signed("room_finished")[1]
    for content, head in ((body, headers), (other, right), (body, {}), (b"\xff", right)):
        assert (await client.post("/livekit/webhook", content=content, headers=head)).status_code == 401
    assert finished == []
