"""`hub doctor`: one line for everything that a hub needs, with one remedy where something is amiss."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import anyio
import typer

from hub.cli.api import NoHub, Values, connected, running_hub, settings
from hub.cli.checks import Finding, files, network, programs, providers, servers_file
from hub.cli.look import Json
from hub.cli.show import STYLES, as_json, clean, line
from hub.core.errors import ConfigurationError, HubError
from hub.settings import Settings

WELL = frozenset({"ready", "running", "disabled", "stopped"})
UNDERWAY = frozenset({"starting", "stopping"})
MARKS = {"ok": "ok    ", "warn": "warn  ", "broken": "BROKEN"}


def doctor(*, json: Json = False) -> None:
    """Check programs, keys, ports, files and servers; exit 1 when something is broken."""
    try:
        found = list(_examine(settings()))
    except ConfigurationError as error:
        found = [Finding("settings", "broken", error.message, error.next_step)]
    broken = sum(one.state == "broken" for one in found)
    if json:
        as_json({"ok": not broken, "findings": [asdict(one) for one in found]})
    else:
        for one in found:
            remedy = f" → {clean(one.remedy)}" if one.remedy else ""
            line(f"{MARKS[one.state]}  {one.what}: {clean(one.detail)}{remedy}", STYLES[one.state])
        line()
        line(f"{broken} broken." if broken else "Nothing is broken.", "bold")
    if broken:
        raise typer.Exit(1)


def _examine(given: Settings) -> Iterator[Finding]:
    status: Values | None = None
    try:
        status = anyio.run(_status, given)
        yield Finding("hub", "ok", f"running at {status['url']}, {'' if status['ready'] else 'not '}ready")
    except NoHub as error:
        yield _not_running(given, error)
    except HubError as error:
        yield Finding("hub", "broken", error.message, error.next_step)
    yield from programs(given)
    yield from providers(given)
    yield from files(given)
    yield from network(given, running=status is not None)
    yield from servers_file(given, _config(given, status))
    if status is not None:
        yield from _lives(status)


def _not_running(given: Settings, error: NoHub) -> Finding:
    """No hub is no fault; one that wrote hub.json and does not answer is worth a word."""
    if running_hub(given.home) is None:
        return Finding("hub", "ok", "not running (./scripts/run starts it)")
    return Finding("hub", "warn", error.message, error.next_step)


async def _status(given: Settings) -> Values:
    async with connected(given) as api:
        return await api.get("/api/status")


def _config(given: Settings, status: Values | None) -> Path:
    """The servers.json of the running hub, else the one here, else the one a hub used last."""
    here = Path.cwd() / "servers.json"
    if status is not None and status.get("config"):
        return Path(str(status["config"]))
    last = (running_hub(given.home) or {}).get("config")
    return Path(str(last)) if last and not here.exists() else here


def _lives(status: Values) -> Iterator[Finding]:
    """The parts and servers of a running hub that are not up."""
    for kind in ("parts", "servers"):
        for one in status[kind]:
            state, why = str(one["state"]), one.get("detail") or one.get("last_error") or "no word from it"
            if state in UNDERWAY:
                yield Finding(str(one["name"]), "warn", state, "Look again in a minute.")
            elif state not in WELL and state != "not_configured":
                remedy = (
                    f"hub servers {one['name']} tells more." if kind == "servers" else "See the hub's log."
                )
                yield Finding(str(one["name"]), "broken", f"{state}: {why}", remedy)
