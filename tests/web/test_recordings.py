"""A recording over HTTP: for the operator alone, with ranges, and its deletion; and what workers bring."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from hub.core.wire import RecordingStored
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal
from hub.web.recordings import RecordingsApi
from hub.web.worker_api import PIECE_BYTES_MOST, WorkerApi
from tests.calls.conftest import House, Worker, hello
from tests.calls.test_recordings import SOUND, led
from tests.web.test_pins import Door

pytestmark = pytest.mark.anyio


@pytest.fixture
async def worker(hub_home: Path) -> AsyncGenerator[Worker]:
    """A recorded call that is going on."""
    async with SqlJournal.opened(open_database(None, hub_home)) as journal:
        house = House(journal, folder=hub_home)
        house.link.hello(hello())
        yield await led(house)


@asynccontextmanager
async def asked(worker: Worker, principal: str = "operator") -> AsyncGenerator[httpx2.AsyncClient]:
    recordings = worker.house.calls.recordings
    routes = [*RecordingsApi(recordings).routes(), *WorkerApi(worker.house.link, recordings).routes()]
    transport = httpx2.ASGITransport(app=Door(Starlette(routes=routes), principal))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def brought(worker: Worker) -> str:
    return f"/api/worker/calls/{worker.call_id}/recording/1"


def handed_out(worker: Worker) -> str:
    return f"/api/calls/{worker.call_id}/recording"


async def test_a_worker_brings_it_and_the_operator_gets_it_in_ranges(worker: Worker) -> None:
    async with asked(worker, "worker") as client:
        answer = await client.post(f"{brought(worker)}?at=0&last=0", content=SOUND[:30])
        assert RecordingStored.model_validate_json(answer.content).size == 30
        answer = await client.post(f"{brought(worker)}?at=30&last=1", content=SOUND[30:])
        assert RecordingStored.model_validate_json(answer.content).size == len(SOUND)
    async with asked(worker) as client:
        found = (await client.get(handed_out(worker))).json()
        assert found["parts"][0]["url"].endswith(f"{handed_out(worker)}/1")
        whole = await client.get(f"{handed_out(worker)}/1")
        piece = await client.get(f"{handed_out(worker)}/1", headers={"Range": "bytes=4-7"})
        saved = await client.get(f"{handed_out(worker)}/1?save")
    assert whole.content == SOUND
    assert whole.headers["content-type"] == "audio/ogg"
    assert whole.headers["content-disposition"].startswith("inline")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (piece.status_code, piece.content) == (206, SOUND[4:8])
    assert piece.headers["content-range"] == f"bytes 4-7/{len(SOUND)}"
    assert saved.headers["content-disposition"].startswith("attachment")


async def test_it_is_deleted_when_the_call_is_over(worker: Worker) -> None:
    async with asked(worker, "worker") as client:
        await client.post(f"{brought(worker)}?at=0&last=1", content=SOUND)
    async with asked(worker) as client:
        assert (await client.delete(handed_out(worker))).status_code == 503
        await worker.tell({"kind": "ended", "reason": "caller_left"})
        assert (await client.delete(handed_out(worker))).json()["deleted"] == 1
        assert (await client.get(f"{handed_out(worker)}/1")).status_code == 404


@pytest.mark.parametrize("principal", ["worker", "call:c1", "nobody"])
async def test_nobody_but_the_operator_hears_it(worker: Worker, principal: str) -> None:
    async with asked(worker, principal) as client:
        for path in (handed_out(worker), f"{handed_out(worker)}/1"):
            assert (await client.get(path)).status_code == 403
        assert (await client.delete(handed_out(worker))).status_code == 403


async def test_nobody_but_a_worker_brings_it(worker: Worker) -> None:
    async with asked(worker, "call:c1") as client:
        assert (await client.post(f"{brought(worker)}?at=0&last=0", content=SOUND)).status_code == 403


@pytest.mark.parametrize(
    ("query", "size"), [("at=x&last=0", 1), ("at=0&last=y", 1), ("at=0&last=0", PIECE_BYTES_MOST + 1)]
)
async def test_what_is_no_piece_is_refused(worker: Worker, query: str, size: int) -> None:
    async with asked(worker, "worker") as client:
        assert (await client.post(f"{brought(worker)}?{query}", content=bytes(size))).status_code == 400
