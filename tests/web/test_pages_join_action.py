"""A change that waits for a yes, on the join page: what is asked, and two buttons that fit a phone."""

from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser

from tests.web.browser import PHONE
from tests.web.fake_api import KEY, FakeHub, refusal
from tests.web.joining import CALL, joined

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.livekit]

PATH = "/api/join/action"
QUESTION = 'This would drop the table products. Say "no" to leave it. To go ahead, say "yes, drop products".'
ASKED = {
    "action": "a1",
    "text": QUESTION,
    "phrase": "yes, drop products",
    "tool": "supabase__apply_migration",
}
GONE = "document.querySelector('#action') === null"


def decided(hub: FakeHub) -> list[Any]:
    return [body for _, path, body in hub.asked if path == PATH]


@pytest.mark.parametrize(("button", "decision"), [("#approve", "approve"), ("#deny", "deny")])
async def test_the_caller_presses_yes_or_no(
    browser: Browser, join_hub: FakeHub, button: str, decision: str
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub, viewport=PHONE)
        await agent.tells("action", **ASKED)
        await seen.until_says("#action", QUESTION)
        assert await seen.text("#approve") == "Yes, drop products"
        await seen.fits()
        await seen.page.click(button)
        await seen.until(GONE)
    assert decided(join_hub) == [{"call_id": CALL, "key": KEY, "action_id": "a1", "decision": decision}]


async def test_a_question_that_was_answered_otherwise_goes_away(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.tells("action", **ASKED)
        await seen.until_says("#action", QUESTION)
        await agent.tells("action_closed", action="another", state="approved")
        await agent.tells("action_closed", action="a1", state="approved")
        await seen.until(GONE)
    assert decided(join_hub) == []


async def test_a_press_that_comes_too_late_is_no_error(browser: Browser, join_hub: FakeHub) -> None:
    join_hub.refuse[PATH] = refusal(404, "no_such_action", "No such change waits for a yes.")
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.tells("action", **ASKED)
        await seen.until_says("#action", QUESTION)
        await seen.page.click("#approve")
        await seen.until(GONE)


async def test_a_press_that_did_not_arrive_can_be_repeated(browser: Browser, join_hub: FakeHub) -> None:
    join_hub.refuse[PATH] = refusal(503, "server_unavailable", "The hub is busy.", "Try again.")
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.tells("action", **ASKED)
        await seen.until_says("#action", QUESTION)
        await seen.page.click("#approve")
        await seen.until_says("#activity", "The hub is busy. Try again.")
        del join_hub.refuse[PATH]
        with anyio.fail_after(5):
            await seen.page.click("#approve")
        await seen.until(GONE)


async def test_who_comes_back_sees_what_still_waits(browser: Browser, join_hub: FakeHub) -> None:
    waiting = {"id": "a1", "text": QUESTION, "phrase": "yes", "tool": "t", "deadline": "2026-01-01T00:00:00Z"}
    join_hub.info = {**join_hub.info, "pending_action": waiting}
    async with AsyncExitStack() as stack:
        _, seen = await joined(stack, browser, join_hub)
        await seen.until_says("#action", QUESTION)
        assert await seen.text("#approve") == "Yes, go ahead"
