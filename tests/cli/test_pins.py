"""pins and approve: what is shown is what is approved."""

import json
import sys
import time
from typing import Any

import pytest
import typer

from hub.cli.main import main
from tests.cli.fake_hub import STATUS, FakeHub

Output = pytest.CaptureFixture[str]
APPROVE = "POST /api/servers/notes/approve"


def change(name: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": f"id-{name}",
        "part": "tool",
        "name": name,
        "label": name,
        "new": False,
        "since": time.time() - 3 * 86400 - 60,
        "at": ["server"],
        "fields": [
            {
                "field": "description",
                "lines": [
                    {"sign": " ", "text": "Does it."},
                    {"sign": "-", "text": "Once."},
                    {"sign": "+", "text": "  Twice."},
                    {"sign": "@", "text": "3 unchanged lines"},
                ],
            }
        ],
    }
    return plain | more


WAITING = [
    change("add"),
    change("drop", new=True, at=["server", "twin"]),
    change("instructions", part="instructions", at=["twin"]),
]


@pytest.fixture
def waiting(fake: FakeHub) -> FakeHub:
    fake.routes["GET /api/pins"] = (200, {"servers": [{"server": "notes", "waiting": WAITING}]})
    approved = [{"part": "tool", "name": "add", "label": "add", "new": False, "id": "id-add"}]
    fake.routes[APPROVE] = (200, {"server": "notes", "approved": approved, "waiting": 2})
    return fake


def posted(hub: FakeHub) -> list[Any]:
    return [body for key, body in hub.asked if key == APPROVE]


def test_what_waits_is_shown_with_its_difference(waiting: FakeHub, capsys: Output) -> None:
    assert main(["pins"]) == 0
    shown = capsys.readouterr().out
    assert "notes: tool add: changed, 3 d 0 h ago\n  description\n      Does it.\n" in shown
    assert "    - Once.\n    +   Twice.\n    @ 3 unchanged lines\n" in shown
    assert "notes: tool drop: new, 3 d 0 h ago, also of its read-only twin" in shown
    assert "notes: instructions: changed, 3 d 0 h ago, of its read-only twin" in shown
    assert "To approve: hub approve notes [NAME…]" in shown


def test_one_server_is_asked_for(waiting: FakeHub) -> None:
    assert main(["pins", "notes"]) == 0
    assert waiting.asked[-1] == ("GET /api/pins", {"server": "notes"})


def test_json_is_what_the_hub_said(waiting: FakeHub, capsys: Output) -> None:
    assert main(["pins", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == waiting.routes["GET /api/pins"][1]


def test_nothing_that_waits_is_said(fake: FakeHub, capsys: Output) -> None:
    fake.routes["GET /api/pins"] = (200, {"servers": [{"server": "notes", "waiting": []}]})
    fake.routes[APPROVE] = (200, {"server": "notes", "approved": [], "waiting": 0})
    assert main(["pins", "notes"]) == 0
    assert "Nothing waits for approval." in capsys.readouterr().out
    assert main(["approve", "notes"]) == 0
    assert "Nothing of notes waits for approval." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "names", "seen"),
    [
        ([], None, ["id-add", "id-drop", "id-instructions"]),
        (["add"], ["add"], ["id-add"]),
        (["tool/add", "instructions"], ["tool/add", "instructions"], ["id-add", "id-instructions"]),
    ],
)
def test_what_was_shown_is_approved(
    waiting: FakeHub, capsys: Output, argv: list[str], names: list[str] | None, seen: list[str]
) -> None:
    assert main(["approve", "notes", *argv]) == 0
    assert posted(waiting) == [{"names": names, "seen": seen}]
    shown = capsys.readouterr().out
    assert "notes: tool add: changed" in shown
    assert "Approved: tool add\n2 more wait: hub pins notes\n" in shown


def test_json_says_what_was_approved_and_no_more(waiting: FakeHub, capsys: Output) -> None:
    assert main(["approve", "notes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == waiting.routes[APPROVE][1]


@pytest.mark.parametrize(
    ("answer", "argv", "approved"), [(False, [], 0), (True, [], 1), (False, ["--yes"], 1)]
)
def test_at_a_terminal_the_person_is_asked(
    waiting: FakeHub,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,
    argv: list[str],
    approved: int,
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda _: answer)
    assert main(["approve", "notes", *argv]) == 0
    assert len(posted(waiting)) == approved
    assert ("Nothing was approved." in capsys.readouterr().out) is not approved


@pytest.mark.parametrize(
    ("status", "message", "next_step"),
    [
        (404, "Nothing of notes waits under the name nope.", "See: hub pins notes"),
        (409, "notes has changed again since this was looked at; nothing was approved.", "Look again."),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    waiting: FakeHub, capsys: Output, status: int, message: str, next_step: str
) -> None:
    error = {"code": "x", "message": message, "retryable": False, "next_step": next_step}
    waiting.routes[APPROVE] = (status, {"error": error})
    assert main(["approve", "notes", "nope"]) == 1
    assert capsys.readouterr().err == f"{message} {next_step}\n"


def test_status_says_what_waits_and_what_is_wrong_with_the_pins(fake: FakeHub, capsys: Output) -> None:
    servers = [STATUS["servers"][0] | {"waiting": 1}, STATUS["servers"][1] | {"waiting": 2}]
    wrong = {"file": "pins.json", "path": "", "line": 0, "message": "Unreadable.", "remedy": "Look."}
    fake.routes["GET /api/status"] = (200, STATUS | {"servers": servers, "problems": [wrong]})
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "notes: 1 change waits for approval: hub pins notes" in shown
    assert "mail: 2 changes wait for approval: hub pins mail" in shown
    assert "pins.json: Unreadable. Look." in shown
