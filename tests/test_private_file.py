"""Files that only their owner may read are replaced as a whole."""

import stat
from pathlib import Path

import pytest

from hub.private_file import write_private


def test_a_private_file_is_replaced_whatever_was_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / ".token.new").write_text("half")
    write_private(path, "new é")
    assert path.read_text("utf-8") == "new é"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["token"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    (tmp_path / ".token.new").mkdir()
    with pytest.raises(OSError, match=r"token\.new"):
        write_private(path, "new")
    assert path.read_text() == "old"
