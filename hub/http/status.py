"""The state of the whole hub as plain values, for /api/status, the dashboard and hub_status alike."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hub import __version__
from hub.core.errors import NotFound


class Part(Protocol):
    """One local process of the hub."""

    def status(self) -> dict[str, Any]:
        """name, state, detail, pid, restarts."""


class Provider(Protocol):
    """Who plays one role in a call."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def practice(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStatus:
    """Reads the state of everything when asked; holds nothing of its own."""

    url: str
    started_at: float
    config: str
    voice: bool
    servers: Callable[[], list[dict[str, Any]]]
    parts: Callable[[], Sequence[Part]]
    providers: Sequence[Provider]
    problems: Callable[[], list[dict[str, Any]]]
    calls: Callable[[], dict[str, int]]
    ready: Callable[[], bool]

    def whole(self) -> dict[str, Any]:
        """Everything."""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "url": self.url,
            "started_at": self.started_at,
            "config": self.config,
            "ready": self.ready(),
            "voice": self.voice,
            "parts": [part.status() for part in self.parts()],
            "servers": self.servers(),
            "calls": self.calls(),
            "providers": [
                {"kind": one.kind, "name": one.name, "practice": one.practice} for one in self.providers
            ],
            "problems": self.problems(),
        }

    def for_tool(self, server: str | None) -> dict[str, Any]:
        """The result of hub_status.

        Raises:
            NotFound: There is no server of that name.
        """
        servers = self.servers()
        if server is not None:
            names = [one["name"] for one in servers]
            servers = [one for one in servers if one["name"] == server]
            if not servers:
                known = ", ".join(names) or "none"
                raise NotFound(
                    f"There is no server {server}; there are: {known}.", next_step="Check the name."
                )
        whole = self.whole()
        return {
            "servers": servers,
            "calls": whole["calls"],
            "providers": whole["providers"],
            "next_step": _next_step(servers),
        }


def _next_step(servers: list[dict[str, Any]]) -> str:
    down = [one["name"] for one in servers if one["state"] not in {"ready", "disabled"}]
    if down:
        return f"Not ready: {', '.join(down)}. last_error says why; the hub keeps trying where that helps."
    return "Everything is up; start_voice_call starts a call."
