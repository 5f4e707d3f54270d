"""What a child says is kept, masked, and does not fill the disk."""

from pathlib import Path

import pytest

from hub.supervision import output
from hub.supervision.output import MASK, Output, append


def test_longer_secrets_are_masked_before_their_parts() -> None:
    said = Output(None, ("hunter", "hunter22"), None)
    assert said.mask("hunter22 and hunter") == f"{MASK} and {MASK}"


def test_a_very_short_secret_masks_nothing() -> None:
    assert Output(None, ("on",), None).mask("on the phone") == "on the phone"


def test_a_full_file_is_set_aside_and_only_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "FILE_LIMIT", 10)
    path = tmp_path / "logs" / "x.log"
    for line in (b"first line\n", b"second line\n", b"third\n"):
        append(path, line)
    assert path.read_text() == "third\n"
    assert path.with_name("x.log.1").read_text() == "second line\n"
