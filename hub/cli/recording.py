"""`hub recording`: what there is of a call's recording; saves it, deletes it."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import anyio
import typer

from hub.cli.api import Values, ask, connected, settings
from hub.cli.look import Json
from hub.cli.show import as_json, clean, line, span, table
from hub.core.errors import HubError, NotFound

SAVE_SECONDS = 600.0


def recording(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="Its id; hub calls lists them.")],
    *,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="Save every part into this folder.")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it for good.")] = False,
    json: Json = False,
) -> None:
    """Show, save or delete the recording of a call."""
    path = f"/api/calls/{quote(call_id, safe='')}/recording"
    if delete and save is None:
        found = ask("DELETE", path)
        told = f"{found['deleted']} parts were deleted." if found["deleted"] else "There was no recording."
        as_json(found) if json else line(told)
        return
    found = ask("GET", path)
    if save is not None:
        found |= {"saved": anyio.run(_saved, found, save)}
    if delete:
        found |= ask("DELETE", path)
    as_json(found) if json else _show(found)


def _show(found: Values) -> None:
    line(f"{clean(found['call_id'])}: {found['state']}", "bold")
    if found["parts"]:
        rows = [[p["part"], span(p["seconds"]), p["bytes"], p["path"]] for p in found["parts"]]
        table(("part", "length", "bytes", "file on the hub's machine"), rows)
    for saved in found.get("saved", ()):
        line(f"saved {clean(saved)}")
    if not found["parts"] or "deleted" in found:
        line("The recording was deleted." if found.get("deleted") else clean(found["next_step"]))


async def _saved(found: Values, folder: Path) -> list[str]:
    """The parts as files, each there only when it is whole."""
    if not found["parts"]:
        raise NotFound("There is nothing to save.", next_step=str(found["next_step"]))
    saved = []
    async with connected(settings()) as api:
        for part in found["parts"]:
            target = folder / f"call-{found['call_id']}-{part['part']}.ogg"
            call = quote(str(found["call_id"]), safe="")
            data = await api.download(f"/api/calls/{call}/recording/{part['part']}", seconds=SAVE_SECONDS)
            await anyio.to_thread.run_sync(_write, target, data)
            saved.append(str(target))
    return saved


def _write(target: Path, data: bytes) -> None:
    half = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(data)
        half.replace(target)
    except OSError as error:
        raise HubError(
            f"{target} cannot be written: {error.strerror}.", next_step="Choose another folder."
        ) from error
