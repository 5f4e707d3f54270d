"""`hub rehearse` runs files against a hub, prints what fails and why, and goes on after a broken one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hub.cli.main import main
from tests.cli.fake_hub import FakeHub

Output = pytest.CaptureFixture[str]
HEAD = 'goal = "g"\npersona = "default"\ncaller = ["Which tables?", "Bye."]\n'
TURNS = [
    {"n": 1, "role": "agent", "text": "Hello."},
    {"n": 2, "role": "caller", "text": "Which tables?"},
    {"n": 3, "role": "agent", "text": "We have orders."},
    {"n": 4, "role": "caller", "text": "Bye."},
]
SEEN: dict[str, Any] = {
    "call_id": "c1",
    "done": True,
    "passed": True,
    "problems": [],
    "turns": TURNS,
    "tools": [{"name": "shop__list", "ok": True, "ms": 1.0}],
    "criteria": [],
    "ended_reason": "caller_left",
    "duration_s": 4.21,
    "next_step": "",
}
DONE_SECONDS = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are."""
    made = tmp_path / "mine"
    made.mkdir()
    return made


def answers(hub: FakeHub, **more: Any) -> FakeHub:
    hub.routes["POST /api/rehearsals"] = (201, {"call_id": "c1", "status": "in_progress", "warnings": []})
    hub.routes["GET /api/rehearsals/c1"] = (200, SEEN | more)
    return hub


def begun(hub: FakeHub) -> list[Any]:
    return [body for key, body in hub.asked if key == "POST /api/rehearsals"]


def test_each_file_of_a_folder_is_one_line(fake: FakeHub, folder: Path, capsys: Output) -> None:
    answers(fake)
    (folder / "b.toml").write_text(HEAD + "[expect]\ncalled = ['list']\n")
    (folder / "a.toml").write_text(HEAD)
    (folder / "notes.txt").write_text("no rehearsal")
    assert main(["rehearse", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "✓ a                         4.2 s  2 turns",
        "✓ b                         4.2 s  2 turns",
        "2 rehearsed, 2 passed, 0 failed.",
    ]
    assert begun(fake) == [{"goal": "g", "persona": "default", "caller": ["Which tables?", "Bye."]}] * 2


def test_what_fails_is_told_with_its_quote_or_with_what_was_there_instead(
    fake: FakeHub, folder: Path, capsys: Output
) -> None:
    criteria = [
        {"text": "it is polite", "met": False, "quote": "We have orders", "turn": 3},
        {"text": "it says why", "met": "unknown", "quote": None, "turn": None},
        {"text": "it greets", "met": True, "quote": "Hello", "turn": 1},
    ]
    answers(fake, passed=False, criteria=criteria, problems=["The agent did not answer within 90 s."])
    (folder / "a.toml").write_text(
        HEAD
        + '[expect]\ncalled = ["execute_sql"]\nagent_says = ["hello", "customers"]\n'
        + 'agent_never_says = ["ORDERS"]'
    )
    assert main(["rehearse", str(folder / "a.toml")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "✗ a                         4.2 s  2 turns",
        "    The agent did not answer within 90 s.",
        "    not met: it is polite — “We have orders” (turn 3)",
        "    not shown: it says why",
        "    expected: execute_sql is called; called: shop__list",
        "    expected: the agent says “customers”; it said last: “We have orders.”",
        "    expected: the agent never says “ORDERS”; it said: “We have orders.” (turn 3)",
        "    hub calls c1 has every word.",
        "1 rehearsed, 0 passed, 1 failed.",
    ]


def test_a_broken_file_is_told_with_its_line_and_the_others_go_on(
    fake: FakeHub, folder: Path, capsys: Output
) -> None:
    answers(fake)
    (folder / "a.toml").write_text(HEAD + "max_turn = 3\n")
    (folder / "b.toml").write_text("goal = \n")
    (folder / "c.toml").write_bytes(b"\xff\xfe")
    (folder / "d.toml").write_text(HEAD)
    assert main(["rehearse", str(folder)]) == 2
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        f"{folder}/a.toml:4: There is no key max_turn; do you mean max_turns?",
        f"{folder}/b.toml:1: This is not TOML: invalid value.",
        f"{folder}/c.toml cannot be read: it is not UTF-8.",
    ]
    assert told.out.splitlines()[0].startswith("✓ d ")
    assert len(begun(fake)) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.toml"], "nowhere.toml cannot be read: No such file or directory."),
        (["."], ". has no *.toml."),
    ],
)
def test_nothing_to_rehearse_is_said(home: Path, arguments: list[str], told: str, capsys: Output) -> None:
    assert main(["rehearse", *arguments]) == 2
    assert capsys.readouterr().err.splitlines() == [told]


def test_only_one_of_a_folder_may_be_wanted(fake: FakeHub, folder: Path, capsys: Output) -> None:
    answers(fake)
    (folder / "a.toml").write_text("broken")
    (folder / "b.toml").write_text(HEAD)
    assert main(["rehearse", str(folder), "--only", "b", "--repeat", "2"]) == 0
    assert [row[:7] for row in capsys.readouterr().out.splitlines()[:2]] == ["✓ b 1/2", "✓ b 2/2"]
    assert main(["rehearse", str(folder), "--only", "z"]) == 2
    assert f"There is no z in {folder}; there are a, b." in capsys.readouterr().err


def test_a_hub_that_refuses_one_says_why_and_the_others_go_on(
    fake: FakeHub, folder: Path, capsys: Output
) -> None:
    error = {"code": "invalid_arguments", "message": "There is no persona x.", "next_step": "Leave it out."}
    fake.routes["POST /api/rehearsals"] = (400, {"error": error})
    (folder / "a.toml").write_text(HEAD)
    (folder / "b.toml").write_text(HEAD)
    assert main(["rehearse", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "✗ a",
        "    There is no persona x. Leave it out.",
        "✗ b",
        "    There is no persona x. Leave it out.",
        "2 rehearsed, 0 passed, 2 failed.",
    ]


def test_json_has_everything_for_programs(fake: FakeHub, folder: Path, capsys: Output) -> None:
    answers(fake)
    (folder / "a.toml").write_text(HEAD + "[expect]\nturns = 1\n")
    assert main(["rehearse", str(folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (one,) = told["rehearsals"]
    assert (told["failed"], told["unreadable"]) == (1, [])
    assert (one["name"], one["passed"], one["call_id"]) == ("a", False, "c1")
    assert one["expectations"][0] == {
        "text": "the caller speaks 1 times at most",
        "met": False,
        "quote": None,
        "turn": None,
        "instead": "they spoke 2 times",
    }
    assert one["turns"] == TURNS


def test_without_a_hub_it_says_how_to_start_one(home: Path, folder: Path, capsys: Output) -> None:
    (folder / "a.toml").write_text(HEAD)
    assert main(["rehearse", str(folder)]) == 3
    assert "Start one with ./scripts/run or hub serve." in capsys.readouterr().err


LISTENING = (  # a shell that runs the tests in the background has Ctrl-C ignored
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from hub.__main__ import main; sys.exit(main())"
)


def test_ctrl_c_ends_the_call_that_runs(fake: FakeHub, folder: Path) -> None:
    answers(fake, done=False, passed=None)
    fake.delay = 0.05
    (folder / "a.toml").write_text(HEAD)
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING, "rehearse", str(folder)],
        env={**os.environ, "HUB_HOME": str(fake.home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + DONE_SECONDS
    while not any(key == "GET /api/rehearsals/c1" for key, _ in fake.asked) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=DONE_SECONDS)
    assert process.returncode != 0
    assert "Traceback" not in said
    assert ("POST /api/calls/c1/end", {}) in fake.asked
