"""Stands between what the servers list and what models read: what is new or changed waits for approval."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any, Protocol

from hub.core.differences import visible
from hub.core.pins import Change, Judgement, Part, Reading, approved, chosen, judged, unpinned, withheld
from hub.core.spec import Problem, ServerSpec
from hub.pool.pin_file import MAIN, TWIN, Key, PinFile, Pinned

_log = logging.getLogger(__name__)


class Member(Protocol):
    """One session with a server or its twin (hub.pool.served.Served)."""

    @property
    def spec(self) -> ServerSpec: ...

    @property
    def tools(self) -> Sequence[Any] | None: ...

    @property
    def prompts(self) -> Sequence[Any] | None: ...

    @property
    def instructions(self) -> str | None: ...

    @property
    def listed(self) -> bool:
        """Whether it has listed them itself; else they are remembered, or those of another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One change that waits; at the server, at its twin, or the same one at both."""

    change: Change
    since: float
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one member offers, measured against its pins."""

    offered: Reading
    pin: bool
    listed: bool
    base: Reading
    judgement: Judgement
    ids: tuple[str, ...]
    """Of the changes."""


class Pins:
    """What is pinned, and what waits; the first sight of a server, or of its twin, is trusted."""

    def __init__(
        self,
        path: Path,
        *,
        on_change: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file = PinFile(path)
        self._pins = self._file.load()
        self._saved = dict(self._pins)
        self._on_change = on_change
        self._now = now
        self._taken: dict[Key, _Taken] = {}

    def take(self, members: Iterable[Member]) -> None:
        """Measure all that is offered now, each server before its twin."""
        before = {key: frozenset(taken.ids) for key, taken in self._taken.items()}
        earlier, self._taken = self._taken, {}
        for member in members:
            key = _key(member.spec)
            self._taken[key] = taken = self._measured(key, member, earlier.get(key))
            if member.listed:
                self._note(key, taken)
        after = {key: frozenset(taken.ids) for key, taken in self._taken.items()}
        for (name, _), ids in after.items():
            if ids - before.get((name, MAIN), frozenset()) - before.get((name, TWIN), frozenset()):
                _log.warning("%s: %s; see: hub pins %s", name, self._words(name), quote(name))
        if before != after or self._pins != self._saved:
            self._on_change()

    def tools(self, member: Member) -> Sequence[Any]:
        """Return the tools that models may see."""
        taken = self._taken.get(_key(member.spec))
        return (taken.judgement.shown.tools if taken is not None else member.tools) or ()

    def rules(self, member: Member) -> dict[str, str]:
        """Say for each of its tools that waits what became of it, and how it is approved."""
        key = _key(member.spec)
        taken = self._taken.get(key)
        rules = {}
        for change in taken.judgement.changes if taken is not None else ():
            if change.part is Part.TOOL:
                what = "held back: new" if change.new else "as it was before: changed"
                command = f"hub approve {quote(key[0])} {quote(change.name)}"
                rules[change.name] = f"{what} since {_day(self._since(key, change))}, approve with: {command}"
        return rules

    def instructions(self, server: str) -> str:
        """Return the approved instructions of a server, none for one that is not known."""
        taken = self._taken.get((server, MAIN))
        return (taken.judgement.shown.instructions if taken is not None else None) or ""

    def prompts(self, server: str, listed: Sequence[Any]) -> list[Any]:
        """Return of the prompts on one page of a server's list what may be shown."""
        taken = self._taken.get((server, MAIN))
        if taken is None or not taken.pin:
            return list(listed)
        page = judged(Reading(prompts=taken.judgement.pinned.prompts), Reading(prompts=tuple(listed)))
        return list(page.shown.prompts or ())

    def hides_prompt(self, server: str, name: Any) -> bool:
        """Whether a prompt is new and waits."""
        return any(
            change.part is Part.PROMPT and change.name == name and change.new
            for change in (each.change for each in self.waiting(server) if MAIN in each.roles)
        )

    def waiting(self, server: str) -> list[Waiting]:
        """List what waits of a server: what is the same at its twin only once."""
        found: dict[str, Waiting] = {}
        for role in (MAIN, TWIN):
            taken = self._taken.get((server, role))
            changes = zip(taken.ids, taken.judgement.changes, strict=True) if taken is not None else ()
            for ident, change in changes:
                since, known = self._since((server, role), change), found.get(ident)
                found[ident] = (
                    Waiting(change=change, since=since, roles=(role,))
                    if known is None
                    else replace(known, since=min(since, known.since), roles=(*known.roles, role))
                )
        return list(found.values())

    def count(self, server: str) -> int:
        """Count what waits."""
        return len(self.waiting(server))

    def approve(
        self, server: str, names: Collection[str] | None, seen: Collection[str] | None
    ) -> list[Waiting]:
        """Pin all that waits, or what is named, of it only what was `seen` (ids), on disk when this returns.

        Raises:
            hub.core.errors.NotFound: Nothing waits under one of the names.
            hub.core.errors.ChangedSince: Something is not as it was when it was looked at.
        """
        waiting = self.waiting(server)
        changes = chosen(server, [each.change for each in waiting], names, seen)
        done = [each for each in waiting if each.change in changes]
        for role in (MAIN, TWIN):
            mine = [each.change for each in done if role in each.roles]
            if mine:
                pinned = self._pins.get((server, role), Pinned())
                self._pins[server, role] = replace(pinned, reading=approved(pinned.reading, mine))
        for each in done:
            _log.info("%s: %s %s was approved", server, each.change.part, each.change.name)
        self._save_if(changed=bool(done))
        return done

    def save(self) -> None:
        """Write what has changed."""
        self._save_if(changed=self._pins != self._saved)

    def problems(self) -> list[Problem]:
        """Say what is wrong with the file of pins."""
        return self._file.problems()

    def _save_if(self, *, changed: bool) -> None:
        if changed:
            self._saved = dict(self._pins)
            self._file.save(self._saved)

    def _measured(self, key: Key, member: Member, earlier: _Taken | None) -> _Taken:
        offered = Reading(
            tools=None if member.tools is None else tuple(member.tools),
            prompts=None if member.prompts is None else tuple(member.prompts),
            instructions=member.instructions,
        )
        base = self._base(key, offered, listed=member.listed)
        pin = member.spec.pin
        if (
            earlier is not None
            and (earlier.offered, earlier.pin, earlier.listed) == (offered, pin, member.listed)
            and earlier.base == base
        ):
            return earlier
        judgement = (judged if pin else unpinned)(base, offered)
        if key[1] == TWIN and not member.listed:  # until then its server's list may stand in for its own
            judgement = replace(judgement, changes=())
        ids = tuple(change.id for change in judgement.changes)
        return _Taken(offered, pin, member.listed, base, judgement, ids)

    def _base(self, key: Key, offered: Reading, *, listed: bool) -> Reading:
        """Give what a member is measured against: its own pins; at first sight a twin's server's."""
        name, role = key
        pinned = self._pins.get(key)
        if pinned is not None:
            return pinned.reading
        main = self._pins.get((name, MAIN))
        if role == MAIN or main is None:
            return Reading()
        if not listed:  # what it is said to offer is the server's own list
            return main.reading
        return withheld(offered, (each.change for each in self.waiting(name)))

    def _note(self, key: Key, taken: _Taken) -> None:
        """Keep what is pinned from now on, and since when what waits has been waiting."""
        old = self._pins.get(key, Pinned())
        now = self._now()
        offered = taken.offered
        parts = {
            Part.TOOL: offered.tools,
            Part.PROMPT: offered.prompts,
            Part.INSTRUCTIONS: offered.instructions,
        }
        unknown = tuple(f"{part}/" for part, value in parts.items() if value is None)
        since = {place: when for place, when in old.since.items() if place.startswith(unknown)}
        for change in taken.judgement.changes:
            since[_place(change)] = old.since.get(_place(change), now)
        new = Pinned(taken.judgement.pinned, since)
        if new != old:
            self._pins[key] = new

    def _since(self, key: Key, change: Change) -> float:
        pinned = self._pins.get(key)
        return self._now() if pinned is None else pinned.since.get(_place(change), self._now())

    def _words(self, name: str) -> str:
        changes = [each.change for each in self.waiting(name)]
        told = (f"{visible(change.name)} ({'new' if change.new else 'changed'})" for change in changes)
        waits = "1 change waits" if len(changes) == 1 else f"{len(changes)} changes wait"
        return f"{waits} for approval: {', '.join(told)}"


def _key(spec: ServerSpec) -> Key:
    return spec.name, TWIN if spec.is_twin else MAIN


def _place(change: Change) -> str:
    return f"{change.part}/{change.name}"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
