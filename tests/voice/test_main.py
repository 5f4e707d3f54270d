"""`hub worker` from the outside: what it says when it cannot work, and how it stops."""

import os
import signal
from pathlib import Path

import anyio
import pytest

from hub.bench.providers import Providers
from hub.voice.main import main
from tests.livekit_server import LiveKit
from tests.voice.conftest import start_worker, worker_env, worker_process
from tests.voice.fake_hub import FakeHub

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("missing", ["HUB_WORKER_TOKEN", "LIVEKIT_URL"])
def test_what_is_missing_is_said_in_one_line(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {
        "HUB_WORKER_TOKEN": "t",
        "LIVEKIT_URL": "ws://x",
        "LIVEKIT_API_KEY": "k",
        "LIVEKIT_API_SECRET": "s",
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    assert main(["--hub", "http://127.0.0.1:1"]) == 2
    said = capsys.readouterr().err
    assert missing in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.livekit
async def test_an_unknown_token_is_said_in_one_line(livekit: LiveKit, hub_home: Path) -> None:
    async with Providers().running() as providers, FakeHub().running() as hub:
        env = worker_env(livekit, hub, providers, hub_home) | {"HUB_WORKER_TOKEN": "wrong"}
        process = await start_worker(env)
        with anyio.fail_after(30):
            out, err = await process.communicate()
        assert process.returncode == 2
        assert out == b""
        assert "does not accept this worker's token" in err.decode().splitlines()[-1]
        assert b"Traceback" not in err


@pytest.mark.livekit
async def test_a_hub_that_is_not_ready_yet_is_waited_for(livekit: LiveKit, hub_home: Path) -> None:
    async with Providers().running() as providers, FakeHub().running() as hub:
        hub.broken = 2
        async with worker_process(livekit, hub, providers, hub_home) as worker:
            assert hub.hellos[0].worker_id == worker.worker_id
            assert hub.hellos[0].max_calls >= 6
            assert "default" in hub.hellos[0].personas
            assert sum("answered 503" in line for line in worker.log) == 2


@pytest.mark.livekit
async def test_an_idle_worker_stops_at_once(livekit: LiveKit, hub_home: Path) -> None:
    async with (
        Providers().running() as providers,
        FakeHub().running() as hub,
        worker_process(livekit, hub, providers, hub_home) as worker,
    ):
        os.kill(worker.pid, signal.SIGINT)
        with anyio.fail_after(15):
            assert await worker.process.wait() == 0
