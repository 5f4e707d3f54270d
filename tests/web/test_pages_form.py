"""What a server asks, on the join page and the dashboard at a phone's width: fields, a secret, a link."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.web.browser import PHONE, open_page
from tests.web.fake_api import KEY, FakeHub, refusal
from tests.web.hub_data import CALL as SHOWN
from tests.web.hub_data import detail, status
from tests.web.joining import CALL, joined

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.livekit]

PATH = "/api/join/form"
PASSWORD = "hunter2"  # noqa: S105
FIELDS: list[dict[str, Any]] = [
    {"name": "quantity", "label": "quantity", "kind": "integer", "required": True, "secret": False,
     "value": 3, "least": 1, "most": 10},
    {"name": "size", "label": "size", "kind": "choice", "required": True, "secret": False,
     "choices": [{"value": "s", "title": "small"}, {"value": "l", "title": "large"}]},
    {"name": "extras", "label": "extras", "kind": "choices", "required": False, "secret": False,
     "choices": [{"value": "bow", "title": "a bow"}, {"value": "card", "title": "a card"}]},
    {"name": "gift", "label": "It is a gift", "kind": "boolean", "required": False, "secret": False},
    {"name": "password", "label": "password", "kind": "text", "required": True, "secret": True},
]  # fmt: skip
FORM: dict[str, Any] = {
    "id": "f1",
    "text": "shop asks: …",
    "deadline": "2026-01-01T00:00:00Z",
    "server": "shop",
    "message": "Please complete your order",
    "mode": "form",
    "fields": FIELDS,
    "field": "size",
}
LINK: dict[str, Any] = {
    **{key: FORM[key] for key in ("id", "text", "deadline", "server")},
    "message": "Pay for the order",
    "mode": "url",
    "url": "https://pay.example.com/checkout/7?order=4711",
    "host": "pay.example.com",
}
GONE = "document.querySelector('#form') === null"


def filled(hub: FakeHub, path: str = PATH) -> list[Any]:
    return [body for _, asked, body in hub.asked if asked == path]


async def test_the_caller_fills_in_what_was_not_said(browser: Browser, join_hub: FakeHub) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub, viewport=PHONE)
        join_hub.info = {**join_hub.info, "pending_form": FORM}
        await agent.tells("form", action="f1.1", text="Which size: small or large?")
        await seen.until_says("#form", "Please complete your order")
        assert await seen.page.input_value("#form-quantity") == "3"
        assert await seen.page.get_attribute("#form-password", "type") == "password"
        await seen.fits()
        await seen.page.select_option("#form-size", "l")
        await seen.page.check("text=a card")
        await seen.page.check("#form-gift")
        await seen.page.fill("#form-password", PASSWORD)
        await seen.page.click("#form-send")
        await seen.until(GONE)
    (sent,) = filled(join_hub)
    assert sent == {
        "call_id": CALL,
        "key": KEY,
        "form_id": "f1",
        "decision": "accept",
        "content": {"quantity": 3, "size": "l", "extras": ["card"], "gift": True, "password": PASSWORD},
    }


async def test_what_is_said_meanwhile_appears_and_what_is_typed_stays(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub)
        join_hub.info = {**join_hub.info, "pending_form": FORM}
        await agent.tells("form", action="f1.1")
        await seen.until_says("#form", "Please complete your order")
        await seen.page.fill("#form-password", PASSWORD)
        said = [{**field, "value": "s"} if field["name"] == "size" else field for field in FIELDS]
        join_hub.info = {**join_hub.info, "pending_form": {**FORM, "fields": said, "field": None}}
        await agent.tells("form", action="f1.2")
        await seen.until("document.querySelector('#form-size').value === 's'")
        assert await seen.page.input_value("#form-password") == PASSWORD
        join_hub.refuse[PATH] = refusal(400, "invalid_arguments", "This does not fit yet.", "Correct it.")
        await seen.page.click("#form-send")
        await seen.until_says("#activity", "This does not fit yet. Correct it.")
        await agent.tells("form_closed", action="other.2")
        await agent.tells("form_closed", action="f1.2")
        await seen.until(GONE)


async def test_a_link_shows_where_it_leads_and_is_opened_by_a_press(
    browser: Browser, join_hub: FakeHub
) -> None:
    async with AsyncExitStack() as stack:
        agent, seen = await joined(stack, browser, join_hub, viewport=PHONE)
        join_hub.info = {**join_hub.info, "pending_form": LINK}
        await agent.tells("form", action="f1.0")
        await seen.until_says("#form-host", "pay.example.com")
        opened = await seen.page.get_attribute("#form-open", "href")
        assert opened == LINK["url"]
        assert await seen.page.get_attribute("#form-open", "rel") == "noopener noreferrer"
        await seen.fits()
        await seen.page.evaluate("document.querySelector('#form-open').removeAttribute('href')")
        await seen.page.click("#form-open")
        await seen.until(GONE)
    assert [sent["decision"] for sent in filled(join_hub)] == ["accept"]


async def test_a_form_is_refused_on_the_page(browser: Browser, join_hub: FakeHub) -> None:
    join_hub.info = {**join_hub.info, "pending_form": FORM}
    async with AsyncExitStack() as stack:
        _, seen = await joined(stack, browser, join_hub)  # who comes back sees what still waits
        await seen.until_says("#form", "Please complete your order")
        await seen.page.click("#form-decline")
        await seen.until(GONE)
    assert [(sent["decision"], sent["content"]) for sent in filled(join_hub)] == [("decline", {})]


async def test_the_dashboard_shows_the_same_form(browser: Browser) -> None:
    async with FakeHub(status=status()).serving() as hub:
        await filled_on_the_dashboard(browser, hub)


async def filled_on_the_dashboard(browser: Browser, hub: FakeHub) -> None:
    hub.details[SHOWN] = detail(pending_question=FORM)
    path = f"/api/calls/{SHOWN}/forms/f1"
    async with open_page(browser, f"{hub.url}/calls/{SHOWN}", viewport=PHONE) as seen:
        await seen.until_says("#form", "Please complete your order")
        await seen.fits()
        await seen.page.select_option("#form-size", "s")
        await seen.page.fill("#form-password", PASSWORD)
        await seen.page.click("#form-send")
        await seen.until("document.querySelector('#form-send').disabled === false")
        hub.details[SHOWN] = detail()
        hub.changed()
        await seen.until(GONE)
    (sent,) = filled(hub, path)
    assert sent == {"decision": "accept", "content": {"quantity": 3, "size": "s", "password": PASSWORD}}
