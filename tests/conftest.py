"""What all tests share: one async backend, the real programs that some need, a HUB_HOME that is nobody's."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

from hub.settings import Settings

ROOT = Path(__file__).parent.parent
NOWHERE = "/dev/null/hub-home"  # not even root can make it
COMPLETE = "HUB_TESTS_COMPLETE"
"""Set by scripts/test: everything is set up, so what is missing is a failure and no reason to skip."""


def pytest_configure() -> None:
    """Forget the developer's own keys, hub and home before any test can use them; no timed assertions."""
    for field in Settings.model_fields.values():
        os.environ.pop(str(field.validation_alias), None)
    os.environ["HUB_HOME"] = NOWHERE
    # How long an example takes is the machine's affair; pytest-timeout ends what hangs.
    # ./scripts/test judges a change by the same examples each time; by hand new ones are looked for.
    same = bool(os.environ.get("HUB_TESTS_COMPLETE"))
    hypothesis.settings.register_profile("hub", deadline=None, derandomize=same)
    hypothesis.settings.load_profile("hub")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real sound and real browsers on a machine that others share: frames come late, once in thousands.

    Under scripts/test such a test may try again, and is listed if it had to; by hand it fails at once.
    """
    if os.environ.get(COMPLETE):
        for item in items:
            if any(item.get_closest_marker(name) for name in ("livekit", "browser")):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_unconfigure() -> None:
    """LiveKit's native threads outlive the tests' event loops and would log of it after the closing line."""
    logging.getLogger("livekit").disabled = True


def missing(what: str, remedy: str, *, optional: bool = False) -> NoReturn:
    """Skip with a reason, or fail where scripts/test has promised that it is there."""
    if os.environ.get(COMPLETE) and not optional:
        pytest.fail(f"{what} is not there although scripts/test has set it up: {remedy}")
    pytest.skip(f"{what} is not there: {remedy}")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hub_home() -> Iterator[Path]:
    """An empty HUB_HOME whose path is short enough for Unix sockets and open to PostgreSQL's own user."""
    home = Path(tempfile.mkdtemp(prefix="vh-", dir="/tmp"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def livekit_server_bin() -> Path:
    """The livekit-server on PATH, else the one that scripts/test has built."""
    on_path = shutil.which("livekit-server")
    built = ROOT / ".setup" / "bin" / "livekit-server"
    if on_path is None and not built.is_file():
        missing("livekit-server", "run ./scripts/test once, it builds one with Go.")
    return Path(on_path) if on_path else built


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A Chromium that Playwright can start."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        missing("Chromium", "run 'sudo apt-get install chromium'.", optional=os.getuid() != 0)
    return Path(found)


@pytest.fixture(scope="session")
def node() -> Path:
    """Node.js, which is there wherever scripts/test has run."""
    found = shutil.which("node")
    if found is None:
        missing("Node.js", "install Node.js 20 or newer.")
    return Path(found)


@pytest.fixture(scope="session")
def supabase_package(node: Path) -> Path:
    """The folder of the npm package @supabase/mcp-server-supabase, as tests/npm/package-lock.json pins it."""
    folder = ROOT / "tests" / "npm" / "node_modules" / "@supabase" / "mcp-server-supabase"
    if not (folder / "package.json").is_file():
        missing("The npm package @supabase/mcp-server-supabase", "run ./scripts/test once, it installs it.")
    return folder
