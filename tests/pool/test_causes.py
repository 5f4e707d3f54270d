"""What a failed start depends on is looked at, and nothing else."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core.spec import ServerSpec
from hub.pool.causes import stamp


@pytest.fixture
def spec(tmp_path: Path) -> ServerSpec:
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    return ServerSpec(
        name="x",
        command="prog",
        args=("./main.js", "--flag"),
        env={"PATH": str(tmp_path / "bin")},
        cwd=str(tmp_path / "work"),
    )


def test_what_nothing_has_happened_to_stays_the_same(spec: ServerSpec) -> None:
    assert stamp(spec) == stamp(spec)


def test_a_program_that_is_installed_on_its_path_is_seen(spec: ServerSpec, tmp_path: Path) -> None:
    before = stamp(spec)
    (tmp_path / "bin" / "prog").touch()
    assert stamp(spec) != before


def test_a_file_that_appears_where_an_argument_says_is_seen(spec: ServerSpec, tmp_path: Path) -> None:
    deep = replace(spec, args=("lib/main.js",))
    (tmp_path / "work" / "lib").mkdir()
    before = stamp(deep)
    (tmp_path / "work" / "lib" / "main.js").touch()
    assert stamp(deep) != before


def test_a_program_that_is_made_executable_is_seen(spec: ServerSpec, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.touch(0o600)
    named = replace(spec, command=str(program))
    before = stamp(named)
    os.chmod(program, 0o700)  # noqa: PTH101  # what a user does
    assert stamp(named) != before


def test_words_that_are_no_paths_do_no_harm() -> None:
    assert stamp(ServerSpec(name="x", command="a/b\0c", args=("--x=/\0", "x" * 5000 + "/y"), cwd=None))
