"""A server asks in the middle of a typed call: two fields in words, a password and a link on a page."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from tests.conftest import ROOT
from tests.end_to_end.conftest import SERVERS
from tests.end_to_end.house import House, running_hub
from tests.end_to_end.test_confirmed_write import outcome, said_by_agent, told, typed_call, types, until
from tests.end_to_end.test_typed_call import ask
from tests.servers.asks import URL

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]
PASSWORD = "hunter2"  # noqa: S105
SECONDS = 30
PHRASE = """
[[phrase]]
id = "place_order"
kind = "read"
say = ["place my order with era"]
tool = "{server}__order"
reply = {{ done = "The order is through." }}
"""
ENTRY = '"asks_{era}": {{ "command": "{python}", "args": ["{server}"], "era": "{full}" }}'
ERAS = {"old": "legacy", "new": "2026-07-28"}


@contextmanager
def running_shop(environment: Mapping[str, str], more_phrases: str = "") -> Iterator[House]:
    """A hub whose servers ask back, one in each era, and phrases to call them by."""
    home = Path(tempfile.mkdtemp(prefix="vh-e2e-", dir="/tmp"))
    home.chmod(0o711)
    entries = [
        ENTRY.format(era=era, full=full, python=sys.executable, server=SERVERS / "asks.py")
        for era, full in ERAS.items()
    ]
    config = home / "servers.json"
    config.write_text(f'{{ "mcpServers": {{ {", ".join(entries)} }} }}')
    phrases = (ROOT / "hub" / "practice" / "phrases.toml").read_text()
    for era in ERAS:
        phrase = PHRASE.format(server=f"asks_{era}")
        phrases += phrase.replace("place_order", f"order_{era}").replace("with era", f"with the {era} shop")
    (home / "phrases.toml").write_text(phrases + more_phrases)
    try:
        with running_hub(home, config, environment, wait_for=("asks_old", "asks_new")) as house:
            yield house
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def shop(hub_environment: dict[str, str]) -> Iterator[House]:
    with running_shop(hub_environment) as house:
        yield house


async def asked(hub: House, call_id: str, words: str) -> dict[str, Any]:
    """The question that a server has open, once it is this one."""

    def open_(got: dict[str, Any]) -> bool:
        return words in str((got.get("pending_question") or {}).get("text"))

    return dict((await until(hub, call_id, open_, SECONDS))["pending_question"])


async def two_fields_in_words(hub: House, client: Client, call_id: str, era: str) -> None:
    await types(client, call_id, f"place my order with the {era} shop")
    first = await asked(hub, call_id, "quantity")
    assert first["server"] == f"asks_{era}"
    assert f"asks {era} asks: Please complete your order." in first["text"]
    await said_by_agent(hub, call_id, first["text"])
    await types(client, call_id, "twelve")
    await asked(hub, call_id, "at most 10")
    await types(client, call_id, "three")
    await asked(hub, call_id, "Which size")
    await types(client, call_id, "the second one")


async def a_password_on_the_page(hub: House, client: Client, call_id: str) -> None:
    secret = await asked(hub, call_id, "Password is secret")
    await types(client, call_id, PASSWORD)
    await said_by_agent(hub, call_id, "I have not kept it")
    answer = {"call_id": call_id, "question_id": secret["id"], "answer": PASSWORD}
    assert (await client.call_tool("answer_question", answer)).is_error
    form = f"/api/calls/{call_id}/forms/{secret['id']}"
    with pytest.raises(httpx2.HTTPStatusError, match="400"):
        hub.post(form, decision="accept", content={})
    hub.post(form, decision="accept", content={"password": PASSWORD})


async def a_link_on_the_page(hub: House, call_id: str) -> None:
    link = await asked(hub, call_id, "I have put a link")
    assert (link["url"], link["host"]) == (URL, "pay.example.com")
    hub.post(f"/api/calls/{call_id}/forms/{link['id']}", decision="accept")


@pytest.mark.parametrize("era", ERAS)
async def test_two_fields_are_said_a_password_and_a_link_are_on_the_page(shop: House, era: str) -> None:
    async with typed_call(shop) as (client, call_id):
        await two_fields_in_words(shop, client, call_id, era)
        await a_password_on_the_page(shop, client, call_id)
        await a_link_on_the_page(shop, call_id)
        assert await outcome(shop, call_id)
        whole = shop.get(f"/api/calls/{call_id}", include="events,tools")
        transcript = await ask(client, "get_transcript", call_id=call_id, include_tools=True)
    seen = str(whole) + str(transcript)
    assert "pending_question" not in whole
    assert "pay.example.com" not in seen
    assert PASSWORD not in seen
    assert PASSWORD not in shop.said
    assert all(PASSWORD.encode() not in path.read_bytes() for path in shop.home.glob("hub.db*"))
    ended = next(event for event in whole["events"] if event["kind"] == "tool_ended")
    assert ended["ok"]
    assert all(words in ended["text"] for words in ("quantity", "3", "large", "accept"))
    assert "answered by the dashboard: the question of" in str(told(whole, "question"))


async def test_a_desktop_answers_one_field_and_declines_the_rest(shop: House) -> None:
    async with typed_call(shop, era="legacy") as (client, call_id):
        await types(client, call_id, "place my order with the old shop")
        question = {"call_id": call_id, "question_id": (await asked(shop, call_id, "quantity"))["id"]}
        assert (await ask(client, "answer_question", **question, answer="4"))["state"] == "answered"
        await asked(shop, call_id, "Which size")
        await ask(client, "answer_question", **question, answer="no", decline=True)
        got = await until(shop, call_id, lambda got: told(got, "tool_ended"), SECONDS)
        assert "declined by the desktop" in str(told(got, "question"))
        assert '"action":"decline"' in str(told(got, "tool_ended"))


async def test_never_mind_calls_off_the_question_and_the_toolcall(shop: House) -> None:
    async with typed_call(shop) as (client, call_id):
        await types(client, call_id, "place my order with the new shop")
        await asked(shop, call_id, "quantity")
        await types(client, call_id, "never mind")
        got = await until(shop, call_id, lambda got: told(got, "tool_ended"), SECONDS)
        assert "pending_question" not in got
        assert "called off" in str(told(got, "question")) + str(told(got, "tool_ended"))
