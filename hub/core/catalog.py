"""Public tool names and what is behind them: filters, corrected annotations, presets, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from hub.core.definitions import (
    Traits,
    UnusableDefinition,
    corrected,
    known_arguments,
    repaired,
    tool_name,
    traits,
    without_arguments,
)
from hub.core.public_names import SEPARATOR, plain_name, public_names
from hub.core.spec import EVERYTHING, ServerSpec, ToolPolicy, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One tool under its public name. `definition` is what is published; nobody may change it."""

    public: str
    server: str
    tool: str
    definition: Mapping[str, Any] = field(hash=False, repr=False)
    read_only: bool
    destructive: bool
    idempotent: bool
    preset: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)

    @property
    def traits(self) -> Traits:
        """What @read, @write and @destructive look at."""
        return Traits(self.read_only, self.destructive, self.idempotent)

    def arguments(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Give what the server gets: what was given, and over it what is fixed."""
        return {**(given or {}), **self.preset}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a tool is offered or not. `tool`: its public name; `route`: there for every usable definition."""

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
    """What is offered: public name → Route, sorted."""
    reasons: tuple[Reason, ...] = ()
    """Every tool of every server, offered or not, sorted by public name."""

    @classmethod
    def build(
        cls,
        servers: Mapping[str, tuple[ServerSpec, Sequence[Any]]],
        waiting: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "Catalog":
        """Name, correct and filter all tools.

        Give the servers in the order of the file: where names collide, the earlier one keeps the plain name.
        `waiting`: by server and tool, what to say of one that waits for approval, whether it is there or not.
        """
        told = {(name, tool): said for name, rules in (waiting or {}).items() for tool, said in rules.items()}
        usable: list[tuple[ServerSpec, dict[str, Any]]] = []
        reasons: list[Reason] = []
        for spec, tools in servers.values():
            found, left_out = _usable(spec, tools)
            usable += [(spec, definition) for definition in found]
            reasons += left_out
        names = public_names((spec.name, _given_name(spec.tools, tool["name"])) for spec, tool in usable)
        for (spec, definition), public in zip(usable, names, strict=True):
            route = _route(spec, definition, public)
            offered, rule = _judged(route, spec.tools.allow, spec.tools.deny, "tools.")
            said = told.pop((spec.name, route.tool), None)
            rule = f"{rule}{_renaming(route, spec.tools)}{f'; {said}' if said else ''}"
            reasons.append(_reason(route, offered=offered, rule=rule))
        reasons += [_left_out(servers[name][0], tool, said) for (name, tool), said in told.items()]
        reasons.sort(key=lambda reason: (reason.tool, reason.server, reason.name))
        routes = {
            reason.tool: reason.route for reason in reasons if reason.offered and reason.route is not None
        }
        return cls(routes=routes, reasons=tuple(reasons))

    def route(self, name: str) -> Route | None:
        """Find an offered tool by its public name."""
        return self.routes.get(name)

    def offered(self, view: View, *, only_read: bool = False) -> list[Route]:
        """List what a view shows, sorted by public name."""
        shown = (route for route in self.routes.values() if shows(view, route))
        return [route for route in shown if route.read_only or not only_read]

    def why(self, pattern: str, view: View | None = None) -> list[Reason]:
        """Say for each tool that a name or glob means (public, own, or server/name) what became of it."""
        meant = [reason for reason in self.reasons if _means(pattern, reason)]
        return meant if view is None else [_through(reason, view) for reason in meant]


def hidden_in(views: Iterable[View], route: Route) -> list[str]:
    """Say which views hide an offered tool, each with its rule."""
    seen = ((view, *_seen(route, view)) for view in views)
    return [f"in view {view.name} {rule}" for view, shown, rule in seen if not shown]


def shows(view: View, route: Route) -> bool:
    """Whether a view shows one tool."""
    return view is EVERYTHING or _seen(route, view)[0]


def shows_server(view: View, server: str) -> bool:
    """Whether a view shows tools of a server, once it has any."""
    return _first(view.servers, (server,)) is not None


def _usable(spec: ServerSpec, tools: Sequence[Any]) -> tuple[list[dict[str, Any]], list[Reason]]:
    """Repair the definitions of one server, in an order that does not depend on how it lists them."""
    found: dict[str, dict[str, Any]] = {}
    left_out: list[Reason] = []
    for number, raw in enumerate(tools, 1):
        try:
            definition = repaired(raw)
        except UnusableDefinition as reason:
            left_out.append(_left_out(spec, tool_name(raw) or f"#{number}", str(reason)))
            continue
        if found.setdefault(definition["name"], definition) is not definition:
            rule = "left out: the server lists this name twice, and the first one counts"
            left_out.append(_left_out(spec, definition["name"], rule))
    # A name that needs no mapping goes before one that does, so that it keeps its plain form.
    return sorted(found.values(), key=lambda each: _precedence(spec, each["name"])), left_out


def _left_out(spec: ServerSpec, name: str, rule: str) -> Reason:
    public = plain_name(spec.name, _given_name(spec.tools, name))
    return Reason(tool=public, offered=False, rule=rule, server=spec.name, name=name)


def _precedence(spec: ServerSpec, tool: str) -> tuple[bool, bool, str]:
    given = _given_name(spec.tools, tool)
    return given != tool, not plain_name(spec.name, given).endswith(SEPARATOR + given), tool


def _given_name(policy: ToolPolicy, tool: str) -> str:
    return policy.rename.get(tool, tool)


def _route(spec: ServerSpec, definition: dict[str, Any], public: str) -> Route:
    tool = definition["name"]
    names = (tool, public)
    mended = corrected(
        definition,
        read=_first(spec.tools.read, names) is not None,
        write=_first(spec.tools.write, names) is not None,
    )
    presets = _presets(spec.tools, names, known_arguments(definition))
    preset = {name: value for name, (_, value) in presets.items()}
    found = traits(mended)
    return Route(
        public=public,
        server=spec.name,
        tool=tool,
        definition={**without_arguments(mended, preset), "name": public},
        read_only=found.read_only,
        destructive=found.destructive,
        idempotent=found.idempotent,
        preset=preset,
    )


def _presets(
    policy: ToolPolicy, names: tuple[str, str], known: Mapping[str, Any]
) -> dict[str, tuple[str, Any]]:
    """Collect the fixed arguments and what fixes each: a glob where the tool knows it, or the exact name."""
    fixed: dict[str, tuple[str, Any]] = {}
    for pattern, values in policy.preset.items():
        if pattern not in names and _first((pattern,), names) is not None:
            fixed.update({key: (pattern, value) for key, value in values.items() if key in known})
    for pattern, values in policy.preset.items():
        if pattern in names:
            fixed.update({key: (pattern, value) for key, value in values.items()})
    return fixed


def _first(patterns: Sequence[str], names: Sequence[str], found: Traits | None = None) -> str | None:
    """Find the first pattern that means one of these names, or the traits."""
    for pattern in patterns:
        if found is not None and pattern.startswith("@"):
            if found.match(pattern):
                return pattern
        elif any(fnmatchcase(name, pattern) for name in names):
            return pattern
    return None


def _judged(route: Route, allow: Sequence[str], deny: Sequence[str], where: str) -> tuple[bool, str]:
    names = (route.tool, route.public)
    denied = _first(deny, names, route.traits)
    if denied is not None:
        return False, f'hidden by {where}deny "{denied}"'
    allowed = _first(allow, names, route.traits)
    if allowed is None:
        return False, f"hidden: nothing in {where}allow matches it"
    return True, f'offered by {where}allow "{allowed}"'


def _seen(route: Route, view: View) -> tuple[bool, str]:
    where = f"views.{view.name}."
    if _first(view.servers, (route.server,)) is None:
        return False, f"hidden: nothing in {where}servers matches {route.server}"
    return _judged(route, view.allow, view.deny, where)


def _reason(route: Route, *, offered: bool, rule: str) -> Reason:
    return Reason(
        tool=route.public, offered=offered, rule=rule, server=route.server, name=route.tool, route=route
    )


def _renaming(route: Route, policy: ToolPolicy) -> str:
    """Say where the public name comes from, where it is not simply the tool's own."""
    given = _given_name(policy, route.tool)
    parts = []
    if given != route.tool:
        parts.append(f"renamed from {route.tool} by tools.rename")
    if route.public != f"{route.server}{SEPARATOR}{given}":
        parts.append(f"its name made of {route.server} and {given}, to be unique and fit for language models")
    for word in ("write", "read"):
        pattern = _first(getattr(policy, word), (route.tool, route.public))
        if pattern is not None:
            parts.append(f'counts as one that {word}s by tools.{word} "{pattern}"')
            break
    by = _presets(policy, (route.tool, route.public), route.preset)
    parts += [f'{name} fixed and hidden by tools.preset "{pattern}"' for name, (pattern, _) in by.items()]
    return "".join(f"; {part}" for part in parts)


def _means(pattern: str, reason: Reason) -> bool:
    names = (
        reason.tool,
        reason.name,
        f"{reason.server}/{reason.name}",
        f"{reason.server}{SEPARATOR}{reason.name}",
    )
    return any(name == pattern or fnmatchcase(name, pattern) for name in names)


def _through(reason: Reason, view: View) -> Reason:
    """Add what a view does to an offered tool."""
    if not reason.offered or reason.route is None:
        return reason
    seen, rule = _seen(reason.route, view)
    return _reason(reason.route, offered=seen, rule=f"{reason.rule}; {rule}")
