"""The JSON Schema of servers.json: valid, and true for the file that is shipped and the design's example."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.core.jsonc import read
from hub.core.spec import Severity
from hub.core.spec_entry import SERVER
from hub.core.spec_parse import parse
from hub.core.spec_schema import json_schema

SHIPPED = Path(__file__).parents[2] / "servers.json"
EXAMPLE = """{
  "mcpServers": {
    "supabase": {
      "command": "npx",
      "args": ["-y", "@supabase/mcp-server-supabase@0.13.0", "--features", "database",
               "--project-ref", "${SUPABASE_PROJECT_REF}", "--api-url", "${SUPABASE_API_URL:-https://api.supabase.com}"],
      "env": { "SUPABASE_ACCESS_TOKEN": "${SUPABASE_ACCESS_TOKEN}" },
      "tools":   { "allow": ["*"], "deny": [],            // globs
                   "read": [], "write": [],
                   "rename": {}, "preset": {} },
      "confirm": "writes",
      "read_only": { "args": ["--read-only"] },
      "restart": { "first_delay": 0.5, "factor": 2, "max_delay": 30, "jitter": 0.2, "stable_after": 10,
                   "max_attempts": null },
      "timeouts": { "start": 60, "call": 30, "total": 300 },
      "concurrency": 8, "share": "all",
      "replace": "beside",
      "pin": true,
      "era": "auto"
    }
  },
  "views": { "voice": { "servers": ["*"], "deny": [] } },
  "limits": { "calls": 4, "minutes": 15, "cost_per_call": null, "cost_per_day": null }
}"""
ENV = {"SUPABASE_PROJECT_REF": "ref", "SUPABASE_ACCESS_TOKEN": "token-of-supabase"}


def described(schema: Any) -> bool:
    properties = schema.get("properties", {})
    return all("description" in each and described(each) for each in properties.values())


def test_the_schema_is_one_and_describes_every_key() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert described(schema)
    assert described(schema["$defs"]["server"])


@pytest.mark.parametrize("text", [SHIPPED.read_text(encoding="utf-8"), EXAMPLE], ids=["shipped", "design"])
def test_the_shipped_file_and_the_example_fit_the_schema_and_have_no_problem(text: str) -> None:
    Draft202012Validator(json_schema()).validate(read(text).value)
    assert not parse(text, ENV).problems


def test_the_example_says_the_defaults() -> None:
    shown = parse(EXAMPLE, ENV)
    entry = '{"command": "npx", "args": %s, "env": %s, "read_only": {"args": ["--read-only"]}}'
    spec = shown.servers["supabase"]
    bare = parse(
        '{"mcpServers": {"supabase": ' + entry.replace("%s", '["a"]', 1).replace("%s", "{}") + "}}", {}
    )
    assert spec.differences(bare.servers["supabase"]) == ("args", "env")
    assert (shown.views, shown.limits) == (bare.views, bare.limits)


def test_the_shipped_file_starts_supabase_with_a_twin_that_cannot_write() -> None:
    config = parse(SHIPPED.read_text(encoding="utf-8"), ENV)
    assert list(config.servers) == ["supabase"]
    spec = config.servers["supabase"]
    twin = spec.twin()
    assert twin is not None
    assert twin.args == (*spec.args, "--read-only")
    assert spec.env == {"SUPABASE_ACCESS_TOKEN": "token-of-supabase"}
    without = parse(SHIPPED.read_text(encoding="utf-8"), {}).servers["supabase"]
    assert without.missing == ("SUPABASE_PROJECT_REF", "SUPABASE_ACCESS_TOKEN")


WRONG = [
    '{"mcpServers": {"a": {"command": "x", "confirm": "maybe"}}}',
    '{"mcpServers": {"a": {"command": "x", "restart": {"jitter": 2}}}}',
    '{"mcpServers": {"a": {"command": "x", "tools": {"alow": []}}}}',
    '{"mcpServers": {"a": {"command": "x", "timeouts": {"call": 0}}}}',
    '{"mcpServers": {"a": {"args": []}}}',
    '{"mcpServers": {}, "limits": {"calls": 0}}',
    '{"mcpServers": {}, "views": {"voice": {"deny": "x"}}}',
]


@pytest.mark.parametrize("text", WRONG)
def test_what_the_hub_refuses_the_schema_refuses_too(text: str) -> None:
    assert not Draft202012Validator(json_schema()).is_valid(read(text).value)
    assert any(problem.severity is Severity.ERROR for problem in parse(text, {}).problems)


def test_the_defaults_in_the_schema_are_those_that_hold() -> None:
    properties = json_schema()["$defs"]["server"]["properties"]
    given = {name: properties[name]["default"] for name in SERVER if "default" in properties[name]}
    for name in ("tools", "restart", "timeouts"):
        inner = properties[name]["properties"]
        given[name] = {key: inner[key]["default"] for key in inner if "default" in inner[key]}
    text = str(given).replace("'", '"').replace("True", "true").replace("False", "false")
    with_defaults = parse(f'{{"mcpServers": {{"a": {{"command": "x", {text[1:]}}}}}', {})
    assert not with_defaults.problems
    assert with_defaults == parse('{"mcpServers": {"a": {"command": "x"}}}', {})
