"""What the showing commands print, for people and for programs."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hub.cli import look, show
from hub.cli.main import main
from tests.cli.fake_hub import STATUS, FakeHub

Output = pytest.CaptureFixture[str]
CALL = {"call_id": "c1", "status": "ended", "done": True, "ended_reason": "caller_left", "duration_s": 63.0}


def printed(capsys: Output, *argv: str) -> str:
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_status_shows_parts_servers_calls_providers_and_problems(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/status"] = (200, STATUS | {"started_at": time.time() - 3690})
    said = printed(capsys, "status")
    for part in (
        "ready",
        "voice worker",
        "notes",
        "1 running, 4 at most",
        "stt by practice",
        "up 1 h 1 min",
    ):
        assert part in said
    assert "servers.json, line 7, mcpServers.x.command: It is empty. Fill it." in said


def test_status_says_when_there_is_no_voice(fake: FakeHub, capsys: Output) -> None:
    bare = {"ready": False, "voice": False, "parts": [], "servers": [], "providers": [], "problems": []}
    fake.routes["GET /api/status"] = (200, STATUS | bare)
    said = printed(capsys, "status")
    assert "not ready yet" in said
    assert "Without voice" in said
    assert "There are no servers" in said


def test_a_server_with_a_session_for_each_call_says_how_many_there_are(fake: FakeHub, capsys: Output) -> None:
    shop = {"name": "shop", "state": "ready", "transport": "stdio", "tools": 3, "sessions": 3}
    fake.routes["GET /api/servers"] = (200, {"servers": [shop, shop | {"name": "x", "sessions": None}]})
    said = printed(capsys, "servers")
    assert said.count("ready, 3 sessions") == 1


def test_what_a_server_says_cannot_steer_the_terminal(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/status"] = (200, STATUS)
    said = printed(capsys, "status")
    assert "\x1b" not in said
    assert "[31mno route" in said


@pytest.mark.parametrize(
    ("argv", "path"),
    [
        (["status"], "/api/status"),
        (["servers"], "/api/servers"),
        (["servers", "a b"], "/api/servers/a b"),
        (["calls"], "/api/calls"),
        (["tools"], "/api/tools"),
        (["plan"], "/api/plan"),
    ],
)
def test_json_is_what_the_hub_said(fake: FakeHub, capsys: Output, argv: list[str], path: str) -> None:
    fake.routes[f"GET {path}"] = (200, {"grün": [1, None]})
    assert json.loads(printed(capsys, *argv, "--json")) == {"grün": [1, None]}


def test_one_server_is_shown_with_its_tools_and_last_words(fake: FakeHub, capsys: Output) -> None:
    tool = {
        "public": "notes__add",
        "offered": False,
        "rule": "deny @write",
        "read_only": False,
        "destructive": False,
    }
    read = {
        "public": "notes__list",
        "offered": True,
        "rule": "allow *",
        "read_only": True,
        "destructive": False,
    }
    wipe = {
        "public": "notes__wipe",
        "offered": True,
        "rule": "allow *",
        "read_only": False,
        "destructive": True,
    }
    value = STATUS["servers"][0] | {
        "tools": [tool, read, wipe],
        "stderr": ["disk full"],
        "spec": {"env": "***"},
    }
    fake.routes["GET /api/servers/notes"] = (200, value)
    said = printed(capsys, "servers", "notes")
    rows = [row.split() for row in said.splitlines()]
    assert ["notes__add", "no", "writes", "deny", "@write"] in rows
    assert ["notes__list", "yes", "reads", "allow", "*"] in rows
    assert ["notes__wipe", "yes", "destructive", "allow", "*"] in rows
    assert "disk full" in said
    assert "***" not in said


def test_calls_are_listed(fake: FakeHub, capsys: Output) -> None:
    row = CALL | {"mode": "text", "goal": "Count the orders", "created_at": "2026-01-01T00:00:00Z"}
    fake.routes["GET /api/calls"] = (200, {"calls": [row], "next_cursor": None})
    assert "Count the orders" in printed(capsys, "calls")


def test_without_calls_the_way_to_one_is_said(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/calls"] = (200, {"calls": [], "next_cursor": None})
    assert "hub talk" in printed(capsys, "calls")


def test_a_call_is_shown_word_for_word(fake: FakeHub, capsys: Output) -> None:
    turns = [
        {"n": 1, "t": 0.5, "role": "agent", "text": "Hello", "interrupted": True, "final": True},
        {"n": 2, "t": 2.0, "role": "caller", "text": "Hi", "interrupted": False, "final": True},
    ]
    fake.routes["GET /api/calls/c1"] = (200, CALL)
    fake.routes["GET /api/calls/c1/transcript"] = (200, {"turns": turns, "next_turn": 2, "complete": True})
    said = printed(capsys, "calls", "c1")
    assert "caller_left, 1 min 3 s" in said
    assert "agent    Hello (cut off)" in said
    assert json.loads(printed(capsys, "calls", "c1", "--json"))["turns"] == turns


def test_a_long_transcript_is_read_to_its_end(fake: FakeHub, capsys: Output) -> None:
    """A call that is still going on has no complete transcript: its last page brings nothing."""
    turn = {"n": 1, "t": 0.5, "role": "agent", "text": "Hello", "interrupted": False, "final": True}
    pages = iter([([turn], 1), ([turn], 2), ([], 2)])

    class Paging(dict[str, tuple[int, Any]]):
        def __getitem__(self, key: str) -> tuple[int, Any]:
            if key.endswith("transcript"):
                turns, after = next(pages)
                return 200, {"turns": turns, "next_turn": after, "complete": False}
            return super().__getitem__(key)

    fake.routes = Paging({"GET /api/calls/c1": (200, CALL), "GET /api/calls/c1/transcript": (200, {})})
    assert printed(capsys, "calls", "c1").count("Hello") == 2
    assert [query["after_turn"] for key, query in fake.asked if key.endswith("transcript")] == ["0", "1", "2"]


def test_tools_are_listed_and_the_pattern_is_passed_on(fake: FakeHub, capsys: Output) -> None:
    tool = {"name": "notes__add", "server": "notes", "description": "Adds\na note", "read_only": False}
    fake.routes["GET /api/tools"] = (200, {"tools": [tool]})
    assert "Adds a note" in printed(capsys, "tools", "notes__*")
    assert fake.asked[-1][1] == {"pattern": "notes__*"}


def test_no_tool_leads_to_why(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/tools"] = (200, {"tools": []})
    assert "hub why" in printed(capsys, "tools", "x*")


def test_why_names_the_rule(fake: FakeHub, capsys: Output) -> None:
    reason = {"tool": "notes__add", "offered": False, "rule": "deny *add"}
    fake.routes["GET /api/why"] = (200, {"reasons": [reason]})
    assert "deny *add" in printed(capsys, "why", "notes__add")
    assert json.loads(printed(capsys, "why", "notes__add", "--json")) == {"reasons": [reason]}


def test_why_of_an_unknown_tool_is_an_error(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/why"] = (200, {"reasons": []})
    assert main(["why", "nothing"]) == 1
    assert "No server has a tool nothing." in capsys.readouterr().err


def test_plan_shows_steps_and_problems(fake: FakeHub, capsys: Output) -> None:
    step = {"server": "notes", "action": "replace", "why": "args changed"}
    fake.routes["GET /api/plan"] = (200, {"steps": [step], "problems": STATUS["problems"]})
    said = printed(capsys, "plan")
    assert "args changed" in said
    assert "It is empty." in said


def test_a_plan_without_steps_says_so(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/plan"] = (
        200,
        {"steps": [], "problems": [{"line": 1, "message": "a", "remedy": "b"}]},
    )
    assert printed(capsys, "plan") == "Nothing would change.\nservers.json, line 1: a b\n"


def test_on_a_terminal_there_are_tables(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    show.table(("a", "b"), [["ready", "[bold]x[/bold]"]])
    said = capsys.readouterr().out
    assert "─" in said
    assert "[bold]x[/bold]" in said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3660, "1 h 1 min"), (90000, "1 d 1 h")],
)
def test_spans_read_as_people_say_them(seconds: float, said: str) -> None:
    assert show.span(seconds) == said


def test_every_page_of_a_transcript_is_of_the_size_that_the_hub_allows() -> None:
    assert look.TRANSCRIPT_PAGE <= 500


def test_a_folder_without_servers_json_is_fine_for_a_client(
    fake: FakeHub, home: Path, capsys: Output
) -> None:
    fake.routes["GET /api/status"] = (200, STATUS)
    assert not Path("servers.json").exists()
    assert printed(capsys, "status")
