"""The set-up scripts: what they say when something is missing, and where they put things."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.settings import load_settings

ROOT = Path(__file__).parent.parent
SET_UP = ROOT / "scripts" / "set-up.sh"
TOOLS = (
    "bash",
    "cat",
    "cmp",
    "dirname",
    "head",
    "mkdir",
    "printf",
    "sed",
    "sleep",
    "tail",
    "uname",
    "id",
    "rm",
)


def bash(
    code: str, *, cwd: Path, path: Path | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code that knows the functions of the set-up, with nothing but what is in `path`."""
    environment = {"PATH": str(path) if path else os.environ["PATH"], "HOME": "/home of/somebody"}
    program = shutil.which("bash")
    assert program is not None
    return subprocess.run(
        [program, "-c", f'set -euo pipefail; source "{SET_UP}"; {code}'],
        cwd=cwd,
        env=environment | dict(variables or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with the usual tools and no Python, Node or Go."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is not None:
            (folder / tool).symlink_to(found)
    return folder


def program(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def test_without_python_the_remedy_is_one_sentence(bare: Path, tmp_path: Path) -> None:
    ran = bash("find_python", cwd=tmp_path, path=bare)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Python 3.11 or newer is needed")
    assert "apt-get install python3" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("versions", "taken"),
    [
        ({"python3": "310", "python3.12": "312"}, "python3.12"),
        ({"python3": "314", "python3.11": "311"}, "python3.11"),
        ({"python3": "313", "python3.11": "311"}, "python3"),
        ({"python3": "314"}, "python3"),
    ],
)
def test_a_python_with_wheels_for_everything_is_preferred(
    bare: Path, tmp_path: Path, versions: dict[str, str], taken: str
) -> None:
    for name, version in versions.items():
        program(bare, name, version)
    assert bash('find_python; echo "$python"', cwd=tmp_path, path=bare).stdout == f"{bare / taken}\n"


@pytest.mark.parametrize("version", [None, "v18.19.1", "nonsense"])
def test_node_that_is_missing_or_too_old_is_named(bare: Path, tmp_path: Path, version: str | None) -> None:
    if version:
        program(bare, "node", version)
    ran = bash("check_node", cwd=tmp_path, path=bare)
    assert ran.returncode == 1
    assert f"node here is {version or 'not there'}" in ran.stderr


def test_npm_is_asked_for_too(bare: Path, tmp_path: Path) -> None:
    program(bare, "node", "v20.1.0")
    assert "npm is needed" in bash("check_node", cwd=tmp_path, path=bare).stderr
    program(bare, "npm", "11.0.0")
    assert bash("check_node", cwd=tmp_path, path=bare).returncode == 0


@pytest.mark.parametrize(
    ("says", "enough"), [("go version go1.26.8 linux/amd64", True), ("go version go1.19 linux/amd64", False)]
)
def test_go_must_be_new_enough(bare: Path, tmp_path: Path, says: str, enough: bool) -> None:
    assert bash("have_go", cwd=tmp_path, path=bare).returncode == 1
    program(bare, "go", says)
    assert (bash("have_go", cwd=tmp_path, path=bare).returncode == 0) is enough


def test_a_livekit_server_on_path_will_do_and_one_of_another_version_will_not(
    bare: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    program(home, "livekit-server", "x")
    (home / ".livekit-server").write_text("v1.0.0\n")
    assert bash(f"livekit_ready '{home}'", cwd=tmp_path, path=bare).returncode == 1
    assert bash(f'echo "$livekit_version" >"{home}/.livekit-server"', cwd=tmp_path).returncode == 0
    assert bash(f"livekit_ready '{home}'", cwd=tmp_path, path=bare).returncode == 0
    (home / "livekit-server").rename(bare / "livekit-server")
    assert bash(f"livekit_ready '{home}'", cwd=tmp_path, path=bare).returncode == 0


@pytest.mark.parametrize(
    ("variables", "dotenv"),
    [
        ({}, None),
        ({"HUB_HOME": "/a b/c"}, "HUB_HOME=/other"),
        ({"HUB_HOME": "~/hub"}, None),
        ({"HUB_HOME": "below"}, None),
        ({"HUB_HOME": ""}, "OTHER=1\nHUB_HOME=/from/file # why\n"),
        ({}, "export HUB_HOME='/a b/c'\n"),
        ({}, 'HUB_HOME="~/x y"\n'),
        ({"XDG_DATA_HOME": "/data"}, "# HUB_HOME=/no\n"),
    ],
)
def test_scripts_and_hub_agree_on_hub_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], dotenv: str | None
) -> None:
    if dotenv is not None:
        (tmp_path / ".env").write_text(dotenv)
    monkeypatch.delenv("HUB_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home of/somebody")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    said = bash("hub_home", cwd=tmp_path, variables=variables)
    assert said.stdout == f"{load_settings(tmp_path).home}\n", said.stderr


def test_a_step_that_fails_shows_the_end_of_its_log_without_credentials(tmp_path: Path) -> None:
    code = f"""
        logs='{tmp_path}/logs'
        broken() {{ echo 'from https://user:secret@host/simple'; return 7; }}
        begin broken 'trying' broken
        finish broken || echo "code $?"
    """
    ran = bash(code, cwd=tmp_path)
    assert ran.stdout == "code 7\n"
    assert "broken: failed after" in ran.stderr
    assert "//***@host" in ran.stderr
    assert "secret" not in ran.stderr


def test_what_was_begun_ends_with_the_set_up(tmp_path: Path) -> None:
    code = f"""
        logs='{tmp_path}/logs'
        long() {{ echo $BASHPID >'{tmp_path}/pid'; sleep 60 & wait; }}
        begin long 'waiting' long
        while [[ ! -s '{tmp_path}/pid' ]]; do sleep 0.02; done
        stop_steps
        wait "${{steps[0]}}" || true
        kill -0 "$(cat '{tmp_path}/pid')" 2>/dev/null && echo alive || echo gone
    """
    assert bash(code, cwd=tmp_path).stdout == "gone\n"


def test_ci_calls_the_tests_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1
    assert lines[0].startswith("exec ")
    assert lines[0].rstrip('"').endswith("/scripts/test")
