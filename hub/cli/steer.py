"""Commands that do something: restart, stop, open and schema."""

import os
import sys
import webbrowser
from typing import Annotated
from urllib.parse import quote

import anyio
import typer

from hub.cli.api import HubApi, NoHub, ask, connected, settings
from hub.cli.look import Json
from hub.cli.machine import alive
from hub.cli.show import as_json, line
from hub.core.errors import HubError
from hub.core.spec_schema import json_schema

STOP_SECONDS = 15.0
STOP_POLL = 0.1


def restart(
    server: Annotated[str, typer.Argument(help="Its name in servers.json.")], *, json: Json = False
) -> None:
    """Restart one server."""
    found = ask("POST", f"/api/servers/{quote(server, safe='')}/restart")
    if json:
        as_json(found)
    else:
        line(f"{server} restarts; hub servers {server} shows how it goes.")


def stop(*, json: Json = False) -> None:
    """Stop the hub and everything it started."""
    anyio.run(_stop)
    if json:
        as_json({"stopped": True})
    else:
        line("The hub has stopped.")


async def _stop() -> None:
    """Returns when its process is gone, so that a next hub can start at once."""
    async with connected(settings()) as api:
        pid = int((await api.get("/api/status"))["pid"])
        await api.post("/api/stop")
        with anyio.move_on_after(STOP_SECONDS):
            while await _answers(api) or alive(pid):  # noqa: ASYNC110  # another process has no event of ours
                await anyio.sleep(STOP_POLL)
            return
    raise HubError(
        f"The hub has not stopped within {STOP_SECONDS:g} s.", next_step=f"Its process is {pid}: kill it."
    )


async def _answers(api: HubApi) -> bool:
    try:
        await api.get("/api/status")
    except NoHub:
        return False
    except HubError:
        return True  # busy stopping
    return True


def open_dashboard(
    *,
    link_only: Annotated[bool, typer.Option("--print", help="Only print the link.")] = False,
    json: Json = False,
) -> None:
    """Print a link to the dashboard, good for one visit, and open it in a browser."""
    found = ask("POST", "/api/login-link")
    if json:
        as_json(found)
        return
    line(str(found["url"]))
    if not link_only and _has_screen():
        webbrowser.open(str(found["url"]))


def _has_screen() -> bool:
    """Without a screen, webbrowser would start a browser in this terminal."""
    return sys.platform in {"darwin", "win32"} or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def schema() -> None:
    """Print the JSON Schema of servers.json; needs no running hub."""
    as_json(json_schema())
