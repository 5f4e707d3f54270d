"""HUB_HOME/pins.json: what has been seen or approved of each server, and since when something waits."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.core.pins import Reading
from hub.core.spec import Problem, Severity
from hub.private_file import write_private

UNREADABLE = ".unreadable"
MAIN, TWIN = "server", "twin"
_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""A server's name, and MAIN or TWIN."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is pinned under one key; `since`: when what waits was first seen, by "part/name"."""

    reading: Reading = field(default_factory=Reading)
    since: Mapping[str, float] = field(default_factory=dict)


class PinFile:
    """Reads once, replaces whole; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.name}{UNREADABLE}")
        self._unwritten: str | None = None

    def load(self) -> dict[Key, Pinned]:
        """Read it; a file that cannot be read is put aside, and that stays a problem until somebody looks."""
        try:
            content = json.loads(self._path.read_text("utf-8"))
            return {
                (str(name), role): _pinned(roles[role])
                for name, roles in content["servers"].items()
                for role in (MAIN, TWIN)
                if role in roles
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            _log.error("%s cannot be read, so what servers offer now is pinned anew: %s", self._path, error)
        try:
            self._path.replace(self._aside)
        except OSError as error:
            _log.warning("%s cannot be put aside: %s", self._path.name, error)
        return {}

    def save(self, pins: Mapping[Key, Pinned]) -> None:
        """Replace it; one that cannot be written is a problem that people are shown."""
        servers: dict[str, dict[str, Any]] = {}
        for (name, role), pinned in pins.items():
            servers.setdefault(name, {})[role] = _written(pinned)
        try:
            write_private(self._path, json.dumps({"servers": servers}, default=str))
            self._unwritten = None
        except OSError as error:
            self._unwritten = error.strerror or str(error)
            _log.warning("%s cannot be written: %s", self._path.name, error)

    def problems(self) -> list[Problem]:
        """Say what is wrong with it."""
        found = []
        if self._aside.exists():
            found.append(
                _problem(
                    self._path,
                    "It could not be read, so the servers' tools as they were then are trusted anew.",
                    f"Look through them with hub tools, then delete {self._aside}.",
                )
            )
        if self._unwritten is not None:
            found.append(
                _problem(
                    self._path,
                    f"It cannot be written ({self._unwritten}), so what is approved is forgotten at the end.",
                    "Make room on the disk, or HUB_HOME writable.",
                )
            )
        return found


def _problem(path: Path, message: str, remedy: str) -> Problem:
    return Problem(path=path.name, line=0, message=message, remedy=remedy, severity=Severity.WARNING)


def _pinned(content: Mapping[str, Any]) -> Pinned:
    """Read one entry.

    Raises:
        TypeError: Something in it is of the wrong kind.
    """
    instructions = content.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise TypeError("instructions are no text")
    reading = Reading(
        tools=_definitions(content.get("tools")),
        prompts=_definitions(content.get("prompts")),
        instructions=instructions,
    )
    return Pinned(reading, {str(key): float(when) for key, when in content.get("since", {}).items()})


def _definitions(content: Any) -> tuple[Any, ...] | None:
    if content is None:
        return None
    if not isinstance(content, list):
        raise TypeError("definitions are no list")
    return tuple(content)


def _written(pinned: Pinned) -> dict[str, Any]:
    reading = pinned.reading
    return {
        "tools": reading.tools,
        "prompts": reading.prompts,
        "instructions": reading.instructions,
        "since": dict(pinned.since),
    }
