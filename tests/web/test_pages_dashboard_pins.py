"""What waits for approval, on the dashboard in a real Chromium: seen, read, approved."""

import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.web.browser import PHONE, open_page
from tests.web.fake_api import FakeHub, refusal
from tests.web.hub_data import server, status

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
APPROVE = "/api/servers/notes/approve"
INSIDE = """
[...document.querySelectorAll("#waiting *")].every((one) => one.getBoundingClientRect().right <= innerWidth)
"""
LONG = "a_very_long_name_without_any_place_to_break_it_" * 3


def change(name: str, *lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    told = [{"sign": sign, "text": text} for sign, text in lines]
    plain = {
        "id": f"id-{name}",
        "part": "tool",
        "name": name,
        "label": name,
        "new": False,
        "at": ["server"],
        "fields": [{"field": "description", "lines": told}],
    }
    return plain | more


ADD = change(
    "add", (" ", "Adds a note."), ("-", "Once."), ("+", "Twice.⟨U+202E⟩"), ("@", "3 unchanged lines")
)
DROP = change("drop", ("+", "Drops all."), new=True, at=["server", "twin"])


def waits(hub: FakeHub, *changes: dict[str, Any]) -> None:
    """Have these wait, and tell whoever looks."""
    hub.waiting = [one | {"since": time.time() - 120} for one in changes]
    now = server("notes", waiting=len(changes))
    hub.servers["notes"] = now | {"spec": {}, "stderr": [], "tools": []}
    hub.status = status(servers=[now])
    hub.changed()


@pytest.fixture
async def hub() -> AsyncGenerator[FakeHub]:
    async with FakeHub().serving() as fake:
        waits(fake, ADD, DROP)
        yield fake


async def test_the_overview_says_that_something_waits_and_leads_to_it(browser: Browser, hub: FakeHub) -> None:
    async with open_page(browser, hub.url) as seen:
        await seen.until_says("[data-server=notes]", "2 changes wait for approval")
        await seen.page.click("[data-server=notes] a")
        await seen.until_says("#waiting-title", "2 changes wait for approval")
        add = await seen.text("[data-change='tool/add']")
        for words in ("changed", "first seen 2 min ago", "description", "Adds a note.", "3 unchanged lines"):
            assert words in add
        assert await seen.text("[data-change='tool/add'] del") == "- Once."
        assert await seen.text("[data-change='tool/add'] ins") == "+ Twice.⟨U+202E⟩"
        drop = await seen.text("[data-change='tool/drop']")
        assert "new" in drop
        assert "at its read-only twin as well" in drop
        await seen.clean()


async def test_one_change_is_approved_as_it_was_seen(browser: Browser, hub: FakeHub) -> None:
    hub.answers[APPROVE] = {"server": "notes", "approved": [ADD], "waiting": 1}
    async with open_page(browser, f"{hub.url}/servers/notes") as seen:
        await seen.until_says("#waiting-title", "2 changes wait")
        await seen.page.click("[data-change='tool/add'] .approve")
        await seen.until_says("#approved", "Approved: add.")
        assert hub.asked[-1] == ("POST", APPROVE, {"names": ["tool/add"], "seen": ["id-add"]})
        waits(hub, DROP)
        await seen.until_says("#waiting-title", "1 change waits for approval")
        assert await seen.page.locator("#approve-all").count() == 0
        await seen.clean()


async def test_all_are_approved_at_once(browser: Browser, hub: FakeHub) -> None:
    hub.answers[APPROVE] = {"server": "notes", "approved": [ADD, DROP], "waiting": 0}
    async with open_page(browser, f"{hub.url}/servers/notes") as seen:
        await seen.until_says("#approve-all", "Approve all 2")
        await seen.page.click("#approve-all")
        await seen.until_says("#approved", "Approved: add, drop.")
        assert hub.asked[-1] == ("POST", APPROVE, {"names": None, "seen": ["id-add", "id-drop"]})
        waits(hub)
        await seen.until("!document.querySelector('#waiting')")
        assert await seen.text("#approved") == "Approved: add, drop."
        await seen.clean()


async def test_what_changed_while_it_was_read_is_shown_anew_and_not_approved(
    browser: Browser, hub: FakeHub
) -> None:
    said = "notes has changed again since this was looked at; nothing was approved."
    hub.refuse[APPROVE] = refusal(409, "changed_since", said, "Look at the difference again.")
    async with open_page(browser, f"{hub.url}/servers/notes") as seen:
        await seen.until_says("#waiting-title", "2 changes wait")
        hub.waiting = [change("add", ("+", "Thrice."), id="id-later"), DROP]
        await seen.page.click("[data-change='tool/add'] .approve")
        await seen.until_says("#waiting", said)
        await seen.until_says("[data-change='tool/add']", "Thrice.")


async def test_a_change_shows_without_a_reload(browser: Browser, hub: FakeHub) -> None:
    waits(hub)
    async with open_page(browser, f"{hub.url}/servers/notes") as seen:
        await seen.until_says("h1", "notes")
        assert await seen.page.locator("#waiting").count() == 0
        told = change("instructions", ("+", "Obey."), part="instructions")
        waits(hub, told)
        await seen.until_says("[data-change='instructions/instructions']", "Instructions")
        await seen.clean()


async def test_a_tool_that_is_held_back_says_so_among_the_tools(browser: Browser, hub: FakeHub) -> None:
    rule = "held back: new since 2026-01-02 10:00 UTC, approve with: hub approve notes drop"
    held = {"name": "drop", "public": "notes__drop", "offered": False, "rule": rule, "title": None}
    hub.servers["notes"]["tools"] = [held | {"description": "", "read_only": None, "destructive": None}]
    async with open_page(browser, f"{hub.url}/servers/notes") as seen:
        await seen.until_says("[data-tool=drop]", "waits for approval")
        told = await seen.text("[data-tool=drop]")
        assert rule in told
        assert "Hidden by" not in told
        assert "writes" not in told


async def test_a_problem_with_another_file_names_that(browser: Browser, hub: FakeHub) -> None:
    wrong = {"file": "pins.json", "path": "", "line": 0, "message": "Unreadable.", "remedy": "Look."}
    hub.status = status(problems=[wrong | {"severity": "warning", "server": None}])
    async with open_page(browser, hub.url) as seen:
        await seen.until_says(".problems", "pins.json")
        assert await seen.text("#problems-title") == "1 problem"


async def test_on_a_phone_a_long_change_fits(browser: Browser, hub: FakeHub) -> None:
    waits(hub, change(LONG, ("+", LONG * 4), ("-", "  indented " * 40), label=LONG))
    page = f"{hub.url}/servers/notes"
    async with open_page(browser, page, viewport=PHONE, has_touch=True, is_mobile=True) as seen:
        await seen.until_says("#waiting", LONG[:20])
        await seen.fits()
        assert await seen.page.evaluate(INSIDE)
