"""Nothing is left behind, however the hub ends; and what was said before is there afterwards."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.end_to_end.conftest import SERVERS, config_text
from tests.end_to_end.house import (
    GONE_SECONDS,
    House,
    alive,
    end,
    running_hub,
    start_hub,
    wait_until,
)

pytestmark = [pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import os, time; os.setsid(); time.sleep(600)"])
subprocess.Popen([sys.executable, sys.argv[1]])
time.sleep(600)
"""


@pytest.fixture
def config(hub_home: Path) -> Path:
    """The usual servers, and one that ignores the end of its input and SIGTERM and has a runaway child."""
    script = hub_home / "stubborn.py"
    script.write_text(STUBBORN)
    stubborn = {"command": sys.executable, "args": [str(script), str(SERVERS / "notes.py")]}
    text = config_text(sys.executable).replace(
        '"mcpServers": {', f'"mcpServers": {{\n    "stubborn": {json.dumps(stubborn)},', 1
    )
    path = hub_home / "servers.json"
    path.write_text(text)
    return path


def strays(home: Path) -> list[str]:
    """Processes anywhere on the machine that name this HUB_HOME in what they are or run with."""
    found = []
    for one in psutil.process_iter():
        try:
            told = " ".join(one.cmdline())
            if one.pid != os.getpid() and (str(home) in told or one.environ().get("HUB_HOME") == str(home)):
                found.append(f"{one.pid} {told}")
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_no_process_is_alive_five_seconds_after_the_hub(
    hub_home: Path, config: Path, hub_environment: dict[str, str], number: signal.Signals
) -> None:
    with running_hub(hub_home, config, hub_environment, wait_for=("supabase", "notes")) as house:
        house.post("/api/calls", goal="in progress", mode="text")
        before = house.processes()
        told = "\n".join(before.values())
        for part in (
            "hub worker",
            "hub practice",
            "livekit-server",
            "postgres",
            "stubborn.py",
            "server-supabase",
        ):
            assert part in told, f"{part} is not among\n{told}"
        house.send(number)
        wait_until(
            lambda: not alive(before) and not strays(hub_home),
            GONE_SECONDS,
            lambda: f"still there: {alive(before)} {strays(hub_home)}",
        )
        if number is not signal.SIGKILL:
            assert house.process.wait(5) == 0
            assert not (hub_home / "hub.json").exists()


def test_after_kill_9_the_transcript_is_there_and_the_call_says_so(
    hub_home: Path, config: Path, hub_environment: dict[str, str]
) -> None:
    with running_hub(hub_home, config, hub_environment) as house:
        call_id = house.post("/api/calls", goal="g", mode="text", first_message="Are you there?")["call_id"]
        wait_until(lambda: "Are you there?" in str(house.get(f"/api/calls/{call_id}/transcript")), 20)
        house.send(signal.SIGKILL)
        house.process.wait(5)
    with running_hub(hub_home, config, hub_environment) as house:
        call = house.get(f"/api/calls/{call_id}")
        transcript = house.get(f"/api/calls/{call_id}/transcript")
    assert (call["status"], call["ended_reason"]) == ("ended", "hub_stopped")
    assert [turn["text"] for turn in transcript["turns"]] == ["Are you there?"]
    assert transcript["complete"]


def failing_start(home: Path, config: Path, env: dict[str, str], *arguments: str) -> tuple[int, str]:
    house = start_hub(home, config, env, *arguments)
    try:
        return house.process.wait(30), house.said
    finally:
        end(house)


def test_a_second_hub_says_in_one_line_why_it_does_not_start(
    hub: House, hub_environment: dict[str, str]
) -> None:
    code, said = second_hub(hub.home, hub_environment)
    assert code == 1
    assert said.count("\n") == 1
    assert str(hub.home) in said
    assert hub.url in said


def second_hub(home: Path, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "serve"],
        env={**os.environ, **env, "HUB_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_port_in_use_is_named_in_one_line(
    hub: House, hub_home: Path, hub_environment: dict[str, str]
) -> None:
    port = hub.url.rsplit(":", 1)[1]
    code, said = failing_start(hub_home, hub.home / "servers.json", hub_environment, "--port", port)
    assert code == 1
    assert said.count("\n") == 1
    assert f"Port {port}" in said


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HUB_PORT", "many", "HUB_PORT"),
        ("HUB_DATABASE_URL", "nonsense", "HUB_DATABASE_URL"),
        ("HUB_PRACTICE", "perhaps", "HUB_PRACTICE"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    hub_home: Path, hub_environment: dict[str, str], variable: str, value: str, words: str
) -> None:
    env: dict[str, Any] = {**hub_environment, variable: value}
    code, said = second_hub(hub_home, env)
    assert code == 1
    assert said.count("\n") == 1, said
    assert words in said
