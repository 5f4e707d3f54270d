"""servers.json on a disk: read whatever is in it, and told again exactly when it says something new."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.spec import Config, Severity
from hub.pool import config_file
from hub.pool.config_file import ConfigFile
from hub.settings import environment

pytestmark = pytest.mark.anyio
GENEROUS = 8
SERVERS = '{"mcpServers": {"%s": {"command": "x", "args": ["${VERSION:-none}"]}}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "servers.json"


def config_of(path: Path) -> ConfigFile:
    return ConfigFile(path, lambda: environment(path.parent))


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def move(path: Path, to: Path) -> None:
    path.replace(to)


def link(path: Path, to: Path) -> None:
    path.symlink_to(to)


def remove(path: Path) -> None:
    path.unlink()


def names(config: Config) -> list[str]:
    return list(config.servers)


@asynccontextmanager
async def watched(file: ConfigFile) -> AsyncGenerator[MemoryObjectReceiveStream[Config]]:
    """Collect what the file tells, in a task of its own."""
    send, receive = anyio.create_memory_object_stream[Config](100)

    async def collect() -> None:
        async with aclosing(file.changes()) as changes:
            async for config in changes:
                await send.send(config)

    with anyio.fail_after(GENEROUS):
        async with anyio.create_task_group() as tasks, send, receive:
            tasks.start_soon(collect)
            yield receive
            tasks.cancel_scope.cancel()


def test_a_file_is_read_with_the_variables_of_the_dotenv_beside_it(path: Path) -> None:
    path.write_text(SERVERS % "a", encoding="utf-8")
    (path.parent / ".env").write_text("VERSION=7\n", encoding="utf-8")
    config = config_of(path).read()
    assert config.servers["a"].args == ("7",)
    assert not config.problems


def test_a_file_that_is_not_there_is_one_problem_with_its_path_and_the_remedy(path: Path) -> None:
    config = config_of(path).read()
    assert not config.servers
    assert not config.readable
    (problem,) = config.problems
    assert str(path) in problem.message
    assert "--config" in problem.remedy


def test_a_folder_in_its_place_is_one_problem(path: Path) -> None:
    path.mkdir()
    (problem,) = config_of(path).read().problems
    assert problem.message == f"{path} cannot be read: Is a directory."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_any_editor_are_read(path: Path, encoding: str) -> None:
    path.write_text(SERVERS % "ä", encoding=encoding)
    assert names(config_of(path).read()) == ["ä"]


@pytest.mark.parametrize("data", [b'{\n"\xff": 1}', b"\xff\xfe{\xd8\xd8\xd8"])
def test_bytes_that_are_no_text_are_one_problem(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    config = config_of(path).read()
    assert not config.readable
    assert config.problems[0].remedy == "Save it as UTF-8."


def test_the_line_of_a_byte_that_is_no_text_is_told(path: Path) -> None:
    path.write_bytes(b'{\n\n"\xff": 1}')
    assert config_of(path).read().problems[0].line == 3


def test_a_dotenv_that_cannot_be_read_is_a_problem_and_the_last_variables_hold(path: Path) -> None:
    path.write_text(SERVERS % "a", encoding="utf-8")
    dotenv = path.parent / ".env"
    dotenv.write_text("VERSION=7\n", encoding="utf-8")
    file = config_of(path)
    file.read()
    dotenv.write_bytes(b"VERSION=\xff\n")
    config = file.read()
    assert config.servers["a"].args == ("7",)
    (problem,) = config.problems
    assert ".env" in problem.message
    assert problem.severity is Severity.ERROR


async def test_a_save_in_place_is_told(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    assert names(file.read()) == ["a"]
    async with watched(file) as told:
        write(path, SERVERS % "b")
        assert names(await told.receive()) == ["b"]
        write(path, SERVERS % "c")
        assert names(await told.receive()) == ["c"]


async def test_what_changed_between_reading_and_watching_is_told(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    write(path, SERVERS % "b")
    assert names(file.read()) == ["b"]
    async with watched(file) as told:
        assert names(await told.receive()) == ["b"]


async def test_the_same_content_again_is_not_told(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    async with watched(file) as told:
        await anyio.wait_all_tasks_blocked()
        write(path, SERVERS % "a")
        write((path.parent / "other"), "x")
        os.utime(path)
        write(path, SERVERS % "b")
        assert names(await told.receive()) == ["b"]


async def test_a_save_by_rename_is_told(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        for name in ("b", "c"):
            new = path.with_suffix(".new")
            write(new, SERVERS % name)
            move(new, path)
            assert names(await told.receive()) == [name]


async def test_an_editor_that_moves_the_old_file_away_first_is_survived(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        move(path, path.with_suffix(".json~"))
        await half_a_step()
        write(path, SERVERS % "b")
        assert names(await told.receive()) == ["b"]


@pytest.mark.parametrize("half", ["", "  \n", '{"mcpServers": {"b": {"comm'])
async def test_a_half_step_of_an_editor_is_not_told(path: Path, half: str) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        write(path, half)
        await half_a_step()
        write(path, SERVERS % "b")
        assert names(await told.receive()) == ["b"]


async def half_a_step() -> None:
    """Let the watch see a half step: longer than its debouncing, shorter than a step that is meant."""
    await anyio.sleep((config_file.DEBOUNCE_MS / 1000 + config_file.HALF_STEP_SECONDS) / 2)


async def test_a_file_that_stays_broken_or_gone_is_told_and_its_return_too(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        write(path, '{"mcpServers": ')
        assert "the end of the file" in (await told.receive()).problems[0].message
        remove(path)
        assert "There is no file" in (await told.receive()).problems[0].message
        write(path, SERVERS % "a")
        assert names(await told.receive()) == ["a"]


async def test_a_change_of_the_dotenv_is_told(path: Path) -> None:
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        write((path.parent / ".env"), "VERSION=2\n")
        assert (await told.receive()).servers["a"].args == ("2",)
        (path.parent / ".env").unlink()
        assert (await told.receive()).servers["a"].args == ("none",)


async def test_a_change_behind_a_link_is_told(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "mine.json"
    real.parent.mkdir()
    write(real, SERVERS % "a")
    link(path, real)
    file = config_of(path)
    assert names(file.read()) == ["a"]
    async with watched(file) as told:
        write(real, SERVERS % "b")
        assert names(await told.receive()) == ["b"]


async def test_a_folder_that_vanishes_and_comes_back_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_file, "LOOK_ANYWAY_MS", 100)
    path = tmp_path / "folder" / "servers.json"
    path.parent.mkdir()
    write(path, SERVERS % "a")
    file = config_of(path)
    file.read()
    async with watched(file) as told:
        path.unlink()
        path.parent.rmdir()
        assert not (await told.receive()).readable
        path.parent.mkdir()
        write(path, SERVERS % "b")
        assert names(await told.receive()) == ["b"]
        write(path, SERVERS % "c")
        assert names(await told.receive()) == ["c"]


async def test_variables_that_change_without_a_file_are_told_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_file, "LOOK_ANYWAY_MS", 100)
    write(path, SERVERS % "a")
    given: dict[str, str] = {}

    def env() -> Mapping[str, str]:
        return {**os.environ, **given}

    file = ConfigFile(path, env)
    file.read()
    async with watched(file) as told:
        given["VERSION"] = "9"
        assert (await told.receive()).servers["a"].args == ("9",)
