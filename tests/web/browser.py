"""A real Chromium for the pages, and a page that notes everything that should not happen."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page, async_playwright

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
SECONDS = 10
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
FAKE_MICROPHONE = "--use-fake-device-for-media-stream"
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} blocked ${event.blockedURI}`);
});
"""
SAYS = r"""
([selector, words]) => [...document.querySelectorAll(selector)].some(
  (element) => element.innerText.replace(/\s+/g, " ").includes(words)
)
"""
EVERYTHING = "document.body.innerText"
OF_THIS_MACHINE = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:http://127.0.0.1:")


@dataclass
class Seen:
    """One page in the browser, and what it did besides what was asked."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def state(self) -> str:
        """Where the join page stands."""
        return str(await self.page.evaluate("document.body.dataset.state || ''"))

    async def text(self, selector: str) -> str:
        """What an element says; empty when it is not there."""
        script = (
            "(selector) => document.querySelector(selector)?.innerText.replace(/\\s+/g, ' ').trim() ?? ''"
        )
        return str(await self.page.evaluate(script, selector))

    async def until(self, what: str, argument: Any = None, *, seconds: float = SECONDS) -> Any:
        """Wait for a script to answer something true (wait_for_function needs eval: forbidden here)."""
        with anyio.move_on_after(seconds):
            while True:
                if answer := await self.page.evaluate(what, argument):
                    return answer
                await anyio.sleep(0.03)
        pytest.fail(
            f"{what} {argument or ''} did not come true; the page: {await self.page.evaluate(EVERYTHING)}"
        )

    async def until_state(self, *states: str, seconds: float = SECONDS) -> str:
        """Wait for one of these states of the join page."""
        wanted = " || ".join(f"document.body.dataset.state === '{state}'" for state in states)
        await self.until(wanted, seconds=seconds)
        return await self.state()

    async def until_says(self, selector: str, words: str, *, seconds: float = SECONDS) -> None:
        """Wait until an element's text has these words."""
        await self.until(SAYS, [selector, words], seconds=seconds)

    async def clean(self) -> None:
        """Nothing broke the policy, nothing was logged as an error, nothing was asked of another machine."""
        assert await self.page.evaluate("window.violations") == []
        assert self.errors == []
        assert [url for url in self.requests if not url.startswith(OF_THIS_MACHINE)] == []

    async def fits(self) -> None:
        """Nothing sticks out to the side."""
        assert await self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


@asynccontextmanager
async def open_chromium(program: Path, *flags: str) -> AsyncGenerator[Browser]:
    """A browser of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(
    browser: Browser, url: str, *, microphone: bool = True, script: str = "", **context: Any
) -> AsyncGenerator[Seen]:
    """A page in a fresh profile, which may use the microphone or not; `script` runs before the page's own."""
    permissions = ["microphone"] if microphone else []
    profile = await browser.new_context(
        viewport=context.pop("viewport", WIDE), permissions=permissions, **context
    )
    try:
        await profile.add_init_script(NOTE_VIOLATIONS + script)
        page = await profile.new_page()
        seen = Seen(page)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("websocket", lambda socket: seen.requests.append(socket.url))
        page.on(
            "console", lambda message: seen.errors.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        await page.goto(url)
        yield seen
    finally:
        await profile.close()
