"""A whole hub as a process of its own, as a user starts it, and what a user does with it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

READY_SECONDS = 90.0
GONE_SECONDS = 5.0
LOOK_SECONDS = 0.05
CHILDREN = ("hub worker", "hub practice", "livekit-server", "postgres", "server-supabase")


@dataclass
class House:
    """One running hub."""

    home: Path
    process: subprocess.Popen[str]
    output: Path

    @property
    def url(self) -> str:
        return str(json.loads((self.home / "hub.json").read_text())["url"])

    @property
    def token(self) -> str:
        return (self.home / "token").read_text().strip()

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text(errors="replace")

    def client(self, **options: Any) -> httpx2.Client:
        """An HTTP client that has the operator's token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60, **options)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """GET a JSON route that answers."""
        with self.client() as client:
            answer = client.get(path, params=params)
            answer.raise_for_status()
            return dict(answer.json())

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """POST to a JSON route that answers."""
        with self.client() as client:
            answer = client.post(path, json=body)
            answer.raise_for_status()
            return dict(answer.json())

    def wait_ready(self, *servers: str) -> None:
        """Return once it could take a call and these servers are up."""

        def there() -> bool:
            if not (self.home / "hub.json").exists():
                return False
            try:
                status = self.get("/api/status")
            except httpx2.HTTPError:
                return False
            states = {one["name"]: one["state"] for one in status["servers"]}
            return bool(status["ready"]) and all(states.get(name) == "ready" for name in servers)

        wait_until(there, READY_SECONDS, lambda: f"not ready: {self.said[-3000:]}")

    def wait_part(self, name: str) -> None:
        """Return once a part that was just killed is up again."""

        def back() -> bool:
            (part,) = [one for one in self.get("/api/status")["parts"] if one["name"] == name]
            return bool(part["restarts"]) and part["state"] == "ready"

        wait_until(back, READY_SECONDS, lambda: f"{name} does not come back: {self.said[-3000:]}")

    def processes(self) -> dict[int, str]:
        """Every process of this hub, itself included: pid → command line."""
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        found = {}
        for one in family:
            with contextlib.suppress(psutil.Error):
                found[one.pid] = " ".join(one.cmdline())
        return found

    def send(self, number: int) -> None:
        """Send the hub, and nobody else, a signal."""
        os.kill(self.process.pid, number)

    def dsn(self) -> str:
        """How to connect to the practice database as its owner."""
        return (self.home / "practice" / "dsn").read_text().strip()


@contextlib.contextmanager
def running_hub(
    home: Path, config: Path, env: Mapping[str, str], *arguments: str, wait_for: tuple[str, ...] = ()
) -> Iterator[House]:
    """Start `hub serve` on any free port and end it by SIGTERM, however the block is left."""
    house = start_hub(home, config, env, *arguments)
    try:
        house.wait_ready(*wait_for)
        yield house
    finally:
        end(house)


def start_hub(home: Path, config: Path, env: Mapping[str, str], *arguments: str) -> House:
    """Start it without waiting."""
    output = home / "output.txt"
    with output.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve", "--config", str(config), "--port", "0", *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **env, "HUB_HOME": str(home)},
            start_new_session=True,
        )
    return House(home, process, output)


def end(house: House) -> None:
    """SIGTERM; SIGKILL where that does not help."""
    if house.process.poll() is None:
        house.send(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            house.process.wait(15)
    if house.process.poll() is None:
        house.send(signal.SIGKILL)
        house.process.wait(5)


def wait_until(there: Any, seconds: float, why: Any = lambda: "it did not happen") -> None:
    """Look until it is so."""
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            raise AssertionError(why())
        time.sleep(LOOK_SECONDS)


def alive(pids: Mapping[int, str]) -> dict[int, str]:
    """Those of the processes that still run (a zombie does not)."""
    left = {}
    for pid, command in pids.items():
        with contextlib.suppress(psutil.Error):
            one = psutil.Process(pid)
            if one.status() != psutil.STATUS_ZOMBIE and " ".join(one.cmdline()) == command:
                left[pid] = command
    return left
