"""How results look: tables for people, plain columns for pipes, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
STYLES = {
    "ready": "green",
    "ok": "green",
    "in_progress": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "waiting_for_caller": "yellow",
    "warn": "yellow",
    "not_configured": "yellow",
    "auth_required": "yellow",
    "backoff": "red",
    "failed": "red",
    "broken": "red",
    "error": "red",
    "disabled": "dim",
    "stopped": "dim",
    "ended": "dim",
}
MINUTE, HOUR, DAY = 60, 3600, 86400


def clean(value: object) -> str:
    """A value as one line of text; what a server or a caller sent cannot steer the terminal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return CONTROL.sub(" ", str(value)).strip()


def as_json(value: Any) -> None:
    """Print a value for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201  # standard output is what is asked for


def line(text: str = "", style: str = "") -> None:
    """Print one line for people; never wrapped when it goes into a pipe."""
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    console.print(Text(text, style=style))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: a table on a terminal, aligned columns elsewhere."""
    cells = [[clean(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        shown = Table(*columns, box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for row in cells:
            shown.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
        Console(highlight=False).print(shown)
        return
    widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
    for row in [list(columns), *cells]:
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line(text.rstrip())


def complain(text: str) -> None:
    """Say on stderr what went wrong."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(text))


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < MINUTE:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"
    return f"{seconds // DAY:.0f} d {seconds % DAY // HOUR:.0f} h"
