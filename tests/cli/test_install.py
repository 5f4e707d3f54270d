"""The hub in a client's config: added, shown first, taken out again, and nothing else touched."""

import json
import stat
import sys
from pathlib import Path

import pytest

from hub.cli import clients
from hub.cli.main import main

Output = pytest.CaptureFixture[str]
OTHERS = {"theme": "dark", "mcpServers": {"notes": {"command": "notes", "args": ["ü"]}}}


@pytest.fixture
def config(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Claude Desktop keeps its config on Linux, and a servers.json here."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    Path("servers.json").write_text("{}")
    return tmp_path / "config" / "Claude" / "claude_desktop_config.json"


def written(config: Path) -> dict[str, object]:
    value = json.loads(config.read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def with_others(config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(OTHERS), encoding="utf-8")
    config.chmod(0o640)


def test_a_first_config_is_made(config: Path, home: Path, capsys: Output) -> None:
    assert main(["install", "claude-desktop", "--yes"]) == 0
    entry = {"command": sys.executable, "args": ["-m", "hub", "connect"], "env": {"HUB_HOME": str(home)}}
    assert written(config) == {"mcpServers": {"hub": entry}}
    noted = json.loads((home / "install.json").read_text())
    assert noted == {"config": str(Path("servers.json").absolute())}
    assert "start it again" in capsys.readouterr().out


def test_what_else_stands_there_stays_and_a_copy_is_kept(config: Path, capsys: Output) -> None:
    with_others(config)
    before = config.read_bytes()
    assert main(["install", "claude-desktop", "-y"]) == 0
    now = written(config)
    assert now["theme"] == "dark"
    assert list(now["mcpServers"]) == ["notes", "hub"]  # type: ignore[call-overload]  # JSON
    copy = config.with_name(config.name + clients.BACKUP)
    assert copy.read_bytes() == before
    assert str(copy) in capsys.readouterr().out
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_undo_takes_only_the_hub_out(config: Path) -> None:
    with_others(config)
    assert main(["install", "claude-desktop", "-y"]) == 0
    assert main(["install", "claude-desktop", "-y", "--undo"]) == 0
    assert written(config) == OTHERS


def test_the_change_is_shown_and_no_means_no(
    config: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_others(config)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert main(["install", "claude-desktop"]) == 0
    said = capsys.readouterr().out
    assert '+    "hub": {' in said
    assert "Nothing was changed." in said
    assert written(config) == OTHERS


def test_preview_writes_nothing(config: Path, home: Path) -> None:
    assert main(["install", "claude-desktop", "--preview"]) == 0
    assert not config.exists()
    assert not (home / "install.json").exists()


@pytest.mark.parametrize(
    ("argv", "said"), [([], "has the hub already"), (["--undo"], "does not have the hub")]
)
def test_nothing_to_do_is_said(config: Path, capsys: Output, argv: list[str], said: str) -> None:
    if not argv:
        assert main(["install", "claude-desktop", "-y"]) == 0
    assert main(["install", "claude-desktop", "-y", *argv]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{,}", "not valid JSON"),
        (b"[]", "no object mcpServers"),
        (b'{"mcpServers": []}', "no object mcpServers"),
    ],
)
def test_a_damaged_config_is_left_alone(config: Path, capsys: Output, content: bytes, said: str) -> None:
    config.parent.mkdir(parents=True)
    config.write_bytes(content)
    assert main(["install", "claude-desktop", "-y"]) == 1
    assert said in capsys.readouterr().err
    assert config.read_bytes() == content


def test_a_link_to_the_config_stays_a_link(config: Path, tmp_path: Path) -> None:
    config.parent.mkdir(parents=True)
    (tmp_path / "real.json").write_text("")
    config.symlink_to(tmp_path / "real.json")
    assert main(["install", "claude-desktop", "-y"]) == 0
    assert config.is_symlink()
    assert "hub" in (tmp_path / "real.json").read_text()


def test_a_folder_that_cannot_be_written_is_explained(
    config: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/dev/null")
    assert main(["install", "claude-desktop", "-y"]) == 1
    assert "cannot be" in capsys.readouterr().err


def test_a_home_that_cannot_be_written_is_explained(
    config: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", "/dev/null/home")
    assert main(["install", "claude-desktop", "-y"]) == 1
    assert "/dev/null/home cannot be written" in capsys.readouterr().err


def test_an_unknown_client_and_a_missing_servers_json_are_refused(config: Path, capsys: Output) -> None:
    assert main(["install", "vim"]) == 1
    assert "it knows claude-desktop" in capsys.readouterr().err
    assert main(["install", "claude-desktop", "--config", "other.json"]) == 1
    assert "other.json is not there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "env", "folder"),
    [
        ("darwin", {}, "/u/Library/Application Support/Claude"),
        ("win32", {"APPDATA": "/u/Roaming"}, "/u/Roaming/Claude"),
        ("linux", {}, "/u/.config/Claude"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Claude"),
    ],
)
def test_each_system_has_its_place(
    monkeypatch: pytest.MonkeyPatch, platform: str, env: dict[str, str], folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert clients.claude_desktop(env, Path("/u")).path.parent == Path(folder)
