"""Connections to real small servers, in both eras, over every transport."""

import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from anyio.abc import SocketAttribute, SocketStream
from mcp import MCPError

from hub.core.errors import ConfigurationError, Unauthorized
from hub.core.records import Approval, Question
from hub.core.spec import Era, ServerSpec, Timeouts, Transport
from hub.core.supervisor import LossKind
from hub.pool import connect as connect_module
from hub.pool import era as era_module
from hub.pool import stdio as stdio_module
from hub.pool.connect import Connection, open_connection
from hub.pool.era import Eras
from hub.pool.errors import ConnectionLost
from hub.pool.wire import Way
from hub.supervision.process import Command, running
from tests.callers import Unasked

pytestmark = pytest.mark.anyio
SERVERS = Path(__file__).parent.parent / "servers"
SECONDS = 20


def with_modes(spec: ServerSpec, *modes: str, **more: Any) -> ServerSpec:
    return replace(spec, args=(*spec.args, *modes), **more)


@asynccontextmanager
async def connected(
    spec: ServerSpec, eras: Eras, on_tools: Callable[[Any], None] = lambda _: None, log: Path | None = None
) -> AsyncGenerator[Connection]:
    with anyio.fail_after(SECONDS):
        async with open_connection(Way(spec=spec, log=log), eras, on_tools) as connection:
            yield connection


async def call(connection: Connection, tool: str, timeout: float = 5, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return await connection.request("tools/call", params, caller=None, timeout=timeout)


def text(result: Mapping[str, Any]) -> str:
    return str(result["content"][0]["text"])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def served(transport: str, port: int) -> AsyncGenerator[int]:
    """Run the notes server over HTTP and give its pid once it listens."""
    command = Command((sys.executable, str(SERVERS / "notes.py"), transport, str(port)), dict(os.environ))
    async with running(command, name=transport, guardian=None) as process:
        with anyio.fail_after(SECONDS):
            while True:
                try:
                    async with await anyio.connect_tcp("127.0.0.1", port):
                        break
                except OSError:
                    await anyio.sleep(0.05)
        yield process.pid


class FakeCaller(Unasked):
    name, call_id = "test", None

    def __init__(self) -> None:
        self.told: list[str | None] = []

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append(message)

    async def confirm(self, question: Question) -> Approval:
        raise AssertionError(question)


async def test_a_legacy_server_is_found_out_and_passed_through_unchanged(
    echo: ServerSpec, eras: Eras
) -> None:
    async with connected(echo, eras) as connection:
        assert connection.protocol_version == "2025-11-25"
        assert connection.tools[0]["vendorField"] == 7
        result = await call(connection, "echo", text="hi", nothing=None)
        assert json.loads(text(result)) == {"text": "hi", "nothing": None}
        assert result["ownField"] == 1
    assert eras.get(echo.fingerprint) is Era.LEGACY


async def test_a_modern_server_is_found_out(notes: ServerSpec, eras: Eras) -> None:
    async with connected(notes, eras) as connection:
        assert connection.modern
        counted = (await call(connection, "count_notes"))["structuredContent"]
        assert counted == {"notes": 2, "longest": "buy milk"}
        assert (await call(connection, "fail"))["isError"] is True
        with pytest.raises(MCPError):
            await connection.request("nonsense/method", {}, caller=None, timeout=5)
    assert eras.get(notes.fingerprint) is Era.MODERN


async def test_the_era_in_the_file_holds(notes: ServerSpec, echo: ServerSpec, eras: Eras) -> None:
    async with connected(replace(notes, era=Era.LEGACY), eras) as connection:
        assert not connection.modern
    with pytest.raises(ConfigurationError, match="does not speak 2026-07-28"):
        async with connected(replace(echo, era=Era.MODERN), eras):
            pass


async def test_a_server_that_exits_at_the_unknown_is_started_again_in_the_legacy_way(
    echo: ServerSpec, eras: Eras
) -> None:
    spec = with_modes(echo, "exitfirst")
    for _ in range(2):
        async with connected(spec, eras) as connection:
            assert not connection.modern
        assert eras.get(spec.fingerprint) is Era.LEGACY


async def test_a_server_that_ignores_the_unknown_costs_a_bounded_time(
    echo: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(era_module, "PROBE_SECONDS", 0.2)
    async with connected(with_modes(echo, "mutefirst"), eras) as connection:
        assert not connection.modern


async def test_a_slow_start_in_an_era_that_the_file_names_is_waited_for(
    notes: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(era_module, "PROBE_SECONDS", 0.0)
    async with connected(replace(notes, era=Era.MODERN), eras) as connection:
        assert connection.modern


async def test_a_start_that_is_too_slow_is_no_wrong_configuration(echo: ServerSpec, eras: Eras) -> None:
    mute = with_modes(replace(echo, era=Era.MODERN, timeouts=Timeouts(start=0.2)), "mutefirst")
    with pytest.raises(TimeoutError, match="did not answer server/discover"):
        async with connected(mute, eras):
            pass


async def test_a_remembered_era_that_is_wrong_is_forgotten(echo: ServerSpec, eras: Eras) -> None:
    eras.note(echo.fingerprint, Era.MODERN)
    async with connected(echo, eras) as connection:
        assert not connection.modern
    assert eras.get(echo.fingerprint) is Era.LEGACY


async def test_noise_bad_tools_and_pages_harm_nothing(
    echo: ServerSpec, eras: Eras, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(with_modes(echo, "noisy", "badlist", "pages"), eras) as connection:
        assert [tool["name"] for tool in connection.tools][-2:] == [17, "odd"]
        assert len(connection.tools) == 11
        await call(connection, "echo")
    assert "not a message on its stdout: Welcome!" in caplog.text


async def test_a_death_in_the_middle_is_noticed_at_once_with_its_last_words(
    echo: ServerSpec, eras: Eras
) -> None:
    async with connected(with_modes(echo, "daemon"), eras) as connection:
        with pytest.raises(ConnectionLost) as lost:
            await call(connection, "die")
        assert lost.value.written
        assert connection.over
        assert (await connection.lost()).reason == "exit code 3: dying as told"
        with pytest.raises(ConnectionLost) as late:
            await call(connection, "echo")
        assert not late.value.written


async def test_a_server_that_dies_at_start_says_why(echo: ServerSpec, eras: Eras) -> None:
    with pytest.raises(ConnectionLost, match="exit code 1: cannot open the database"):
        async with connected(with_modes(echo, "crash"), eras):
            pass
    assert eras.get(with_modes(echo, "crash").fingerprint) is None


@pytest.mark.parametrize("command", [("no-such-program",), ("sh", "-c", "no-such-program")])
async def test_a_program_that_is_not_there_is_a_matter_of_configuration(
    command: tuple[str, ...], eras: Eras
) -> None:
    spec = ServerSpec(name="x", command=command[0], args=command[1:])
    with pytest.raises(ConfigurationError, match="no-such-program"):
        async with connected(spec, eras):
            pass


async def test_progress_reaches_the_caller_and_renews_the_timeout(echo: ServerSpec, eras: Eras) -> None:
    caller = FakeCaller()
    async with connected(echo, eras) as connection:
        params = {"name": "slow", "arguments": {"seconds": 1}}
        result = await connection.request("tools/call", params, caller=caller, timeout=0.6)
        assert text(result) == "slept"
        assert caller.told[:2] == ["step 0", "step 1"]


async def test_silence_ends_a_request_and_the_server_is_told(echo: ServerSpec, eras: Eras) -> None:
    async with connected(echo, eras) as connection:
        with pytest.raises(TimeoutError, match=r"did not answer tools/call for 0.2 s"):
            await call(connection, "silent", timeout=0.2)
        assert len(json.loads(text(await call(connection, "was_cancelled")))) == 1


@pytest.mark.parametrize("server", ["echo", "notes"])
async def test_cancelled_above_is_cancelled_below(
    server: str, eras: Eras, request: pytest.FixtureRequest
) -> None:
    async with connected(request.getfixturevalue(server), eras) as connection:
        with anyio.move_on_after(0.3):
            await call(connection, "slow", seconds=10)
        if server == "echo":
            assert len(json.loads(text(await call(connection, "was_cancelled")))) == 1
        assert text(await call(connection, "echo", text="hi"))


async def test_changed_tools_are_fetched_again(echo: ServerSpec, eras: Eras) -> None:
    changed = anyio.Event()
    async with connected(echo, eras, lambda _: changed.set()) as connection:
        await call(connection, "add_tool", text="fresh")
        await changed.wait()
        assert connection.tools[-1]["name"] == "fresh"


async def test_changed_tools_of_a_modern_server_are_listened_for(notes: ServerSpec, eras: Eras) -> None:
    learnt = anyio.Event()

    def on_tools(tools: Any) -> None:
        if "fresh" in [tool["name"] for tool in tools]:
            learnt.set()

    async with connected(notes, eras, on_tools) as connection:
        await call(connection, "learn", name="fresh")
        with anyio.fail_after(5):
            await learnt.wait()


async def test_a_stopped_server_is_found_hung(
    echo: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "HEALTH_SECONDS", 0.1)
    monkeypatch.setattr(connect_module, "HEALTH_BUDGET", 0.3)
    async with connected(echo, eras) as connection:
        assert connection.pid is not None
        os.kill(connection.pid, signal.SIGSTOP)
        assert (await connection.lost()).kind is LossKind.HUNG


async def test_a_server_that_works_in_silence_is_not_taken_for_hung(
    echo: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "HEALTH_SECONDS", 0.05)
    monkeypatch.setattr(connect_module, "HEALTH_BUDGET", 0.1)
    spec = replace(echo, timeouts=Timeouts(call=5))
    async with connected(spec, eras) as connection:
        assert text(await call(connection, "busy", seconds=1)) == "done"
        assert not connection.over


async def test_one_huge_answer_fails_alone(
    echo: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio_module, "MESSAGE_LIMIT", 1_000_000)
    async with connected(echo, eras) as connection:
        assert len(text(await call(connection, "big", bytes=900_000))) == 900_000
        with pytest.raises(MCPError, match="longer than"):
            await call(connection, "big", bytes=3_000_000)
        await call(connection, "echo")


async def test_a_server_gets_the_allowed_variables_and_its_own(
    echo: ServerSpec, eras: Eras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not for servers")
    async with connected(replace(echo, env={"OWN": "1"}), eras) as connection:
        environment = json.loads(text(await call(connection, "environment")))
    assert environment["OWN"] == "1"
    assert environment["PATH"] == os.environ["PATH"]
    assert "OPENAI_API_KEY" not in environment


async def test_a_stubborn_server_is_gone_after_leaving(echo: ServerSpec, eras: Eras) -> None:
    async with connected(with_modes(echo, "stubborn"), eras) as connection:
        pid = connection.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("era", [Era.AUTO, Era.LEGACY])
async def test_http_in_both_eras(era: Era, eras: Eras) -> None:
    port = free_port()
    spec = ServerSpec(name="web", transport=Transport.HTTP, url=f"http://127.0.0.1:{port}/mcp", era=era)
    caller = FakeCaller()
    async with served("http", port), connected(spec, eras) as connection:
        assert connection.modern is (era is Era.AUTO)
        assert text(await call(connection, "echo", text="hi")) == "hi"
        params = {"name": "slow", "arguments": {"seconds": 0.3}}
        await connection.request("tools/call", params, caller=caller, timeout=5)
        assert caller.told


async def test_http_with_sse(eras: Eras) -> None:
    port = free_port()
    spec = ServerSpec(name="web", transport=Transport.SSE, url=f"http://127.0.0.1:{port}/sse")
    async with served("sse", port) as pid, connected(spec, eras) as connection:
        assert text(await call(connection, "echo", text="hi")) == "hi"
        os.kill(pid, signal.SIGKILL)
        await connection.lost()


async def test_nobody_listening_is_a_loss_and_nothing_was_written(eras: Eras) -> None:
    url = f"http://127.0.0.1:{free_port()}/mcp"
    for transport in (Transport.HTTP, Transport.SSE):
        with pytest.raises(ConnectionLost, match="cannot be reached") as lost:
            async with connected(ServerSpec(name="web", transport=transport, url=url), eras):
                pass
        assert not lost.value.written


async def test_an_http_server_that_dies_is_found_by_the_request_that_fails(eras: Eras) -> None:
    port = free_port()
    spec = ServerSpec(name="web", transport=Transport.HTTP, url=f"http://127.0.0.1:{port}/mcp")
    async with served("http", port) as pid, connected(spec, eras) as connection:
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ConnectionLost):
            await call(connection, "echo", text="hi")
        await connection.lost()


async def test_a_legacy_session_that_the_server_forgot_is_a_loss(eras: Eras) -> None:
    port = free_port()
    spec = ServerSpec(
        name="web", transport=Transport.HTTP, url=f"http://127.0.0.1:{port}/mcp", era=Era.LEGACY
    )
    async with served("http", port), connected(spec, eras) as connection:
        http = connection._wire.http
        assert http is not None
        assert http.id is not None
        async with httpx2.AsyncClient() as another:
            await another.delete(spec.url, headers={"mcp-session-id": http.id})
        with pytest.raises(ConnectionLost) as lost:
            await call(connection, "echo", text="hi")
        assert not lost.value.written
        assert "ended the session" in (await connection.lost()).reason


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("transport", [Transport.HTTP, Transport.SSE])
async def test_a_server_that_wants_other_credentials_is_told_from_a_crash(
    status: int, transport: Transport, eras: Eras
) -> None:
    async def answer(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            head = f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            await stream.send(head.encode())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # anyio's, not Django's
    spec = ServerSpec(name="web", transport=transport, url=f"http://127.0.0.1:{port}/mcp")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        with pytest.raises(Unauthorized, match=f"HTTP {status}"):
            async with connected(spec, eras):
                pass
        tasks.cancel_scope.cancel()
