"""What is offered under which name, what it is sent as, and why."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalog import Catalog, Reason, hidden_in, shows_server
from hub.core.spec import EVERYTHING, ServerSpec, ToolPolicy, View

READ = {"annotations": {"readOnlyHint": True}}
CREATE = {"annotations": {"destructiveHint": False}}


def tool(name: str, *arguments: str, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {each: {} for each in arguments}, "required": list(arguments)}
    return {"name": name, "description": f"Does {name}.", "inputSchema": schema, **more}


def server(name: str, tools: Sequence[Any], **policy: Any) -> tuple[ServerSpec, Sequence[Any]]:
    return ServerSpec(name=name, command="x", tools=ToolPolicy(**policy)), tools


def catalog(*servers: tuple[ServerSpec, Sequence[Any]]) -> Catalog:
    return Catalog.build({spec.name: (spec, tools) for spec, tools in servers})


SHOP = [tool("list_orders", **READ), tool("add_order", **CREATE), tool("drop_orders"), tool("odd", **READ)]


def offered(**policy: Any) -> list[str]:
    return [route.tool for route in catalog(server("s", SHOP, **policy)).offered(EVERYTHING)]


def reason(found: Catalog, name: str) -> Reason:
    (one,) = found.why(name)
    return one


def test_a_route_leads_from_the_public_name_to_the_tool_with_its_definition_unchanged() -> None:
    raw = tool("list_orders", "since", title="Orders", outputSchema={"type": "object"}, vendor=1, **READ)
    route = catalog(server("shop", [raw])).route("shop__list_orders")
    assert route is not None
    assert (route.server, route.tool, route.public) == ("shop", "list_orders", "shop__list_orders")
    assert route.definition == {**raw, "name": "shop__list_orders"}
    assert (route.read_only, route.destructive, route.idempotent) == (True, False, True)
    assert raw["name"] == "list_orders"


def test_an_unknown_name_has_no_route() -> None:
    assert catalog(server("shop", SHOP)).route("shop__none") is None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, ["add_order", "drop_orders", "list_orders", "odd"]),
        ({"allow": ("list_*",)}, ["list_orders"]),
        ({"allow": ("s__l*",)}, ["list_orders"]),
        ({"allow": ("@read",)}, ["list_orders", "odd"]),
        ({"allow": ("@write",)}, ["add_order", "drop_orders"]),
        ({"allow": ("@destructive", "odd")}, ["drop_orders", "odd"]),
        ({"deny": ("@destructive",)}, ["add_order", "list_orders", "odd"]),
        ({"deny": ("*_order*", "x")}, ["odd"]),
        ({"allow": ("LIST_*",)}, []),
        ({"allow": ()}, []),
        ({"allow": ("@read",), "write": ("odd",)}, ["list_orders"]),
        ({"allow": ("@read",), "read": ("s__add*",)}, ["add_order", "list_orders", "odd"]),
        ({"allow": ("@read",), "read": ("odd",), "write": ("odd",)}, ["list_orders"]),
    ],
)
def test_filters_go_by_globs_and_by_corrected_annotations(
    policy: dict[str, Any], expected: list[str]
) -> None:
    assert offered(**policy) == expected


def test_a_correction_is_in_the_published_definition() -> None:
    found = catalog(server("s", SHOP, read=("drop_*",), write=("odd",)))
    assert found.routes["s__drop_orders"].definition["annotations"] == {
        "readOnlyHint": True,
        "destructiveHint": False,
    }
    odd = found.routes["s__odd"]
    assert odd.definition["annotations"] == {"readOnlyHint": False}
    assert (odd.read_only, odd.destructive, odd.idempotent) == (False, True, False)
    assert "tools.write" in reason(found, "s__odd").rule
    assert "tools.read" in reason(found, "s__drop_orders").rule


def test_a_renamed_tool_is_called_by_its_own_name() -> None:
    found = catalog(server("s", SHOP, rename={"list_orders": "orders"}, allow=("orders", "list_orders")))
    route = found.route("s__orders")
    assert route is not None
    assert route.tool == "list_orders"
    assert (
        reason(found, "s__orders").rule
        == 'offered by tools.allow "list_orders"; renamed from list_orders by tools.rename'
    )


def test_a_name_that_was_given_does_not_push_out_a_tool_of_that_name() -> None:
    found = catalog(server("s", [tool("a"), tool("b"), tool("b.")], rename={"a": "b"}))
    assert found.routes["s__b"].tool == "b"
    assert len(found.routes) == 3


def test_fixed_arguments_are_hidden_and_sent() -> None:
    tools = [tool("one", "project", "x"), tool("two", "y")]
    preset = {"one": {"x": 2, "unknown": 3}, "*": {"project": "p", "x": 1}, "s__two": {"z": 4}}
    found = catalog(server("s", tools, preset=preset))
    one, two = found.routes["s__one"], found.routes["s__two"]
    assert one.definition["inputSchema"] == {"type": "object", "properties": {}, "required": []}
    assert one.preset == {"project": "p", "x": 2, "unknown": 3}
    assert one.arguments({"x": 9, "more": 1}) == {"x": 2, "more": 1, "project": "p", "unknown": 3}
    assert two.definition["inputSchema"] == tools[1]["inputSchema"]
    assert two.arguments(None) == {"z": 4}


def test_views_filter_servers_and_tools() -> None:
    found = catalog(server("shop", SHOP), server("notes", [tool("read", **READ), tool("write")]))
    view = View(name="v", servers=("n*",), deny=("@destructive",))
    assert [route.public for route in found.offered(view)] == ["notes__read"]
    assert [route.public for route in found.offered(View(name="v", allow=("shop__l*", "write")))] == [
        "notes__write",
        "shop__list_orders",
    ]
    assert found.offered(View(name="v", servers=())) == []
    assert [route.public for route in found.offered(EVERYTHING, only_read=True)] == [
        "notes__read",
        "shop__list_orders",
        "shop__odd",
    ]


def test_every_tool_has_one_reason() -> None:
    found = catalog(server("s", SHOP, allow=("@read", "add_*"), deny=("odd",)))
    assert [(each.tool, each.offered, each.rule) for each in found.why("*")] == [
        ("s__add_order", True, 'offered by tools.allow "add_*"'),
        ("s__drop_orders", False, "hidden: nothing in tools.allow matches it"),
        ("s__list_orders", True, 'offered by tools.allow "@read"'),
        ("s__odd", False, 'hidden by tools.deny "odd"'),
    ]


@pytest.mark.parametrize("pattern", ["s__odd", "odd", "s/odd", "*odd", "s/o*"])
def test_a_reason_is_found_by_any_name(pattern: str) -> None:
    assert reason(catalog(server("s", SHOP)), pattern).tool == "s__odd"


def test_a_view_adds_its_own_reason() -> None:
    found = catalog(server("s", SHOP, deny=("odd",)))
    view = View(name="voice", deny=("@write",))
    rules = {each.name: (each.offered, each.rule) for each in found.why("*", view)}
    assert rules["odd"] == (False, 'hidden by tools.deny "odd"')
    assert rules["add_order"] == (False, 'offered by tools.allow "*"; hidden by views.voice.deny "@write"')
    assert rules["list_orders"] == (True, 'offered by tools.allow "*"; offered by views.voice.allow "*"')
    elsewhere = found.why("list_orders", View(name="voice", servers=("x",)))
    assert elsewhere[0].rule.endswith("hidden: nothing in views.voice.servers matches s")


def test_a_preset_is_named_with_the_rule_that_fixes_each_argument() -> None:
    takes = {"type": "object", "properties": {"project": {}, "limit": {}, "q": {}}}
    policy = ToolPolicy(preset={"*": {"project": "p", "limit": 5, "other": 1}, "find": {"limit": 9}})
    spec = ServerSpec(name="s", command="s", tools=policy)
    found = Catalog.build({"s": (spec, [{"name": "find", "inputSchema": takes}])})
    (why,) = found.why("find")
    assert why.rule == (
        'offered by tools.allow "*"; project fixed and hidden by tools.preset "*"; '
        'limit fixed and hidden by tools.preset "find"'
    )
    assert why.route is not None
    assert why.route.arguments({"q": "x", "limit": 100}) == {"q": "x", "project": "p", "limit": 9}


@pytest.mark.parametrize(("servers", "shown"), [(("*",), True), (("n*",), False), ((), False)])
def test_a_view_shows_a_server_also_before_it_has_any_tool(servers: tuple[str, ...], shown: bool) -> None:
    assert shows_server(View(name="v", servers=servers), "shop") is shown


def test_views_that_hide_a_tool_are_named() -> None:
    route = catalog(server("s", SHOP)).routes["s__add_order"]
    views = [View(name="voice"), View(name="quiet", deny=("@write",)), View(name="n", servers=("n",))]
    assert hidden_in(views, route) == [
        'in view quiet hidden by views.quiet.deny "@write"',
        "in view n hidden: nothing in views.n.servers matches s",
    ]


def test_what_cannot_be_offered_says_why_and_harms_no_other() -> None:
    task = tool("task", execution={"taskSupport": "required"})
    found = catalog(
        server("s", [None, task, tool("good"), {"name": 7}, tool("good", "other"), {"name": "bare"}])
    )
    assert list(found.routes) == ["s__bare", "s__good"]
    assert found.routes["s__good"].definition["inputSchema"]["properties"] == {}
    hidden = {(each.name, each.rule.split(":")[1].split()[0]) for each in found.reasons if not each.offered}
    assert hidden == {("#1", "its"), ("task", "it"), ("#4", "its"), ("good", "the")}
    assert all(each.route is None for each in found.reasons if not each.offered)


def test_a_name_that_models_do_not_take_is_mapped_and_explained() -> None:
    found = catalog(server("my.notes", [tool("get.user"), tool("get_user")]))
    assert found.routes["my_notes__get_user"].tool == "get_user"
    (other,) = [route for route in found.routes.values() if route.tool == "get.user"]
    assert re.fullmatch(r"my_notes__get_user_[0-9a-f]{8}", other.public)
    assert "made of my.notes and get.user" in reason(found, "get.user").rule


def test_the_order_in_which_a_server_lists_its_tools_does_not_matter() -> None:
    assert catalog(server("s", SHOP)) == catalog(server("s", SHOP[::-1]))


NAMES = st.text(alphabet="ab_.-é", min_size=1, max_size=4) | st.text(min_size=1, max_size=80)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
KEYS = ["title", "description", "inputSchema", "outputSchema", "annotations", "execution", "icons", "_meta"]
TOOLS = st.lists(
    st.builds(
        lambda name, rest: {"name": name, **rest}, NAMES, st.dictionaries(st.sampled_from(KEYS), ANYTHING)
    )
    | ANYTHING,
    max_size=5,
)
SERVERS = st.dictionaries(NAMES, TOOLS, max_size=4)
VALID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


def build(servers: Mapping[str, Sequence[Any]]) -> Catalog:
    return Catalog.build(
        {name: (ServerSpec(name=name, command="x"), tools) for name, tools in servers.items()}
    )


@given(SERVERS)
def test_whatever_servers_send_names_are_valid_and_unique_and_every_tool_has_a_reason(
    servers: dict[str, list[Any]],
) -> None:
    found = build(servers)
    assert all(VALID.match(name) and route.public == name for name, route in found.routes.items())
    assert all(route.definition["name"] == name for name, route in found.routes.items())
    assert all(route.definition["inputSchema"]["type"] == "object" for route in found.routes.values())
    assert len({(route.server, route.tool) for route in found.routes.values()}) == len(found.routes)
    assert len(found.reasons) == sum(len(tools) for tools in servers.values())
    assert list(found.routes) == sorted(found.routes)


@given(SERVERS, NAMES, TOOLS)
def test_names_stay_when_another_server_is_added(
    servers: dict[str, list[Any]], name: str, tools: list[Any]
) -> None:
    before = {(route.server, route.tool): route.public for route in build(servers).routes.values()}
    after = build({**servers, **({} if name in servers else {name: tools})}).routes
    named = {(route.server, route.tool): route.public for route in after.values()}
    assert before.items() <= named.items()


def test_what_waits_for_approval_is_said_whether_it_is_offered_or_not() -> None:
    spec, tools = server("s", [tool("echo")], rename={"echo": "say"})
    waiting = {"s": {"echo": "as it was before", "drop": "held back: new"}}
    found = Catalog.build({"s": (spec, tools)}, waiting)
    assert list(found.routes) == ["s__say"]
    assert reason(found, "s__drop") == Reason(
        tool="s__drop", offered=False, rule="held back: new", server="s", name="drop"
    )
    assert reason(found, "s__say").rule.endswith("renamed from echo by tools.rename; as it was before")
