"""The house style as far as a program can check it, and that README tells the truth."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from hub.__main__ import PROGRAMS
from hub.cli.main import application
from hub.settings import Settings

ROOT = Path(__file__).parent.parent
FILE_LINES, FUNCTION_LINES, README_LINES = 400, 50, 250
FORBIDDEN = frozenset({"manager", "managers", "helper", "helpers", "util", "utils"})
FORBIDDEN_IN_TYPES = FORBIDDEN | {"base"}
"""A function may speak of a base URL; a class or module named Base has no meaning of its own."""
PYTHON = sorted(
    path
    for folder in ("hub", "tests", "scripts")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)
REGISTRY = re.compile(
    r"registry\W+(npm|yarn)|files\W+pythonhosted|pypi\W+org|proxy\W+golang|sum\W+golang|npmmirror"
    r"|^\s*(--)?(extra-)?index-url|^\s*registry\s*=\s*[\"']?http|\"resolved\":\s*\"http",
    re.MULTILINE,
)
MACHINE = re.compile(r"(?<![\w.~$}/-])/(?:work|root|home/\w+|Users/\w+)/(?!…)")
COMMAND = re.compile(r"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:hub|\S*scripts/run) ([a-z][a-z-]*)(.*)", re.MULTILINE)
"""A line or a span of code that starts a command of hub's, with the rest of it."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    """The files that are committed, or would be."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    return [path for path in (ROOT / name for name in found.split("\0") if name) if path.is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Tracked files that are text, this one aside: it has to name what it forbids."""
    for path in tracked():
        if path == Path(__file__):
            continue
        try:
            yield name_of(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def words(name: str) -> set[str]:
    """The words in a name, whichever way it is written."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def modules_loaded(code: str, home: Path) -> set[str]:
    """What is imported once a fresh Python has run `code`."""
    program = f"import sys, json\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"HUB_HOME": str(home), "PATH": "/usr/bin:/bin"},
        cwd=home,
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_no_file_is_longer_than_a_few_screens() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": lines
        for path in PYTHON
        if "migrations" not in path.parts  # a migration is one list of tables, and is never read again
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name_of(path) for path in PYTHON if tree(path).body and not ast.get_docstring(tree(path))]
    assert silent == []


def test_nothing_has_a_name_without_meaning() -> None:
    bad = [name_of(path) for path in PYTHON if words(path.stem) & FORBIDDEN_IN_TYPES]
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef | Function):
                forbidden = FORBIDDEN_IN_TYPES if isinstance(node, ast.ClassDef) else FORBIDDEN
                if words(node.name) & forbidden:
                    bad.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert bad == []


def test_hub_status_loads_no_database_and_no_voice(tmp_path: Path) -> None:
    loaded = modules_loaded("from hub.__main__ import main\nassert main(['status']) == 3", tmp_path)
    assert not loaded & {"sqlalchemy", "livekit", "mcp", "starlette", "uvicorn"}
    assert "hub.cli.api" in loaded


def test_hub_serve_does_not_load_the_voice_agent(tmp_path: Path) -> None:
    loaded = modules_loaded(f"import {PROGRAMS['serve']}", tmp_path)
    assert not {
        name for name in loaded if name.startswith(("livekit.agents", "livekit.plugins", "hub.voice"))
    }
    assert "hub.pool.pool" in loaded


def test_no_file_names_a_registry() -> None:
    found = {name: match[0] for name, text in texts() if (match := REGISTRY.search(text))}
    assert found == {}


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = {name: match[0] for name, text in texts() if (match := MACHINE.search(text))}
    assert found == {}


# --- README: short, and true


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def code_in(text: str) -> str:
    """What stands in code blocks and code spans."""
    blocks = re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*blocks, *spans])


@cache
def commands() -> dict[str, set[str]]:
    """Every command of `hub` with its options; programs of their own are asked for their help."""
    group = typer.main.get_command(application())
    known: dict[str, set[str]] = {}
    for name, command in getattr(group, "commands").items():  # noqa: B009  # typer's type hides its group
        known[name] = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    for name in PROGRAMS:
        ran = [sys.executable, "-m", "hub", name, "--help"]
        said = subprocess.run(ran, capture_output=True, text=True, check=True, timeout=60).stdout
        known[name] = set(re.findall(r"--[a-z][a-z-]*", said))
    return known


def test_readme_is_short_enough_to_be_read(readme: str) -> None:
    assert len(readme.splitlines()) <= README_LINES


def test_every_command_in_readme_exists(readme: str) -> None:
    used = {command for command, _ in COMMAND.findall(code_in(readme))}
    assert used - set(commands()) == set()


def test_every_command_stands_in_readme(readme: str) -> None:
    used = {command for command, _ in COMMAND.findall(code_in(readme))}
    assert set(commands()) - used == set()


def test_every_option_in_readme_exists(readme: str) -> None:
    known, wrong = commands(), []
    for command, rest in COMMAND.findall(code_in(readme)):
        options = re.findall(r"--[a-z][a-z-]*", rest.split("|")[0])
        wrong += [f"{command} {option}" for option in options if option not in known[command]]
    assert wrong == []


def test_every_setting_has_a_row_and_every_row_is_a_setting(readme: str) -> None:
    settings = {str(field.validation_alias) for field in Settings.model_fields.values()}
    rows = "\n".join(line for line in readme.splitlines() if line.startswith("|"))
    missing = {name for name in settings if not re.search(rf"`{name}`", rows)}
    assert missing == set()
    assert set(re.findall(r"`(HUB_[A-Z_]+)`", rows)) <= settings


def test_every_file_that_readme_points_to_is_there(readme: str) -> None:
    names = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", readme)
    names += re.findall(r"(?<![\w/])(?:\./)?((?:scripts|tests|hub)/[\w./-]*\w)", code_in(readme))
    assert [name for name in names if not (ROOT / name).exists()] == []
