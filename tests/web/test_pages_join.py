"""The join page in a real Chromium, in a room of a real livekit-server, when all goes well."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest
from playwright.async_api import Browser

from tests.web.browser import FAKE_MICROPHONE, PHONE, open_chromium, open_page
from tests.web.fake_api import KEY, FakeHub
from tests.web.joining import CALL, CALLER, INFO, joined, link, shown, until_heard, until_loud
from tests.web.livekit_room import agent_in

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.livekit]

SOUND_IS_BLOCKED = """
const play = HTMLMediaElement.prototype.play;
window.pressed = false;
document.addEventListener("click", ({ target }) => { window.pressed ||= !!target.closest("#sound"); }, true);
HTMLMediaElement.prototype.play = function () {
  return window.pressed ? play.call(this) : Promise.reject(new DOMException("blocked", "NotAllowedError"));
};
"""

LOUDNESS = "Number(getComputedStyle(document.querySelector('.stage .orb')).getPropertyValue('--level'))"
BELOW_THE_FOLD = """
(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(
  document.querySelector("#transcript")
)
"""
NOTE_ICE_SERVERS = """
window.iceServers = [];
const note = (given) => {
  for (const { urls } of given?.iceServers ?? []) window.iceServers.push(...[urls].flat());
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) { super(given); note(given); }
  setConfiguration(given) { super.setConfiguration(given); note(given); }
};
"""
GIVEN_UP_SECONDS = 25
CHROMIUMS_OWN = re.compile(
    r"(accounts|www|clients\d*|redirector\.gvt1|android\.clients)\.(google|gvt1)\.com|[\w-]+\.googleapis\.com"
)
"""What the browser asks about on its own account: sign-in, updates, autofill. STUN is not among it."""


async def test_before_joining_the_page_says_what_the_call_is_about_and_what_can_be_said(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with open_page(browser, link(join_hub)) as seen:
        await seen.until_state("ready")
        assert INFO["goal"] in await seen.text("#goal")
        assert await seen.text("#practice") == "practice"
        assert "Practice hears only these sentences." in await seen.text("#phrases")
        assert "which tables do we have" in await seen.text("#phrases")
        assert await seen.text("#join") == "Join the call"
        assert join_hub.asked == [("POST", "/api/join/info", {"call_id": CALL, "key": KEY})]
        assert not any(KEY in url for url in seen.requests if "#" not in url)
        await seen.clean()


async def test_one_click_and_the_caller_hears_the_agent_and_reads_both_sides(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await until_loud(agent)
        agent.sounds(0.5)
        await agent.state("speaking")
        greeting = await agent.says("a1", "Hello, ", "what would you ", end=False)
        await seen.until_says("#transcript li[data-role=agent][data-final=false]", "Hello, what would you")
        await greeting.write("like to know?")
        await greeting.aclose(attributes={"lk.transcription_final": "true"})
        await seen.until_says(
            "#transcript li[data-role=agent][data-final=true]", "Hello, what would you like to know?"
        )
        await seen.until_says("#status", "Speaking")
        await seen.until("document.querySelector('audio').paused === false")
        await seen.until(f"{LOUDNESS} > 0.3")
        for text, final in (("which", False), ("which table", False), ("which tables do we have", True)):
            await agent.hears(CALLER, "u1", text, final=final)
        await seen.until_says("#transcript li[data-role=caller][data-final=true]", "which tables do we have")
        assert await shown(seen.page) == [
            ["agent", "true", "Hello, what would you like to know?"],
            ["caller", "true", "which tables do we have"],
        ]
        await seen.clean()


async def test_while_a_tool_runs_the_page_says_what_the_agent_is_doing(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.state("thinking")
        await seen.until_says("#status", "Thinking…")
        await agent.tells(
            "tool_started", tool_call="t1", tool="supabase__list_tables", title="listing the tables"
        )
        await seen.until_says("#activity", "listing the tables")
        await seen.until_says("#transcript li[data-role=tool][data-final=false]", "listing the tables")
        await agent.tells("tool_ended", tool_call="t1", tool="supabase__list_tables", ok=False)
        await seen.until_says("#transcript li[data-role=tool][data-ok=false]", "did not work")
        assert await seen.text("#activity") == ""
        await agent.tells("tool_started", tool_call="t2", tool="supabase__execute_sql", title="asking")
        rows = [{"name": "Ada", "city": "London"}, {"name": "Alan", "city": None}]
        await agent.tells("tool_ended", tool_call="t2", tool="supabase__execute_sql", total=7, rows=rows)
        await seen.until_says("#transcript details summary", "Show 7 rows")
        await seen.page.click("#transcript details summary")
        await seen.until_says("#transcript .result", "London")
        await seen.until_says("#transcript .result", "and 5 more")
        await agent.tells("notice", text="This takes a little longer.")
        await seen.until_says("#activity", "This takes a little longer.")


async def test_what_is_typed_reaches_the_agent_also_when_it_was_not_listening_yet(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
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


async def test_mute_by_button_and_by_key_but_not_while_typing(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
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


async def test_another_microphone_can_be_chosen_in_the_call(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await seen.until("document.querySelectorAll('#microphone option').length >= 2")
        await seen.until(
            "Number(getComputedStyle(document.querySelector('#level')).getPropertyValue('--level')) > 0.1"
        )
        other = await seen.page.evaluate(
            "[...document.querySelectorAll('#microphone option')].find((o) => !o.selected).value"
        )
        await seen.page.select_option("#microphone", other)
        await seen.until(f"document.querySelector('#microphone').value === {other!r}")
        await until_loud(agent)
        await seen.clean()


async def test_leaving_ends_cleanly_and_the_same_link_leads_back(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await seen.page.click("#leave")
        await seen.until_state("ended")
        await agent.until_alone()
        assert "You have left the call." in await seen.text("#ended")
        await seen.page.click("#again")
        await seen.until_state("in-call")
        await until_loud(agent)
        await seen.clean()


async def test_after_leaving_a_call_that_then_ended_there_is_no_way_back(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        _, seen = await joined(stack, browser, join_hub)
        await seen.page.click("#leave")
        await seen.until("!!document.querySelector('#again')")
        join_hub.info |= {"status": "ended", "ended_reason": "caller_left"}
        await seen.until("!document.querySelector('#again')")
        assert await seen.text("#ended") == "You have left the call."


async def test_many_phrases_fold_before_the_call_and_are_all_at_hand_in_it(
    browser: Browser, join_hub: FakeHub
) -> None:
    join_hub.info |= {"phrases": [{"say": f"phrase {n}"} for n in range(30)]}
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(open_page(browser, link(join_hub)))
        await seen.until_state("ready")
        assert "phrase 29" not in await seen.text("#phrases")
        await seen.page.click("#phrases summary")
        assert "phrase 29" in await seen.text("#phrases")
        _, caller = await joined(stack, browser, join_hub)
        assert await caller.page.evaluate("document.querySelectorAll('#phrases button').length") == 30


async def test_a_reload_keeps_the_words_and_the_same_link_joins_again(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await agent.says("a1", "Hello.")
        await seen.until_says("#transcript", "Hello.")
        await seen.page.reload()
        await seen.until_state("ready")
        assert "Back to your call" in await seen.text("h1")
        await seen.page.click("#join")
        await seen.until_says("#transcript li[data-role=agent]", "Hello.")
        await until_loud(agent)


async def test_a_closed_tab_has_left_the_room_once_livekit_gives_it_up(
    browser: Browser, join_hub: FakeHub
) -> None:
    """It may as well be a reload, which must be able to come back: so the page itself says nothing."""
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        await seen.page.close()
        await agent.until_alone(GIVEN_UP_SECONDS)


async def test_sound_that_the_browser_holds_back_gets_a_button(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        assert join_hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(join_hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, link(join_hub), script=SOUND_IS_BLOCKED))
        await seen.until_state("ready")
        await seen.page.click("#join")
        await seen.until_state("in-call")
        agent.sounds(0.3)
        await seen.until_says("#sound", "Turn on sound")
        await seen.page.click("#sound")
        await seen.until("!document.querySelector('#sound') && !document.querySelector('audio').paused")


async def test_on_a_phone_nothing_sticks_out_and_every_control_is_in_reach(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub, viewport=PHONE, has_touch=True, is_mobile=True)
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
        assert await seen.page.evaluate(BELOW_THE_FOLD) < 2


async def test_the_whole_call_can_be_made_by_keyboard(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        assert join_hub.livekit is not None
        agent = await stack.enter_async_context(agent_in(join_hub.livekit, CALL))
        seen = await stack.enter_async_context(open_page(browser, link(join_hub)))
        keyboard = seen.page.keyboard
        await seen.until_state("ready")
        await keyboard.press("Tab")
        assert await seen.page.evaluate(
            "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]"
        ) == ["join", "solid"]
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


async def test_a_call_sends_nothing_beyond_this_machine_stun_included(
    chromium: Path, join_hub: FakeHub, tmp_path: Path
) -> None:
    log = tmp_path / "net.json"
    async with AsyncExitStack() as stack:
        logged = await stack.enter_async_context(
            open_chromium(chromium, FAKE_MICROPHONE, f"--log-net-log={log}")
        )
        agent, seen = await joined(stack, logged, join_hub, script=NOTE_ICE_SERVERS)
        await until_loud(agent)
        servers = await seen.page.evaluate("window.iceServers")
        assert servers
        assert {re.sub(r"^(stun|turn)s?:|:\d+(\?.*)?$", "", url) for url in servers} == {"127.0.0.1"}
        await seen.page.click("#leave")
        await seen.until_state("ended")
        await seen.clean()
    looked_up = set(re.findall(r'"host":"(?:\w+://)?([^":/]+)', log.read_text(encoding="utf-8")))
    assert "127.0.0.1" in looked_up
    assert {host for host in looked_up if not CHROMIUMS_OWN.fullmatch(host)} == {"127.0.0.1"}
