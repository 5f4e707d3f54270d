"""Public tool names and what is behind them: filters, corrected annotations, presets, and the reason for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.core.spec import ServerSpec, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One tool under its public name. `definition` is what is published; treat it as read-only."""

    public: str
    server: str
    tool: str
    definition: Mapping[str, Any] = field(hash=False, repr=False)
    read_only: bool
    destructive: bool
    idempotent: bool
    preset: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)

    def arguments(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """What the server gets: what was given, and over it what is fixed."""
        return {**(given or {}), **self.preset}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a tool is offered or not. `tool` is the public name; `route` is there for every valid definition."""

    tool: str
    offered: bool
    rule: str
    server: str
    name: str
    route: Route | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """An immutable snapshot of all servers' tools; a change makes a new one."""

    routes: Mapping[str, Route] = field(default_factory=dict, hash=False)
    """What is offered: public name → Route, in the order of the names."""
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def build(
        cls, servers: Mapping[str, tuple[ServerSpec, Sequence[Any]]]
    ) -> "Catalog":
        """Name, correct and filter all tools. Give the servers in the order of the file: on a collision the
        earlier one keeps the plain name."""

    def route(self, name: str) -> Route | None: ...

    def offered(self, view: View, *, only_read: bool = False) -> list[Route]: ...

    def why(self, pattern: str, view: View | None = None) -> list[Reason]: ...
