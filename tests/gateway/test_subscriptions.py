"""Clients of both eras are told when a call or a server changes, over HTTP and over `hub connect`."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp_types as mcp
import pytest
from mcp import Client, MCPError
from pydantic import TypeAdapter

from hub.gateway import subscriptions
from tests.gateway.clients import ERAS, LEGACY, MODERN, http_client
from tests.gateway.fake_calls import CALL_ID
from tests.gateway.fakes import CALL_TOKEN, Running, serving
from tests.gateway.test_connect import joined, leave_word, one_hub

pytestmark = pytest.mark.anyio
both_eras = pytest.mark.parametrize("mode", ERAS)
both_ways = pytest.mark.parametrize("way", ["http", "stdio"])

TRANSCRIPT = f"call://{CALL_ID}/transcript"
EMPTY: TypeAdapter[Any] = TypeAdapter(dict[str, Any])


class Told:
    """What a client has been told of."""

    def __init__(self) -> None:
        self.uris: list[str] = []

    async def __call__(self, message: Any) -> None:
        if isinstance(message, mcp.ResourceUpdatedNotification):
            self.uris.append(str(message.params.uri))

    async def of(self, uri: str, times: int = 1) -> None:
        with anyio.fail_after(10):
            while self.uris.count(uri) < times:  # noqa: ASYNC110  # the client's handler has no event
                await anyio.sleep(0.01)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "PAUSE_SECONDS", 0.01)


def desktop(hub: Running, way: str, mode: str, home: Path, told: Told) -> AbstractAsyncContextManager[Client]:
    if way == "http":
        return http_client(f"{hub.url}/mcp", mode, on_message=told)
    leave_word(home, hub)
    return joined(home, mode, on_message=told)


async def ask(client: Client, request: Any) -> Any:
    return await client.session.send_request(request, EMPTY)


def subscribe(uri: str) -> mcp.SubscribeRequest:
    return mcp.SubscribeRequest(params=mcp.SubscribeRequestParams(uri=uri))


def unsubscribe(uri: str) -> mcp.UnsubscribeRequest:
    return mcp.UnsubscribeRequest(params=mcp.UnsubscribeRequestParams(uri=uri))


@asynccontextmanager
async def following(client: Client, mode: str, told: Told, *uris: str) -> AsyncGenerator[None]:
    """Hear of these resources, in the way of the era."""
    if mode == LEGACY:
        for uri in uris:
            await ask(client, subscribe(uri))
        yield
        return
    async with (
        client.listen(resource_subscriptions=list(uris)) as changes,
        anyio.create_task_group() as tasks,
    ):

        async def hear() -> None:
            async for change in changes:
                told.uris.append(str(getattr(change, "uri", "")))

        tasks.start_soon(hear)
        yield
        tasks.cancel_scope.cancel()


async def keep(change: Callable[[], Any], told: Told, uri: str) -> None:
    """An older client's stream may not be open yet: change until it hears."""
    with anyio.fail_after(10):
        while uri not in told.uris:
            change()
            await anyio.sleep(0.02)


@both_ways
@both_eras
async def test_a_desktop_hears_of_each_change_of_a_call(mode: str, way: str, tmp_path: Path) -> None:
    told = Told()
    async with serving() as hub, desktop(hub, way, mode, tmp_path, told) as client:
        async with following(client, mode, told, TRANSCRIPT, "calls://active", f"call://{CALL_ID}/report"):
            await keep(hub.calls.change, told, TRANSCRIPT)
            await told.of("calls://active")
            await told.of(f"call://{CALL_ID}/report")
            before = told.uris.count(TRANSCRIPT)
            hub.calls.change("another")
            await told.of("calls://active", told.uris.count("calls://active") + 1)
            assert told.uris.count(TRANSCRIPT) <= before + 1  # one may have been on its way
        content = (await client.read_resource(TRANSCRIPT)).contents[0]
    assert isinstance(content, mcp.TextResourceContents)
    assert content.text == "agent: Hello."
    assert set(told.uris) == {TRANSCRIPT, "calls://active", f"call://{CALL_ID}/report"}


@both_eras
async def test_a_desktop_hears_of_servers(mode: str) -> None:
    told = Told()
    wanted = ("hub://servers", "hub://servers/notes/tools")
    async with (
        serving() as hub,
        http_client(f"{hub.url}/mcp", mode, on_message=told) as client,
        following(client, mode, told, *wanted),
    ):
        with anyio.fail_after(10):
            while not set(wanted) <= set(told.uris):
                await hub.pool.change()
                await anyio.sleep(0.02)


async def test_who_has_unsubscribed_hears_no_more() -> None:
    told = Told()
    async with serving() as hub, http_client(f"{hub.url}/mcp", LEGACY, on_message=told) as client:
        await ask(client, subscribe(TRANSCRIPT))
        await ask(client, subscribe("calls://active"))
        await keep(hub.calls.change, told, TRANSCRIPT)
        await ask(client, unsubscribe(TRANSCRIPT))
        await ask(client, unsubscribe("call://never/was"))
        heard, active = told.uris.count(TRANSCRIPT), told.uris.count("calls://active")
        hub.calls.change()
        await told.of("calls://active", active + 1)
    assert told.uris.count(TRANSCRIPT) <= heard + 1


async def test_a_resource_that_is_not_there_cannot_be_subscribed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as hub, http_client(f"{hub.url}/mcp", LEGACY) as client:
        with pytest.raises(MCPError, match="no call gone"):
            await ask(client, subscribe("call://gone/transcript"))
        monkeypatch.setattr(subscriptions, "SUBSCRIPTIONS_MOST", 1)
        await ask(client, subscribe(TRANSCRIPT))
        with pytest.raises(MCPError, match="may have 1 subscriptions"):
            await ask(client, subscribe("calls://active"))


async def test_each_era_has_its_own_way() -> None:
    async with serving() as hub:
        async with http_client(f"{hub.url}/mcp", MODERN) as client:
            with pytest.raises(MCPError) as refused:
                await ask(client, subscribe(TRANSCRIPT))
            assert refused.value.error.code == mcp.METHOD_NOT_FOUND
        async with http_client(f"{hub.url}/mcp", LEGACY) as client:
            assert client.server_capabilities.resources is not None
            assert client.server_capabilities.resources.subscribe
        async with http_client(f"{hub.url}/mcp/calls/{CALL_ID}", LEGACY, token=CALL_TOKEN) as client:
            with pytest.raises(MCPError) as refused:
                await ask(client, subscribe(TRANSCRIPT))
    assert refused.value.error.code == mcp.METHOD_NOT_FOUND


async def test_a_desktop_whose_hub_was_restarted_goes_on_hearing(tmp_path: Path) -> None:
    told = Told()
    async with anyio.create_task_group() as tasks:
        first = await tasks.start(one_hub, tmp_path)
        async with joined(tmp_path, LEGACY, on_message=told) as client:
            await ask(client, subscribe(TRANSCRIPT))
            await keep(first.running.calls.change, told, TRANSCRIPT)
            first.stop.set()
            await first.stopped.wait()
            told.uris.clear()
            second = await tasks.start(one_hub, tmp_path)
            await keep(second.running.calls.change, told, TRANSCRIPT)
            second.stop.set()
    assert set(told.uris) == {TRANSCRIPT}
