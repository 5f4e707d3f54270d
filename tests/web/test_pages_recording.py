"""A recorded call on the pages: the caller is told, and the operator plays, saves and deletes it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hub.voice.recording_encoder import Encoder
from tests.web.browser import PHONE, open_page
from tests.web.fake_api import FakeHub
from tests.web.hub_data import CALL, detail, status
from tests.web.joining import INFO, joined, link

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
PATH = f"/api/calls/{CALL}/recording"
PLAYABLE = "document.querySelector('#recording audio')?.duration > 2"


class RecordedHub(FakeHub):
    """A hub that has a recording too."""

    file: Path
    found: dict[str, object]
    deleted = False

    def _routes(self) -> list[Route]:
        return [
            Route(PATH, self._recording, methods=["GET"]),
            Route(PATH, self._delete, methods=["DELETE"]),
            Route(PATH + "/{part}", self._sound),
            *super()._routes(),
        ]

    async def _recording(self, _: Request) -> Response:
        return JSONResponse(self.found)

    async def _delete(self, _: Request) -> Response:
        self.deleted = True
        self.found = {"call_id": CALL, "state": "none", "parts": [], "next_step": "It was deleted."}
        return JSONResponse({"call_id": CALL, "deleted": 2})

    async def _sound(self, _: Request) -> Response:
        return FileResponse(self.file, media_type="audio/ogg")


def part(number: int) -> dict[str, object]:
    return {"part": number, "t": 1.0, "url": f"http://127.0.0.1:1{PATH}/{number}", "seconds": 3.0}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[RecordedHub]:
    encoder = Encoder(caller_rate=16_000, agent_rate=24_000)
    data = encoder.add(np.ones(48_000, np.int16), np.ones(72_000, np.int16)) + encoder.close()
    hub = RecordedHub(status=status())
    hub.file = tmp_path / "part-1.ogg"
    hub.file.write_bytes(data)
    hub.found = {"call_id": CALL, "state": "ready", "parts": [part(1)], "next_step": "Play it."}
    hub.details[CALL] = detail(
        status="ended", done=True, ended_reason="caller_left", mode="browser", recording="ready"
    )
    async with hub.serving():
        yield hub


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE])
async def test_a_recording_is_played_saved_and_deleted(
    browser: Browser, hub: RecordedHub, viewport: dict[str, int]
) -> None:
    hub.found["parts"] = [part(1), part(2)]
    async with open_page(browser, f"{hub.url}/calls/{CALL}", viewport=viewport) as seen:
        await seen.until(PLAYABLE)
        assert "Part 1, 3" in await seen.text("#recording")
        assert "The caller is on the left" in await seen.text("#recording")
        assert await seen.page.get_attribute("#recording a.save", "href") == f"{PATH}/1?save"
        await seen.fits()
        await seen.page.click("#delete-recording")
        assert not hub.deleted
        await seen.page.click("#delete-now")
        await seen.until_says("#recording", "It was deleted.")
        assert hub.deleted
        await seen.clean()


@pytest.mark.parametrize(
    ("state", "done", "words"),
    [
        ("none", False, "Nothing has been recorded"),
        ("recording", False, "It is being recorded"),
        ("recording", True, "It is being recorded"),
        ("failed", True, "There is no recording"),
    ],
)
async def test_what_cannot_be_played_says_why(
    browser: Browser, hub: RecordedHub, state: str, done: bool, words: str
) -> None:
    parts = [part(1)] if state == "recording" and not done else []
    hub.found = {"call_id": CALL, "state": state, "parts": parts, "next_step": "x"}
    hub.details[CALL] |= {"recording": state, "done": done}
    async with open_page(browser, f"{hub.url}/calls/{CALL}") as seen:
        await seen.until_says("#recording", words)
        await seen.clean()


async def test_a_call_that_was_not_recorded_says_nothing_of_it(browser: Browser, hub: RecordedHub) -> None:
    del hub.details[CALL]["recording"]
    async with open_page(browser, f"{hub.url}/calls/{CALL}") as seen:
        await seen.until("!!document.querySelector('#call-state')")
        assert await seen.page.query_selector("#recording") is None


async def test_a_file_that_does_not_play_can_still_be_saved(browser: Browser, hub: RecordedHub) -> None:
    hub.file.write_bytes(b"no sound at all")
    async with open_page(browser, f"{hub.url}/calls/{CALL}") as seen:
        await seen.until_says("#recording", "This browser cannot play it")


async def test_a_call_is_recorded_when_that_is_ticked(browser: Browser, hub: RecordedHub) -> None:
    hub.answers["/api/calls"] = {"call_id": CALL}
    async with open_page(browser, hub.url) as seen:
        await seen.until("!!document.querySelector('#new')")
        await seen.page.click("#new")
        await seen.page.fill("#goal", "Go through the orders")
        await seen.page.check("#record")
        await seen.fits()
        await seen.page.click("#start-call")
        await seen.until("!document.querySelector('#new-call')")
    asked = {"goal": "Go through the orders", "mode": "browser", "record": True}
    assert hub.asked == [("POST", "/api/calls", asked)]


@pytest.mark.livekit
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE])
async def test_the_caller_is_told_before_and_during_the_call(
    browser: Browser, join_hub: FakeHub, viewport: dict[str, int]
) -> None:
    join_hub.info = INFO | {"recorded": True}
    async with open_page(browser, link(join_hub), viewport=viewport) as seen:
        await seen.until_state("ready")
        assert "This call will be recorded." in await seen.text("#recorded")
        assert not [path for _, path, _ in join_hub.asked if path == "/api/join"]
        await seen.fits()
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub, viewport=viewport)
        assert await seen.text("#recorded") == "This call is recorded"
        await seen.fits()
        await agent.tells("recording", on=True)
        await agent.tells("recording", on=False)
        await seen.until("!document.querySelector('#recorded')")
        await seen.until_says("#activity", "The recording has ended; the call goes on.")


@pytest.mark.livekit
async def test_who_is_not_recorded_is_not_told_so(browser: Browser, join_hub: FakeHub) -> None:
    join_hub.info = INFO | {"recorded": False}
    async with AsyncExitStack() as stack:
        _, seen = await joined(stack, browser, join_hub)
        assert await seen.page.query_selector("#recorded") is None
