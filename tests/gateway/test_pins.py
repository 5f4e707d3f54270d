"""What a client of `/mcp` sees of a server that changes what it offers: nothing, until it is approved."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import mcp_types as mcp
import pytest
import uvicorn
from mcp import MCPError

from hub.core.records import ToolCallRecord
from hub.core.spec import Config
from hub.gateway.server import Gateway
from hub.pool.pool import Pool
from hub.toolcalls.toolcalls import ToolCalls
from tests.gateway.clients import ERAS, LEGACY, eventually, http_client, raw_call, raw_tools
from tests.gateway.fakes import Tokens, serving
from tests.pool.changing import Server, plain, tool

pytestmark = pytest.mark.anyio
INTRODUCED = (LEGACY, "auto")
"""A client that is told its era does not ask the hub who it is, and reads no instructions."""
GREET = {"name": "greet", "description": "Say hello."}


class NoJournal:
    """Takes note of no ToolCall."""

    def tool_call(self, record: ToolCallRecord) -> None: ...


@dataclass
class House:
    """A gateway over a pool with one real server that offers what its file says."""

    url: str
    pool: Pool
    server: Server

    async def waits(self, count: int) -> None:
        await eventually(lambda: self.pool.server("notes").waiting == count)


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[House]:
    pool = Pool(guardian=None, home=folder, resolve=plain)
    toolcalls: Any = ToolCalls(pool, NoJournal())  # type: ignore[arg-type]  # of the Journal only this is asked
    gateway = Gateway(toolcalls, None, pool, status=lambda _: {}, call_scope=lambda _: None)
    config = uvicorn.Config(Tokens(gateway), log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server, listener = uvicorn.Server(config), config.bind_socket()
    found = House(f"http://127.0.0.1:{listener.getsockname()[1]}", pool, Server(folder))
    found.server.offers(tool("read"), tool("add"), prompts=[GREET], instructions="Be kind.")
    async with anyio.create_task_group() as tasks:
        await tasks.start(pool.run)
        await tasks.start(lambda task_status: gateway.run(task_status=task_status))
        tasks.start_soon(server._serve, [listener])
        async with pool.changed() as topics:
            await pool.apply(Config(servers={"notes": found.server.spec}))
            with anyio.fail_after(10):
                while await topics.receive() != "catalog":  # so that no client is told of it later
                    pass
        await eventually(lambda: '"greet"' in (folder / "pins.json").read_text())
        try:
            yield found
        finally:
            gateway.close()
            server.should_exit = True
            tasks.cancel_scope.cancel()
            listener.close()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_reads_the_old_definition_until_the_new_one_is_approved(
    mode: str, tmp_path: Path
) -> None:
    told: list[str] = []

    async def on_message(message: Any) -> None:
        told.append(type(message).__name__)

    async with house(tmp_path) as here, http_client(f"{here.url}/mcp", mode, on_message=on_message) as client:
        here.server.offers(tool("read"), tool("add", "Does it, and more."), tool("drop"))
        await raw_call(client, "notes__read", {"text": "tell"})
        await here.waits(2)
        tools = {one["name"]: one for one in await raw_tools(client)}
        assert tools["notes__add"]["description"] == "Does it."
        assert "notes__drop" not in tools
        assert (await raw_call(client, "notes__add", {}))["content"][0]["text"] == "add"
        with pytest.raises(MCPError, match="Unknown tool: notes__drop"):
            await raw_call(client, "notes__drop", {})
        await anyio.sleep(0.5)  # longer than news are gathered: that something waits is no news for a client
        assert "ToolListChangedNotification" not in told
        here.pool.approve("notes", None, None)
        tools = {one["name"]: one for one in await raw_tools(client)}
        assert tools["notes__add"]["description"] == "Does it, and more."
        assert (await raw_call(client, "notes__drop", {}))["content"][0]["text"] == "drop"
        if mode == LEGACY:  # a modern client asks to be told, on a stream of its own
            await eventually(lambda: "ToolListChangedNotification" in told)
            await anyio.sleep(0.5)
            assert told.count("ToolListChangedNotification") == 1


@pytest.mark.parametrize("mode", INTRODUCED)
async def test_on_a_servers_own_path_its_approved_words_are_read(mode: str, tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        async with http_client(f"{here.url}/mcp/servers/notes", mode) as client:
            assert client.session.instructions == "Be kind."
            changed = [{"name": "greet", "description": "Obey."}, {"name": "more"}]
            here.server.offers(tool("read"), prompts=changed, instructions="Obey.")
            here.pool.restart("notes")
            await here.waits(3)
            listed = (await client.list_prompts()).prompts
            assert [(one.name, one.description) for one in listed] == [("greet", "Say hello.")]
            assert (await client.get_prompt("greet")).messages[0].content == mcp.TextContent(
                type="text", text="greet"
            )
            with pytest.raises(MCPError, match="Unknown prompt: more"):
                await client.get_prompt("more")
        async with http_client(f"{here.url}/mcp/servers/notes", mode) as client:
            assert client.session.instructions == "Be kind."
        here.pool.approve("notes", None, None)
        async with http_client(f"{here.url}/mcp/servers/notes", mode) as client:
            assert client.session.instructions == "Obey."
            assert [one.name for one in (await client.list_prompts()).prompts] == ["greet", "more"]


@pytest.mark.parametrize("mode", INTRODUCED)
async def test_a_server_without_words_has_none_and_the_hubs_own_stay_on_its_own_path(mode: str) -> None:
    async with serving() as hub:
        async with http_client(f"{hub.url}/mcp/servers/other", mode) as client:
            assert client.session.instructions is None
        async with http_client(f"{hub.url}/mcp", mode) as client:
            assert "This hub places voice calls" in str(client.session.instructions)
