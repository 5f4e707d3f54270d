"""Finding the hub, and what is said when that or the hub itself fails."""

import json
import socket
from pathlib import Path

import pytest

from hub.cli import api
from hub.cli.main import main
from tests.cli.fake_hub import NOBODY, STATUS, TOKEN, FakeHub

Output = pytest.CaptureFixture[str]


def test_without_a_hub_the_remedy_is_said_and_the_exit_status_is_3(home: Path, capsys: Output) -> None:
    assert main(["status"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("No hub is running")
    assert "./scripts/run" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 7}', "\udcff"])
def test_a_damaged_hub_json_counts_as_no_hub(home: Path, capsys: Output, content: str) -> None:
    (home / "hub.json").write_bytes(content.encode(errors="surrogateescape"))
    assert main(["status"]) == 3
    assert capsys.readouterr().err.startswith("No hub is running")


def test_a_hub_that_died_and_left_hub_json_counts_as_no_hub(home: Path, capsys: Output) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    (home / "hub.json").write_text(json.dumps({"url": url}))
    (home / "token").write_text(TOKEN)
    assert main(["status"]) == 3
    assert f"nothing answers at {url}" in capsys.readouterr().err


def test_a_missing_token_names_its_place(home: Path, capsys: Output) -> None:
    (home / "hub.json").write_text(json.dumps({"url": "http://127.0.0.1:1"}))
    assert main(["status"]) == 3
    assert str(home / "token") in capsys.readouterr().err


def test_hub_port_and_hub_token_win_over_hub_json(
    fake: FakeHub, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    fake.routes["GET /api/status"] = (200, STATUS)
    (home / "hub.json").unlink()
    (home / "token").unlink()
    monkeypatch.setenv("HUB_PORT", str(fake.port))
    monkeypatch.setenv("HUB_TOKEN", TOKEN)
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pid"] == NOBODY


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:9"), ("::", "http://[::1]:9")])  # noqa: S104
def test_a_hub_that_listens_everywhere_is_reached_on_loopback(
    home: Path, monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.setenv("HUB_HOST", host)
    monkeypatch.setenv("HUB_PORT", "9")
    monkeypatch.setenv("HUB_TOKEN", "x")
    assert api.find(api.settings()).url == url


def test_a_wrong_token_is_explained(fake: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setenv("HUB_TOKEN", "wrong")
    assert main(["status"]) == 1
    said = capsys.readouterr().err
    assert "does not take this token" in said
    assert "wrong" not in said


def test_something_that_is_no_hub_is_named_as_such(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/status"] = (404, "<html>nginx</html>")
    assert main(["status"]) == 3
    assert "is not a voice-hub (HTTP 404)" in capsys.readouterr().err


def test_an_error_of_the_hub_is_told_with_its_next_step(fake: FakeHub, capsys: Output) -> None:
    error = {"code": "not_found", "message": "There is no server x.", "next_step": "Check the name."}
    fake.routes["GET /api/servers/x"] = (404, {"error": error})
    assert main(["servers", "x"]) == 1
    assert capsys.readouterr().err == "There is no server x. Check the name.\n"


def test_an_error_without_words_names_its_status(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/servers"] = (500, {})
    assert main(["servers"]) == 1
    assert "HTTP 500" in capsys.readouterr().err


def test_a_hub_that_hangs_is_not_waited_for_without_end(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(api.HubApi.get, "__kwdefaults__", {"seconds": 0.05})
    fake.delay = 1.0
    assert main(["status"]) == 1
    assert "did not answer within 0.05 s" in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("HUB_PORT", "many")
    assert main(["status"]) == 1
    assert "HUB_PORT cannot be 'many'" in capsys.readouterr().err
