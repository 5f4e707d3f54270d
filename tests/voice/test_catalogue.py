"""The catalogue against an MCP server that changes, fails and goes away."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from hub.voice.catalogue import Catalogue, ToolFailed
from tests.voice.fake_hub import Endless, FakeCall, FakeHub, text

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(hub: FakeHub, call: FakeCall) -> AsyncGenerator[Catalogue]:
    catalogue = Catalogue(hub.url + call.brief.mcp_path, call.brief.token, ssl.create_default_context())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(catalogue.run)
        yield catalogue
        tasks.cancel_scope.cancel()


async def names(catalogue: Catalogue, wanted: set[str]) -> None:
    """Wait until exactly these tools are there."""
    with anyio.fail_after(10):
        while {tool["name"] for tool in catalogue.tools} != wanted:  # noqa: ASYNC110  # a snapshot tells nobody
            await anyio.sleep(0.02)


async def echo(arguments: dict[str, Any], _progress: Any) -> dict[str, Any]:
    return text(f"you said {arguments['text']}")


async def test_tools_are_listed_and_called(hub_of_one: FakeHub) -> None:
    call = hub_of_one.call()
    async with opened(hub_of_one, call) as catalogue:
        await names(catalogue, {"t__echo"})
        result = await catalogue.call("t__echo", {"text": "hi"})
        assert result["content"][0]["text"] == "you said hi"


async def test_a_change_of_the_list_arrives(hub_of_one: FakeHub) -> None:
    call = hub_of_one.call()
    async with opened(hub_of_one, call) as catalogue:
        await names(catalogue, {"t__echo"})
        hub_of_one.tool("t__more", echo)
        with anyio.fail_after(10):
            while len(catalogue.tools) < 2:
                await hub_of_one.tools_changed()
                await anyio.sleep(0.05)


async def test_an_error_of_a_tool_is_raised_as_a_sentence(hub_of_one: FakeHub) -> None:
    async def fails(_arguments: Any, _progress: Any) -> dict[str, Any]:
        return text('{"error":{"message":"no such note"}}', error=True)

    hub_of_one.tool("t__fails", fails)
    async with opened(hub_of_one, hub_of_one.call()) as catalogue:
        with pytest.raises(ToolFailed, match="no such note"):
            await catalogue.call("t__fails", {})


async def test_cancelling_reaches_the_tool(hub_of_one: FakeHub) -> None:
    forever = Endless()
    hub_of_one.tool("t__forever", forever)
    async with opened(hub_of_one, hub_of_one.call()) as catalogue, anyio.create_task_group() as tasks:
        tasks.start_soon(catalogue.call, "t__forever", {})
        with anyio.fail_after(10):
            await forever.started.wait()
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await forever.cancelled.wait()


async def test_a_hub_that_comes_back_is_connected_to_again() -> None:
    hub = FakeHub()
    hub.tool("t__echo", echo)
    async with hub.running():
        call = hub.call()
    async with opened(hub, call) as catalogue:
        async with hub.running():
            await names(catalogue, {"t__echo"})
        with pytest.raises(ToolFailed, match="cannot be reached"):
            await catalogue.call("t__echo", {"text": "hi"})
        assert catalogue.tools
        hub.tool("t__late", echo)
        async with hub.running():
            await names(catalogue, {"t__echo", "t__late"})
            assert await catalogue.call("t__echo", {"text": "hi"})


async def test_progress_renews_the_patience(hub_of_one: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(_arguments: Any, progress: Any) -> dict[str, Any]:
        for step in range(6):
            await progress(float(step))
            await anyio.sleep(0.15)
        return text("done")

    async def silent(_arguments: Any, _progress: Any) -> dict[str, Any]:
        await anyio.sleep(5)
        return text("late")

    monkeypatch.setattr("hub.voice.catalogue.SILENT_SECONDS", 0.5)
    hub_of_one.tool("t__steps", steps)
    hub_of_one.tool("t__silent", silent)
    async with opened(hub_of_one, hub_of_one.call()) as catalogue:
        assert (await catalogue.call("t__steps", {}))["content"][0]["text"] == "done"
        with pytest.raises(ToolFailed, match="did not answer in time"):
            await catalogue.call("t__silent", {})


@pytest.fixture
async def hub_of_one() -> AsyncGenerator[FakeHub]:
    """A hub with one tool."""
    async with FakeHub().running() as hub:
        hub.tool("t__echo", echo)
        yield hub
