"""A real PostgreSQL for the Journal's contract."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.abc import TaskStatus
from anyio.from_thread import start_blocking_portal

from hub.practice.postgres import Postgres
from hub.practice.postgres_places import find_binaries, find_place


async def _nothing() -> None:
    return


@contextmanager
def running_postgres(home: Path) -> Iterator[str]:
    """A cluster of its own; yields the URL of its database."""
    binaries = find_binaries()
    postgres = Postgres(binaries, find_place(home, binaries.version))

    async def run(*, task_status: TaskStatus[None]) -> None:
        await postgres.run(_nothing, task_status=task_status)

    with start_blocking_portal() as portal:
        future, _ = portal.start_task(run)
        try:
            yield f"postgresql://postgres@/postgres?host={postgres.socket}"
        finally:
            future.cancel()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="vh-pg-", dir="/tmp"))
    home.chmod(0o711)
    try:
        with running_postgres(home) as url:
            yield url
    finally:
        shutil.rmtree(home, ignore_errors=True)
