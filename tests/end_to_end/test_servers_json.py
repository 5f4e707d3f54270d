"""Editing servers.json under a running hub: the difference is applied, a broken edit changes nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import SERVERS
from tests.end_to_end.house import House, running_hub, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SECONDS = 20
NOTES: dict[str, Any] = {"command": sys.executable, "args": [str(SERVERS / "notes.py")]}


def write(home: Path, servers: dict[str, Any]) -> None:
    (home / "servers.json").write_text(json.dumps({"mcpServers": servers}, indent=2))


@pytest.fixture
def house(hub_home: Path) -> Iterator[House]:
    """A hub without voice, whose practice database nobody asks for."""
    write(hub_home, {"notes": NOTES, "second": NOTES})
    with running_hub(
        hub_home,
        hub_home / "servers.json",
        {"HUB_PRACTICE": "off"},
        "--no-voice",
        wait_for=("notes", "second"),
    ) as house:
        yield house


def servers(house: House) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in house.get("/api/status")["servers"]}


def states(house: House) -> dict[str, str]:
    return {name: one["state"] for name, one in servers(house).items()}


def test_saving_applies_the_difference_and_leaves_the_rest_alone(house: House, hub_home: Path) -> None:
    pid = servers(house)["notes"]["pid"]
    write(hub_home, {"notes": NOTES, "third": NOTES})
    wait_until(
        lambda: states(house) == {"notes": "ready", "third": "ready"}, SECONDS, lambda: str(servers(house))
    )
    assert servers(house)["notes"]["pid"] == pid
    tools = [tool["name"] for tool in house.get("/api/tools")["tools"]]
    assert "third__list_notes" in tools
    assert "second__list_notes" not in tools


def test_a_broken_entry_is_shown_with_its_line_and_what_runs_goes_on(house: House, hub_home: Path) -> None:
    pids = {name: one["pid"] for name, one in servers(house).items()}
    write(hub_home, {"notes": {**NOTES, "timeouts": {"cal": 5}}, "second": NOTES})

    def problems() -> list[dict[str, Any]]:
        return list(house.get("/api/status")["problems"])

    wait_until(problems, SECONDS)
    (problem,) = problems()
    lines = (hub_home / "servers.json").read_text().splitlines()
    assert problem["path"] == "mcpServers.notes.timeouts.cal"
    assert '"cal"' in lines[problem["line"] - 1]
    assert {name: one["pid"] for name, one in servers(house).items()} == pids
    (hub_home / "servers.json").write_text("{ this is no JSON")
    wait_until(lambda: "mcpServers" not in problems()[0]["path"], SECONDS)
    assert set(states(house).values()) == {"ready"}


def test_a_missing_variable_is_named_and_the_rest_runs(house: House, hub_home: Path) -> None:
    write(hub_home, {"notes": NOTES, "second": NOTES, "mail": {**NOTES, "env": {"KEY": "${MAIL_KEY}"}}})
    wait_until(lambda: "mail" in states(house), SECONDS)
    assert states(house) == {"notes": "ready", "second": "ready", "mail": "not_configured"}
    assert "MAIL_KEY" in servers(house)["mail"]["last_error"]
    (hub_home / ".env").write_text("MAIL_KEY=secret-of-mail\n")
    wait_until(lambda: states(house)["mail"] == "ready", SECONDS, lambda: str(servers(house)))
    assert "secret-of-mail" not in json.dumps(house.get("/api/servers/mail"))


def test_a_killed_server_comes_back(house: House) -> None:
    pid = servers(house)["notes"]["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: servers(house)["notes"]["state"] == "ready" and servers(house)["notes"]["pid"] != pid,
        SECONDS,
        lambda: str(servers(house)["notes"]),
    )
    assert servers(house)["notes"]["restarts"] == 1


def test_plan_says_what_an_edit_will_do_and_why_names_the_rule(house: House) -> None:
    def hub(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hub", *arguments],
            env={**os.environ, "HUB_HOME": str(house.home)},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return done.stdout

    plan = json.loads(hub("plan", "--json"))
    assert {step["action"] for step in plan["steps"]} == {"keep"}
    why = json.loads(hub("why", "notes__list_notes", "--json"))
    assert why["reasons"][0]["offered"]
    status = json.loads(hub("status", "--json"))
    assert status["voice"] is False
