"""The config files of desktop clients: where they are, and the entry of the hub in them."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.core.errors import ConfigurationError

SERVERS = "mcpServers"
ENTRY = "hub"
BACKUP = ".before-voice-hub"


@dataclass(frozen=True, slots=True)
class Client:
    """One desktop client."""

    key: str
    title: str
    path: Path
    remark: str


def claude_desktop(env: Mapping[str, str], home: Path) -> Client:
    """Claude Desktop, whose file stands elsewhere on each system."""
    if sys.platform == "darwin":
        folder = home / "Library" / "Application Support" / "Claude"
    elif sys.platform == "win32":
        folder = Path(env.get("APPDATA") or home / "AppData" / "Roaming") / "Claude"
    else:
        folder = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "Claude"
    remark = "Quit Claude Desktop fully and start it again; then the hub is in it."
    return Client("claude-desktop", "Claude Desktop", folder / "claude_desktop_config.json", remark)


def entry(hub_home: Path) -> dict[str, Any]:
    """How a client starts `hub connect`: this Python, so that it works whatever PATH the client has."""
    return {"command": sys.executable, "args": ["-m", "hub", "connect"], "env": {"HUB_HOME": str(hub_home)}}


def read(path: Path) -> dict[str, Any]:
    """The client's config; empty when it has none yet.

    Raises:
        ConfigurationError: The file is there and is not a JSON object with an object of servers.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig") or "{}")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}).", next_step="Make it readable."
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is not valid JSON ({error}), so it was left alone.", next_step="Mend it, then try again."
        ) from error
    if not isinstance(value, dict) or not isinstance(value.get(SERVERS, {}), dict):
        raise ConfigurationError(
            f"{path} has no object {SERVERS}, so it was left alone.", next_step="Mend it, then try again."
        )
    return value


def with_entry(config: Mapping[str, Any], ours: Mapping[str, Any] | None) -> dict[str, Any]:
    """The config with our entry, or without it; everything else stays as it is and where it is."""
    servers = {name: value for name, value in config.get(SERVERS, {}).items() if ours or name != ENTRY}
    if ours is not None:
        servers[ENTRY] = dict(ours)
    return {**config, SERVERS: servers}


def text_of(config: Mapping[str, Any]) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> Path | None:
    """Replace the file in one step and return the copy of what it was; None when there was none.

    The copy of the first time is kept: it is the file from before the hub.
    """
    real = path.resolve()
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        backup = real.with_name(real.name + BACKUP)
        if real.exists() and not backup.exists():
            backup.write_bytes(real.read_bytes())
            backup.chmod(0o600)
        aside = real.with_name(real.name + ".new")
        mode = real.stat().st_mode & 0o777 if real.exists() else 0o600
        aside.write_text(text, encoding="utf-8")
        aside.chmod(mode)
        os.replace(aside, real)  # noqa: PTH105  # the same on every system, and in one step
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}).", next_step="Make its folder writable."
        ) from error
    return backup if backup.exists() else None
