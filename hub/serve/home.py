"""HUB_HOME while a hub runs: one hub at a time, its token, and the file by which the others find it."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hub.core.errors import Unavailable
from hub.private_file import write_private

FOLDERS = ("logs", "bin", "recordings")


@contextmanager
def home_of_its_own(home: Path) -> Generator[None]:
    """Hold HUB_HOME for this process.

    Raises:
        Unavailable: Another hub holds it, or it cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in FOLDERS:
            (home / folder).mkdir(exist_ok=True, mode=0o700)
        lock = (home / "lock").open("a+b")
    except OSError as error:
        raise Unavailable(
            f"HUB_HOME {home} cannot be written: {error.strerror}.",
            next_step="Set HUB_HOME to a folder of yours, on a disk that has room.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"A hub is running already on HUB_HOME {home}{_where(home)}.",
                next_step="hub open shows it, hub stop ends it; HUB_HOME chooses another folder.",
            ) from error
        yield


def _where(home: Path) -> str:
    try:
        return f", at {json.loads((home / 'hub.json').read_text(encoding='utf-8'))['url']}"
    except (OSError, ValueError, KeyError):
        return ""


def read_token(home: Path, given: str | None) -> str:
    """The operator's bearer token: HUB_TOKEN, else HUB_HOME/token (0600), made at the first start."""
    path = home / "token"
    if given is None:
        try:
            known = path.read_text(encoding="utf-8").strip()
        except OSError:
            known = ""
        if known:
            return known
    token = given or secrets.token_urlsafe(32)
    write_private(path, token + "\n")
    return token


@contextmanager
def findable(home: Path, url: str, config: Path) -> Generator[None]:
    """Have hub.json there while the hub runs."""
    path = home / "hub.json"
    told = {"pid": os.getpid(), "started_at": time.time(), "url": url, "config": str(config)}
    write_private(path, json.dumps(told))
    # A hub that `hub connect` starts later uses the same servers.json again.
    write_private(home / "last.json", json.dumps({"config": str(config)}))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
