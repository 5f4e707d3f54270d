"""What a desktop finds that went away: hub and worker were killed meanwhile, and a call was to begin."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.end_to_end.conftest import config_text
from tests.end_to_end.house import House, end, running_hub, start_hub, wait_until
from tests.end_to_end.test_desktop import at_desktop, begin_again, read, reviewed
from tests.end_to_end.test_tasks import able, polled, wait_for_end
from tests.end_to_end.test_typed_call import answer_to, ask, begin, desktop

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(300)]

MODERN = "2026-07-28"
CRITERIA = ["The agent says “customers and orders”"]
HANGS = '"hangs": { "command": "sleep", "args": ["600"] },'


@pytest.fixture
def place() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="vh-day-", dir="/tmp"))
    home.chmod(0o711)
    text = config_text(sys.executable).replace('"mcpServers": {', '"mcpServers": {\n    ' + HANGS, 1)
    (home / "servers.json").write_text(text)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def worker_of(house: House) -> int:
    return next(pid for pid, command in house.processes().items() if "hub worker" in command)


async def talked(hub: House) -> str:
    """A call in which something has been said."""
    async with desktop(hub, MODERN) as client:
        call_id = await begin(client, success_criteria=CRITERIA)
        assert "customers and orders" in await answer_to(client, call_id, "Which tables do we have?")
    return call_id


async def test_a_call_that_is_over_because_all_was_killed_is_reviewed_by_the_next_hub(
    place: Path, hub_environment: dict[str, str]
) -> None:
    config = place / "servers.json"
    first = start_hub(place, config, hub_environment)
    try:
        first.wait_ready("supabase", "notes")
        call_id = await talked(first)
        async with able(first) as client:
            task = await wait_for_end(client, call_id)
        async with desktop(first, MODERN) as client:
            started = await ask(
                client,
                "start_voice_call",
                goal="later",
                mode="text",
                schedule_at=_in(25),
                idempotency_key="k",
            )
            assert {"server": "hangs", "state": "starting"} in started["tools_missing"]
    finally:
        first.send(signal.SIGKILL)
        first.process.wait(10)
        end(first)
    with running_hub(place, config, hub_environment, wait_for=("supabase", "notes")) as second:
        for era in ("legacy", MODERN):
            for way in ("http", "connect"):
                async with at_desktop(second, era, way) as client:
                    await _found(client, call_id)
        async with able(second) as client:
            done = await polled(client, task, "completed")
            assert done["result"]["structuredContent"]["outcome"] == "achieved"
        async with desktop(second, "legacy") as client:
            again = await ask(
                client,
                "start_voice_call",
                goal="later",
                mode="text",
                schedule_at=_in(3600),
                idempotency_key="k",
            )
            assert again["call_id"] == started["call_id"]
            with anyio.fail_after(60):
                await begin_again(client, again["call_id"])
            await answer_to(client, again["call_id"], "Which tables do we have?")
            await ask(client, "end_call", call_id=again["call_id"])


async def _found(client: Any, call_id: str) -> None:
    """All that a desktop may want to know of yesterday's call."""
    got = await reviewed(client, call_id)
    assert got["ended_reason"] in {"hub_stopped", "worker_lost"}
    assert (got["review"], got["outcome"]) == ("ready", "achieved")
    assert got["criteria"][0]["quote"] == "customers and orders"
    said = await read(client, f"call://{call_id}/transcript")
    assert "caller: Which tables do we have?" in said
    assert "customers and orders" in await read(client, f"call://{call_id}/report")
    listed = await ask(client, "list_calls", status="ended")
    assert call_id in [call["call_id"] for call in listed["calls"]]


def _in(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_a_call_whose_caller_hung_up_or_whose_worker_was_killed_is_reviewed(
    place: Path, hub_environment: dict[str, str]
) -> None:
    with running_hub(place, place / "servers.json", hub_environment, wait_for=("supabase", "notes")) as house:
        call_id = await talked(house)
        before = worker_of(house)
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: before not in house.processes(), 10)
        async with desktop(house, MODERN) as client:
            with anyio.move_on_after(30):  # another worker may have taken the call over: then it is ended
                await ask(client, "get_call", call_id=call_id, wait_seconds=25, until="ended")
            await ask(client, "end_call", call_id=call_id)
            got = await reviewed(client, call_id)
            assert (got["review"], got["outcome"]) == ("ready", "achieved")
