"""The real practice process, once for all tests that talk to it."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.practice.book import SHIPPED
from hub.practice.phrases import Phrases, load

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60
STOP_SECONDS = 10


@dataclass(frozen=True)
class Running:
    """A practice process that is ready."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    home: Path

    @property
    def url(self) -> str:
        return str(self.told["url"])

    @property
    def token(self) -> str:
        return str(self.told["token"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def running(home: Path, *arguments: str, stderr: Path | None = None) -> Iterator[Running]:
    """Start practice, wait until it says that it is ready, and stop it afterwards."""
    with (stderr or home / "stderr.txt").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.practice.main", "--home", str(home), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            yield Running(process, first_line(process), home)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            finally:
                process.kill()
                process.wait()
                assert process.stdout is not None
                process.stdout.close()


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(READY_SECONDS), "practice did not get ready"
    line = process.stdout.readline()
    assert line, "practice ended before it was ready"
    told: dict[str, Any] = json.loads(line)
    return told


@contextmanager
def open_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="vhp-", dir="/tmp"))  # a short path, that PostgreSQL's user can enter
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def practice() -> Iterator[Running]:
    """All four stand-ins. Tests that change the shop's customers or orders put them back."""
    with open_home() as home, running(home) as ready:
        assert ready.told["provides"] == ["stt", "llm", "tts", "supabase"], ready.told["problems"]
        yield ready


@pytest.fixture(scope="session")
def phrases() -> Phrases:
    """The shipped phrases."""
    return load(SHIPPED.read_text(encoding="utf-8"))
