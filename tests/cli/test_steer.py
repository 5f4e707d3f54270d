"""restart, stop, open and schema."""

import json
import os
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hub.cli import steer
from hub.cli.machine import alive
from hub.cli.main import main
from tests.cli.fake_hub import NOBODY, STATUS, FakeHub

Output = pytest.CaptureFixture[str]
LINK = "http://127.0.0.1:7788/login?code=once"


def test_restart_asks_for_just_that_server(fake: FakeHub, capsys: Output) -> None:
    fake.routes["POST /api/servers/a/b/restart"] = (202, {"restarting": "a/b"})
    assert main(["restart", "a/b"]) == 0
    assert "a/b restarts" in capsys.readouterr().out
    assert main(["restart", "a/b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"restarting": "a/b"}


@pytest.mark.parametrize(
    ("argv", "said"), [(["stop"], "The hub has stopped."), (["stop", "--json"], '"stopped": true')]
)
def test_stop_returns_when_the_hub_is_gone(fake: FakeHub, capsys: Output, argv: list[str], said: str) -> None:
    fake.routes["GET /api/status"] = (200, STATUS)
    assert main(argv) == 0
    assert said in capsys.readouterr().out
    assert main(["status"]) == 3


@pytest.mark.parametrize("status", [(503, {"error": {"message": "stopping"}}), (200, STATUS)])
def test_a_hub_that_goes_on_answering_is_reported(
    fake: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch, status: tuple[int, Any]
) -> None:
    monkeypatch.setattr(steer, "STOP_SECONDS", 0.3)
    answers = iter([(200, STATUS)])

    class Changing(dict[str, tuple[int, Any]]):
        def __getitem__(self, key: str) -> tuple[int, Any]:
            return next(answers, status) if key == "GET /api/status" else super().__getitem__(key)

    fake.routes = Changing({"POST /api/stop": (202, {"stopping": True}), "GET /api/status": status})
    assert main(["stop"]) == 1
    assert "has not stopped within 0.3 s" in capsys.readouterr().err


def test_a_process_that_hangs_after_its_last_answer_is_reported(
    fake: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steer, "STOP_SECONDS", 1.5)
    fake.routes["GET /api/status"] = (200, STATUS | {"pid": os.getpid()})
    assert main(["stop"]) == 1
    assert f"Its process is {os.getpid()}" in capsys.readouterr().err


def test_a_process_that_waits_to_be_reaped_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    while alive(process.pid):
        time.sleep(0.01)
    assert process.wait() == 0
    assert not alive(NOBODY)
    assert alive(os.getpid())


@pytest.mark.parametrize(
    ("argv", "screen", "opened"),
    [
        (["open"], True, [LINK]),
        (["open"], False, []),
        (["open", "--print"], True, []),
        (["open", "--json"], True, []),
    ],
)
def test_open_prints_the_link_and_opens_it_where_there_is_a_screen(
    fake: FakeHub,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    screen: bool,
    opened: list[str],
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    if screen:
        monkeypatch.setenv("DISPLAY", ":0")
    fake.routes["POST /api/login-link"] = (200, {"url": LINK})
    assert main(argv) == 0
    assert LINK in capsys.readouterr().out
    assert seen == opened


def test_schema_needs_no_hub_and_takes_the_shipped_servers(home: Path, capsys: Output) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"mcpServers": {"notes": {"command": "notes"}}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mcpServers": {"notes": {"command": 7}}}, schema)
