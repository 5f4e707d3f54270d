"""The dashboard in a real Chromium: the overview and the servers, on a hub that says what the test wants."""

import time
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser

from tests.web.browser import PHONE, open_page
from tests.web.fake_api import FakeHub, refusal
from tests.web.hub_data import CALL, a_call, detail, event, problem, server, status, turn

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

STICKING_OUT = """
[...document.querySelectorAll("main *")]
  .filter((element) => !element.closest("pre, .unseen"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML)
"""
LONG = "a_very_long_name_without_any_place_to_break_it_" * 3


STAYS = "the new version does not come up, so the old one stays: no such program"


@pytest.fixture
async def hub() -> AsyncGenerator[FakeHub]:
    async with FakeHub(status=status()).serving() as fake:
        yield fake


async def test_the_overview_says_how_everything_is(browser: Browser, hub: FakeHub) -> None:
    hub.status = status(
        servers=[
            server("supabase", twin="ready", p50_ms=34.0, p95_ms=120.0, restarts=2),
            server("notes", "backoff", last_error="connection refused", next_attempt_at=time.time() + 30),
            server("github", "not_configured", last_error="The variable GITHUB_TOKEN is missing."),
            server("shop", sessions=3, last_error=STAYS, edit_error=STAYS),
            server("mended", last_error="killed by SIGKILL"),
        ],
        problems=[problem("mcpServers.notes.cal", "cal is not known.", "Write call.")],
    )
    hub.calls = [
        a_call("c1", "in_progress", "Go through the orders", started_at="2026-01-02T10:00:01.000+00:00"),
        a_call("c2", "ended", "Which tables?", duration_s=75.0, ended_reason="worker_lost"),
    ]
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("h1", "Ready for calls")
        supabase = await seen.text("[data-server=supabase]")
        for words in (
            "ready",
            "local program",
            "5 tools",
            "restarted 2 times",
            "read-only twin ready",
            "34 ms / 120 ms",
        ):
            assert words in supabase
        notes = await seen.text("[data-server=notes]")
        assert "waiting to try again" in notes
        assert "connection refused" in notes
        assert "next attempt in" in notes
        assert "The variable GITHUB_TOKEN is missing." in await seen.text("[data-server=github]")
        shop = await seen.text("[data-server=shop]")
        assert "3 sessions" in shop
        assert STAYS in shop
        assert "SIGKILL" not in await seen.text("[data-server=mended]")
        assert "in progress" in await seen.text("[data-call=c1]")
        assert "1 min 15 s · the voice worker was lost" in await seen.text("[data-call=c2]")
        assert "1 of 4 calls" in await seen.text("#parts")
        assert await seen.text("#providers li:nth-child(1) .badge") == "practice"
        assert "OpenAI gpt-4o" in await seen.text("#providers li:nth-child(2)")
        told = await seen.text(".problems")
        for words in (
            "1 problem in servers.json",
            "cal is not known.",
            "mcpServers.notes.cal, line 18",
            "Write call.",
        ):
            assert words in told
        await seen.clean()


async def test_changes_show_without_a_reload(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("[data-server=notes]", "ready")
        hub.status = status(
            servers=[
                server(
                    "notes", "backoff", last_error="It ended with code 1.", next_attempt_at=time.time() + 9
                ),
                server("files"),
            ]
        )
        hub.calls = [a_call("c1", "waiting_for_caller", "Talk")]
        hub.changed()
        await seen.until_says("[data-server=notes]", "It ended with code 1.")
        await seen.until_says("[data-server=files]", "ready")
        await seen.until_says("[data-call=c1]", "waiting for the caller")
        await seen.until_says("[data-server=notes]", "next attempt in 7 s")
        assert seen.requests.count(f"{hub.url}/") == 1


async def test_a_lost_hub_is_said_at_once_and_its_return_too(browser: Browser) -> None:
    hub = FakeHub(status=status())
    async with hub.serving():
        page = open_page(browser, hub.url)
        seen = await page.__aenter__()
        await seen.until_says("[data-server=notes]", "ready")
    try:
        await seen.until_says("#connection", "The connection to the hub is lost. Reconnecting…", seconds=3)
        assert "ready" in await seen.text("[data-server=notes]")
        hub.status = status(servers=[server("new")])
        async with hub.serving():
            await seen.until_says("[data-server=new]", "ready")
            assert await seen.text("#connection") == ""
    finally:
        await page.__aexit__(None, None, None)


async def test_a_cookie_that_is_no_longer_good_is_explained(browser: Browser, hub: FakeHub) -> None:
    refused = refusal(401, "unauthorized", "This cookie is not valid here.")
    hub.refuse = {"/api/live": refused, "/api/status": refused}
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("main", "This browser is not signed in any more")
        assert "hub open" in await seen.text("main")


async def test_an_empty_hub_says_what_to_do_next(browser: Browser, hub: FakeHub) -> None:
    hub.status = status(
        servers=[],
        ready=False,
        parts=[{"name": "voice worker", "state": "starting", "detail": "", "restarts": 0}],
    )
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("h1", "Getting ready: voice worker")
        assert "No servers yet" in await seen.text("main")
        assert "servers.json" in await seen.text("main")
        assert "No calls yet" in await seen.text("main")


async def test_a_hub_without_voice_starts_no_calls_and_says_why(browser: Browser, hub: FakeHub) -> None:
    hub.status = status(voice=False, parts=[], providers=[])
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("h1", "Running without voice")
        assert await seen.page.is_disabled("#new")
        assert "--no-voice" in await seen.text("main")


@pytest.mark.parametrize(
    ("path", "words"),
    [("/calls/none", "There is no such call."), ("/servers/none", "There is no such server.")],
)
async def test_an_address_of_nothing_says_so_and_leads_back(
    browser: Browser, hub: FakeHub, path: str, words: str
) -> None:
    async with open_page(browser, hub.url + path) as seen:
        await seen.until_says("main", words)
        await seen.page.click("main a[href='/']")
        await seen.until_says("h1", "Ready for calls")


async def test_a_server_shows_its_tools_rules_last_words_and_starts_afresh(
    browser: Browser, hub: FakeHub
) -> None:
    tool = {"title": None, "description": "Does it.", "offered": True, "rule": ""}
    hub.servers["notes"] = server("notes") | {
        "spec": {"command": "node", "env": {"KEY": "••••"}},
        "stderr": ["listening", "ready"],
        "tools": [
            tool | {"name": "read", "public": "notes__read", "read_only": True, "destructive": False},
            tool
            | {
                "name": "drop",
                "public": "notes__drop",
                "read_only": False,
                "destructive": True,
                "offered": False,
                "rule": "tools.deny: dr*",
            },
        ],
    }
    hub.answers["/api/servers/notes/restart"] = {"restarting": "notes"}
    async with open_page(browser, hub.url) as seen:
        await seen.until("!!document.querySelector('[data-server=notes] a')")
        await seen.page.click("[data-server=notes] a")
        await seen.until_says("[data-tool=read]", "reads")
        hidden = await seen.text("[data-tool=drop]")
        for words in ("writes", "can destroy", "hidden", "Hidden by: tools.deny: dr*"):
            assert words in hidden
        assert await seen.text("#stderr") == "listening ready"
        assert "••••" in await seen.text("#spec")
        await seen.page.click("#restart")
        await seen.until_says("main", "The server is being restarted.")
        assert hub.asked[-1][:2] == ("POST", "/api/servers/notes/restart")
        hub.servers["notes"] |= {
            "state": "backoff",
            "last_error": "It ended with code 1.",
            "next_attempt_at": time.time() + 20,
            "stderr": ["listening", "ready", "boom"],
        }
        hub.status = status(servers=[server("notes", "backoff", last_error="It ended with code 1.")])
        hub.changed()
        await seen.until_says("#last-error", "It ended with code 1. Next attempt in")
        assert "boom" in await seen.text("#stderr")
        await seen.page.go_back()
        await seen.until_says("h1", "Ready for calls")
        assert seen.requests.count(f"{hub.url}/servers/notes") == 0
        await seen.clean()


async def test_old_calls_fold_and_one_that_is_not_over_always_shows(browser: Browser, hub: FakeHub) -> None:
    hub.calls = [a_call(f"c{number}", "ended", "Which tables?") for number in range(1, 10)]
    hub.calls.append(a_call("c10", "in_progress", "Go through the orders"))
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("#older", "Show 3 older calls")
        assert await seen.page.locator("[data-call]").count() == 7
        assert "in progress" in await seen.text("[data-call=c10]")
        await seen.page.click("#older")
        await seen.until("document.querySelectorAll('[data-call]').length === 10")
        assert await seen.page.locator("#older").count() == 0
        await seen.clean()


@pytest.mark.parametrize("path", ["/", f"/calls/{CALL}", f"/servers/{LONG}"])
async def test_on_a_phone_nothing_sticks_out(browser: Browser, hub: FakeHub, path: str) -> None:
    hub.status = status(
        servers=[server(LONG, "failed", last_error=f"/{LONG}: no such file", tools=0)],
        problems=[problem(f"mcpServers.{LONG}", f"{LONG} is wrong.", "Correct it.")],
    )
    hub.calls = [a_call(CALL, "in_progress", LONG)]
    tool = {"tool": LONG, "tool_call": "t", "arguments": {"query": LONG}, "ok": True, "ms": 5.0}
    hub.details[CALL] = detail(events=[event(1, "tool_ended", LONG, **tool)])
    hub.turns[CALL] = [turn(1, "caller", LONG)]
    tool = {
        "name": LONG,
        "public": LONG,
        "title": LONG,
        "description": LONG,
        "read_only": False,
        "destructive": True,
        "offered": False,
        "rule": LONG,
    }
    hub.servers[LONG] = server(LONG, "failed", last_error=LONG) | {
        "spec": {"command": LONG},
        "stderr": [LONG],
        "tools": [tool],
    }
    async with open_page(browser, hub.url + path, viewport=PHONE, has_touch=True, is_mobile=True) as seen:
        await seen.until("!!document.querySelector('.card')")
        await seen.until_says("main", LONG[:20])
        await seen.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        await seen.fits()
        assert await seen.page.evaluate(STICKING_OUT) == []
