"""Packages that servers.json starts by npx or uvx: installed once under HUB_HOME, then started directly."""

import json
import logging
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from hub.core.errors import ConfigurationError, HubError, Unavailable
from hub.pool.package_commands import Package, Registry, Wanted, understood
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, exit_reason, running

if sys.platform != "win32":
    import fcntl

INSTALL_SECONDS = 240.0
LOOK_UP_SECONDS = 15.0
LOCK_SECONDS = INSTALL_SECONDS + 10
_LOCK_POLL_SECONDS = 0.1
_LONGEST_REASON = 200
_JAVASCRIPT = frozenset({".js", ".mjs", ".cjs"})
_THIS_START = uuid.uuid4().hex
"""Tells this hub's look-ups from an earlier one's."""
_WAY_OUT = re.compile(
    r"(https?|all|no)_proxy|npm_config_.+|node_extra_ca_certs|ssl_cert_(file|dir)|(uv|pip)_.+|xdg_cache_home",
    re.IGNORECASE,
)
_log = logging.getLogger(__name__)


async def resolve(
    command: str,
    args: Sequence[str],
    home: Path,
    env: Mapping[str, str],
    *,
    guardian: Guardian | None = None,
    on_progress: Callable[[str], None] = _log.info,
) -> tuple[str, ...]:
    """Give the command line that starts the package's program itself; anything else comes back as it is.

    What cannot be installed is told in one sentence, and left to npx or uvx.
    """
    wanted = understood(command, args) if sys.platform != "win32" else None
    if wanted is None:
        return (command, *args)
    installer = _Installer(home / "packages", env, _search_path(command, env), guardian, on_progress)
    try:
        folder = await installer.folder(wanted.package)
        return _argv(wanted, folder, installer)
    except (HubError, OSError, TimeoutError) as error:
        reason = str(error) or "it took too long"
        on_progress(f"{wanted.package.text} is left to {command}: {reason}")
        return (command, *args)


def _search_path(command: str, env: Mapping[str, str]) -> str:
    """Look for node, npm and uv where the runner is, then on PATH, then beside the hub's own Python."""
    folders = [env.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    beside = Path(command).parent
    return os.pathsep.join([str(beside), *folders] if beside != Path() else folders)


@dataclass(frozen=True, slots=True)
class _Installer:
    """Installs packages into folders of their own; two installers, also of two hubs, take turns."""

    root: Path
    env: Mapping[str, str]
    path: str
    guardian: Guardian | None
    on_progress: Callable[[str], None]

    async def folder(self, package: Package) -> Path:
        """Find the folder of a package, installing it where it is not there yet.

        Raises:
            HubError: It could not be installed; the message says why.
        """
        if not package.exact:
            package = await self._newest(package)
        folder = self.root / package.folder
        if not folder.is_dir():
            async with self._locked(package.folder):
                if not folder.is_dir():
                    await self._install(package, folder)
        return folder

    async def _newest(self, package: Package) -> Package:
        """Turn a range, a tag or nothing into a version, looked up once per hub start."""
        note = self.root / f"{package.folder}.resolved.json"
        async with self._locked(note.name):
            known = _read_note(note)
            if known.get("start") != _THIS_START:
                version = await self._look_up(package, known.get("version"))
                known = {"version": version, "start": _THIS_START}
                note.write_text(json.dumps(known), encoding="utf-8")
        return replace(package, version=known["version"])

    async def _look_up(self, package: Package, known: str | None) -> str:
        try:
            if package.registry is Registry.NPM:
                answer = await self._run(("npm", "view", package.text, "version", "--json"), LOOK_UP_SECONDS)
                return _newest_of(answer)
            options = ("--no-deps", "--no-header", "--no-annotate", "--quiet", "-")
            answer = await self._run(("uv", "pip", "compile", *options), LOOK_UP_SECONDS, stdin=package.text)
            return answer.strip().rpartition("==")[2].split()[0]
        except (HubError, TimeoutError, ValueError, LookupError) as error:
            if known is None or not (self.root / replace(package, version=known).folder).is_dir():
                reason = (
                    str(error) if isinstance(error, HubError) else "its newest version cannot be found out."
                )
                raise Unavailable(reason) from error
            self.on_progress(
                f"{package.text}: the registry does not answer, so the installed {known} is used."
            )
            return known

    async def _install(self, package: Package, folder: Path) -> None:
        """Install beside and rename, so that a folder that is there is complete."""
        self.on_progress(f"Installing {package.text} (once, into {folder}).")
        began = time.monotonic()
        unfinished = self.root / f".installing-{package.folder}"
        try:
            await to_thread.run_sync(lambda: shutil.rmtree(unfinished, ignore_errors=True))
            unfinished.mkdir(parents=True)
            if package.registry is Registry.NPM:
                await self._install_npm(package, unfinished)
            else:
                await self._install_pypi(package, unfinished)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self.on_progress(f"Installed {package.text} in {time.monotonic() - began:.0f} s.")

    async def _install_npm(self, package: Package, into: Path) -> None:
        """Install without install scripts, and run those only where there are some, as npx would."""
        prefix = ("--prefix", str(into))
        quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")
        await self._run(
            ("npm", "install", *prefix, *quiet, "--ignore-scripts", package.text), INSTALL_SECONDS
        )
        if any(each.get("hasInstallScript") for each in _npm_packages(into).values()):
            await self._run(("npm", "rebuild", *prefix, "--loglevel=error"), INSTALL_SECONDS)

    async def _install_pypi(self, package: Package, into: Path) -> None:
        await self._run(("uv", "venv", "--quiet", "--no-project", str(into / "venv")), INSTALL_SECONDS)
        python = str(into / "venv" / "bin" / "python")
        await self._run(
            ("uv", "pip", "install", "--quiet", "--python", python, package.text), INSTALL_SECONDS
        )

    async def _run(self, argv: Sequence[str], seconds: float, *, stdin: str = "") -> str:
        """Run an installer to its end and return what it wrote.

        Raises:
            Unavailable: It is not there, or failed.
            TimeoutError: It took longer; it and all that it had started are gone.
        """
        program = self.program(argv[0])
        env = {**_way_out(), **self.env, "PATH": self.path}
        command = Command(argv=(program, *argv[1:]), env=env, cwd=self.root)
        said = bytearray()
        with anyio.fail_after(seconds):
            async with running(command, name=argv[0], guardian=self.guardian) as process:
                with suppress(anyio.BrokenResourceError):  # it failed before it read; its exit code tells
                    await process.stdin.send(stdin.encode())
                process.stdin.close()
                async for chunk in process.stdout:
                    said += chunk
                code = await process.wait()
                await process.last_words()
        if code != 0:
            raise Unavailable(f"{argv[0]} failed ({exit_reason(code)}): {_reason(process.stderr_tail())}")
        return said.decode(errors="replace")

    def program(self, name: str) -> str:
        """Find an installer or node.

        Raises:
            ConfigurationError: There is none.
        """
        found = shutil.which(name, path=self.path)
        if found is None:
            raise ConfigurationError(f"there is no program {name}.", next_step=f"Install {name}.")
        return found

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncGenerator[None]:
        """Keep out everybody else who installs the same, whichever process it is in."""
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.root / f".{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with anyio.fail_after(LOCK_SECONDS):
                while not _lock(descriptor):  # noqa: ASYNC110  # the holder may be another process
                    await anyio.sleep(_LOCK_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _reason(stderr: str) -> str:
    """Find the line that says what went wrong: npm puts a code before it and a log file behind it."""
    lines = [line.removeprefix("npm error ").strip() for line in stderr.splitlines()]
    said = [line for line in lines if line and not line.startswith(("code ", "A complete log", "npm warn"))]
    said = [line for line in said if line.startswith("cause: ")] or said
    return said[0].removeprefix("cause: ")[:_LONGEST_REASON] if said else "it does not say why."


def _read_note(path: Path) -> dict[str, str]:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return {key: note[key] for key in ("version", "start")}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _newest_of(answer: str) -> str:
    """Read `npm view … version --json`: one version, or all that are in a range."""
    versions = json.loads(answer)
    newest = versions[-1] if isinstance(versions, list) else versions
    return str(newest)


def _npm_packages(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        listed = json.loads((folder / "node_modules" / ".package-lock.json").read_text(encoding="utf-8"))
        return dict(listed["packages"])
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _argv(wanted: Wanted, folder: Path, installer: _Installer) -> tuple[str, ...]:
    if wanted.package.registry is Registry.PYPI:
        return (*_python_program(wanted, folder / "venv" / "bin"), *wanted.args)
    return (*_node_program(wanted, folder / "node_modules", installer), *wanted.args)


def _python_program(wanted: Wanted, bin_folder: Path) -> tuple[str, ...]:
    """Start a script by its folder's Python: its first line names the folder that it was installed in."""
    program = bin_folder / wanted.program
    if not program.is_file():
        raise Unavailable(f"it has no program {wanted.program}.")
    if not _first_line(program).startswith("#!"):
        return (str(program),)
    return (str(bin_folder / "python"), str(program))


def _node_program(wanted: Wanted, modules: Path, installer: _Installer) -> tuple[str, ...]:
    """Start what package.json names, by node unless its first line asks for something else."""
    name = wanted.package.name
    own = name.rpartition("/")[2]
    programs = _npm_programs(modules, name, own)
    program = wanted.program or own
    if not wanted.program and len(programs) == 1:
        program = next(iter(programs))
    if program not in programs:
        raise Unavailable(f"it has no program {program}.")
    script = (modules / name / programs[program]).resolve()
    first = _first_line(script)
    runs_by = first.removeprefix("#!").split()[-1:] if first.startswith("#!") else []
    if [Path(word).name for word in runs_by] == ["node"] or (not runs_by and script.suffix in _JAVASCRIPT):
        return (installer.program("node"), str(script))
    return (str(modules / ".bin" / program),)


def _npm_programs(modules: Path, name: str, own: str) -> dict[str, str]:
    try:
        programs = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))["bin"]
    except KeyError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise Unavailable(f"its package.json cannot be read; delete {modules.parent}.") from error
    if isinstance(programs, str):
        return {own: programs}
    listed = programs.items() if isinstance(programs, dict) else ()
    return {program: path for program, path in listed if isinstance(path, str)}


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline(200).decode(errors="replace").strip()


def _way_out() -> dict[str, str]:
    """How this machine reaches a registry: proxies, certificates, caches and the installers' own settings."""
    return {name: value for name, value in os.environ.items() if _WAY_OUT.fullmatch(name)}
