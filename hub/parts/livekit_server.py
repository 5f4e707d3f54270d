"""The private livekit-server: found or built, on loopback with a random key, ready when it takes our key."""

import json
import logging
import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import anyio
from livekit import api

from hub.core.errors import ConfigurationError, Unavailable
from hub.parts.part import Part, ProcessLife, inherited
from hub.parts.places import LOOPBACK, Places
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, StopSteps, running
from hub.supervision.runner import Snapshot

logger = logging.getLogger(__name__)

VERSION = "v1.13.5"
MODULE = f"github.com/livekit/livekit-server/cmd/server@{VERSION}"
PROGRAM = "livekit-server"
BUILD_SECONDS = 900.0
READY_SECONDS = 15.0
LOOK_SECONDS = 0.05
EMPTY_SECONDS, DEPARTURE_SECONDS = 60, 20
# With anybody in a room the first SIGTERM only drains, for ever; the second ends it in 20 ms.
STOP = StopSteps(close_stdin_wait=0.05, term_wait=1.6, kill_wait=0.5, second_term=True)


def config(places: Places, webhook: str | None) -> str:
    """The configuration, in YAML (JSON is YAML): nothing but loopback, nothing looked up elsewhere."""
    values: dict[str, object] = {
        "port": places.livekit_port,
        "bind_addresses": [LOOPBACK],
        "rtc": {
            "udp_port": places.livekit_udp_port,
            # A TCP port would be bound on every interface, whatever bind_addresses says.
            "tcp_port": 0,
            "node_ip": LOOPBACK,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo"]},
            "ips": {"includes": [f"{LOOPBACK}/32"]},
            # Without any it tells every client to use public STUN hosts; there is no "none".
            "stun_servers": [f"{LOOPBACK}:9"],
        },
        "room": {
            # After a crash callers and agents come back by themselves, into rooms that are gone.
            # Only who has one of our tokens can join, and so create, anything.
            "auto_create": True,
            "empty_timeout": EMPTY_SECONDS,
            "departure_timeout": DEPARTURE_SECONDS,
        },
        "logging": {"json": True, "level": "warn"},
    }
    if webhook is not None:
        values["webhook"] = {"api_key": places.livekit_key, "urls": [webhook]}
    return json.dumps(values)


def livekit_part(
    guardian: Guardian,
    home: Path,
    places: Places,
    on_change: Callable[[Snapshot], None],
    webhook: str | None = None,
) -> Part:
    """The part, not started."""

    @asynccontextmanager
    async def life() -> AsyncGenerator[ProcessLife]:
        program = find(home) or await _build(part, guardian, home)
        env = inherited(
            {
                "LIVEKIT_CONFIG": config(places, webhook),
                # The space after the colon is required.
                "LIVEKIT_KEYS": f"{places.livekit_key}: {places.livekit_secret}",
            }
        )
        command = Command(argv=(str(program),), env=env, secrets=(places.livekit_secret,))
        log = home / "logs" / f"{PROGRAM}.log"
        async with running(
            command, name=PROGRAM, guardian=guardian, log=log, stop=STOP, on_line=_say
        ) as process:
            with anyio.move_on_after(READY_SECONDS):
                await _ready(places, lambda: process.exit_code is not None)
            if process.exit_code is not None:
                # Its exit code is 0 whatever happened; only its words tell.
                raise Unavailable(f"livekit-server ended: {await process.last_words() or 'see its log'}")
            yield ProcessLife(process, f"private, {LOOPBACK}:{places.livekit_port}", {})

    part = Part(PROGRAM, life, start_timeout=BUILD_SECONDS + READY_SECONDS, on_change=on_change)
    return part


def find(home: Path) -> Path | None:
    """The program on PATH, else the one that was built into HUB_HOME/bin."""
    on_path = shutil.which(PROGRAM)
    if on_path is not None:
        return Path(on_path)
    built = home / "bin" / PROGRAM
    return built if os.access(built, os.X_OK) else None


async def _build(part: Part, guardian: Guardian, home: Path) -> Path:
    go = shutil.which("go")
    if go is None:
        raise ConfigurationError(
            "livekit-server is not here and neither is Go to build it: "
            "put livekit-server on PATH, install Go, or set LIVEKIT_URL.",
            next_step="Calls work once one of these is done; servers and /mcp work without.",
        )
    part.note = "building livekit-server with Go, about two minutes"
    logger.info("%s", part.note)
    target = home / "bin"
    cache = {
        name: os.environ.get(name)
        for name in (
            "GOPATH",
            "GOCACHE",
            "GOMODCACHE",
            "GOPROXY",
            "GONOSUMDB",
            "GOSUMDB",
            "GOFLAGS",
            "XDG_CACHE_HOME",
        )
    }
    env = inherited(cache | {"GOBIN": str(target)})
    command = Command(argv=(go, "install", "-ldflags=-s -w", MODULE), env=env)
    log = home / "logs" / "livekit-build.log"
    async with running(command, name="go install", guardian=guardian, log=log) as process:
        code = await process.wait()
        words = await process.last_words()
    if code != 0:
        raise ConfigurationError(
            f"livekit-server could not be built: {words or f'exit code {code}'}.",
            next_step=f"See {log}, or put livekit-server on PATH.",
        )
    part.note = ""
    return (target / "server").replace(target / PROGRAM)


async def _ready(places: Places, ended: Callable[[], bool]) -> None:
    """Return once it takes our key (`GET /` alone would also be answered by somebody else on that port)."""
    url = f"http://{LOOPBACK}:{places.livekit_port}"
    async with api.LiveKitAPI(url, places.livekit_key, places.livekit_secret) as livekit:
        while not ended():
            try:
                await livekit.room.list_rooms(api.ListRoomsRequest())
            except (TimeoutError, api.TwirpError, aiohttp.ClientError, OSError):
                await anyio.sleep(LOOK_SECONDS)
            else:
                return


def _say(line: str) -> None:
    logger.debug("livekit-server: %s", line)
