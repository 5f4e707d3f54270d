"""What is measured: a whole hub and, where wanted, stand-ins of its providers, started and ended here."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import anyio
import httpx2
from anyio.streams.buffered import BufferedByteReceiveStream

from hub.core.errors import HubError, Unavailable
from hub.settings import Settings, load_settings
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, Process, StopSteps, running

READY_SECONDS: Final = 90.0
STAND_IN_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.1
ASK_SECONDS: Final = 60.0
LINE_BYTES: Final = 65_536
PLACE_MODE: Final = 0o711
"""PostgreSQL runs as another user when we are root, and must be able to pass through."""
STOP_HUB: Final = StopSteps(close_stdin_wait=0.05, term_wait=8.0, kill_wait=1.0)
STOP_STAND_IN: Final = StopSteps(close_stdin_wait=0.05, term_wait=1.0, kill_wait=0.5)
PROGRAM: Final = "livekit-server"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of hub is to be measured."""

    servers: Mapping[str, Any]
    """The content of servers.json."""
    voice: bool
    environment: Mapping[str, str]


class RunningHub:
    """A hub that is ready, seen from outside."""

    def __init__(self, pid: int, home: Path, url: str, token: str, client: httpx2.AsyncClient) -> None:
        self.pid = pid
        self.home = home
        self.url = url
        self.token = token
        self._client = client

    async def get(self, path: str, **query: str | float) -> dict[str, Any]:
        """Read from the hub's API."""
        return self._told(await self._client.get(path, params=query))

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Have the hub do something."""
        return self._told(await self._client.post(path, json=dict(body)))

    @staticmethod
    def _told(answer: httpx2.Response) -> dict[str, Any]:
        values: dict[str, Any] = answer.json()
        if answer.is_success:
            return values
        said = values.get("error") or {}
        raise HubError(f"The hub that is measured refused: {said.get('message', answer.status_code)}")

    def livekit(self) -> tuple[str, str, str]:
        """URL, key and secret of its private livekit-server."""
        known = json.loads((self.home / "places.json").read_text(encoding="utf-8"))
        url = f"http://127.0.0.1:{known['livekit_port']}"
        return url, known["livekit_key"], known["livekit_secret"]


class Stage:
    """A folder of our own under guard, in which processes are started."""

    def __init__(self, place: Path, guardian: Guardian) -> None:
        self.place = place
        self.guardian = guardian

    @classmethod
    @asynccontextmanager
    async def set_up(cls) -> AsyncGenerator["Stage"]:
        """Nothing of it is left afterwards, neither files nor processes."""
        with _place() as place:
            async with Guardian.open(place) as guardian:
                yield cls(place, guardian)

    @asynccontextmanager
    async def hub(self, wanted: Wanted) -> AsyncGenerator[RunningHub]:
        """Start a whole hub and wait until it, and each of its servers, is ready.

        Raises:
            Unavailable: It did not start; says its last words.
        """
        home, config = self.place / "home", self.place / "servers.json"
        config.write_text(json.dumps(wanted.servers), encoding="utf-8")
        arguments = ("serve", "--port", "0", "--config", str(config))
        command = Command(
            argv=(sys.executable, "-m", "hub", *arguments, *(() if wanted.voice else ("--no-voice",))),
            env=clean_environment() | {"HUB_HOME": str(home)} | dict(wanted.environment),
        )
        async with AsyncExitStack() as stack:
            process = await stack.enter_async_context(
                running(
                    command,
                    name="hub",
                    guardian=self.guardian,
                    log=self.place / "hub.log",
                    stop=STOP_HUB,
                    on_line=_unheard,
                )
            )
            state, token = await _found(process, home)
            client = await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=state["url"],
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=ASK_SECONDS,
                    trust_env=False,
                )
            )
            hub = RunningHub(process.pid, home, state["url"], token, client)
            await _ready(process, hub, wanted)
            yield hub

    @asynccontextmanager
    async def program(
        self, module: str, *arguments: str, seconds: float = STAND_IN_SECONDS
    ) -> AsyncGenerator[tuple[Process, dict[str, Any]]]:
        """Run one of our own modules; it is ready when it has said so in one line of JSON.

        Raises:
            Unavailable: It ended before that; says its last words.
        """
        command = Command(argv=(sys.executable, "-m", module, *arguments), env=clean_environment())
        async with running(
            command, name=module, guardian=self.guardian, log=self.place / f"{module}.log", stop=STOP_STAND_IN
        ) as process:
            lines = BufferedByteReceiveStream(process.stdout)
            try:
                with anyio.fail_after(seconds):
                    line = await lines.receive_until(b"\n", LINE_BYTES)
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError, TimeoutError):
                words = await process.last_words()
                raise Unavailable(f"{module} did not start: {words or 'it said nothing'}") from None
            yield process, json.loads(line)


def find_livekit_server() -> Path:
    """The livekit-server on PATH, else the one in the user's own HUB_HOME.

    Raises:
        Unavailable: There is none.
    """
    on_path = shutil.which(PROGRAM)
    built = load_settings(Path.cwd()).home / "bin" / PROGRAM
    if on_path is None and not os.access(built, os.X_OK):
        raise Unavailable(
            "To measure calls, livekit-server is needed, and it is neither on PATH nor in HUB_HOME/bin.",
            next_step="Run ./scripts/run once, which builds it, or put it on PATH.",
        )
    return Path(on_path or built)


def clean_environment() -> dict[str, str]:
    """Our environment without the user's own keys, hub and home: what is measured is always the same."""
    settings = {str(field.validation_alias) for field in Settings.model_fields.values()}
    return {name: value for name, value in os.environ.items() if name not in settings}


def with_livekit_server(program: Path) -> dict[str, str]:
    """The PATH on which a hub finds this livekit-server."""
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


@contextmanager
def _place() -> Generator[Path]:
    place = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    place.chmod(PLACE_MODE)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unheard(_line: str) -> None:
    """What the hub says is in its log; here it only must not fill a pipe."""


async def _found(process: Process, home: Path) -> tuple[dict[str, Any], str]:
    while True:
        try:
            state = json.loads((home / "hub.json").read_text(encoding="utf-8"))
            return state, (home / "token").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            await _still_starting(process)


async def _ready(process: Process, hub: RunningHub, wanted: Wanted) -> None:
    names = set(wanted.servers.get("mcpServers", {}))
    status: dict[str, Any] = {}
    with anyio.move_on_after(READY_SECONDS):
        while True:
            await _still_starting(process)
            try:
                status = await hub.get("/api/status")
            except httpx2.TransportError:
                continue
            everything = [*status["parts"], *status["servers"]]
            if status["ready"] and {one["name"] for one in everything if one["state"] == "ready"} >= names:
                return
            if any(one["state"] == "failed" for one in everything):
                break
    raise Unavailable(
        f"The hub that is measured does not become ready: {_down(status) or 'it does not answer'}.",
        next_step="Start one with hub serve and see what it says.",
    )


def _down(status: Mapping[str, Any]) -> str:
    everything = [*status.get("parts", ()), *status.get("servers", ())]
    return ", ".join(
        f"{one['name']} is {one['state']} ({one.get('last_error') or one.get('detail') or 'no reason given'})"
        for one in everything
        if one["state"] != "ready"
    )


async def _still_starting(process: Process) -> None:
    if process.exit_code is not None:
        words = await process.last_words()
        raise Unavailable(f"The hub that is measured did not start: {words or 'it said nothing'}")
    await anyio.sleep(LOOK_SECONDS)
