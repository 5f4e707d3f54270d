"""A real Chromium on a whole hub: dashboard, join page, and a question answered out of the database."""

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import numpy as np
import pytest
from playwright.async_api import Browser

from hub.bench.sounds import write_wav
from hub.web.pages import LIBRARIES, PAGES
from tests.conftest import missing
from tests.end_to_end.house import House
from tests.voices import wav
from tests.web.browser import FAKE_MICROPHONE, PHONE, Seen, open_chromium, open_page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.livekit,
    pytest.mark.slow,
    pytest.mark.timeout(180),
]

SLOW = 40
LOUDNESS = """
async () => {
  const sound = [...document.querySelectorAll("audio")].find((one) => one.srcObject);
  if (!sound) return 0;
  const context = new AudioContext();
  const ear = context.createAnalyser();
  context.createMediaStreamSource(sound.srcObject).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  let loudest = 0;
  for (let look = 0; look < 20; look += 1) {
    await new Promise((done) => setTimeout(done, 50));
    ear.getFloatTimeDomainData(wave);
    loudest = Math.max(loudest, ...wave.map(Math.abs));
  }
  await context.close();
  return loudest;
}
"""


@pytest.fixture
async def silent_browser(chromium: Path, tmp_path: Path) -> AsyncGenerator[Browser]:
    """A Chromium whose microphone hears nothing, so that only what is typed is said."""
    silence = write_wav(tmp_path / "silence.wav", np.zeros(48_000, np.int16), 48_000)
    if not all((PAGES / "vendor" / library).is_file() for library in LIBRARIES):
        missing("The libraries of the pages", "run ./scripts/pages.")
    flags = (FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={silence}")
    async with open_chromium(chromium, *flags) as opened:
        yield opened


@pytest.fixture
async def speaking_browser(chromium: Path, tmp_path: Path) -> AsyncGenerator[Browser]:
    """A Chromium whose microphone hears one spoken question, over and over, with pauses."""
    question = wav("which tables do we have", tmp_path / "question.wav", silence=6.0)
    async with open_chromium(
        chromium, FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={question}"
    ) as opened:
        yield opened


async def in_call(seen: Seen, greeting: str = "data") -> None:
    """Click once, be in the call, and have been greeted (as far as nobody has interrupted it)."""
    await seen.until_state("ready")
    await seen.page.click("#join")
    await seen.until_state("in-call", seconds=SLOW)
    await seen.until_says("#transcript li[data-role=agent]", greeting, seconds=SLOW)


async def test_one_click_a_greeting_that_is_heard_and_a_typed_question_answered(
    hub: House, silent_browser: Browser
) -> None:
    started = hub.post("/api/calls", goal="Ask the shop")
    async with open_page(silent_browser, started["join_url"]) as seen:
        await seen.until_says("#goal", "Ask the shop")
        await seen.until_says("#phrases", "tables")
        await in_call(seen)
        await seen.page.fill("#message", "Which tables do we have?")
        await seen.page.keyboard.press("Enter")
        await seen.until_says("#transcript li[data-role=agent]", "customers and orders", seconds=SLOW)
        await seen.until_says("#transcript li[data-role=caller]", "Which tables do we have?")
        await seen.page.click("#leave")
        await seen.until_state("ended")
        await seen.clean()
    got = hub.get(f"/api/calls/{started['call_id']}", wait_seconds=20, until="ended")
    assert got["ended_reason"] == "caller_left"


async def test_a_spoken_question_is_heard_and_its_answer_sounds(
    hub: House, speaking_browser: Browser
) -> None:
    started = hub.post("/api/calls", goal="Speak to the shop")
    async with open_page(speaking_browser, started["join_url"], viewport=PHONE) as seen:
        await in_call(seen, "Hello")
        await seen.until_says("#transcript li[data-role=caller]", "which tables do we have", seconds=SLOW)
        await seen.until_says("#transcript li[data-role=agent]", "customers and orders", seconds=SLOW)
        with anyio.fail_after(SLOW):
            while float(await seen.page.evaluate(LOUDNESS)) < 0.05:  # it listens for a second at a time
                pass
        await seen.fits()
        await seen.clean()
    hub.post(f"/api/calls/{started['call_id']}/end")


async def test_a_reloaded_page_comes_back_into_the_same_call(hub: House, silent_browser: Browser) -> None:
    started = hub.post("/api/calls", goal="Come back")
    async with open_page(silent_browser, started["join_url"]) as seen:
        await in_call(seen)
        await seen.page.reload()
        await in_call(seen)
        assert hub.get(f"/api/calls/{started['call_id']}")["status"] == "in_progress"
        await seen.page.fill("#message", "Which tables do we have?")
        await seen.page.keyboard.press("Enter")
        await seen.until_says("#transcript li[data-role=agent]", "customers and orders", seconds=SLOW)
    hub.post(f"/api/calls/{started['call_id']}/end")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(lambda url: url[:-4] + "zzzz", "not valid"), (lambda url: url.partition("#")[0], "link")],
    ids=["a wrong key", "no key"],
)
async def test_a_link_that_opens_nothing_says_so(
    hub: House, silent_browser: Browser, spoil: object, words: str
) -> None:
    url = hub.post("/api/calls", goal="g")["join_url"]
    async with open_page(silent_browser, spoil(url)) as seen:  # type: ignore[operator]  # a lambda of the table
        await seen.until_state("failed")
        await seen.until_says("#error", words)


async def test_a_call_that_is_over_says_so(hub: House, silent_browser: Browser) -> None:
    started = hub.post("/api/calls", goal="g")
    hub.post(f"/api/calls/{started['call_id']}/end")
    async with open_page(silent_browser, started["join_url"]) as seen:
        await seen.until_state("ended")
        await seen.until_says("#ended", "This call was cancelled")


async def test_the_dashboard_shows_servers_and_follows_a_call_without_reload(
    hub: House, silent_browser: Browser
) -> None:
    async with open_page(silent_browser, hub.url) as stranger:
        await stranger.until_says("body", "hub open")
    link = hub.post("/api/login-link")["url"]
    async with open_page(silent_browser, link) as seen:
        await seen.until_says("#servers", "supabase")
        await seen.until_says("#servers", "notes")
        call_id = hub.post("/api/calls", goal="Seen on the dashboard", mode="text")["call_id"]
        await seen.until_says("#calls", "Seen on the dashboard")
        await seen.page.goto(f"{hub.url}/calls/{call_id}")
        await seen.until_says("#transcript", "data", seconds=SLOW)
        hub.post(f"/api/calls/{call_id}/send", text="Which tables do we have?", kind="caller")
        await seen.until_says("#transcript", "customers and orders", seconds=SLOW)
        hub.post(f"/api/calls/{call_id}/end")
        await seen.until_says("#call-state", "ended")
        await seen.clean()


async def test_a_page_whose_livekit_dies_says_so_at_once_and_comes_back(
    hub: House, silent_browser: Browser
) -> None:
    started = hub.post("/api/calls", goal="Through a crash")
    async with open_page(silent_browser, started["join_url"]) as seen:
        await in_call(seen)
        (pid,) = [part["pid"] for part in hub.get("/api/status")["parts"] if part["name"] == "livekit-server"]
        os.kill(pid, signal.SIGKILL)
        await seen.until_state("reconnecting")
        await seen.until_says("#status", "Reconnecting")
        await seen.until_state("in-call", seconds=SLOW)
        assert hub.get(f"/api/calls/{started['call_id']}")["status"] == "in_progress"
    hub.post(f"/api/calls/{started['call_id']}/end")
