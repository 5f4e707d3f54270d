"""Which program a command is, and help."""

import subprocess
import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from hub import __main__ as entry
from hub import __version__
from hub.cli.main import main
from hub.core.errors import NotFound

Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize(("command", "module"), [*entry.PROGRAMS.items(), ("status", "hub.cli.main")])
def test_each_command_is_run_by_its_program(
    monkeypatch: pytest.MonkeyPatch, command: str, module: str
) -> None:
    ran: list[tuple[str, Sequence[str]]] = []

    def load(name: str) -> SimpleNamespace:
        def program(argv: Sequence[str]) -> int:
            ran.append((name, argv))
            return 7

        return SimpleNamespace(main=program)

    monkeypatch.setattr(entry, "import_module", load)
    assert entry.main([command, "--port", "1"]) == 7
    passed = ["--port", "1"] if command in entry.PROGRAMS else [command, "--port", "1"]
    assert ran == [(module, passed)]


def test_help_names_every_command(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    names = [*entry.PROGRAMS, "talk", "status", "servers", "calls", "tools", "why", "plan", "restart", "stop"]
    for name in [*names, "open", "doctor", "install", "schema"]:
        assert name in said


def test_no_command_shows_help_and_an_unknown_one_is_refused(capsys: Output) -> None:
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().out
    assert main(["statsu"]) == 2
    assert "status" in capsys.readouterr().err


def test_the_version_is_told(capsys: Output) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"voice-hub {__version__}\n"


def test_errors_of_tasks_side_by_side_are_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def fail(**_: object) -> None:
        inner = ExceptionGroup("tasks", [NotFound("Gone.", next_step="Look.")])
        raise ExceptionGroup("tasks", [inner])

    monkeypatch.setattr("hub.cli.main.application", lambda: fail)
    assert main(["x"]) == 1
    assert capsys.readouterr().err == "Gone. Look.\n"


def test_a_defect_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ExceptionGroup("tasks", [NotFound("Gone."), ZeroDivisionError()])

    monkeypatch.setattr("hub.cli.main.application", lambda: fail)
    with pytest.raises(ExceptionGroup):
        main(["x"])


def test_the_module_runs_as_a_program() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "hub", "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout == f"voice-hub {__version__}\n"
