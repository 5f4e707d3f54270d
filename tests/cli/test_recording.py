"""`hub recording`: shows, saves and deletes what was recorded of a call."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.cli.main import main
from tests.cli.fake_hub import FakeHub

Output = pytest.CaptureFixture[str]
PATH = "/api/calls/c1/recording"
PART = {"part": 1, "seconds": 63.2, "bytes": 1234, "path": "/hub-home/part-1.ogg", "url": "http://hub/x"}
READY: dict[str, Any] = {"call_id": "c1", "state": "ready", "parts": [PART], "next_step": "Play it."}
NONE: dict[str, Any] = {"call_id": "c1", "state": "none", "parts": [], "next_step": "It was not asked for."}


def test_what_there_is_is_shown(fake: FakeHub, capsys: Output) -> None:
    fake.routes[f"GET {PATH}"] = (200, READY)
    assert main(["recording", "c1"]) == 0
    said = capsys.readouterr().out
    for words in ("c1: ready", "1 min 3 s", "1234", "/hub-home/part-1.ogg"):
        assert words in said


def test_where_there_is_nothing_it_says_why(fake: FakeHub, capsys: Output) -> None:
    fake.routes[f"GET {PATH}"] = (200, NONE)
    assert main(["recording", "c1"]) == 0
    assert "It was not asked for." in capsys.readouterr().out
    assert main(["recording", "c1", "--save", "here"]) == 1
    assert "There is nothing to save. It was not asked for." in " ".join(capsys.readouterr().err.split())


def test_every_part_is_saved_whole(fake: FakeHub, capsys: Output, tmp_path: Path) -> None:
    fake.routes[f"GET {PATH}"] = (200, READY | {"parts": [PART, PART | {"part": 2}]})
    fake.routes[f"GET {PATH}/1"] = (200, "one")
    fake.routes[f"GET {PATH}/2"] = (200, "two")
    folder = tmp_path / "new" / "folder"
    assert main(["recording", "c1", "--save", str(folder), "--json"]) == 0
    saved = json.loads(capsys.readouterr().out)["saved"]
    assert [Path(name).read_text() for name in saved] == ["one", "two"]
    assert sorted(path.name for path in folder.iterdir()) == ["call-c1-1.ogg", "call-c1-2.ogg"]


def test_a_folder_that_cannot_be_written_is_named(fake: FakeHub, capsys: Output, tmp_path: Path) -> None:
    fake.routes[f"GET {PATH}"] = (200, READY)
    fake.routes[f"GET {PATH}/1"] = (200, "one")
    (tmp_path / "file").write_text("no folder")
    assert main(["recording", "c1", "--save", str(tmp_path / "file")]) == 1
    assert "Choose another folder." in " ".join(capsys.readouterr().err.split())


def test_a_part_that_is_gone_meanwhile_is_said_to_be(fake: FakeHub, capsys: Output, tmp_path: Path) -> None:
    error = {"error": {"code": "not_found", "message": "Call c1 has no recording 1.", "next_step": ""}}
    fake.routes[f"GET {PATH}"] = (200, READY)
    fake.routes[f"GET {PATH}/1"] = (404, error)
    assert main(["recording", "c1", "--save", str(tmp_path)]) == 1
    assert "has no recording 1" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("count", "words"), [(2, "2 parts were deleted."), (0, "There was no recording.")])
def test_it_is_deleted(fake: FakeHub, capsys: Output, count: int, words: str) -> None:
    fake.routes[f"DELETE {PATH}"] = (200, {"call_id": "c1", "deleted": count, "next_step": "x"})
    assert main(["recording", "c1", "--delete"]) == 0
    assert words in capsys.readouterr().out


def test_it_is_saved_before_it_is_deleted(fake: FakeHub, capsys: Output, tmp_path: Path) -> None:
    fake.routes[f"GET {PATH}"] = (200, READY)
    fake.routes[f"GET {PATH}/1"] = (200, "one")
    fake.routes[f"DELETE {PATH}"] = (200, {"call_id": "c1", "deleted": 1, "next_step": "x"})
    assert main(["recording", "c1", "--save", str(tmp_path), "--delete"]) == 0
    said = capsys.readouterr().out
    assert "saved" in said
    assert "The recording was deleted." in said
    assert (tmp_path / "call-c1-1.ogg").exists()
