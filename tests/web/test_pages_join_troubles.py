"""The join page in a real Chromium: every failure has its word, and a way on where there is one."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.web.browser import open_chromium, open_page
from tests.web.fake_api import FakeHub, refusal
from tests.web.joining import CALL, INFO, joined, link, shown, until_heard, until_loud
from tests.web.livekit_room import LivekitServer, agent_in

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.livekit]


async def test_a_refused_microphone_is_explained_and_typing_goes_on(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        assert join_hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(join_hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, link(join_hub), microphone=False))
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_says("#error", "The browser may not use your microphone.")
        assert await seen.state() == "ready"
        assert ("POST", "/api/join") not in [(method, path) for method, path, _ in join_hub.asked]
        await seen.page.click("#typing")
        await seen.until_state("in-call")
        assert await seen.page.evaluate("document.activeElement.id") == "message"
        await seen.page.keyboard.type("which tables do we have")
        await seen.page.keyboard.press("Enter")
        await until_heard(agent, "which tables do we have")
        await agent.says("a1", "Three tables.")
        await seen.until_says("p[aria-live=polite]", "Agent: Three tables.")
        await seen.clean()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotFoundError", "No microphone was found."),
        ("OverconstrainedError", "No microphone was found."),
        ("NotReadableError", "The microphone is in use by another program."),
        ("TypeError", "The microphone could not be started."),
    ],
)
async def test_a_microphone_that_cannot_be_had_is_explained(
    browser: Browser, join_hub: FakeHub, error: str, words: str
) -> None:
    script = f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'));"
    async with open_page(browser, link(join_hub), script=script) as seen:
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_says("#error", words)
        assert await seen.text("#join") == "Try again"
        assert await seen.text("#typing") == "Go on by typing"


async def test_over_plain_http_from_another_machine_the_microphone_is_explained(
    chromium: Path, join_hub: FakeHub
) -> None:
    elsewhere = link(join_hub).replace("127.0.0.1", "hub.test")
    async with (
        open_chromium(chromium, "--host-resolver-rules=MAP hub.test 127.0.0.1") as other,
        open_page(other, elsewhere, microphone=False) as seen,
    ):
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_says("#error", "only over https")


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "unauthorized", "This link is not valid any more."),
        (404, "call_not_found", "There is no call behind this link."),
        (503, "server_unavailable", "LiveKit is not up."),
    ],
)
async def test_a_link_that_is_refused_says_why(
    browser: Browser, join_hub: FakeHub, status: int, code: str, words: str
) -> None:
    join_hub.refuse["/api/join/info"] = refusal(
        status, code, "LiveKit is not up.", "Try again in a few seconds."
    )
    async with open_page(browser, link(join_hub)) as seen:
        await seen.until_state("failed")
        assert words in await seen.text("#error")


async def test_a_link_without_its_key_asks_for_the_whole_link(browser: Browser, join_hub: FakeHub) -> None:
    async with open_page(browser, f"{join_hub.url}/join/{CALL}") as seen:
        await seen.until_state("failed")
        assert "the part after # is missing" in await seen.text("#error")
        assert join_hub.asked == []


@pytest.mark.parametrize(
    ("reason", "state", "words"),
    [
        ("caller_left", "ended", "You have left the call."),
        ("max_duration", "ended", "time limit"),
        ("no_worker", "failed", "No agent came"),
        ("hub_stopped", "failed", "the hub was stopped"),
    ],
)
async def test_the_link_of_a_call_that_is_over_says_how_it_ended(
    browser: Browser, join_hub: FakeHub, reason: str, state: str, words: str
) -> None:
    join_hub.info |= {"status": "ended", "ended_reason": reason}
    async with open_page(browser, link(join_hub)) as seen:
        await seen.until_state(state)
        assert words in await seen.text("main")


async def test_a_call_that_ended_between_opening_and_joining_says_so(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with open_page(browser, link(join_hub)) as seen:
        await seen.until_state("ready")
        join_hub.info |= {"status": "ended", "ended_reason": "no_show"}
        join_hub.refuse["/api/join"] = refusal(
            409, "already_ended", "This call is over.", "Ask for a new link."
        )
        await seen.page.click("#join")
        await seen.until_state("ended")
        assert "nobody joined in time" in await seen.text("#ended")


async def test_a_hub_that_is_gone_is_named_and_trying_again_works(
    browser: Browser, private_livekit: LivekitServer
) -> None:
    hub = FakeHub(info=dict(INFO), livekit=private_livekit)
    async with AsyncExitStack() as stack:
        async with hub.serving():
            seen = await stack.enter_async_context(open_page(browser, link(hub)))
            await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("failed")
        assert "The hub cannot be reached." in await seen.text("#error")
        async with hub.serving(), agent_in(private_livekit, CALL):
            await seen.page.click("#retry")
            await seen.until_state("in-call")
            await seen.page.click("#leave")
    await private_livekit.forget(CALL)


async def test_a_livekit_that_cannot_be_reached_is_named(browser: Browser, livekit_server_bin: Path) -> None:
    nowhere = LivekitServer(livekit_server_bin)
    async with (
        FakeHub(info=dict(INFO), livekit=nowhere).serving() as hub,
        open_page(browser, link(hub)) as seen,
    ):
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("failed", seconds=30)
        assert "sound connection could not be made" in await seen.text("#error")


@pytest.mark.slow
async def test_an_agent_that_does_not_come_within_ten_seconds_is_said(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with open_page(browser, link(join_hub)) as seen:
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("in-call")
        await seen.until_says("#status", "The agent is on the way")
        await seen.until_state("failed", seconds=15)
        assert "The agent did not come within 10 seconds." in await seen.text("#error")


async def test_an_agent_that_left_is_waited_for_and_may_come_back(
    browser: Browser, join_hub: FakeHub
) -> None:
    assert join_hub.livekit is not None
    async with open_page(browser, link(join_hub)) as seen:
        async with agent_in(join_hub.livekit, CALL) as agent:
            await seen.until_state("ready")
            await seen.page.click("#join")
            await seen.until_says("#status", "Listening")
            await agent.says("a1", "One moment", end=False)
            await seen.until_says("#transcript li[data-final=false]", "One moment")
        await seen.until_says("#status", "on the way")
        await seen.until_says("#transcript li[data-final=true]", "One moment")
        async with agent_in(join_hub.livekit, CALL):
            await seen.until_says("#status", "Listening")


async def test_an_agent_that_was_lost_for_good_ends_the_call_in_words(
    browser: Browser, join_hub: FakeHub
) -> None:
    assert join_hub.livekit is not None
    async with open_page(browser, link(join_hub)) as seen:
        async with agent_in(join_hub.livekit, CALL):
            await seen.until_state("ready")
            await seen.page.click("#join")
            await seen.until_says("#status", "Listening")
            join_hub.info |= {"status": "ended", "ended_reason": "worker_lost"}
        await seen.until_state("failed")
        assert "the agent was lost" in await seen.text("#error")


async def test_a_provider_that_fails_is_said_and_its_return_clears_it(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.tells("provider", text="The speech recognition does not answer.", ok=False)
        await seen.until_says("#error", "The speech recognition does not answer.")
        assert await seen.state() == "in-call"
        await agent.tells("provider", ok=True)
        await seen.until("!document.querySelector('#error')")


@pytest.mark.parametrize(
    ("reason", "state", "words"),
    [("agent_ended", "ended", "said goodbye"), ("provider_failed", "failed", "service failed")],
)
async def test_when_the_call_is_over_the_page_says_why_and_keeps_the_words(
    browser: Browser, join_hub: FakeHub, reason: str, state: str, words: str
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.says("a1", "Goodbye.")
        await seen.until_says("#transcript", "Goodbye.")
        await agent.tells("ended", reason=reason)
        join_hub.info |= {"status": "ended", "ended_reason": reason}
        assert join_hub.livekit is not None
        await join_hub.livekit.close_room(CALL)
        await seen.until_state(state)
        assert words in await seen.text("main")
        assert await shown(seen.page) == [["agent", "true", "Goodbye."]]
        assert await seen.page.evaluate("document.querySelectorAll('audio').length") == 0


@pytest.mark.slow
async def test_a_lost_connection_is_said_at_once_and_comes_back_by_itself(
    browser: Browser, livekit_server_bin: Path
) -> None:
    livekit = LivekitServer(livekit_server_bin)
    await livekit.start()
    try:
        async with FakeHub(info=dict(INFO), livekit=livekit).serving() as hub, AsyncExitStack() as stack:
            agent, seen = await joined(stack, browser, hub)
            await livekit.kill()
            await seen.until_state("reconnecting", seconds=3)
            assert await seen.text("#status") == "Reconnecting…"
            await livekit.start()
            await seen.until_state("in-call", seconds=30)
            await seen.until_says("#status", "Listening", seconds=30)
            await until_loud(agent)
    finally:
        await livekit.stop()


async def test_a_hub_that_was_stopped_in_mid_call_is_said_while_reconnecting(
    browser: Browser, livekit_server_bin: Path
) -> None:
    livekit = LivekitServer(livekit_server_bin)
    await livekit.start()
    try:
        async with (
            FakeHub(info=dict(INFO), livekit=livekit).serving() as hub,
            open_page(browser, link(hub)) as seen,
        ):
            await seen.until_state("ready")
            await seen.page.click("#join")
            await seen.until_state("in-call")
            await livekit.kill()
            await seen.until_state("reconnecting", seconds=3)
            hub.info |= {"status": "ended", "ended_reason": "hub_stopped"}
            await seen.until_state("failed")
            assert "the hub was stopped" in await seen.text("#error")
    finally:
        await livekit.stop()


async def test_a_second_window_takes_the_call_over_and_the_first_says_so(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        _, first = await joined(stack, browser, join_hub)
        second = await stack.enter_async_context(open_page(browser, link(join_hub)))
        await second.until_state("ready")
        await second.page.click("#join")
        await second.until_state("in-call")
        await first.until_state("failed")
        assert "another window" in await first.text("#error")
