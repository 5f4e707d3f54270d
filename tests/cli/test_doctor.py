"""What the doctor finds, with and without a running hub."""

import json
import os
import shutil
import socket
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from hub.cli import checks, machine
from hub.cli.main import main
from tests.cli.fake_hub import STATUS, FakeHub

Output = pytest.CaptureFixture[str]
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  # as shutil has it


@pytest.fixture(autouse=True)
def a_good_machine(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Programs that print their version, an empty servers.json, and a free port."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, version in (("node", "v22.1.0"), ("npm", "11.0.0"), ("livekit-server", "version 1.13.5")):
        (programs / name).write_text(f"#!/bin/sh\necho {version}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(checks, "interfaces_up", lambda: ["eth0"])
    monkeypatch.setattr(checks, "pages_there", lambda: True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HUB_PORT", str(free.getsockname()[1]))
    Path("servers.json").write_text("{}")


def examined(capsys: Output, *, status: int = 0) -> dict[str, list[dict[str, Any]]]:
    assert main(["doctor", "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is (status == 0)
    sorted_out: dict[str, list[dict[str, Any]]] = {}
    for one in found["findings"]:
        assert one["state"] == "ok" or one["remedy"]
        sorted_out.setdefault(one["what"], []).append(one)
    return sorted_out


def test_a_good_machine_without_a_hub_is_well(capsys: Output) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok      hub: not running" in said
    assert "ok      livekit-server: 1.13.5" in said
    assert said.endswith("Nothing is broken.\n")


def test_a_running_hub_is_told_from_a_missing_one(
    fake: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_PORT", str(fake.port))
    bad = [
        {"name": "mail", "state": "failed", "last_error": "no such host"},
        {"name": "new", "state": "starting"},
    ]
    status = STATUS | {"servers": bad, "config": str(Path("servers.json").absolute())}
    fake.routes["GET /api/status"] = (200, status)
    found = examined(capsys, status=1)
    assert "running at" in found["hub"][0]["detail"]
    assert found["mail"][0]["detail"] == "failed: no such host"
    assert found["new"][0]["state"] == "warn"
    assert "port" not in found


def test_a_hub_that_died_is_worth_a_warning(home: Path, capsys: Output) -> None:
    (home / "hub.json").write_text(json.dumps({"url": "http://127.0.0.1:1"}))
    (home / "token").write_text("x")
    (home / "token").chmod(0o600)
    assert examined(capsys)["hub"][0]["state"] == "warn"


def test_a_hub_that_refuses_is_broken(fake: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PORT", str(fake.port))
    monkeypatch.setenv("HUB_TOKEN", "wrong")
    found = examined(capsys, status=1)
    assert found["hub"][0]["state"] == "broken"
    assert found["port"][0]["state"] == "broken"


@pytest.mark.parametrize(("version", "word"), [("v18.2.0", "18.2.0 is too old"), (None, "not found")])
def test_node_must_be_there_and_new_enough(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, word: str
) -> None:
    node = tmp_path / "bin" / "node"
    node.unlink()
    if version:
        node.write_text(f"#!/bin/sh\necho {version}\n")
        node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert word in examined(capsys, status=1)["node"][0]["detail"]


@pytest.mark.parametrize(("go", "remedy"), [(True, "Run ./scripts/run"), (False, "Install Go")])
def test_without_livekit_server_the_way_to_one_depends_on_go(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go: bool, remedy: str
) -> None:
    (tmp_path / "bin" / "livekit-server").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if go:
        (tmp_path / "bin" / "go").write_text("#!/bin/sh\necho go version go1.26.8 linux/amd64\n")
        (tmp_path / "bin" / "go").chmod(0o755)
    assert examined(capsys, status=1)["livekit-server"][0]["remedy"].startswith(remedy)


def test_a_livekit_server_that_does_not_start_is_broken(capsys: Output, tmp_path: Path) -> None:
    (tmp_path / "bin" / "livekit-server").write_text("#!/bin/sh\nexit 1\n")
    assert "does not start" in examined(capsys, status=1)["livekit-server"][0]["detail"]


def test_the_one_in_hub_home_counts(home: Path, capsys: Output, tmp_path: Path) -> None:
    (home / "bin").mkdir()
    (tmp_path / "bin" / "livekit-server").rename(home / "bin" / "livekit-server")
    assert str(home) in examined(capsys)["livekit-server"][0]["detail"]


@pytest.mark.parametrize(("secret", "status"), [("s", 0), (None, 1)])
def test_an_external_livekit_wants_its_key(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, secret: str | None, status: int
) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "wss://example.com")
    monkeypatch.setenv("LIVEKIT_API_KEY", "k")
    if secret:
        monkeypatch.setenv("LIVEKIT_API_SECRET", secret)
    assert "LIVEKIT_URL" in examined(capsys, status=status)["LiveKit"][0]["detail"]


def test_each_provider_is_real_or_practice_on_its_own(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    found = examined(capsys)
    assert found["language model"][0]["detail"].startswith("real")
    assert found["speech to text"][0]["detail"].startswith("practice")
    assert "sk-secret" not in json.dumps(found)


def test_practice_off_without_keys_is_broken(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PRACTICE", "off")
    assert "ASSEMBLYAI_API_KEY" in examined(capsys, status=1)["speech to text"][0]["remedy"]


def test_practice_without_its_packages_is_broken(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PRACTICE_MODULES", ("no_such_module",))
    assert "no_such_module" in examined(capsys, status=1)["practice"][0]["detail"]


def test_missing_libraries_of_the_pages_are_named(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "pages_there", lambda: False)
    assert "./scripts/pages" in examined(capsys, status=1)["pages"][0]["remedy"]


@pytest.mark.parametrize(
    ("free", "state"), [(10 * 2**20, "broken"), (500 * 2**20, "warn"), (5 * 2**30, "ok")]
)
def test_a_disk_that_fills_up_is_told_in_time(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, free))
    assert examined(capsys, status=int(state == "broken"))["HUB_HOME"][0]["state"] == state


def test_a_home_that_cannot_be_written_is_broken(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_HOME", "/dev/null/home")
    assert "cannot be written" in examined(capsys, status=1)["HUB_HOME"][0]["detail"]


def test_a_home_that_is_not_there_yet_is_not_made(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "not" / "yet"))
    assert examined(capsys)["HUB_HOME"][0]["state"] == "ok"
    assert not (tmp_path / "not").exists()


def test_a_token_that_others_can_read_is_a_warning(home: Path, capsys: Output) -> None:
    (home / "token").write_text("x")
    (home / "token").chmod(0o644)
    assert "chmod 600" in examined(capsys)["token"][0]["remedy"]


def test_a_machine_with_lo_alone_has_no_sound(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "interfaces_up", list)
    assert "no interface but lo" in examined(capsys, status=1)["network"][0]["detail"]


def test_a_taken_port_names_who_has_it(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("HUB_PORT", str(taken.getsockname()[1]))
        found = examined(capsys, status=1)["port"][0]
    assert f"({os.getpid()})" in found["detail"]
    assert "HUB_PORT" in found["remedy"]


def test_every_problem_of_servers_json_is_told_with_its_place(capsys: Output) -> None:
    Path("servers.json").write_text('{"mcpServers": {\n  "a": {"command": 7},\n  "b": {}\n}}')
    found = examined(capsys, status=1)["servers.json"]
    assert len(found) >= 2
    assert any("servers.json:2 mcpServers.a.command" in one["detail"] for one in found)
    assert any("servers.json:3" in one["detail"] for one in found)


def test_a_server_whose_program_is_missing_is_named(capsys: Output) -> None:
    servers = {"a": {"command": "no-such-program"}, "off": {"command": "neither", "disabled": True}}
    Path("servers.json").write_text(json.dumps({"mcpServers": servers}))
    found = examined(capsys, status=1)
    assert "no-such-program" in found["a"][0]["detail"]
    assert "off" not in found


def test_a_variable_may_be_missing_but_practice_supplies_its_own(capsys: Output) -> None:
    args = ["${NOT_SET}"]
    servers = {
        "a": {"command": "sh", "args": args},
        "s": {"command": "sh", "env": {"K": "${SUPABASE_PROJECT_REF}"}},
    }
    Path("servers.json").write_text(json.dumps({"mcpServers": servers}))
    found = examined(capsys)
    assert [one["state"] for one in found["servers.json"]] == ["warn"]
    assert "NOT_SET" in found["servers.json"][0]["detail"]


def test_a_missing_or_unreadable_servers_json_is_told(capsys: Output) -> None:
    Path("servers.json").write_bytes(b"\xff\xfe")
    assert "cannot be read" in examined(capsys, status=1)["servers.json"][0]["detail"]
    Path("servers.json").unlink()
    assert "is not there" in examined(capsys, status=1)["servers.json"][0]["detail"]


def test_a_setting_that_cannot_be_used_is_a_finding(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PORT", "many")
    assert "HUB_PORT" in examined(capsys, status=1)["settings"][0]["detail"]


def test_who_holds_a_free_port_is_nobody() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert machine.port_owner(free.getsockname()[1]) is None


def test_a_program_without_a_version_is_there_all_the_same() -> None:
    assert machine.version(["true"]) == (0,)
    assert machine.version(["false"]) is None
