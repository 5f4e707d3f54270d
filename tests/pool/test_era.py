"""Verdicts about eras are kept, bounded, and not trusted blindly."""

from pathlib import Path

import pytest

from hub.core.spec import Era
from hub.pool import era
from hub.pool.era import Eras


def test_a_verdict_outlives_the_hub(tmp_path: Path) -> None:
    path = tmp_path / "eras.json"
    Eras(path).note("abc", Era.LEGACY)
    assert Eras(path).get("abc") is Era.LEGACY
    Eras(path).forget("abc")
    assert Eras(path).get("abc") is None


def test_only_so_many_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(era, "REMEMBERED", 2)
    eras = Eras(tmp_path / "eras.json")
    for name in "abc":
        eras.note(name, Era.MODERN)
    assert [eras.get(name) for name in "abc"] == [None, Era.MODERN, Era.MODERN]


def test_a_broken_file_is_as_good_as_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "eras.json"
    path.write_text('{"abc": "stone age"}')
    assert Eras(path).get("abc") is None
    path.unlink()
    path.mkdir()
    Eras(path).note("abc", Era.LEGACY)
    assert "cannot be written" in caplog.text
