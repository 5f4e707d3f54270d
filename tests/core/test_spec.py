"""ServerSpecs as values: what needs a new process, the twin, what people see."""

from dataclasses import replace
from typing import Any

import pytest

from hub.core.backoff import RestartPolicy
from hub.core.spec import (
    Confirm,
    Era,
    Limits,
    Overlay,
    Problem,
    Replace,
    ServerSpec,
    Severity,
    Share,
    Timeouts,
    ToolPolicy,
    Transport,
)
from hub.core.spec_parse import parse

SPEC = ServerSpec(
    name="notes", command="notes", args=("--a",), env={"B": "2", "A": "1"}, read_only=Overlay(args=("--ro",))
)
NEEDS_A_PROCESS: list[dict[str, Any]] = [
    {"name": "other"},
    {"transport": Transport.HTTP},
    {"command": "x"},
    {"args": ("--b",)},
    {"env": {"A": "1"}},
    {"cwd": "/"},
    {"url": "http://x"},
    {"headers": {"A": "1"}},
    {"era": Era.LEGACY},
    {"read_only": None},
    {"read_only": Overlay(args=("--ro",), env={"C": "1"})},
    {"is_twin": True},
]
POLICY_ONLY: list[dict[str, Any]] = [
    {"tools": ToolPolicy(deny=("x",))},
    {"confirm": Confirm.ALWAYS},
    {"restart": RestartPolicy(first_delay=2)},
    {"timeouts": Timeouts(call=1)},
    {"concurrency": 1},
    {"share": Share.CALL},
    {"replace": Replace.AFTER},
    {"pin": False},
]


@pytest.mark.parametrize("change", NEEDS_A_PROCESS, ids=str)
def test_what_needs_a_new_process_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert replace(SPEC, **change).fingerprint != SPEC.fingerprint


@pytest.mark.parametrize("change", POLICY_ONLY, ids=str)
def test_a_policy_changes_nothing_but_itself(change: dict[str, Any]) -> None:
    changed = replace(SPEC, **change)
    assert changed.fingerprint == SPEC.fingerprint
    assert changed.differences(SPEC) == tuple(change)


def test_the_order_of_variables_and_what_is_written_make_no_difference() -> None:
    same = replace(SPEC, env={"A": "1", "B": "2"}, written={"command": "notes"}, secrets=("abcdef",))
    assert same.fingerprint == SPEC.fingerprint
    assert same == SPEC
    assert hash(same) == hash(SPEC)
    assert not same.differences(SPEC)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert ServerSpec(name="a", command="b").fingerprint == "1d23c91566b7302c"


def test_a_spec_is_runnable_unless_disabled_or_missing_something() -> None:
    assert SPEC.runnable
    assert not replace(SPEC, disabled=True).runnable
    assert not replace(SPEC, missing=("X",)).runnable


def test_the_twin_of_a_process_has_more_arguments_and_variables() -> None:
    spec = replace(SPEC, read_only=Overlay(args=("--ro",), env={"B": "3", "C": "4"}))
    twin = spec.twin()
    assert twin is not None
    assert (twin.name, twin.args, twin.env) == ("notes", ("--a", "--ro"), {"A": "1", "B": "3", "C": "4"})
    assert twin.is_twin
    assert twin.twin() is None
    assert twin.fingerprint != spec.fingerprint


def test_the_twin_of_an_address_has_more_in_its_query() -> None:
    spec = ServerSpec(
        name="web",
        transport=Transport.HTTP,
        url="https://host/mcp?project=1&read_only=false",
        read_only=Overlay(query={"read_only": "true"}),
    )
    twin = spec.twin()
    assert twin is not None
    assert twin.url == "https://host/mcp?project=1&read_only=true"


def test_without_an_overlay_there_is_no_twin() -> None:
    assert replace(SPEC, read_only=None).twin() is None


def test_people_see_an_entry_as_written_without_its_secrets() -> None:
    text = """{"mcpServers": {
      "a": {"command": "x", "args": ["--token", "t0psecret", "--ref", "${REF}"],
            "env": {"API_KEY": "abcdefgh", "TOKEN": "${TOKEN}"}},
      "b": {"serverUrl": "https://h/mcp?token=abcdefgh", "headers": {"Authorization": "Bearer abcdefgh"}}}}"""
    servers = parse(text, {"REF": "r", "TOKEN": "value-of-token"}).servers
    assert servers["a"].masked() == {
        "command": "x",
        "args": ["--token", "***", "--ref", "${REF}"],
        "env": {"API_KEY": "***", "TOKEN": "${TOKEN}"},
    }
    assert servers["b"].masked() == {
        "serverUrl": "https://h/mcp?token=***",
        "headers": {"Authorization": "***"},
    }
    assert "abcdefgh" not in repr(servers)
    assert "value-of-token" not in repr(servers)
    assert "t0psecret" not in repr(servers)


def test_the_values_of_secrets_are_taken_out_of_what_a_server_says() -> None:
    text = """{"mcpServers": {
      "a": {"command": "x", "args": ["--api-key=k3y-in-args", "${DB_PASSWORD}"], "env": {"KEY": "k3y-in-env"},
            "read_only": {"env": {"SECRET": "twin-secret"}}},
      "b": {"url": "https://me:url-password@h/mcp", "headers": {"Authorization": "Bearer header-token"}}}}"""
    servers = parse(text, {"DB_PASSWORD": "pass-word"}).servers
    said = "k3y-in-args pass-word k3y-in-env twin-secret"
    assert servers["a"].redact(said) == "*** *** *** ***"
    assert servers["b"].redact("header-token Bearer header-token url-password") == "*** *** ***"


def test_a_problem_reads_as_a_sentence_with_its_place() -> None:
    problem = Problem("mcpServers.a.confirm", 3, '"maybe" is wrong.', 'Write "never".')
    assert str(problem) == 'line 3 mcpServers.a.confirm: "maybe" is wrong. Write "never".'
    assert str(Problem("", 0, "There is no file.", "Write it.")) == "There is no file. Write it."
    assert problem.severity is Severity.ERROR


def test_the_defaults_are_those_of_the_design() -> None:
    assert Limits() == Limits(calls=4, minutes=15, cost_per_call=None, cost_per_day=None)
    assert Timeouts() == Timeouts(start=60, call=30, total=300)
    assert ToolPolicy() == ToolPolicy(allow=("*",), deny=(), read=(), write=(), rename={}, preset={})
    assert (SPEC.confirm, SPEC.concurrency, SPEC.share, SPEC.replace, SPEC.pin, SPEC.era) == (
        Confirm.WRITES,
        8,
        Share.ALL,
        Replace.BESIDE,
        True,
        Era.AUTO,
    )
