"""Finds the running hub of a HUB_HOME, or starts one. Imports little: a desktop waits for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import anyio
from platformdirs import user_data_path

from hub.core.errors import ConfigurationError, Unauthorized, Unavailable
from hub.gateway.http_client import Gone, Hub, fetch

START_SECONDS: Final = 30.0
GIVEN_WAY_SECONDS: Final = 5.0
ALIVE_SECONDS: Final = 2.0
LOOK_EVERY: Final = 0.1
LOG_TAIL: Final = 400


@dataclass(frozen=True, slots=True)
class Home:
    """Where a hub leaves word of itself, and what the environment says about it."""

    path: Path
    port: int | None = None
    token: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Home":
        """Read HUB_HOME, HUB_PORT and HUB_TOKEN.

        Raises:
            ConfigurationError: HUB_PORT is no port.
        """
        given, port = environment.get("HUB_HOME"), environment.get("HUB_PORT")
        if port and not port.isdecimal():
            raise ConfigurationError(
                f"HUB_PORT cannot be {port!r}.", next_step="Set it to a port, such as 7788."
            )
        home = Path(given).expanduser().absolute() if given else user_data_path("voice-hub")
        return cls(path=home, port=int(port) if port else None, token=environment.get("HUB_TOKEN") or None)

    def note(self) -> dict[str, Any]:
        """hub.json: what the last hub here said of itself; empty when there is none."""
        try:
            note = json.loads((self.path / "hub.json").read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def secret(self) -> str:
        """The token.

        Raises:
            Unauthorized: There is none that can be read.
        """
        if self.token is not None:
            return self.token
        try:
            return (self.path / "token").read_text().strip()
        except OSError as error:
            raise Unauthorized(
                f"The token {self.path / 'token'} cannot be read: {error.strerror}."
            ) from error

    def log(self) -> Path:
        """Where a hub that is started from here writes its log."""
        return self.path / "logs" / "hub.log"


async def find(home: Home) -> Hub | None:
    """The hub that runs in this home; its address and token are read anew each time."""
    note = home.note()
    urls = [str(note["url"])] if "url" in note and _lives(note.get("pid")) else []
    if home.port:
        urls.append(f"http://127.0.0.1:{home.port}")
    for url in urls:
        if await _answers(url):
            return Hub.at(url, home.secret())
    return None


def _lives(pid: object) -> bool:
    """Whether the process is there: what else may listen on its port must not be given the token."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


async def _answers(url: str) -> bool:
    try:
        with anyio.fail_after(ALIVE_SECONDS):
            async with fetch(Hub.at(url, ""), "GET", "/healthz", {}) as response:
                return response.status == 200  # noqa: PLR2004
    except (Gone, TimeoutError):
        return False


async def find_or_start(home: Home) -> Hub:
    """The running hub; one is started when there is none.

    Raises:
        Unavailable: It did not come up.
    """
    hub = await find(home)
    if hub is not None:
        return hub
    say(f"no hub runs for {home.path}; starting one (log: {home.log()})")
    started = _start(home)
    with anyio.move_on_after(START_SECONDS):
        while True:
            if (hub := await find(home)) is not None:
                return hub
            if started.poll() is not None:
                return await _somebody_elses(home)
            await anyio.sleep(LOOK_EVERY)
    raise Unavailable(
        f"The hub was not up after {START_SECONDS:.0f} s: {_last_words(home)}", next_step="Run `hub doctor`."
    )


async def _somebody_elses(home: Home) -> Hub:
    """Two desktops may start a hub at once: one gives way, and the other is still coming up.

    Raises:
        Unavailable: Nobody's came up.
    """
    with anyio.move_on_after(GIVEN_WAY_SECONDS):
        while True:
            if (hub := await find(home)) is not None:
                return hub
            await anyio.sleep(LOOK_EVERY)
    raise Unavailable(f"The hub ended at once: {_last_words(home)}", next_step="Run `hub doctor`.")


def _start(home: Home) -> "subprocess.Popen[bytes]":
    """A hub of its own session, so that it outlives the desktop that wanted it."""
    config = _config(home)
    command = [sys.executable, "-m", "hub", "serve", *(("--config", config) if config else ())]
    try:
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.log().parent.mkdir(exist_ok=True, mode=0o700)
        with home.log().open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # links with one-time codes
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise Unavailable(f"The hub cannot be started: {error}.", next_step="Check HUB_HOME.") from error


def _config(home: Home) -> str | None:
    """The servers.json that `hub install` noted, else the one that was used last."""
    for name in ("install.json", "hub.json", "last.json"):
        try:
            noted = json.loads((home.path / name).read_text()).get("config")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(noted, str) and Path(noted).is_file():
            return noted
    return None


def _last_words(home: Home) -> str:
    try:
        lines = home.log().read_text(errors="replace").strip().splitlines()
    except OSError:
        return "it left no log."
    return lines[-1][-LOG_TAIL:] if lines else "it left no log."


def say(text: str) -> None:
    """A word for whoever reads the desktop's log of this server; stdout belongs to the protocol."""
    sys.stderr.write(f"hub connect: {text}\n")
    sys.stderr.flush()
