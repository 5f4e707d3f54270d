"""The join page in a real Chromium, in a room of a real livekit-server, with an agent that does what the test says."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page

from hub.web.pages import LIBRARIES, PAGES
from tests.conftest import missing
from tests.web.browser import FAKE_MICROPHONE, PHONE, Seen, open_chromium, open_page
from tests.web.fake_api import KEY, FakeHub, refusal
from tests.web.livekit_room import Agent, LivekitServer, agent_in

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.livekit]

CALL = "call-1"
CALLER = f"caller-{CALL}"
INFO = {
    "call_id": CALL,
    "status": "waiting_for_caller",
    "goal": "Answer questions about our customers and their orders",
    "mode": "browser",
    "ended_reason": None,
    "agent": "default",
    "practice": ["stt", "llm"],
    "phrases": [{"say": "which tables do we have"}, {"say": "how many orders came in this week"}],
    "note": "Practice hears only these sentences.",
}
SOUND_IS_BLOCKED = """
const play = HTMLMediaElement.prototype.play;
window.pressed = false;
document.addEventListener("click", (event) => { if (event.target.closest("#sound")) window.pressed = true; }, true);
HTMLMediaElement.prototype.play = function () {
  return window.pressed ? play.call(this) : Promise.reject(new DOMException("blocked", "NotAllowedError"));
};
"""


@pytest.fixture(scope="module")
async def livekit(livekit_server_bin: Path) -> AsyncGenerator[LivekitServer]:
    server = LivekitServer(livekit_server_bin)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def browser(chromium: Path) -> AsyncGenerator[Browser]:
    if not all((PAGES / "vendor" / library).is_file() for library in LIBRARIES):
        missing("The libraries of the pages", "run ./scripts/pages.")
    async with open_chromium(chromium, FAKE_MICROPHONE) as opened:
        yield opened


@pytest.fixture
async def hub(livekit: LivekitServer) -> AsyncGenerator[FakeHub]:
    async with FakeHub(info=dict(INFO), livekit=livekit).serving() as fake:
        yield fake
    await livekit.forget(CALL)


def link(hub: FakeHub) -> str:
    return f"{hub.url}/join/{CALL}#{KEY}"


async def joined(stack: AsyncExitStack, browser: Browser, hub: FakeHub, **context: Any) -> tuple[Agent, Seen]:
    """A caller and an agent who are in the call."""
    assert hub.livekit is not None
    agent = await stack.enter_async_context(agent_in(hub.livekit, CALL))
    seen = await stack.enter_async_context(open_page(browser, link(hub), **context))
    await seen.until_state("ready")
    await seen.page.click("#join")
    await seen.until_state("in-call")
    await seen.until_says("#status", "Listening")
    return agent, seen


async def shown(page: Page) -> list[list[str]]:
    """The transcript as [role, final, text]."""
    script = "[...document.querySelectorAll('#transcript li[data-role]')].map((e) => [e.dataset.role, e.dataset.final, e.querySelector('.text').innerText])"
    return [list(line) for line in await page.evaluate(script)]


async def until_heard(agent: Agent, *texts: str) -> None:
    with anyio.fail_after(5):
        while agent.heard != list(texts):  # noqa: ASYNC110  # the agent is a stand-in, nothing tells of its ears
            await anyio.sleep(0.02)


async def until_loud(agent: Agent) -> None:
    agent.loudest = 0.0
    with anyio.fail_after(5):
        while agent.loudest < 0.1:  # noqa: ASYNC110  # as above
            await anyio.sleep(0.02)


async def test_before_joining_the_page_says_what_the_call_is_about_and_what_can_be_said(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, link(hub)) as seen:
        await seen.until_state("ready")
        assert INFO["goal"] in await seen.text("#goal")
        assert await seen.text("#practice") == "practice"
        assert "Practice hears only these sentences." in await seen.text("#phrases")
        assert "which tables do we have" in await seen.text("#phrases")
        assert await seen.text("#join") == "Join the call"
        assert hub.asked == [("POST", "/api/join/info", {"call_id": CALL, "key": KEY})]
        assert not any(KEY in url for url in seen.requests if "#" not in url)
        await seen.clean()


async def test_one_click_and_the_caller_hears_the_agent_and_reads_both_sides(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await until_loud(agent)
        agent.sounds(0.5)
        await agent.state("speaking")
        greeting = await agent.says("a1", "Hello, ", "what would you ", end=False)
        await seen.until_says("#transcript li[data-role=agent][data-final=false]", "Hello, what would you")
        await greeting.write("like to know?")
        await greeting.aclose(attributes={"lk.transcription_final": "true"})
        await seen.until_says("#transcript li[data-role=agent][data-final=true]", "Hello, what would you like to know?")
        await seen.until_says("#status", "Speaking")
        await seen.until("document.querySelector('audio').paused === false")
        await seen.until("Number(getComputedStyle(document.querySelector('.stage .orb')).getPropertyValue('--level')) > 0.3")
        for text, final in (("which", False), ("which table", False), ("which tables do we have", True)):
            await agent.hears(CALLER, "u1", text, final=final)
        await seen.until_says("#transcript li[data-role=caller][data-final=true]", "which tables do we have")
        assert await shown(seen.page) == [
            ["agent", "true", "Hello, what would you like to know?"],
            ["caller", "true", "which tables do we have"],
        ]
        await seen.clean()


async def test_while_a_tool_runs_the_page_says_what_the_agent_is_doing(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await agent.state("thinking")
        await seen.until_says("#status", "Thinking…")
        await agent.tells("tool_started", tool_call="t1", tool="supabase__list_tables", title="listing the tables")
        await seen.until_says("#activity", "listing the tables")
        await seen.until_says("#transcript li[data-role=tool][data-final=false]", "listing the tables")
        await agent.tells("tool_ended", tool_call="t1", tool="supabase__list_tables", ok=False)
        await seen.until_says("#transcript li[data-role=tool][data-ok=false]", "did not work")
        assert await seen.text("#activity") == ""
        await agent.tells("notice", text="This takes a little longer.")
        await seen.until_says("#activity", "This takes a little longer.")


async def test_what_is_typed_reaches_the_agent_also_when_it_was_not_listening_yet(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await agent.state("initializing")
        await seen.until_says("#status", "getting ready")
        await seen.page.fill("#message", "hello there")
        await seen.page.press("#message", "Enter")
        await seen.until_says("#transcript li[data-role=caller][data-final=true]", "hello there")
        assert await seen.page.input_value("#message") == ""
        assert agent.heard == []
        await agent.state("listening")
        await until_heard(agent, "hello there")
        await seen.page.click("#phrases button >> nth=0")
        await until_heard(agent, "hello there", "which tables do we have")


async def test_mute_by_button_and_by_key_but_not_while_typing(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await seen.page.click("#mute")
        await seen.until_says("#activity", "You are muted")
        assert await seen.page.get_attribute("#mute", "aria-pressed") == "true"
        with anyio.fail_after(5):
            while not agent.caller_muted():  # noqa: ASYNC110  # as above
                await anyio.sleep(0.02)
        await seen.page.fill("#message", "")
        await seen.page.press("#message", "m")
        assert await seen.page.input_value("#message") == "m"
        assert await seen.page.get_attribute("#mute", "aria-pressed") == "true"
        await seen.page.focus("#leave")
        await seen.page.keyboard.press("m")
        await seen.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'false'")
        await until_loud(agent)


async def test_another_microphone_can_be_chosen_in_the_call(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await seen.until("document.querySelectorAll('#microphone option').length >= 2")
        await seen.until("Number(getComputedStyle(document.querySelector('#level')).getPropertyValue('--level')) > 0.1")
        other = await seen.page.evaluate("[...document.querySelectorAll('#microphone option')].find((o) => !o.selected).value")
        await seen.page.select_option("#microphone", other)
        await seen.until(f"document.querySelector('#microphone').value === {other!r}")
        await until_loud(agent)
        await seen.clean()


async def test_a_refused_microphone_is_explained_and_typing_goes_on(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        assert hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, link(hub), microphone=False))
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_says("#error", "The browser may not use your microphone.")
        assert await seen.state() == "ready"
        assert ("POST", "/api/join") not in [(method, path) for method, path, _ in hub.asked]
        await seen.page.click("#typing")
        await seen.until_state("in-call")
        assert await seen.page.evaluate("document.activeElement.id") == "message"
        await seen.page.keyboard.type("which tables do we have")
        await seen.page.keyboard.press("Enter")
        await until_heard(agent, "which tables do we have")
        await agent.says("a1", "Three tables.")
        await seen.until_says("p[aria-live=polite]", "Agent: Three tables.")
        await seen.clean()


async def test_a_machine_without_a_microphone_is_told_so(chromium: Path, hub: FakeHub) -> None:
    async with open_chromium(chromium) as plain, open_page(plain, link(hub)) as seen:
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_says("#error", "No microphone was found.")
        assert await seen.text("#typing") == "Go on by typing"


async def test_over_plain_http_from_another_machine_the_microphone_is_explained(chromium: Path, hub: FakeHub) -> None:
    async with open_chromium(chromium, "--host-resolver-rules=MAP hub.test 127.0.0.1") as other:
        async with open_page(other, link(hub).replace("127.0.0.1", "hub.test"), microphone=False) as seen:
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
async def test_a_link_that_is_refused_says_why(browser: Browser, hub: FakeHub, status: int, code: str, words: str) -> None:
    hub.refuse["/api/join/info"] = refusal(status, code, "LiveKit is not up.", "Try again in a few seconds.")
    async with open_page(browser, link(hub)) as seen:
        await seen.until_state("failed")
        assert words in await seen.text("#error")


async def test_a_link_without_its_key_asks_for_the_whole_link(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, f"{hub.url}/join/{CALL}") as seen:
        await seen.until_state("failed")
        assert "the part after # is missing" in await seen.text("#error")
        assert hub.asked == []


@pytest.mark.parametrize(
    ("reason", "state", "words"),
    [
        ("caller_left", "ended", "You have left the call."),
        ("max_duration", "ended", "time limit"),
        ("no_worker", "failed", "No agent came"),
        ("hub_stopped", "failed", "the hub was stopped"),
    ],
)
async def test_the_link_of_a_call_that_is_over_says_how_it_ended(browser: Browser, hub: FakeHub, reason: str, state: str, words: str) -> None:
    hub.info |= {"status": "ended", "ended_reason": reason}
    async with open_page(browser, link(hub)) as seen:
        await seen.until_state(state)
        assert words in await seen.text("main")


async def test_a_call_that_ended_between_opening_and_joining_says_so(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, link(hub)) as seen:
        await seen.until_state("ready")
        hub.info |= {"status": "ended", "ended_reason": "no_show"}
        hub.refuse["/api/join"] = refusal(409, "already_ended", "This call is over.", "Ask for a new link.")
        await seen.page.click("#join")
        await seen.until_state("ended")
        assert "nobody joined in time" in await seen.text("#ended")


async def test_a_hub_that_is_gone_is_named_and_trying_again_works(browser: Browser, livekit: LivekitServer) -> None:
    hub = FakeHub(info=dict(INFO), livekit=livekit)
    async with AsyncExitStack() as stack:
        async with hub.serving():
            seen = await stack.enter_async_context(open_page(browser, link(hub)))
            await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("failed")
        assert "The hub cannot be reached." in await seen.text("#error")
        async with hub.serving(), agent_in(livekit, CALL):
            await seen.page.click("#retry")
            await seen.until_state("in-call")
            await seen.page.click("#leave")
    await livekit.forget(CALL)


async def test_a_livekit_that_cannot_be_reached_is_named(browser: Browser, livekit_server_bin: Path) -> None:
    nowhere = LivekitServer(livekit_server_bin)
    async with FakeHub(info=dict(INFO), livekit=nowhere).serving() as hub, open_page(browser, link(hub)) as seen:
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("failed", seconds=30)
        assert "sound connection could not be made" in await seen.text("#error")


@pytest.mark.slow
async def test_an_agent_that_does_not_come_within_ten_seconds_is_said(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, link(hub)) as seen:
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("in-call")
        await seen.until_says("#status", "The agent is on the way")
        await seen.until_state("failed", seconds=15)
        assert "The agent did not come within 10 seconds." in await seen.text("#error")


async def test_an_agent_that_left_is_waited_for_and_may_come_back(browser: Browser, hub: FakeHub) -> None:
    assert hub.livekit is not None
    async with open_page(browser, link(hub)) as seen:
        async with agent_in(hub.livekit, CALL) as agent:
            await seen.until_state("ready")
            await seen.page.click("#join")
            await seen.until_says("#status", "Listening")
            await agent.says("a1", "One moment", end=False)
            await seen.until_says("#transcript li[data-final=false]", "One moment")
        await seen.until_says("#status", "on the way")
        await seen.until_says("#transcript li[data-final=true]", "One moment")
        async with agent_in(hub.livekit, CALL):
            await seen.until_says("#status", "Listening")


async def test_an_agent_that_was_lost_for_good_ends_the_call_in_words(browser: Browser, hub: FakeHub) -> None:
    assert hub.livekit is not None
    async with open_page(browser, link(hub)) as seen:
        async with agent_in(hub.livekit, CALL):
            await seen.until_state("ready")
            await seen.page.click("#join")
            await seen.until_says("#status", "Listening")
            hub.info |= {"status": "ended", "ended_reason": "worker_lost"}
        await seen.until_state("failed")
        assert "the agent was lost" in await seen.text("#error")


async def test_a_provider_that_fails_is_said_and_its_return_clears_it(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await agent.tells("provider", text="The speech recognition does not answer.", ok=False)
        await seen.until_says("#error", "The speech recognition does not answer.")
        assert await seen.state() == "in-call"
        await agent.tells("provider", ok=True)
        await seen.until("!document.querySelector('#error')")


@pytest.mark.parametrize(("reason", "state", "words"), [("agent_ended", "ended", "said goodbye"), ("provider_failed", "failed", "service failed")])
async def test_when_the_call_is_over_the_page_says_why_and_keeps_the_words(browser: Browser, hub: FakeHub, reason: str, state: str, words: str) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await agent.says("a1", "Goodbye.")
        await seen.until_says("#transcript", "Goodbye.")
        await agent.tells("ended", reason=reason)
        hub.info |= {"status": "ended", "ended_reason": reason}
        assert hub.livekit is not None
        await hub.livekit.close_room(CALL)
        await seen.until_state(state)
        assert words in await seen.text("main")
        assert await shown(seen.page) == [["agent", "true", "Goodbye."]]
        assert await seen.page.evaluate("document.querySelectorAll('audio').length") == 0


@pytest.mark.slow
async def test_a_lost_connection_is_said_at_once_and_comes_back_by_itself(browser: Browser, livekit_server_bin: Path) -> None:
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


async def test_a_hub_that_was_stopped_in_mid_call_is_said_while_reconnecting(browser: Browser, livekit_server_bin: Path) -> None:
    livekit = LivekitServer(livekit_server_bin)
    await livekit.start()
    try:
        async with FakeHub(info=dict(INFO), livekit=livekit).serving() as hub, open_page(browser, link(hub)) as seen:
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


async def test_leaving_ends_cleanly_and_the_same_link_leads_back(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await seen.page.click("#leave")
        await seen.until_state("ended")
        await agent.until_alone()
        assert "You have left the call." in await seen.text("#ended")
        await seen.page.click("#again")
        await seen.until_state("in-call")
        await until_loud(agent)
        await seen.clean()


async def test_a_reload_keeps_the_words_and_the_same_link_joins_again(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await agent.says("a1", "Hello.")
        await seen.until_says("#transcript", "Hello.")
        await seen.page.reload()
        await seen.until_state("ready")
        await agent.until_alone()
        assert "Back to your call" in await seen.text("h1")
        await seen.page.click("#join")
        await seen.until_says("#transcript li[data-role=agent]", "Hello.")
        await until_loud(agent)


async def test_a_closed_tab_leaves_the_room_at_once(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub)
        await seen.page.close()
        await agent.until_alone()


async def test_a_second_window_takes_the_call_over_and_the_first_says_so(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        _, first = await joined(stack, browser, hub)
        second = await stack.enter_async_context(open_page(browser, link(hub)))
        await second.until_state("ready")
        await second.page.click("#join")
        await second.until_state("in-call")
        await first.until_state("failed")
        assert "another window" in await first.text("#error")


async def test_sound_that_the_browser_holds_back_gets_a_button(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        assert hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, "about:blank"))
        await seen.page.add_init_script(SOUND_IS_BLOCKED)
        await seen.page.goto(link(hub))
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("in-call")
        agent.sounds(0.3)
        await seen.until_says("#sound", "Turn on sound")
        await seen.page.click("#sound")
        await seen.until("!document.querySelector('#sound') && !document.querySelector('audio').paused")


async def test_on_a_phone_nothing_sticks_out_and_every_control_is_in_reach(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, hub, viewport=PHONE, has_touch=True, is_mobile=True)
        for n in range(12):
            await agent.says(f"a{n}", "A sentence that is long enough to need two lines on a phone, " * 2)
        await seen.until_says("#transcript li:last-child", "A sentence")
        await seen.fits()
        for control in ("#message", "#mute", "#microphone", "#leave", "#status"):
            box = await seen.page.locator(control).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert box["y"] + box["height"] <= PHONE["height"]
            assert control == "#status" or box["height"] >= 44
        assert await seen.page.evaluate("(() => { const t = document.querySelector('#transcript'); return t.scrollHeight - t.scrollTop - t.clientHeight < 2 })()")


async def test_the_whole_call_can_be_made_by_keyboard(browser: Browser, hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        assert hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, link(hub)))
        keyboard = seen.page.keyboard
        await seen.until_state("ready")
        await keyboard.press("Tab")
        assert await seen.page.evaluate("[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]") == ["join", "solid"]
        await keyboard.press("Enter")
        await seen.until_says("#status", "Listening")
        assert await seen.page.evaluate("document.activeElement.id") == "mute"
        await keyboard.press("m")
        await seen.until_says("#activity", "You are muted")
        for _ in range(2):
            await keyboard.press("Shift+Tab")
            if await seen.page.evaluate("document.activeElement.id") == "message":
                break
        await keyboard.type("which tables do we have")
        await keyboard.press("Enter")
        await until_heard(agent, "which tables do we have")
        while await seen.page.evaluate("document.activeElement.id") != "leave":
            await keyboard.press("Tab")
        await keyboard.press("Enter")
        await seen.until_state("ended")
        assert await seen.page.evaluate("document.activeElement.id") == "ended"
