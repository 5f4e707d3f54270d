"""The Link against a hub that is there, away, or forgets."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest

from hub.core.wire import Failed, JobEnded, TurnHeard
from hub.voice.hub_client import HubClient, HubRefused, HubUnreachable
from hub.voice.link import Link
from tests.voice.fake_hub import FakeCall, FakeHub

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http() -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


@asynccontextmanager
async def linked(hub: FakeHub, http: httpx2.AsyncClient, call: FakeCall) -> AsyncGenerator[Link]:
    link = Link(HubClient(http, hub.url, hub.token), call.brief.call_id, "job-1", random01=lambda: 0.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.run)
        yield link
        link.close()


def say(link: Link, text: str, **values: Any) -> None:
    link.tell(TurnHeard, item=f"i-{text}", role="caller", text=text, final=True, **values)


async def test_events_arrive_in_order_with_their_numbers(http: httpx2.AsyncClient) -> None:
    async with FakeHub().running() as hub:
        call = hub.call()
        async with linked(hub, http, call) as link:
            for n in range(250):
                say(link, str(n))
            assert await link.flushed(10)
        assert [event.seq for event in call.events] == list(range(1, 251))
        assert [event.text for event in call.events] == [str(n) for n in range(250)]


async def test_a_hub_that_restarts_loses_and_doubles_nothing(http: httpx2.AsyncClient) -> None:
    hub = FakeHub()
    async with hub.running():
        call = hub.call()
    async with linked(hub, http, call) as link:
        say(link, "one")
        call.order("say", "first")
        async with hub.running():
            with anyio.fail_after(10):
                assert (await link.commands.receive()).text == "first"
            assert await link.flushed(10)
        say(link, "two")
        call.order("say", "second")
        assert not await link.flushed(0.3)
        async with hub.running():
            with anyio.fail_after(10):
                assert (await link.commands.receive()).text == "second"
            assert await link.flushed(10)
            link.close()
    assert [event.text for event in call.events] == ["one", "two"]


async def test_an_answer_that_was_lost_doubles_no_event(http: httpx2.AsyncClient) -> None:
    async with FakeHub().running() as hub:
        call = hub.call()
        hub.answers_lost = 2
        async with linked(hub, http, call) as link:
            say(link, "one")
            say(link, "two")
            assert await link.flushed(10)
        assert hub.answers_lost == 0
        assert [event.text for event in call.events] == ["one", "two"]


async def test_what_was_told_before_the_end_still_arrives_after_it(http: httpx2.AsyncClient) -> None:
    hub = FakeHub()
    async with hub.running():
        call = hub.call()
    async with linked(hub, http, call) as link:
        link.tell(JobEnded, reason="caller_left")
        link.close()
        link.tell(Failed, message="too late")
        assert not await link.flushed(0.2)
        async with hub.running():
            await call.until(lambda call: call.ended)
    assert len(call.events) == 1


async def test_a_call_that_is_over_for_the_hub_is_over_for_the_link(http: httpx2.AsyncClient) -> None:
    async with FakeHub().running() as hub:
        call = hub.call()
        async with linked(hub, http, call) as link:
            call.over = True
            call.touch()
            with anyio.fail_after(5):
                await link.over.wait()


async def test_a_hub_that_does_not_know_the_call_ends_the_link(http: httpx2.AsyncClient) -> None:
    async with FakeHub().running() as hub:
        call = hub.call()
        async with linked(hub, http, call) as link:
            await link.flushed(1)
            del hub.calls[call.brief.call_id]
            say(link, "lost")
            with anyio.fail_after(5):
                await link.over.wait()


async def test_a_hub_that_is_silent_for_long_is_lost(http: httpx2.AsyncClient) -> None:
    now = 0.0
    link = Link(HubClient(http, "http://127.0.0.1:9", "t"), "c", "j", clock=lambda: now)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.run)
        say(link, "hello")
        await anyio.wait_all_tasks_blocked()
        now = 1000.0
        with anyio.fail_after(10):
            await link.lost.wait()
        link.close()


async def test_refusals_and_failures_are_told_apart(http: httpx2.AsyncClient) -> None:
    async with FakeHub().running() as hub:
        with pytest.raises(HubRefused) as refused:
            await HubClient(http, hub.url, "wrong").commands("c", 0, 0)
        assert refused.value.status == 401
        assert refused.value.message == "No such token."
        hub.broken = 1
        with pytest.raises(HubUnreachable):
            await HubClient(http, hub.url, hub.token).commands("c", 0, 0)
    with pytest.raises(HubUnreachable, match="cannot be reached"):
        await HubClient(http, hub.url, hub.token).commands("c", 0, 0)
