"""The last known tools survive the hub, and a bad file harms nothing."""

from pathlib import Path

import pytest

from hub.pool import remembered


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    remembered.save(path, {"abc": [{"name": "read"}]})
    assert remembered.load(path) == {"abc": [{"name": "read"}]}


@pytest.mark.parametrize("text", ["", "[]", '{"tools": 3}', '{"tools": {"a": [3]}}', '{"tools": {"a": 3}}'])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(text)
    assert remembered.load(path) == {}


def test_a_file_that_cannot_be_written_is_told_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remembered.save(tmp_path / "no folder" / "catalog.json", {})
    assert "cannot be written" in caplog.text
