"""The process: its arguments, its one line, how it stops, and what it does when something is missing."""

import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hub.practice import main as program
from hub.practice.announcement import announce
from hub.practice.book import SHIPPED
from hub.practice.options import options
from tests.practice.conftest import ROOT, Running, open_home, running

WAIT = 20
OWN = """
[[phrase]]
id = "mine"
say = "where is my parcel"
answer = "It is on its way."
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with open_home() as folder:
        yield folder


def until(come: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not come():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def ended(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a practice that cannot start: its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "hub.practice.main", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stderr


def children(practice: Running) -> list[psutil.Process]:
    return psutil.Process(practice.process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.postgres
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_however_it_ends(how: signal.Signals, home: Path) -> None:
    with running(home) as practice:
        alive = children(practice)
        names = " ".join(" ".join(process.cmdline()) for process in alive)
        assert "hub.practice.decoder" in names
        assert "postgres" in names
        practice.process.send_signal(how)
        code = practice.process.wait(WAIT)
        until(lambda: gone(alive))
        assert code == (-signal.SIGKILL if how is signal.SIGKILL else 0)
        if how is not signal.SIGKILL:
            assert not (home / "practice" / f"database-{_version(home)}" / "postmaster.pid").exists()
    assert "Traceback" not in (home / "stderr.txt").read_text()


def _version(home: Path) -> str:
    (folder,) = (path for path in (home / "practice").glob("database-*") if path.is_dir())
    return folder.name.removeprefix("database-")


@pytest.mark.postgres
def test_a_second_practice_on_the_same_home_leaves_the_database_to_the_first(home: Path) -> None:
    with running(home) as first, running(home, stderr=home / "second.txt") as second:
        assert second.told["provides"] == ["stt", "llm", "tts"]
        assert second.told["supabase"] is None
        assert f"process {first.process.pid}" in second.told["problems"]["supabase"]
        assert "--home" in second.told["problems"]["supabase"]


@pytest.mark.postgres
def test_without_postgresql_the_others_go_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(home))
    with running(home) as practice:
        assert practice.told["provides"] == ["stt", "llm", "tts"]
        assert "PG_BIN" in practice.told["problems"]["supabase"]
    said = (home / "stderr.txt").read_text()
    assert "practice: no supabase. The practice database finds no PostgreSQL" in said
    assert "Traceback" not in said


def test_only_what_is_asked_for_is_played(home: Path) -> None:
    with running(home, "--only", "llm, tts", "--token", "mine") as practice:
        assert practice.told["provides"] == ["llm", "tts"]
        assert practice.told["token"] == "mine"  # noqa: S105
        assert practice.told["supabase"] is None
        assert children(practice) == []


def test_the_token_may_come_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PRACTICE_TOKEN", "from-outside")
    assert options(["--home", str(home)]).token == "from-outside"  # noqa: S105
    monkeypatch.delenv("HUB_PRACTICE_TOKEN")
    assert options([]).token != options([]).token


def test_home_comes_from_the_environment_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    assert options([]).folder == tmp_path / "practice"


def test_a_port_in_use_is_one_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = ended("--home", str(home), "--only", "llm", "--port", port)
    assert code == 1
    assert f"Port {port} on 127.0.0.1 is in use: choose another one with --port." in said
    assert "Traceback" not in said


def test_a_missing_package_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "NEEDED", ("json", "no_such_package"))
    assert program.main([]) == 1
    said = capsys.readouterr().err
    assert said == (
        "Practice lacks no_such_package: install the practice extra (pip install 'voice-hub[practice]').\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "llm,fax"], "--only knows stt, llm, tts, supabase; not fax"),
        (["--only", ""], "not nothing"),
        (["--phrases", "/nowhere.toml"], "there is no file /nowhere.toml"),
        (["--port", "many"], "invalid int value"),
    ],
)
def test_wrong_arguments_are_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        options(arguments)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_broken_phrases_file_is_named_and_the_shipped_one_used(home: Path) -> None:
    (home / "phrases.toml").write_text('[[phrase]]\nid = "x"\nsay = "a ("\nanswer = "b"\n')
    with running(home, "--only", "llm"):
        said = (home / "stderr.txt").read_text()
    assert f"{home / 'phrases.toml'}:1: phrase “x”: a “)” is missing" in said


@pytest.mark.skipif(not hasattr(fcntl, "flock"), reason="no file locks here")
def test_the_lock_says_who_holds_it(practice: Running) -> None:
    assert (practice.home / "practice" / "lock").read_text().strip() == str(practice.process.pid)


TOLD = {
    "url": "http://127.0.0.1:7",
    "token": "key",
    "provides": ["stt", "llm", "tts", "supabase"],
    "supabase": {"url": "http://127.0.0.1:7/supabase", "ref": "practicepracticeshop", "token": "key"},
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_program_gets_one_line_and_a_human_an_explanation() -> None:
    piped, terminal = io.StringIO(), Terminal()
    announce(piped, TOLD)
    announce(terminal, TOLD)
    assert json.loads(piped.getvalue()) == TOLD
    assert piped.getvalue().count("\n") == 1
    for line in (
        "ASSEMBLYAI_BASE_URL=ws://127.0.0.1:7",
        "OPENAI_BASE_URL=http://127.0.0.1:7/v1",
        "SUPABASE_API_URL=http://127.0.0.1:7/supabase",
        "SUPABASE_PROJECT_REF=practicepracticeshop",
        "OPENAI_API_KEY=key",
    ):
        assert line in terminal.getvalue()


def test_the_shipped_phrases_file_is_there() -> None:
    assert SHIPPED.is_file()
