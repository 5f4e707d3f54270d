"""A worker that a hub did not start: its calls outlive the hub, and what was said meanwhile is delivered."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import anyio
import httpx2
import pytest
from anyio import to_thread

from tests.end_to_end.house import House, end, start_hub, wait_until
from tests.web.livekit_room import LivekitServer

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

READY_SECONDS = 60


@pytest.fixture
async def outside(livekit_server_bin: Path) -> AsyncGenerator[LivekitServer]:
    server = LivekitServer(livekit_server_bin)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def environment(outside: LivekitServer) -> dict[str, str]:
    return {
        "LIVEKIT_URL": outside.url,
        "LIVEKIT_API_KEY": outside.key,
        "LIVEKIT_API_SECRET": outside.secret,
    }


def hub_of(home: Path, environment: dict[str, str], *arguments: str) -> House:
    config = home / "servers.json"
    config.write_text('{"mcpServers": {}}')
    house = start_hub(home, config, environment, *arguments)
    house.wait_ready()
    return house


@contextlib.contextmanager
def worker_for(house: House, home: Path, environment: dict[str, str]) -> Iterator[None]:
    """`hub worker --hub URL`, as on another machine; it has no providers, and needs none here."""
    nobody = "http://127.0.0.1:9/v1"
    told = {
        "HUB_WORKER_TOKEN": (house.home / "worker-token").read_text().strip(),
        "HUB_HOME": str(home),
        "OPENAI_BASE_URL": nobody,
        "ASSEMBLYAI_BASE_URL": "ws://127.0.0.1:9",
    }
    with (home / "worker.txt").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "worker", "--hub", house.url],
            env={**os.environ, **environment, **told},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            said = home / "worker.txt"
            wait_until(lambda: '"ready": true' in said.read_text(), READY_SECONDS, said.read_text)
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def led_elsewhere(house: House) -> str:
    """Start a typed call in the moment in which the hub has no worker of its own."""
    parts = {part["name"]: part["pid"] for part in house.get("/api/status")["parts"]}
    os.kill(parts["voice worker"], signal.SIGKILL)
    wait_until(lambda: "voice worker" not in alive_parts(house), 10)
    call = house.post("/api/calls", goal="g", mode="text", first_message="Number 0.")
    return str(call["call_id"])


def alive_parts(house: House) -> set[str]:
    return {part["name"] for part in house.get("/api/status")["parts"] if part["state"] == "ready"}


def spoken(house: House, call_id: str) -> list[str]:
    with contextlib.suppress(httpx2.HTTPError):
        return [turn["text"] for turn in house.get(f"/api/calls/{call_id}/transcript")["turns"]]
    return []


async def test_its_call_goes_on_when_the_hub_is_killed_and_comes_back(
    hub_home: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    first = await to_thread.run_sync(hub_of, hub_home, environment)
    port = first.url.rsplit(":", 1)[1]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with worker_for(first, elsewhere, environment):
        call_id = await to_thread.run_sync(led_elsewhere, first)
        await to_thread.run_sync(wait_until, lambda: spoken(first, call_id) == ["Number 0."], 20)
        first.post(f"/api/calls/{call_id}/send", text="Number 1.", kind="say")
        first.send(signal.SIGKILL)
        first.process.wait(5)
        second = await to_thread.run_sync(hub_of, hub_home, environment, "--port", port)
        try:
            assert second.get(f"/api/calls/{call_id}")["status"] == "in_progress"
            second.post(f"/api/calls/{call_id}/send", text="Number 2.", kind="say")
            numbers = ["Number 0.", "Number 1.", "Number 2."]
            with anyio.fail_after(30):
                while spoken(second, call_id) != numbers:  # noqa: ASYNC110  # over HTTP
                    await anyio.sleep(0.2)
            second.post(f"/api/calls/{call_id}/end")
            assert second.get(f"/api/calls/{call_id}")["ended_reason"] == "operator_ended"
        finally:
            await to_thread.run_sync(end, second)
