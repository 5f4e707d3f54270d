"""From what runs and what is wanted to a Plan: which servers to start, replace, stop or keep, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.core.spec import Config, Problem, Replace, ServerSpec


class Action(StrEnum):
    """What is done with one server."""

    START = "start"
    REPLACE = "replace"
    STOP = "stop"
    KEEP = "keep"
    UPDATE = "update"
    HOLD = "hold"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One server's part of a Plan; `spec` is what shall be there afterwards (None: nothing)."""

    server: str
    action: Action
    why: str
    spec: ServerSpec | None = None
    beside: bool = False
    """For a replacement: whether the new version may start before the old one has gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What must change.

    `update`: new policy, same process; `hold`: unusable edit, what runs stays; `wait`: lacks variables.
    """

    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()

    def _of(self, action: Action) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action is action)

    @property
    def start(self) -> tuple[Step, ...]:
        return self._of(Action.START)

    @property
    def replace(self) -> tuple[Step, ...]:
        return self._of(Action.REPLACE)

    @property
    def stop(self) -> tuple[Step, ...]:
        return self._of(Action.STOP)

    @property
    def keep(self) -> tuple[Step, ...]:
        return self._of(Action.KEEP)

    @property
    def update(self) -> tuple[Step, ...]:
        return self._of(Action.UPDATE)

    @property
    def hold(self) -> tuple[Step, ...]:
        return self._of(Action.HOLD)

    @property
    def wait(self) -> tuple[Step, ...]:
        return self._of(Action.WAIT)


def plan(running: Mapping[str, ServerSpec], wanted: Config) -> Plan:
    """Compare what runs (in whatever state) with what the file wants; what did not change is not touched."""
    names: Iterable[str] = dict.fromkeys([*wanted.servers, *running])
    steps = (_step(name, running.get(name), wanted) for name in names)
    return Plan(
        steps=tuple(step for step in steps if step is not None),
        problems=wanted.problems,
    )


def _step(name: str, old: ServerSpec | None, wanted: Config) -> Step | None:
    new = wanted.servers.get(name)
    if old is None:
        return None if new is None or new.disabled else _new(name, new)
    if new is None:
        return _absent(name, old, wanted)
    if new.disabled:
        return Step(server=name, action=Action.STOP, why="disabled")
    if new.missing:
        return Step(
            server=name,
            action=Action.HOLD,
            why=f"the edit lacks {', '.join(new.missing)}; it stays as it was",
            spec=old,
        )
    return _compared(name, old, new)


def _new(name: str, new: ServerSpec) -> Step:
    if new.missing:
        return Step(server=name, action=Action.WAIT, why=f"waits for {', '.join(new.missing)}")
    return Step(server=name, action=Action.START, why="new in the file", spec=new)


def _absent(name: str, old: ServerSpec, wanted: Config) -> Step:
    if not wanted.readable:
        return Step(
            server=name,
            action=Action.HOLD,
            why="the file cannot be read; it stays as it was",
            spec=old,
        )
    if name in wanted.broken:
        return Step(
            server=name,
            action=Action.HOLD,
            why="its entry is broken; it stays as it was",
            spec=old,
        )
    return Step(server=name, action=Action.STOP, why="no longer in the file")


def _compared(name: str, old: ServerSpec, new: ServerSpec) -> Step:
    if old.fingerprint != new.fingerprint:
        return Step(
            server=name,
            action=Action.REPLACE,
            why=f"changed: {', '.join(old.differences(new))}",
            spec=new,
            beside=Replace.AFTER not in (old.replace, new.replace),
        )
    if old.differences(new):
        return Step(
            server=name,
            action=Action.UPDATE,
            why=f"no restart needed: {', '.join(old.differences(new))}",
            spec=new,
        )
    return Step(server=name, action=Action.KEEP, why="unchanged", spec=new)
