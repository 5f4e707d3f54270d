"""A HUB_HOME for the command line, with and without a hub behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli import dialogue
from tests.cli.fake_hub import FakeHub, serving


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HUB_HOME, and an empty folder to stand in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def fake(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that runs and is found."""
    monkeypatch.setattr(dialogue, "SETTLE_SECONDS", 0.05)
    with serving(FakeHub(home)) as hub:
        yield hub
