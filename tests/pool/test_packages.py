"""npx and uvx packages: installed once by the real npm and uv from loopback, then started directly."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from hub.pool import packages
from hub.pool.packages import resolve
from hub.supervision import orphans
from tests.conftest import missing
from tests.pool.registry import PackageRegistry, RunningRegistry, serving

pytestmark = [pytest.mark.anyio, pytest.mark.node]

CLI = "#!/usr/bin/env node\nconsole.log('ran', ...process.argv.slice(2))\n"
PYTHON = "import sys\n\ndef main():\n    print('ran', *sys.argv[1:])\n"


@pytest.fixture
def served() -> Iterator[RunningRegistry]:
    with serving() as running:
        yield running


@pytest.fixture
def registry(served: RunningRegistry) -> PackageRegistry:
    return served.registry


@pytest.fixture
def env(
    node: Path, registry: PackageRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of an installer that knows only the registry on loopback."""
    if shutil.which("npm") is None:
        missing("npm", "install Node.js with npm.")
    for name in packages._way_out():
        monkeypatch.delenv(name)
    return {
        "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "npm_config_registry": registry.url,
        "npm_config_cache": str(tmp_path / "npm-cache"),
        "npm_config_userconfig": str(tmp_path / "npmrc"),
        "npm_config_update_notifier": "false",
        "UV_DEFAULT_INDEX": f"{registry.url}/simple",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


@pytest.fixture
def told() -> list[str]:
    return []


def output(argv: tuple[str, ...]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def installed(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "packages").iterdir() if path.is_dir())


async def test_an_npm_package_is_installed_once_and_started_directly(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    registry.add_npm("@a/notes", "1.0.0", {"cli.js": CLI}, bin={"notes": "cli.js"})
    args = ["-y", "@a/notes@1.0.0", "--x", "y"]
    argv = await resolve("npx", args, tmp_path, env, on_progress=told.append)
    assert [Path(argv[0]).name, Path(argv[1]).name, *argv[2:]] == ["node", "cli.js", "--x", "y"]
    assert output(argv) == "ran --x y"
    assert installed(tmp_path) == ["@a+notes@1.0.0"]
    assert [line.split()[0] for line in told] == ["Installing", "Installed"]
    asked = len(registry.requests)
    assert await resolve("npx", args, tmp_path, env, on_progress=told.append) == argv
    assert len(registry.requests) == asked
    assert len(told) == 2


async def test_two_who_want_the_same_at_once_install_it_once(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    found = []

    async def want() -> None:
        found.append(await resolve("npx", ["notes@1.0.0"], tmp_path, env, on_progress=told.append))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(want)
        tasks.start_soon(want)
    assert found[0] == found[1]
    assert len(told) == 2


async def test_the_newest_is_looked_up_once_per_hub_start(
    registry: PackageRegistry,
    env: dict[str, str],
    tmp_path: Path,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    first = await resolve("npx", ["-y", "notes"], tmp_path, env)
    registry.add_npm("notes", "1.1.0", {"cli.js": CLI}, bin="cli.js")
    assert await resolve("npx", ["-y", "notes"], tmp_path, env) == first
    monkeypatch.setattr(packages, "_THIS_START", "another")
    # npm believes its own cache for five minutes; a hub is not started again that soon, a test is.
    second = await resolve("npx", ["-y", "notes"], tmp_path, {**env, "npm_config_prefer_online": "true"})
    assert installed(tmp_path) == ["notes@1.0.0", "notes@1.1.0"]
    assert "notes@1.1.0" in second[1]


async def test_a_range_takes_the_newest_inside_it(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path
) -> None:
    for version in ("1.0.0", "1.2.0", "2.0.0"):
        registry.add_npm("notes", version, {"cli.js": CLI}, bin="cli.js")
    argv = await resolve("npx", ["notes@^1"], tmp_path, env)
    assert "notes@1.2.0" in argv[1]


async def test_offline_the_installed_one_is_used(
    served: RunningRegistry,
    env: dict[str, str],
    tmp_path: Path,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served.registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    first = await resolve("npx", ["notes"], tmp_path, env)
    served.shut()
    monkeypatch.setattr(packages, "_THIS_START", "another")
    offline = {**env, "npm_config_cache": str(tmp_path / "other-cache"), "npm_config_fetch_retries": "0"}
    assert await resolve("npx", ["notes"], tmp_path, offline, on_progress=told.append) == first
    assert told == ["notes@latest: the registry does not answer, so the installed 1.0.0 is used."]
    assert await resolve("npx", ["notes"], tmp_path, offline, on_progress=told.append) == first
    assert len(told) == 1


async def test_what_cannot_be_installed_is_told_in_one_sentence_and_left_to_npx(
    env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    argv = await resolve("npx", ["-y", "notes@1.0.0", "x"], tmp_path, env, on_progress=told.append)
    assert argv == ("npx", "-y", "notes@1.0.0", "x")
    assert told[-1].startswith("notes@1.0.0 is left to npx: npm failed (exit code 1): 404")
    assert "\n" not in told[-1]
    assert installed(tmp_path) == []
    told.clear()
    assert await resolve("npx", ["notes"], tmp_path, env, on_progress=told.append) == ("npx", "notes")
    assert "404" in told[0]


@pytest.mark.parametrize("damaged", ["", "[]", "7", '{"version": "9.9.9"}'])
def test_a_note_that_was_damaged_says_nothing(damaged: str, tmp_path: Path) -> None:
    note = tmp_path / "notes@latest.resolved.json"
    note.write_text(damaged, encoding="utf-8")
    assert packages._read_note(note) == {}


async def test_install_scripts_run_only_where_there_are_some(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path
) -> None:
    script = "require('fs').writeFileSync('built', 'yes')"
    files = {"cli.js": CLI, "build.js": script}
    registry.add_npm("native", "1.0.0", files, bin="cli.js", scripts={"install": "node build.js"})
    registry.add_npm("plain", "1.0.0", files, bin="cli.js")
    native = Path((await resolve("npx", ["native@1.0.0"], tmp_path, env))[1])
    plain = Path((await resolve("npx", ["plain@1.0.0"], tmp_path, env))[1])
    assert (native.parent / "built").is_file()
    assert not (plain.parent / "built").exists()


async def test_the_program_is_the_one_named_the_only_one_or_the_one_called_like_the_package(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    files = {"a.js": CLI, "b.mjs": "import 'node:fs'; console.log('b')", "c": "#!/bin/sh\necho shell $1\n"}
    registry.add_npm("@x/many", "1.0.0", files, bin={"many": "a.js", "b": "b.mjs", "c": "c"})
    registry.add_npm("none", "1.0.0", files)
    registry.add_npm("odd", "1.0.0", files, bin=["a.js"])
    many = ["-y", "-p", "@x/many@1.0.0"]
    assert output(await resolve("npx", ["@x/many@1.0.0", "1"], tmp_path, env)) == "ran 1"
    assert output(await resolve("npx", [*many, "b"], tmp_path, env)) == "b"
    shell = await resolve("npx", [*many, "c", "1"], tmp_path, env)
    assert output(shell) == "shell 1"
    assert Path(shell[0]).parent.name == ".bin"
    for args in ([*many, "d"], ["none@1.0.0"], ["odd@1.0.0"]):
        assert await resolve("npx", args, tmp_path, env, on_progress=told.append) == ("npx", *args)
        assert "it has no program" in told[-1]


async def test_a_folder_that_was_damaged_says_what_to_delete(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    argv = await resolve("npx", ["notes@1.0.0"], tmp_path, env)
    (Path(argv[1]).parent / "package.json").unlink()
    assert await resolve("npx", ["notes@1.0.0"], tmp_path, env, on_progress=told.append) == (
        "npx",
        "notes@1.0.0",
    )
    assert f"delete {tmp_path / 'packages' / 'notes@1.0.0'}" in told[-1]


async def test_an_installation_that_was_interrupted_leaves_nothing_that_is_taken_for_whole(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path
) -> None:
    registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    rest = tmp_path / "packages" / ".installing-notes@1.0.0"
    rest.mkdir(parents=True)
    (rest / "rest").touch()
    argv = await resolve("npx", ["notes@1.0.0"], tmp_path, env)
    assert output(argv) == "ran"
    assert not rest.exists()
    assert not (tmp_path / "packages" / "notes@1.0.0" / "rest").exists()


async def test_an_installer_that_hangs_is_ended_with_all_that_it_had_started(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(f'#!/bin/sh\nsleep 1000 &\necho $! > "{tmp_path}/pid"\nwait\n', encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setattr(packages, "INSTALL_SECONDS", 1.0)
    env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    argv = await resolve("npx", ["notes@1.0.0"], tmp_path, env, on_progress=told.append)
    assert argv == ("npx", "notes@1.0.0")
    assert told[-1] == "notes@1.0.0 is left to npx: it took too long"
    assert not orphans.alive(int((tmp_path / "pid").read_text(encoding="utf-8")), 0)


async def test_without_npm_the_line_comes_back_as_it_is(tmp_path: Path, told: list[str]) -> None:
    env = {"PATH": str(tmp_path)}
    assert await resolve("npx", ["notes@1.0.0"], tmp_path, env, on_progress=told.append) == (
        "npx",
        "notes@1.0.0",
    )
    assert told[-1] == "notes@1.0.0 is left to npx: there is no program npm."


async def test_an_installer_that_dies_before_it_reads_is_told(tmp_path: Path, told: list[str]) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\nexec <&-\necho >&2\necho no such option >&2\nexit 2\n", encoding="utf-8")
    uv.chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    assert await resolve("uvx", ["notes"], tmp_path, env, on_progress=told.append) == ("uvx", "notes")
    assert told == ["notes is left to uvx: uv failed (exit code 2): no such option"]


def test_the_users_way_to_a_registry_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in packages._way_out():
        monkeypatch.delenv(name)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("npm_config_registry", "http://registry")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert packages._way_out() == {"HTTPS_PROXY": "http://proxy", "npm_config_registry": "http://registry"}


async def test_other_commands_come_back_as_they_are(tmp_path: Path) -> None:
    assert await resolve("node", ["x.js"], tmp_path, {}) == ("node", "x.js")
    assert await resolve("npx", ["github:a/b"], tmp_path, {}) == ("npx", "github:a/b")
    assert not os.listdir(tmp_path)  # noqa: PTH208  # nothing may have been made


@pytest.fixture
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is None:
        missing("uv", "run ./scripts/test once, it installs uv.")
    return found


@pytest.mark.usefixtures("uv")
async def test_a_python_package_is_installed_once_and_started_directly(
    registry: PackageRegistry, env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    registry.add_pypi("notes", "1.0.0", PYTHON, "serve")
    registry.add_pypi("notes", "1.1.0", PYTHON, "notes")
    exact = await resolve(
        "uvx", ["--from", "notes==1.0.0", "serve", "x"], tmp_path, env, on_progress=told.append
    )
    newest = await resolve("uvx", ["notes", "y"], tmp_path, env, on_progress=told.append)
    assert output(exact) == "ran x"
    assert output(newest) == "ran y"
    assert installed(tmp_path) == ["notes==1.0.0", "notes==1.1.0"]
    assert all(argv[0].startswith(str(tmp_path)) for argv in (exact, newest))
    assert await resolve("uvx", ["notes@1.0.0"], tmp_path, env, on_progress=told.append) == (
        "uvx",
        "notes@1.0.0",
    )
    assert "it has no program notes" in told[-1]


@pytest.mark.usefixtures("uv")
async def test_a_python_package_that_is_not_there_is_left_to_uvx(
    env: dict[str, str], tmp_path: Path, told: list[str]
) -> None:
    for args in (["nothing==1.0.0"], ["nothing"]):
        assert await resolve("uvx", args, tmp_path, env, on_progress=told.append) == ("uvx", *args)
        assert "is left to uvx: uv failed" in told[-1]
        assert "\n" not in told[-1]


async def test_a_program_that_is_no_script_is_started_itself(tmp_path: Path) -> None:
    folder = tmp_path / "packages" / "tool==1.0" / "venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "tool").write_bytes(b"\x7fELF")
    assert await resolve("uvx", ["tool@1.0", "x"], tmp_path, {}) == (str(folder / "tool"), "x")


async def test_the_programs_beside_the_runner_go_first(
    registry: PackageRegistry, env: dict[str, str], node: Path, tmp_path: Path
) -> None:
    registry.add_npm("notes", "1.0.0", {"cli.js": CLI}, bin="cli.js")
    own = tmp_path / "own"
    own.mkdir()
    (own / "node").symlink_to(node)
    argv = await resolve(str(own / "npx"), ["notes@1.0.0"], tmp_path, env)
    assert argv[0] == str(own / "node")
