"""What the servers offer, as Catalogs, and remembered over a restart of the hub."""

import logging
from collections.abc import Mapping
from pathlib import Path

from hub.core.catalog import Catalog, Route
from hub.core.spec import ServerSpec
from hub.pool import remembered
from hub.pool.launcher import log_file
from hub.pool.pins import Pins
from hub.pool.served import Served, Tools
from hub.pool.versions import Version
from hub.supervision.output import note

_LEFT_OUT = "left out"
_log = logging.getLogger(__name__)


class Offer:
    """The Catalogs over all servers, made anew when something changes."""

    def __init__(self, file: Path, pins: Pins) -> None:
        self.catalog = Catalog()
        self.voice_catalog = Catalog()
        self.remembered: dict[str, Tools] = remembered.load(file)
        """The tools that were listed last, by the fingerprint of what listed them."""
        self._file = file
        self._pins = pins
        self._routes: dict[tuple[str, str], Route] = {}
        self._left_out: frozenset[tuple[str, str, str]] = frozenset()

    def rebuild(self, current: Mapping[str, Version]) -> bool:
        """Make Catalogs of what runs, in the order of the file; whether something else is offered now."""
        self._pins.take([member for version in current.values() for member in version.shared.members])
        catalog = self._built({name: (v.spec, v.main) for name, v in current.items()})
        voice = self._built({name: (v.spec, v.twin or v.main) for name, v in current.items()})
        before = self.catalog.routes, self.voice_catalog.routes
        if (catalog, voice) != (self.catalog, self.voice_catalog):
            self.catalog, self.voice_catalog = catalog, voice
            self._routes = {
                (reason.server, reason.name): reason.route
                for reason in catalog.reasons
                if reason.route is not None
            }
            self._log_left_out()
        return (catalog.routes, voice.routes) != before

    def _built(self, asked: Mapping[str, tuple[ServerSpec, Served]]) -> Catalog:
        servers = {name: (spec, self._pins.tools(member)) for name, (spec, member) in asked.items()}
        return Catalog.build(servers, {name: self._pins.rules(member) for name, (_, member) in asked.items()})

    def harmless(self, server: str, tool: str) -> bool:
        """Whether a tool may be asked twice."""
        route = self._routes.get((server, tool))
        return route is not None and (route.read_only or route.idempotent)

    def save(self, current: Mapping[str, Version]) -> None:
        """Remember the tools; what a version only took over from the one before is not its own."""
        members = [member for version in current.values() for member in version.shared.members]
        known = {
            member.spec.fingerprint: member.tools
            for member in members
            if member.tools is not None and (member.listed or member.spec.fingerprint in self.remembered)
        }
        self.remembered.clear()
        self.remembered.update(known)
        remembered.save(self._file, known)

    def _log_left_out(self) -> None:
        found = frozenset(
            (reason.server, reason.name, reason.rule)
            for reason in self.catalog.reasons
            if reason.rule.startswith(_LEFT_OUT)
        )
        for server, tool, rule in sorted(found - self._left_out):
            _log.warning("%s: its tool %s is %s", server, tool, rule)
            note(log_file(self._file.parent, server), f"[hub] its tool {tool} is {rule}")
        self._left_out = found
