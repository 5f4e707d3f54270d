"""Commands about what models read: what waits for approval, and its approval."""

import shlex
import sys
import time
from typing import Annotated, Any
from urllib.parse import quote

import anyio
import typer

from hub.cli.api import Values, ask, connected, settings
from hub.cli.look import Json
from hub.cli.show import as_json, clean, line, span

SIGNS = {"+": "green", "-": "red", "@": "cyan"}
WHERE = {"server": "", "twin": ", of its read-only twin"}


def pins(
    server: Annotated[str | None, typer.Argument(help="One server; otherwise all.")] = None,
    *,
    json: Json = False,
) -> None:
    """Show what has changed of what models read, and waits for approval."""
    found = ask("GET", "/api/pins", **({} if server is None else {"server": server}))
    if json:
        as_json(found)
        return
    waiting = [one for one in found["servers"] if one["waiting"]]
    for one in waiting:
        _show(one["server"], one["waiting"])
        line(f"To approve: hub approve {shlex.quote(clean(one['server']))} [NAME…]", "bold")
        line()
    if not waiting:
        line("Nothing waits for approval.")


def approve(
    server: Annotated[str, typer.Argument(help="Its name in servers.json.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="What to approve; otherwise all that waits.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Let models read what has changed: shows it, asks where it can, and approves just that."""
    anyio.run(_approve, server, names or None, yes, json)


async def _approve(server: str, names: list[str] | None, yes: bool, json: bool) -> None:
    """What is approved is what was shown: the hub refuses when it has changed in between."""
    path = f"/api/servers/{quote(server, safe='')}/approve"
    async with connected(settings()) as api:
        found = await api.get("/api/pins", {"server": server})
        waiting = [change for one in found["servers"] for change in one["waiting"]]
        meant = [change for change in waiting if names is None or _means(names, change)]
        if not json:
            _show(server, meant)
        if meant and not (yes or json) and sys.stdin.isatty() and not typer.confirm("Approve this?"):
            line("Nothing was approved.")
            return
        done = await api.post(path, {"names": names, "seen": [change["id"] for change in meant]})
    if json:
        as_json(done)
        return
    for change in done["approved"]:
        line(f"Approved: {_called(change)}")
    if not done["approved"]:
        line(f"Nothing of {clean(server)} waits for approval.")
    elif done["waiting"]:
        line(f"{done['waiting']} more wait: hub pins {shlex.quote(clean(server))}")


def _means(names: list[str], change: Values) -> bool:
    return change["name"] in names or f"{change['part']}/{change['name']}" in names


def _called(change: Values) -> str:
    name = clean(change["label"])
    return name if name == change["part"] else f"{change['part']} {name}"


def _show(server: str, waiting: list[Values]) -> None:
    for change in waiting:
        what = "new" if change["new"] else "changed"
        ago = span(time.time() - float(change["since"]))
        where = WHERE.get(",".join(change["at"]), ", also of its read-only twin")
        line(f"{clean(server)}: {_called(change)}: {what}, {ago} ago{where}", "bold")
        for field in change["fields"]:
            _show_field(field)
        line()


def _show_field(field: dict[str, Any]) -> None:
    line(f"  {clean(field['field'])}")
    for one in field["lines"]:
        # The hub has made visible what could hide; indentation is part of what is to be read.
        line(f"    {one['sign']} {one['text']}", SIGNS.get(one["sign"], ""))
