"""The dashboard in a real Chromium: starting a call, following it, and taking part."""

from collections.abc import AsyncGenerator

import anyio
import pytest
from playwright.async_api import Browser

from tests.web.browser import PHONE, WIDE, open_page
from tests.web.fake_api import FakeHub, refusal
from tests.web.hub_data import CALL, a_call, detail, event, status, turn

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.fixture
async def hub() -> AsyncGenerator[FakeHub]:
    async with FakeHub(status=status()).serving() as fake:
        yield fake


async def test_a_new_spoken_call_gives_a_link_to_copy_and_to_open(browser: Browser, hub: FakeHub) -> None:
    url = f"{hub.url}/join/{CALL}#the-key"
    hub.answers["/api/calls"] = {
        "call_id": CALL,
        "join_url": url,
        "warnings": ["The server notes is not ready."],
    }
    hub.details[CALL] = detail(status="waiting_for_caller", duration_s=0.0)
    hub.info = {"status": "waiting_for_caller", "goal": "Talk", "practice": [], "phrases": []}
    async with open_page(browser, hub.url) as seen:
        await seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await seen.until("!!document.querySelector('#new')")
        await seen.page.click("#new")
        assert await seen.page.is_disabled("#start-call")
        await seen.page.fill("#goal", "  Go through the orders ")
        await seen.page.click("#start-call")
        await seen.until("document.querySelector('#join-link')")
        assert hub.asked == [("POST", "/api/calls", {"goal": "Go through the orders", "mode": "browser"})]
        assert await seen.page.input_value("#join-link") == url
        assert "The server notes is not ready." in await seen.text("dialog")
        await seen.page.click(".copy")
        await seen.until_says(".copy", "Copied")
        assert await seen.page.evaluate("navigator.clipboard.readText()") == url
        async with seen.page.context.expect_page() as opened:
            await seen.page.click("#open-link")
        joining = await opened.value
        await joining.wait_for_selector("#join")
        assert joining.url == url
        await seen.page.click("#follow-call")
        await seen.until_says("#call-state", "waiting for the caller")
        assert seen.page.url == f"{hub.url}/calls/{CALL}"
        await seen.clean()


async def test_a_new_typed_call_opens_at_once_and_takes_the_callers_words(
    browser: Browser, hub: FakeHub
) -> None:
    hub.answers["/api/calls"] = {"call_id": CALL}
    hub.answers[f"/api/calls/{CALL}/send"] = {"accepted": True, "delivered": "in_context"}
    hub.details[CALL] = detail()
    hub.calls = [a_call(CALL, "in_progress", "Talk", mode="text")]
    async with open_page(browser, hub.url) as seen:
        await seen.until("!!document.querySelector('#new')")
        await seen.page.focus("#new")
        await seen.page.keyboard.press("Enter")
        await seen.until("document.activeElement.closest('dialog')")
        await seen.page.focus("#goal")
        await seen.page.keyboard.type("Talk")
        await seen.page.check("input[value=text]")
        await seen.page.click("#start-call")
        await seen.until_says("h1", "Talk")
        await seen.until("document.querySelector('#kind').value === 'caller'")
        await seen.page.fill("#message", "which tables do we have")
        await seen.page.press("#message", "Enter")
        await seen.until_says("#delivered", "The agent knows it now.")
        assert hub.asked[-1] == (
            "POST",
            f"/api/calls/{CALL}/send",
            {"text": "which tables do we have", "kind": "caller"},
        )
        assert await seen.page.input_value("#message") == ""
        await seen.clean()


async def test_a_call_that_cannot_be_started_says_why_and_keeps_what_was_written(
    browser: Browser, hub: FakeHub
) -> None:
    hub.refuse["/api/calls"] = refusal(
        429, "too_many_calls", "4 calls are running, and no more are allowed.", "End one first."
    )
    async with open_page(browser, hub.url) as seen:
        await seen.until("!!document.querySelector('#new')")
        await seen.page.click("#new")
        await seen.page.fill("#goal", "Talk")
        await seen.page.click("#start-call")
        await seen.until_says(
            "dialog [role=alert]", "4 calls are running, and no more are allowed. End one first."
        )
        assert await seen.page.input_value("#goal") == "Talk"
        await seen.page.keyboard.press("Escape")
        await seen.until("!document.querySelector('dialog')")


async def test_a_call_is_followed_word_by_word_with_its_tools_and_times(
    browser: Browser, hub: FakeHub
) -> None:
    tool = {"tool": "notes__search", "tool_call": "t1"}
    hub.details[CALL] = detail(
        events=[
            event(1, "status", status="in_progress"),
            event(2, "turn", "Hello.", role="agent"),
            event(3, "tool_started", **tool, arguments={"query": "milk"}),
        ]
    )
    hub.turns[CALL] = [turn(1, "agent", "Hello."), turn(2, "caller", "which", final=False)]
    async with open_page(browser, f"{hub.url}/calls/{CALL}") as seen:
        await seen.until_says("#transcript li[data-role=caller][data-final=false]", "which…")
        assert await seen.text("#timeline li[data-kind=status] div") == "The call is in progress."
        assert "notes__search running" in await seen.text("#timeline li[data-kind=tool_started]")
        assert "Hello." not in await seen.text("#timeline")
        hub.turns[CALL] = [
            turn(1, "agent", "Hello."),
            turn(2, "caller", "which tables"),
            turn(3, "agent", "There are", interrupted=True),
        ]
        hub.details[CALL] = detail(
            events=[event(4, "tool_ended", "no such note", **tool, ok=False, ms=143.0)],
            latency={"p50": 0.84, "p95": 1.31, "turns": [{"total": 0.8}, {"total": 0.9}]},
        )
        hub.changed()
        await seen.until_says("#transcript li[data-role=caller][data-final=true]", "which tables")
        assert await seen.page.evaluate("document.querySelectorAll('#transcript li').length") == 3
        assert "There are (cut off)" in await seen.text("#transcript li:last-child")
        await seen.until_says("#timeline li[data-kind=tool_started]", "did not work")
        await seen.page.click("#timeline summary")
        assert "no such note" in await seen.text("#timeline")
        assert "0.84 s" in await seen.text("#latency")
        hub.details[CALL] = detail(status="ended", done=True, ended_reason="hub_stopped")
        hub.changed()
        await seen.until_says("#ended", "The call is over: the hub was stopped.")
        assert not await seen.page.evaluate("!!document.querySelector('#message')")
        await seen.clean()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_whole_answer_of_a_tool_is_fetched_when_it_is_opened(
    browser: Browser, hub: FakeHub, size: dict[str, int]
) -> None:
    tool = {"tool": "db__run", "tool_call": "t1"}
    hub.results["t1"] = {
        "total": 90,
        "rows": [{"name": f"Customer {n}", "note": "x" * 200} for n in range(60)],
    }
    pending = {"id": "a1", "text": "This would add rows.", "phrase": "yes", "tool": "db__add"}
    hub.details[CALL] = detail(
        events=[
            event(1, "tool_started", **tool, arguments={"query": "select"}),
            event(2, "tool_ended", "db__run: 90 rows …", **tool, ok=True, ms=12.0),
            event(3, "status", "the agent knows it now"),
            event(4, "status", "the agent knows it now: They have moved to Oslo."),
            event(5, "tool_started", tool="db__add", tool_call="t2", arguments={}),
        ],
        pending_action=pending,
    )
    async with open_page(browser, f"{hub.url}/calls/{CALL}", viewport=size) as seen:
        await seen.until_says("#timeline li:last-child", "waiting for a yes")
        assert (await seen.text("#timeline")).count("The agent knows it now") == 1
        await seen.page.click("#timeline summary")
        await seen.until_says("#timeline", "The first 60 of 90 rows")
        assert "Customer 59" in await seen.text("#timeline pre.whole")
        bounded = "(shown) => shown.clientHeight < shown.scrollHeight"
        assert await seen.page.locator("pre.whole").evaluate(bounded)
        await seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await seen.page.click("#timeline .copy")
        assert "Customer 59" in await seen.page.evaluate("navigator.clipboard.readText()")
        await seen.clean()


async def test_from_a_call_the_operator_speaks_steers_and_ends(browser: Browser, hub: FakeHub) -> None:
    hub.details[CALL] = detail()
    hub.calls = [a_call(CALL, "in_progress", "Talk")]
    hub.answers[f"/api/calls/{CALL}/send"] = {"accepted": True, "delivered": "spoken"}
    hub.answers[f"/api/calls/{CALL}/end"] = {"status": "ended"}
    async with open_page(browser, f"{hub.url}/calls/{CALL}") as seen:
        await seen.until("document.querySelector('#join-link')?.value.includes('/join/')")
        kinds = await seen.page.evaluate("[...document.querySelectorAll('#kind option')].map((o) => o.value)")
        assert kinds == ["instruct", "say", "context"]
        await seen.page.select_option("#kind", "say")
        await seen.page.fill("#message", "One moment please.")
        await seen.page.press("#message", "Enter")
        await seen.until_says("#delivered", "Said to the caller.")
        assert hub.asked[-1] == (
            "POST",
            f"/api/calls/{CALL}/send",
            {"text": "One moment please.", "kind": "say"},
        )
        hub.refuse[f"/api/calls/{CALL}/send"] = refusal(
            409, "already_ended", "The call is over.", "Start a new one."
        )
        await seen.page.fill("#message", "Hello?")
        await seen.page.press("#message", "Enter")
        await seen.until_says("main [role=alert]", "The call is over. Start a new one.")
        assert await seen.page.input_value("#message") == "Hello?"
        await seen.page.click("#end")
        await seen.page.fill("#goodbye", "Goodbye.")
        await seen.page.click("#end-now")
        with anyio.fail_after(5):
            while hub.asked[-1] != ("POST", f"/api/calls/{CALL}/end", {"goodbye": "Goodbye."}):  # noqa: ASYNC110  # a fake may be looked at
                await anyio.sleep(0.02)


async def asked_for(hub: FakeHub, path: str, body: dict[str, str]) -> None:
    with anyio.fail_after(5):
        while hub.asked[-1:] != [("POST", path, body)]:  # noqa: ASYNC110  # the page asks by itself
            await anyio.sleep(0.02)


async def test_what_the_agent_asks_is_answered_here(browser: Browser, hub: FakeHub) -> None:
    asked = {"id": "q1", "text": "May they have a discount?", "deadline": "2026-01-02T10:00:00+00:00"}
    hub.details[CALL] = detail(pending_question=asked)
    hub.answers[f"/api/calls/{CALL}/questions/q1"] = {"state": "answered"}
    async with open_page(browser, f"{hub.url}/calls/{CALL}", viewport=PHONE) as seen:
        await seen.until_says("#question", "May they have a discount?")
        await seen.fits()
        await seen.page.fill("#answer", " Ten percent. ")
        await seen.page.press("#answer", "Enter")
        await asked_for(hub, f"/api/calls/{CALL}/questions/q1", {"answer": "Ten percent."})
        hub.details[CALL] = detail()
        hub.changed()
        await seen.until("!document.querySelector('#question')")
        await seen.clean()


@pytest.mark.parametrize(("button", "decision"), [("#approve", "approve"), ("#deny", "deny")])
async def test_a_change_is_approved_or_denied_here(
    browser: Browser, hub: FakeHub, button: str, decision: str
) -> None:
    action = {"id": "a1", "text": "This would drop the table products. Say: yes, drop products."}
    hub.details[CALL] = detail(pending_action=action)
    hub.answers[f"/api/calls/{CALL}/actions/a1"] = {"state": "done"}
    async with open_page(browser, f"{hub.url}/calls/{CALL}", viewport=PHONE) as seen:
        await seen.until_says("#action", "drop the table products")
        await seen.fits()
        await seen.page.click(button)
        await asked_for(hub, f"/api/calls/{CALL}/actions/a1", {"decision": decision})
        hub.details[CALL] = detail()
        hub.changed()
        await seen.until("!document.querySelector('#action')")
        await seen.clean()
