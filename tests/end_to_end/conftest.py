"""One whole hub for the tests that only use it; those that kill it start their own."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.end_to_end.house import House, running_hub

SERVERS = ROOT / "tests" / "servers"


def config_text(python: str) -> str:
    """The shipped Supabase entry beside a small server of our own."""
    shipped = (ROOT / "servers.json").read_text()
    notes = f'"notes": {{ "command": "{python}", "args": ["{SERVERS / "notes.py"}"] }},'
    return shipped.replace('"mcpServers": {', '"mcpServers": {\n    ' + notes, 1)


@pytest.fixture(scope="session")
def hub_environment(livekit_server_bin: Path, node: Path) -> dict[str, str]:
    """What a fresh machine would have after the set-up."""
    return {"PATH": f"{livekit_server_bin.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def config_of_house() -> str:
    """The servers.json of most of these tests."""
    return config_text(sys.executable)


@pytest.fixture(scope="session")
def hub(hub_environment: dict[str, str]) -> Iterator[House]:
    """A hub with the practice providers, the npm Supabase server and the notes server."""
    home = Path(tempfile.mkdtemp(prefix="vh-e2e-", dir="/tmp"))
    home.chmod(0o711)
    config = home / "servers.json"
    config.write_text(config_text(sys.executable))
    try:
        with running_hub(home, config, hub_environment, wait_for=("supabase", "notes")) as house:
            yield house
    finally:
        shutil.rmtree(home, ignore_errors=True)
