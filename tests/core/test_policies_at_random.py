"""What the policies of servers.json promise, whatever they say and whatever a server lists."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalog import Catalog, Route
from hub.core.spec import Confirm, Era, Overlay, Replace, ServerSpec, Share, Timeouts, ToolPolicy, View

NAMES = st.sampled_from(["find", "find_all", "drop", "add", "Add"])
PATTERNS = st.sampled_from(
    ["*", "find", "find*", "*d*", "s__add", "s__*", "none", "@read", "@write", "@destructive"]
)
GLOBS = PATTERNS.filter(lambda pattern: not pattern.startswith("@"))
SEVERAL = st.lists(PATTERNS, max_size=3).map(tuple)
ARGUMENTS = st.dictionaries(st.sampled_from(["limit", "project", "q", "new"]), st.integers(), max_size=3)
POLICIES = st.builds(
    ToolPolicy,
    allow=SEVERAL,
    deny=SEVERAL,
    read=st.lists(GLOBS, max_size=1).map(tuple),
    write=st.lists(GLOBS, max_size=1).map(tuple),
    rename=st.dictionaries(NAMES, st.sampled_from(["look", "drop", "x y"]), max_size=2),
    preset=st.dictionaries(st.one_of(NAMES, GLOBS), ARGUMENTS, max_size=2),
)
HINTS = st.dictionaries(
    st.sampled_from(["readOnlyHint", "destructiveHint", "idempotentHint"]), st.booleans(), max_size=3
)
VIEWS = st.builds(
    View, name=st.just("v"), servers=st.sampled_from([("*",), ("s",), ("t*",)]), allow=SEVERAL, deny=SEVERAL
)


def tool(name: str, hints: dict[str, bool]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"limit": {}, "project": {}, "q": {}},
        "required": ["q", "limit"],
    }
    return {"name": name, "inputSchema": schema, "annotations": hints}


TOOLS = st.dictionaries(NAMES, HINTS, max_size=5).map(
    lambda tools: [tool(name, hints) for name, hints in tools.items()]
)


def built(policy: ToolPolicy, tools: list[Any]) -> Catalog:
    return Catalog.build({"s": (ServerSpec(name="s", command="s", tools=policy), tools)})


def matches(pattern: str, route: Route) -> bool:
    match pattern:
        case "@read":
            return route.read_only
        case "@write":
            return not route.read_only
        case "@destructive":
            return route.destructive
    return fnmatchcase(route.tool, pattern) or fnmatchcase(route.public, pattern)


@given(POLICIES, TOOLS)
def test_a_tool_is_offered_exactly_when_it_is_allowed_and_not_denied(
    policy: ToolPolicy, tools: list[Any]
) -> None:
    found = built(policy, tools)
    assert len(found.reasons) == len(tools)
    for reason in found.reasons:
        route = reason.route
        assert route is not None
        allowed = any(matches(pattern, route) for pattern in policy.allow)
        denied = any(matches(pattern, route) for pattern in policy.deny)
        assert reason.offered == (allowed and not denied)
        assert (found.route(route.public) is route) == reason.offered


@given(POLICIES, TOOLS, ARGUMENTS)
def test_what_is_fixed_is_hidden_and_cannot_be_given(
    policy: ToolPolicy, tools: list[Any], given_: dict[str, int]
) -> None:
    for reason in built(policy, tools).reasons:
        route = reason.route
        assert route is not None
        schema = route.definition["inputSchema"]
        assert not route.preset.keys() & (schema["properties"].keys() | set(schema["required"]))
        assert route.arguments(given_) == {**given_, **route.preset}
        exact = policy.preset.get(route.tool, {})
        assert exact.keys() <= route.preset.keys()
        for name in route.preset:
            assert f"{name} fixed and hidden by tools.preset" in reason.rule


@given(POLICIES, TOOLS)
def test_a_corrected_tool_is_what_servers_json_says(policy: ToolPolicy, tools: list[Any]) -> None:
    for reason in built(policy, tools).reasons:
        route = reason.route
        assert route is not None
        hints = route.definition.get("annotations", {})
        assert not (route.read_only and route.destructive)
        assert hints.get("readOnlyHint", False) == route.read_only
        if any(matches(pattern, route) for pattern in policy.write):
            assert not route.read_only
        elif any(matches(pattern, route) for pattern in policy.read):
            assert route.read_only


@given(POLICIES, TOOLS, VIEWS, PATTERNS)
def test_a_view_only_takes_away_and_denying_more_never_offers_more(
    policy: ToolPolicy, tools: list[Any], view: View, pattern: str
) -> None:
    found = built(policy, tools)
    seen = {route.public for route in found.offered(view)}
    assert seen <= set(found.routes)
    stricter = replace(view, deny=(*view.deny, pattern))
    assert {route.public for route in found.offered(stricter)} <= seen
    denied = built(replace(policy, deny=(*policy.deny, pattern)), tools)
    assert set(denied.routes) <= set(found.routes)
    told = {reason.tool: reason.offered for reason in found.why("*", view)}
    assert {name for name, offered in told.items() if offered} == seen


PROCESS = {
    "command": st.sampled_from(["p", "q"]),
    "args": st.sampled_from([(), ("a",), ("a", "b"), ("ab",)]),
    "env": st.sampled_from([{}, {"K": "1"}, {"K": "2"}]),
    "cwd": st.sampled_from([None, "/x"]),
    "url": st.sampled_from(["", "http://x"]),
    "headers": st.sampled_from([{}, {"A": "1"}]),
    "era": st.sampled_from(Era),
    "read_only": st.sampled_from([None, Overlay(args=("--ro",)), Overlay(env={"RO": "1"})]),
}
POLICY = {
    "tools": POLICIES,
    "confirm": st.sampled_from(Confirm),
    "timeouts": st.builds(Timeouts, call=st.sampled_from([1.0, 2.0])),
    "concurrency": st.integers(1, 3),
    "share": st.sampled_from(Share),
    "replace": st.sampled_from(Replace),
    "pin": st.booleans(),
}
SPECS = st.builds(ServerSpec, name=st.just("s"), **PROCESS, **POLICY)


@given(SPECS, SPECS)
def test_a_new_process_is_needed_exactly_when_what_is_started_differs(
    one: ServerSpec, other: ServerSpec
) -> None:
    differ = set(one.differences(other))
    assert differ <= {*PROCESS, *POLICY}
    assert (one.fingerprint != other.fingerprint) == bool(differ & set(PROCESS))
    twin = one.twin()
    assert twin is None or twin.fingerprint != one.fingerprint
