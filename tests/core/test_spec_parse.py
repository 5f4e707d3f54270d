"""servers.json in every dialect, its defaults and its variables; and that no text is too strange."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.backoff import RestartPolicy
from hub.core.spec import (
    Config,
    Confirm,
    Era,
    Limits,
    Overlay,
    Replace,
    ServerSpec,
    Severity,
    Share,
    Timeouts,
    ToolPolicy,
    Transport,
    View,
)
from hub.core.spec_entry import FOREIGN, QUIET, SERVER
from hub.core.spec_parse import parse
from tests.core.entries import complaint, entry, spec

# --- dialects


@pytest.mark.parametrize("key", ["mcpServers", "servers"])
def test_servers_stand_under_either_key(key: str) -> None:
    config = parse(f'{{"{key}": {{"a": {{"command": "x"}}}}}}', {})
    assert list(config.servers) == ["a"]
    assert not config.problems
    assert config.readable


def test_both_keys_add_up_and_mcp_servers_wins() -> None:
    config = parse(
        '{"servers": {"a": {"command": "1"}, "b": {"command": "2"}},"mcpServers": {"a": {"command": "3"}}}',
        {},
    )
    assert {name: each.command for name, each in config.servers.items()} == {"a": "3", "b": "2"}
    (problem,) = config.problems
    assert (problem.path, problem.server, problem.severity) == ("servers.a", "a", Severity.WARNING)


@pytest.mark.parametrize("key", ["type", "transport"])
@pytest.mark.parametrize(
    ("written", "transport"),
    [
        ("http", Transport.HTTP),
        ("streamable-http", Transport.HTTP),
        ("streamableHttp", Transport.HTTP),
        ("sse", Transport.SSE),
    ],
)
def test_an_address_with_its_transport(key: str, written: str, transport: Transport) -> None:
    found = spec(f'{{"{key}": "{written}", "serverUrl": "https://h/mcp", "headers": {{"A": "b"}}}}')
    assert (found.transport, found.url, found.headers) == (transport, "https://h/mcp", {"A": "b"})


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ('{"command": "x"}', Transport.STDIO),
        ('{"type": "stdio", "command": "x"}', Transport.STDIO),
        ('{"url": "http://127.0.0.1:3000/mcp"}', Transport.HTTP),
        ('{"url": "http://h/sse"}', Transport.SSE),
        ('{"url": "http://h/sse/?a=b"}', Transport.SSE),
        ('{"url": "http://h/sse", "type": "http"}', Transport.HTTP),
    ],
)
def test_the_transport_is_found_out_where_it_is_not_said(text: str, transport: Transport) -> None:
    assert spec(text).transport is transport


def test_a_process_has_arguments_variables_and_a_folder() -> None:
    found = spec(
        '{"command": "x", "args": ["-p", 80, true], "env": {"A": "1", "B": 2, "C": false}, "cwd": "/srv"}'
    )
    assert (found.command, found.args, found.cwd) == ("x", ("-p", "80", "true"), "/srv")
    assert found.env == {"A": "1", "B": "2", "C": "false"}


@pytest.mark.parametrize(
    ("text", "disabled"),
    [
        ('"disabled": true', True),
        ('"disabled": false', False),
        ('"enabled": false', True),
        ('"enabled": true', False),
    ],
)
def test_a_server_is_switched_off_either_way(text: str, disabled: bool) -> None:
    assert spec(f'{{"command": "x", {text}}}').disabled is disabled


def test_the_second_way_to_say_the_same_has_no_effect() -> None:
    found, (problem,) = entry('{"url": "http://h/1", "serverUrl": "http://h/2"}')
    assert found is not None
    assert found.url == "http://h/1"
    assert (problem.path, problem.severity) == ("mcpServers.s.serverUrl", Severity.WARNING)


@pytest.mark.parametrize("key", [*QUIET, "_comment", "//", "x-mine"])
def test_keys_of_other_clients_that_change_nothing_are_passed_over(key: str) -> None:
    spec(f'{{"command": "x", "{key}": {{"a": "${{NOT_SET}}"}}}}')


@pytest.mark.parametrize("key", [*FOREIGN, "somethingElse"])
def test_other_keys_of_other_clients_are_warned_of(key: str) -> None:
    found, (problem,) = entry(f'{{"command": "x", "{key}": ["${{NOT_SET}}"]}}')
    assert found is not None
    assert (problem.path, problem.severity) == (f"mcpServers.s.{key}", Severity.WARNING)


def test_top_level_keys_of_other_clients_are_warnings_at_most() -> None:
    config = parse('{"$schema": "x", "inputs": [], "mcpServers": {}, "view": {}, "globalShortcut": ""}', {})
    (problem,) = config.problems
    assert (problem.path, problem.severity) == ("view", Severity.WARNING)
    assert problem.remedy == 'Did you mean "views"?'
    assert config.readable


# --- the hub's own keys


def test_every_key_of_the_hub_is_read() -> None:
    found = spec(
        """{
      "command": "x",
      "tools": {"allow": ["@read", "a*"], "deny": ["@destructive"], "read": ["r"], "write": ["w"],
                "rename": {"a": "b"}, "preset": {"*": {"project": "${REF}", "n": 1}}},
      "confirm": "always", "read_only": {"args": ["--ro"], "env": {"RO": "${REF}"}},
      "restart": {"first_delay": 0, "factor": 1, "max_delay": 5, "jitter": 1, "stable_after": 0,
                  "max_attempts": 3},
      "timeouts": {"start": 1, "call": 2.5, "total": 3}, "concurrency": 1, "share": "call",
      "pin": false, "era": "2026-07-28"}""",
        REF="r",
    )
    assert found.tools == ToolPolicy(
        allow=("@read", "a*"),
        deny=("@destructive",),
        read=("r",),
        write=("w",),
        rename={"a": "b"},
        preset={"*": {"project": "r", "n": 1}},
    )
    assert (found.confirm, found.read_only) == (Confirm.ALWAYS, Overlay(args=("--ro",), env={"RO": "r"}))
    assert found.restart == RestartPolicy(
        first_delay=0, factor=1, max_delay=5, jitter=1, stable_after=0, max_attempts=3
    )
    assert found.timeouts == Timeouts(start=1, call=2.5, total=3)
    assert (found.concurrency, found.share) == (1, Share.CALL)
    assert spec('{"command": "x", "replace": "after"}').replace is Replace.AFTER
    assert (found.pin, found.era) == (False, Era.MODERN)


def test_without_them_the_defaults_hold() -> None:
    assert spec('{"command": "x"}') == ServerSpec(name="s", command="x")
    assert spec(
        '{"command": "x", "restart": {"max_attempts": null}, "tools": {}, "timeouts": {}}'
    ) == ServerSpec(name="s", command="x")


def test_views_and_limits_are_read() -> None:
    config = parse(
        """{"mcpServers": {"a": {"command": "x"}},
      "views": {"voice": {"servers": ["a"], "deny": ["@write"]}, "small": {"allow": ["a__*"]}},
      "limits": {"calls": 1, "minutes": 0.5, "cost_per_call": 1, "cost_per_day": null}}""",
        {},
    )
    assert not config.problems
    assert config.views == {
        "voice": View(name="voice", servers=("a",), deny=("@write",)),
        "small": View(name="small", allow=("a__*",)),
    }
    assert config.limits == Limits(calls=1, minutes=0.5, cost_per_call=1)


def test_without_them_calls_use_a_view_of_everything() -> None:
    config = parse('{"mcpServers": {}}', {})
    assert config == Config()
    assert config.views == {"voice": View(name="voice")}


# --- variables


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("${A}", "1"),
        ("${env:A}", "1"),
        ("${A:-x}", "1"),
        ("${B:-x}", "x"),
        ("${env:B:-x}", "x"),
        ("${EMPTY:-x}", "x"),
        ("${B:-}", ""),
        ("${B:-http://x:1/y}", "http://x:1/y"),
        ("a${A}b${A}", "a1b1"),
        ("$A {A} $", "$A {A} $"),
    ],
)
def test_variables_are_replaced(written: str, expanded: str) -> None:
    found = spec(f'{{"command": "x", "args": ["{written}"], "env": {{"V": "{written}"}}}}', A="1", EMPTY="")
    assert (found.args, found.env) == ((expanded,), {"V": expanded})


def test_values_of_variables_are_not_looked_into() -> None:
    assert spec('{"command": "x", "args": ["${A}"]}', A="${B}").args == ("${B}",)


@pytest.mark.parametrize("missing", [{}, {"REF": ""}])
def test_a_missing_variable_is_named_and_nothing_is_passed_on(missing: dict[str, str]) -> None:
    text = '{"command": "${CMD}",\n "args": ["${REF}", "${REF}"], "env": {"A": "${A}"}, "confirm": "never"}'
    found, problems = entry(text, A="a", **missing)
    assert found is not None
    assert found.missing == ("CMD", "REF")
    assert (found.command, found.args, found.env) == ("", (), {})
    assert found.confirm is Confirm.NEVER
    assert not found.runnable
    assert [(problem.path, problem.line, problem.message) for problem in problems] == [
        ("mcpServers.s.command", 1, "CMD is not set."),
        ("mcpServers.s.args[0]", 2, "REF is not set."),
    ]
    assert all(".env" in problem.remedy and problem.server == "s" for problem in problems)


def test_an_address_with_a_missing_variable_is_not_called_wrong() -> None:
    found, (problem,) = entry('{"url": "${SCHEME}://[::1", "headers": {"A": "${SCHEME}"}}')
    assert found is not None
    assert (found.missing, found.url, found.headers) == (("SCHEME",), "", {})
    assert problem.message == "SCHEME is not set."


def test_a_server_that_is_off_may_lack_variables() -> None:
    assert spec('{"command": "x", "args": ["${REF}"], "disabled": true}').missing == ("REF",)


def test_a_server_with_a_missing_variable_is_not_broken() -> None:
    config = parse('{"mcpServers": {"a": {"command": "${X}"}, "b": {"command": 1}}}', {})
    assert config.broken == {"b"}


@pytest.mark.parametrize("written", ["${input:key}", "${", "${A", "${1}", "${}", "${A:-${B}}", "${A-b}"])
def test_what_is_no_variable_is_refused(written: str) -> None:
    problem = complaint(f'{{"command": "x", "args": ["{written}"]}}', A="1")
    assert problem.path == "mcpServers.s.args[0]"
    assert "${VAR:-default}" in problem.remedy


@pytest.mark.parametrize("char", ["\\u0000", "\\ud800"])
def test_characters_that_no_program_takes_are_refused(char: str) -> None:
    assert complaint(f'{{"command": "x", "args": ["a{char}"]}}').path == "mcpServers.s.args[0]"


# --- anything at all

JSON_LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["${A}", "${", "@x"])
)
JSON: st.SearchStrategy[Any] = st.recursive(
    JSON_LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SERVER, "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
ENTRY = st.dictionaries(st.sampled_from([*SERVER, "serverUrl", "enabled", "other"]), JSON, max_size=6)
FILE = st.fixed_dictionaries(
    {},
    optional={
        "mcpServers": st.dictionaries(st.text(max_size=5), ENTRY | JSON, max_size=3),
        "servers": JSON,
        "views": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
        "limits": st.dictionaries(st.sampled_from(["calls", "minutes", "x"]), JSON, max_size=2) | JSON,
    },
)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    config = parse(text, {})
    assert config.problems or config == Config()


@given(FILE)
def test_whatever_the_file_says_every_entry_is_there_or_has_a_problem(file: dict[str, Any]) -> None:
    config = parse(json.dumps(file), {"A": "1"})
    if config.readable:
        for name in {**file.get("mcpServers", {}), **file.get("servers", {})}:
            assert (name in config.servers) != (name in config.broken)
    for each in config.servers.values():
        assert each.fingerprint
        assert isinstance(each.masked(), dict)
    assert all(problem.line >= 1 and problem.message and problem.remedy for problem in config.problems)
