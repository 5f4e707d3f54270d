"""Everything that can be wrong with servers.json is said with its place and what would be right."""

import re

import pytest

from hub.core.spec import (
    Limits,
    Severity,
    View,
)
from hub.core.spec_parse import parse
from tests.core.entries import complaint, entry, spec

WRONG = {
    '{"command": "x", "confirm": "write"}': ("confirm", 'Did you mean "writes"?'),
    '{"command": "x", "confirm": 1}': ("confirm", 'Write "never", "writes" or "always".'),
    '{"command": "x", "type": "stdoi"}': ("type", 'Did you mean "stdio"?'),
    '{"command": "x", "type": 3}': ("type", 'Write "stdio", "http" or "sse".'),
    '{"command": "x", "args": "-y"}': ("args", "["),
    '{"command": "x", "args": ["a", null]}': ("args[1]", "double quotes"),
    '{"command": "x", "env": ["A=1"]}': ("env", '{"NAME": "value"}'),
    '{"command": "x", "env": {"A": {}}}': ("env.A", "double quotes"),
    '{"command": "x", "env": {"A=B": "1"}}': ("env.A=B", "without ="),
    '{"command": "x", "env": {"": "1"}}': ('env[""]', "without ="),
    '{"command": " "}': ("command", "a text in double quotes"),
    '{"command": ["x"]}': ("command", "a text in double quotes"),
    '{"command": "npx -y notes"}': ("command", '"command": "npx", "args": ["-y", "notes"]'),
    '{"command": "x", "disabled": "yes"}': ("disabled", "true or false"),
    '{"command": "x", "enabled": 0}': ("enabled", "true or false"),
    '{"command": "x", "concurrency": 0}': ("concurrency", "a whole number from 1 up"),
    '{"command": "x", "concurrency": 2.5}': ("concurrency", "a whole number from 1 up"),
    '{"command": "x", "concurrency": true}': ("concurrency", "a whole number from 1 up"),
    '{"command": "x", "restart": {"jitter": 2}}': ("restart.jitter", "a number from 0 to 1"),
    '{"command": "x", "restart": {"jitter": "a"}}': ("restart.jitter", "a number from 0 to 1"),
    '{"command": "x", "restart": {"factor": 0.5}}': ("restart.factor", "a number from 1 up"),
    '{"command": "x", "restart": {"max_attempts": -1}}': ("restart.max_attempts", "a whole number from 0 up"),
    '{"command": "x", "restart": {"jiter": 0}}': ("restart.jiter", 'Did you mean "jitter"?'),
    '{"command": "x", "restart": false}': ("restart", "first_delay, factor"),
    '{"command": "x", "timeouts": {"call": 0}}': ("timeouts.call", "a number over 0"),
    '{"command": "x", "tools": {"alow": ["a"]}}': ("tools.alow", 'Did you mean "allow"?'),
    '{"command": "x", "tools": {"zzz": 1}}': ("tools.zzz", '"allow", "deny"'),
    '{"command": "x", "tools": {"deny": ["@writes"]}}': ("tools.deny[0]", 'Did you mean "@write"?'),
    '{"command": "x", "tools": {"deny": ["a", ""]}}': ("tools.deny[1]", "a glob"),
    '{"command": "x", "tools": {"deny": "a"}}': ("tools.deny", "["),
    '{"command": "x", "tools": {"rename": {"a": ""}}}': ("tools.rename.a", "a text in double quotes"),
    '{"command": "x", "tools": {"preset": {"a": 1}}}': ("tools.preset.a", '{"argument": value}'),
    '{"command": "x", "read_only": {}}': ("read_only", "args or env"),
    '{"command": "x", "read_only": {"args": ["a"], "query": {"a": "b"}}}': ("read_only", "args or env"),
    '{"command": "x", "read_only": true}': ("read_only", "args, env or query"),
    '{"url": "http://h", "read_only": {"args": ["a"]}}': ("read_only", "query"),
    '{"url": "http://h", "read_only": {"query": {}}}': ("read_only", "query"),
    '{"url": "h/mcp"}': ("url", "https://"),
    '{"url": "http://"}': ("url", "https://"),
    '{"url": "http://[::1"}': ("url", "https://"),
    '{"url": "http://h:99999"}': ("url", "https://"),
    '{"url": "http://h/\\n"}': ("url", "https://"),
    '{"url": 7}': ("url", "a text in double quotes"),
    '{"url": "http://h", "headers": {"A b": "c"}}': ('headers["A b"]', "without spaces"),
    '{"url": "http://h", "headers": {"A": "c\\r\\nB: d"}}': ("headers.A", "on one line"),
    '{"command": "x", "url": "http://h"}': ("", "Keep one"),
    '{"args": []}': ("", '"command": "…" or "url"'),
    '{"type": "http", "args": []}': ("", '"url"'),
    '{"type": "stdio"}': ("", '"command"'),
    '{"command": "x", "read-only": {}}': ("read-only", 'Did you mean "read_only"?'),
    '{"command": "x", "tool": {}}': ("tool", 'Did you mean "tools"?'),
    "[]": ("", '{"command": …}'),
    "null": ("", '{"command": …}'),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(text: str) -> None:
    path, remedy = WRONG[text]
    problem = complaint(text)
    whole = f"mcpServers.s{'' if path.startswith('[') or not path else '.'}{path}"
    assert problem.path == whole
    assert remedy in problem.remedy
    assert problem.message.endswith(".")


def test_a_misspelled_command_says_both_things() -> None:
    found, problems = entry('{"comand": "x"}')
    assert found is None
    assert [problem.remedy for problem in problems] == [
        'Did you mean "command"?',
        'Add "command": "…" or "url": "https://…".',
    ]


def test_what_belongs_to_the_other_transport_has_no_effect() -> None:
    found, (problem,) = entry('{"type": "http", "command": "x", "url": "http://h"}')
    assert found is not None
    assert (found.command, found.url) == ("", "http://h")
    assert (problem.path, problem.severity) == ("mcpServers.s.command", Severity.WARNING)


def test_a_server_that_must_be_alone_and_is_started_for_each_call_is_warned_of() -> None:
    found, (problem,) = entry('{"command": "x", "share": "call", "replace": "after"}')
    assert found is not None
    assert (problem.path, problem.severity) == ("mcpServers.s.share", Severity.WARNING)


def test_a_path_with_spaces_is_a_program() -> None:
    assert spec('{"command": "/opt/My App/run"}').command == "/opt/My App/run"
    assert spec('{"command": "my tool", "args": ["a"]}').command == "my tool"


def test_a_long_value_is_shown_shortened() -> None:
    assert len(complaint(f'{{"command": "x", "confirm": "{"w" * 500}"}}').message) < 120


@pytest.mark.parametrize("name", ["", " ", "a\\nb"])
def test_a_server_needs_a_name(name: str) -> None:
    config = parse(f'{{"mcpServers": {{"{name}": {{"command": "x"}}}}}}', {})
    assert not config.servers
    assert len(config.problems) == 1


def test_names_of_other_clients_may_hold_anything_printable() -> None:
    name = "github.com/modelcontextprotocol/servers/tree/main/src/fetch"
    config = parse(f'{{"mcpServers": {{"{name}": {{"command": 1}}, "@a/b c": {{"command": "x"}}}}}}', {})
    assert list(config.servers) == ["@a/b c"]
    assert config.problems[0].path == f'mcpServers["{name}"].command'


def test_all_problems_are_told_at_once_and_a_broken_entry_stops_no_other() -> None:
    config = parse(
        """{
  "mcpServers": {
    "good": {"command": "x"},
    "notes": {
      "command": 1,
      "restart": {
        "jitter": 7
      }
    },
    "gone": {},
    "lacking": {"command": "${X}"}
  },
  "views": {"voice": {"deny": ["@rite"]}, "ok": {"servers": ["god", "zzz", "g*"]}, "odd": []},
  "limits": {"calls": 0}
}""",
        {},
    )
    assert list(config.servers) == ["good", "lacking"]
    assert config.broken == {"notes", "gone"}
    assert [(problem.line, problem.path) for problem in config.problems] == [
        (5, "mcpServers.notes.command"),
        (7, "mcpServers.notes.restart.jitter"),
        (10, "mcpServers.gone"),
        (11, "mcpServers.lacking.command"),
        (13, "views.voice.deny[0]"),
        (13, "views.ok.servers[0]"),
        (13, "views.ok.servers[1]"),
        (13, "views.odd"),
        (14, "limits.calls"),
    ]
    assert config.problems[5].remedy == 'Did you mean "good"?'
    assert config.problems[6].severity is Severity.WARNING
    assert config.limits == Limits()


def test_a_broken_view_shows_nothing_rather_than_everything() -> None:
    nothing = View(name="voice", servers=())
    assert parse('{"mcpServers": {}, "views": {"voice": {"deni": []}}}', {}).views["voice"] == nothing
    assert parse('{"mcpServers": {}, "views": []}', {}).views["voice"] == nothing


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("[]", "", '{"mcpServers": {…}}'),
        ('{"mcpServers": []}', "mcpServers", '{"name": {"command": …}}'),
        ('{"mcpServer": {}}', "mcpServer", 'Did you mean "mcpServers"?'),
        ('{"server": {}}', "server", 'Did you mean "servers"?'),
    ],
)
def test_a_file_that_does_not_say_which_servers_are_wanted_is_unreadable(
    text: str, path: str, remedy: str
) -> None:
    config = parse(text, {})
    assert not config.readable
    (problem,) = config.problems
    assert problem.path == path
    assert remedy in problem.remedy


def test_a_file_without_servers_is_fine_but_warned_of() -> None:
    config = parse("{}", {})
    assert config.readable
    assert config.problems[0].severity is Severity.WARNING


def test_a_second_misspelled_key_of_servers_is_only_warned_of() -> None:
    config = parse('{"mcpServers": {}, "server": {}}', {})
    assert config.readable
    assert config.problems[0].severity is Severity.WARNING


def test_a_syntax_error_is_one_problem_with_line_column_and_hint() -> None:
    config = parse('{\n  "mcpServers": {\n    "a": {"command": "x"}\n    "b": {}\n  }\n}', {})
    assert not config.readable
    (problem,) = config.problems
    assert problem.line == 3
    assert re.search(r"line 3, column \d+: a comma", problem.message)
    assert "comma" in problem.remedy


def test_a_server_that_is_there_twice_is_warned_of() -> None:
    config = parse(
        '{"mcpServers": {"a": {"command": "1"}, "a": {"command": "2"}}, "views": {}, "views": {}}', {}
    )
    assert config.servers["a"].command == "2"
    assert [(problem.server, problem.severity) for problem in config.problems] == [
        ("a", Severity.WARNING),
        (None, Severity.WARNING),
    ]
