"""`hub install CLIENT`: writes the hub into a client's config; with preview, backup and a way back."""

import difflib
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.api import settings
from hub.cli.clients import ENTRY, SERVERS, Client, claude_desktop, entry, read, text_of, with_entry, write
from hub.cli.show import line
from hub.core.errors import InvalidArguments, Unavailable

NOTE = "install.json"
"""In HUB_HOME: the servers.json that a hub started by `hub connect` uses."""


def install(
    client: Annotated[str, typer.Argument(help="claude-desktop")],
    *,
    config: Annotated[Path, typer.Option(help="The servers.json the hub is to use.")] = Path("servers.json"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the hub out again.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would change.")] = False,
) -> None:
    """Add the hub to a desktop client: shows the change, asks, keeps a copy of the file as it was."""
    found = _client(client)
    home = settings().home
    servers = config.expanduser().absolute()
    if not undo and not servers.is_file():
        raise InvalidArguments(f"{servers} is not there.", next_step="Name your servers.json with --config.")
    before = read(found.path)
    after = with_entry(before, None if undo else entry(home))
    if before.get(SERVERS, {}).get(ENTRY) == after[SERVERS].get(ENTRY):
        line(f"{found.title} {'does not have the hub' if undo else 'has the hub already'}: {found.path}")
    else:
        _show(found.path, text_of(before) if before else "", text_of(after))
        if preview or not (yes or typer.confirm("Write this?", default=True)):
            line("Nothing was changed.")
            return
        backup = write(found.path, text_of(after))
        line(f"Written: {found.path}" + (f" (as it was before: {backup})" if backup else ""))
        line(found.remark)
    if not undo and not preview:
        _note(home, servers)


def _client(name: str) -> Client:
    known = {one.key: one for one in (claude_desktop(os.environ, Path.home()),)}
    if name not in known:
        raise InvalidArguments(
            f"hub install does not know {name}; it knows {', '.join(known)}.",
            next_step="Other clients take a stdio server: command 'hub', arguments 'connect'.",
        )
    return known[name]


def _show(path: Path, before: str, after: str) -> None:
    """The change as a diff of the file."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), lineterm="")
    for one in lines:
        line(one, styles.get(one[0], ""))


def _note(home: Path, servers: Path) -> None:
    """Tell a hub that `hub connect` starts later which servers.json to use."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / NOTE).write_text(json.dumps({"config": str(servers)}) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"{home} cannot be written ({error.strerror}).", next_step="Set HUB_HOME to a folder of yours."
        ) from error
