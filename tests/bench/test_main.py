"""`hub bench` as a command: one sentence for what the user can mend, a report where it was asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hub.__main__ import main
from hub.bench import voice
from hub.bench.stage import clean_environment, find_livekit_server
from hub.core.errors import Unavailable


def test_without_livekit_server_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    assert main(["bench", "voice", "--n", "1"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("hub bench: To measure calls, livekit-server is needed")
    assert "./scripts/run" in said
    assert said.count("\n") == 1


def test_the_livekit_server_of_the_users_own_home_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    with pytest.raises(Unavailable):
        find_livekit_server()
    program = tmp_path / "bin" / "livekit-server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_livekit_server() == program


@pytest.mark.parametrize("number", ["0", "-3", "many", "1.5"])
def test_a_number_of_samples_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["bench", "toolcall", f"--n={number}"])
    assert left.value.code == 2
    assert "is not a number of samples" in capsys.readouterr().err


def test_what_is_measured_has_nothing_of_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a real key")
    monkeypatch.setenv("HUB_TOKEN", "a real token")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = clean_environment()
    assert "OPENAI_API_KEY" not in environment
    assert "HUB_TOKEN" not in environment
    assert environment["LANG"] == "C.UTF-8"


def test_a_burst_fits_into_the_places_of_the_measured_hub() -> None:
    limits = voice.servers()["limits"]
    assert isinstance(limits, dict)
    assert limits["calls"] >= voice.BURST


@pytest.mark.slow
def test_toolcalls_of_a_whole_hub_are_measured_and_nothing_is_left(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hub", "bench", "toolcall", "--n", "5", "--json"]
    path = tmp_path / "figures.md"
    ran = subprocess.run(  # our own command
        [*command, "--markdown", str(path)],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
        env=clean_environment() | {"TMPDIR": str(tmp_path)},
    )
    assert ran.returncode == 0, ran.stderr
    (section,) = json.loads(ran.stdout)["sections"]
    names = [figure["what"] for figure in section["figures"]]
    assert "2025 era: the hub adds, p50" in names
    assert "2026 era: the hub adds, p99" in names
    assert all(figure["values"] for figure in section["figures"])
    assert "## A ToolCall" in path.read_text("utf-8")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["figures.md"]
