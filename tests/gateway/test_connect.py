"""`hub connect` as a real process between the real client and a gateway over HTTP."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp_types as mcp
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.session import MessageHandlerFnT
from mcp.shared.inbound import encode_header_value

from hub.gateway.bridge import header_value
from hub.gateway.rendezvous import Home
from hub.settings import Settings
from tests.gateway.clients import ERAS, LEGACY, MODERN, eventually, raw_call, raw_tools
from tests.gateway.fakes import ECHO, TOKEN, Running, serving

pytestmark = pytest.mark.anyio
both_eras = pytest.mark.parametrize("mode", ERAS)
COMMAND = [sys.executable, "-m", "hub", "connect"]


def leave_word(home: Path, hub: Running) -> None:
    home.mkdir(exist_ok=True)
    (home / "token").write_text(TOKEN + "\n")
    note = {"pid": os.getpid(), "started_at": 0, "url": hub.url, "config": "servers.json"}
    (home / "hub.json").write_text(json.dumps(note))


@asynccontextmanager
async def joined(
    home: Path, mode: str, *, on_message: MessageHandlerFnT | None = None
) -> AsyncGenerator[Client]:
    server = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env={**os.environ, "HUB_HOME": str(home)}
    )
    info = mcp.Implementation(name="desk", version="1")
    async with Client(server, mode=mode, cache=None, message_handler=on_message, client_info=info) as client:
        yield client


@both_eras
async def test_a_desktop_gets_the_same_tools_and_results_as_over_http(mode: str, tmp_path: Path) -> None:
    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with joined(tmp_path, mode) as client:
            tools = {tool["name"]: tool for tool in await raw_tools(client)}
            result = await raw_call(client, "notes__echo", {"text": "ä"})
            failed = await client.call_tool("notes__fails", {})
            with pytest.raises(MCPError, match="Unknown tool"):
                await raw_call(client, "notes__nope", {})
            status = await client.call_tool("hub_status", {})
    assert tools["notes__echo"] == ECHO
    assert result["structuredContent"] == {"text": "ä", "nothing": None, "n": 12345678901234567890}
    assert failed.is_error
    assert status.structured_content is not None
    assert hub.tools.ran[0][1] == "desk"


@both_eras
async def test_progress_and_cancellation_pass(mode: str, tmp_path: Path) -> None:
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async def call(client: Client) -> None:
        await client.call_tool("notes__slow", {}, progress_callback=on_progress)

    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with joined(tmp_path, mode) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call, client)
                await eventually(lambda: seen == [1, 2])
                tasks.cancel_scope.cancel()
            with anyio.fail_after(5):
                await hub.tools.cancelled.wait()
            assert not (await client.call_tool("other__add", {})).is_error


@both_eras
async def test_many_calls_run_at_once(mode: str, tmp_path: Path) -> None:
    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with joined(tmp_path, mode) as client:
            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    for _ in range(32):
                        tasks.start_soon(raw_call, client, "notes__slow", {})
                    await eventually(lambda: hub.tools.running == 32)
                    hub.tools.gate.set()


@both_eras
async def test_changes_of_the_catalog_are_told(mode: str, tmp_path: Path) -> None:
    told = anyio.Event()

    async def on_message(message: Any) -> None:
        if isinstance(message, mcp.ToolListChangedNotification):
            told.set()

    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with joined(tmp_path, mode, on_message=on_message) as client:
            await raw_tools(client)
            if mode == MODERN:
                async with client.listen(tools_list_changed=True) as changes:
                    await hub.pool.change()
                    with anyio.fail_after(5):
                        await anext(aiter(changes))
            else:
                await eventually(lambda: ("GET", "/mcp") in [request[:2] for request in hub.front.requests])
                with anyio.fail_after(5):
                    while not told.is_set():
                        await hub.pool.change()
                        await anyio.sleep(0.02)


@both_eras
async def test_a_hub_that_goes_away_is_told_in_a_sentence_and_is_joined_again(
    mode: str, tmp_path: Path
) -> None:
    told = anyio.Event()

    async def on_message(message: Any) -> None:
        if isinstance(message, mcp.ToolListChangedNotification):
            told.set()

    async with anyio.create_task_group() as tasks:
        first = await tasks.start(one_hub, tmp_path)
        async with joined(tmp_path, mode, on_message=on_message) as client:
            assert not (await client.call_tool("other__add", {})).is_error
            first.stop.set()
            await first.stopped.wait()
            with pytest.raises(MCPError, match="The hub is not running, so tools/call was not done"):
                await raw_call(client, "other__add", {})
            second = await tasks.start(one_hub, tmp_path)
            assert not (await client.call_tool("other__add", {})).is_error
            if mode == LEGACY:
                with anyio.fail_after(5):
                    await told.wait()
            second.stop.set()


@both_eras
async def test_a_hub_that_stops_in_the_middle_of_a_call_says_that_its_outcome_is_unknown(
    mode: str, tmp_path: Path
) -> None:
    async with anyio.create_task_group() as tasks:
        hub = await tasks.start(one_hub, tmp_path)
        async with joined(tmp_path, mode) as client:
            refused: list[str] = []

            async def ask() -> None:
                try:
                    await raw_call(client, "notes__slow", {})
                except MCPError as error:
                    refused.append(error.error.message)

            async with anyio.create_task_group() as asking:
                asking.start_soon(ask)
                await eventually(hub.running.tools.started.is_set)
                hub.stop.set()
    assert refused == ["The hub stopped while tools/call was running: its outcome is unknown."]


async def test_a_hub_that_crashes_in_the_middle_of_a_call_is_told_too(tmp_path: Path) -> None:
    async def crash(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            if b"/healthz" in await stream.receive():
                await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    (tmp_path / "token").write_text(TOKEN)
    port = listener.extra_attributes[anyio.abc.SocketAttribute.local_port]()
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, crash)
        async with _process(tmp_path, HUB_PORT=str(port)) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdin.send(_modern_call("notes__slow"))
            with anyio.fail_after(10):
                answer = json.loads(await process.stdout.receive())
        tasks.cancel_scope.cancel()
    assert answer["id"] == 1
    assert answer["error"]["message"].startswith(
        "The hub went away while tools/call was running: its outcome"
    )


class _Hub:
    def __init__(self, running: Running) -> None:
        self.running = running
        self.stop = anyio.Event()
        self.stopped = anyio.Event()


async def one_hub(home: Path, *, task_status: anyio.abc.TaskStatus[_Hub]) -> None:
    async with serving() as running:
        hub = _Hub(running)
        leave_word(home, running)
        task_status.started(hub)
        await hub.stop.wait()
    hub.stopped.set()


async def test_the_end_of_stdin_ends_it_at_once_although_a_call_is_running(tmp_path: Path) -> None:
    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with _process(tmp_path) as process:
            assert process.stdin is not None
            await process.stdin.send(_modern_call("notes__slow"))
            with anyio.fail_after(10):
                await hub.tools.started.wait()
            await process.stdin.aclose()
            with anyio.fail_after(2):
                assert await process.wait() == 0
            with anyio.fail_after(5):
                await hub.tools.cancelled.wait()


async def test_stdout_carries_only_the_protocol_whatever_the_client_sends(tmp_path: Path) -> None:
    async with serving() as hub:
        leave_word(tmp_path, hub)
        async with _process(tmp_path) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdin.send(b"nonsense\n[]\n\n" + _modern_call("other__add"))
            received = b""
            with anyio.fail_after(10):
                while received.count(b"\n") < 3:
                    received += await process.stdout.receive()
            messages = [json.loads(line) for line in received.splitlines()]
    assert [message.get("error", {}).get("code") for message in messages] == [-32700, -32600, None]
    assert messages[2]["result"]["content"] == [{"type": "text", "text": "3"}]


async def test_a_token_that_the_hub_does_not_take_is_said_in_a_sentence(tmp_path: Path) -> None:
    async with serving() as hub:
        leave_word(tmp_path, hub)
        (tmp_path / "token").write_text("another")
        async with _process(tmp_path) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdin.send(_modern_call("other__add"))
            with anyio.fail_after(10):
                answer = json.loads(await process.stdout.receive())
    assert answer["error"]["message"].startswith("The hub does not accept the token")


async def test_the_hub_is_also_found_by_its_port(tmp_path: Path) -> None:
    async with serving() as hub:
        (tmp_path / "token").write_text(TOKEN)
        async with _process(tmp_path, HUB_PORT=str(hub.port)) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdin.send(_modern_call("other__add"))
            with anyio.fail_after(10):
                assert "result" in json.loads(await process.stdout.receive())


async def test_a_hub_that_cannot_start_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where a folder should be")
    async with _process(tmp_path, HUB_PORT=str(_unused_port())) as process:
        with anyio.fail_after(20):
            assert await process.wait() == 1
        assert process.stderr is not None
        assert "The hub cannot be started" in (await process.stderr.receive()).decode()


@asynccontextmanager
async def _process(home: Path, **environment: str) -> AsyncGenerator[anyio.abc.Process]:
    variables = {**os.environ, "HUB_HOME": str(home), **environment}
    async with await anyio.open_process(COMMAND, env=variables, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _modern_call(tool: str) -> bytes:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": {}, "_meta": meta}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode() + b"\n"


@pytest.mark.parametrize(
    "value", ["plain", " edge", "edge ", "ä", "", "=?base64?eA==?=", "two words", "new\nline"]
)
def test_header_values_are_encoded_as_the_sdk_encodes_them(value: str) -> None:
    assert header_value(value) == encode_header_value(value)


def test_hub_home_is_where_the_settings_have_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HUB_HOME", raising=False)
    assert Home.of({}).path == Settings().home
    assert Home.of({"HUB_HOME": str(tmp_path)}).path == tmp_path
