"""What the pages' tests share: one Chromium with a made-up microphone, and one private livekit-server."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from hub.web.pages import LIBRARIES, PAGES
from tests.conftest import missing
from tests.web.browser import FAKE_MICROPHONE, open_chromium
from tests.web.fake_api import FakeHub
from tests.web.joining import CALL, INFO
from tests.web.livekit_room import LivekitServer


@pytest.fixture(scope="session")
async def browser(chromium: Path) -> AsyncGenerator[Browser]:
    """A Chromium that hears beeps."""
    if not all((PAGES / "vendor" / library).is_file() for library in LIBRARIES):
        missing("The libraries of the pages", "run ./scripts/pages.")
    async with open_chromium(chromium, FAKE_MICROPHONE) as opened:
        yield opened


@pytest.fixture(scope="session")
async def private_livekit(livekit_server_bin: Path) -> AsyncGenerator[LivekitServer]:
    """A livekit-server that makes any room that is joined."""
    server = LivekitServer(livekit_server_bin)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def join_hub(private_livekit: LivekitServer) -> AsyncGenerator[FakeHub]:
    """A hub with one call to join."""
    async with FakeHub(info=dict(INFO), livekit=private_livekit).serving() as fake:
        yield fake
    await private_livekit.forget(CALL)
