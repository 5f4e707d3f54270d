"""The report: the same Sections for people on a terminal, for programs, and for docs/figures.md."""

import platform
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from hub import __version__
from hub.bench.figures import Figure, Section
from hub.bench.machine import cores, memory_mb, model, waiting
from hub.core.errors import Unavailable

TIMES: Final = tuple(f"{what} {which}" for what in ("noticed", "usable") for which in ("p50", "worst"))
COLUMNS: Final = ("value", "p50", "p95", "p99", "worst", *TIMES)
FINE: Final = 10.0
"""Values from here on are shown without decimals of their own."""
COMMAND: Final = "hub bench --markdown docs/figures.md"
HEAD: Final = f"# Figures\n\nMeasured, not promised. This file is written by one command: `{COMMAND}`.\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when it was measured; figures mean nothing without."""

    date: str
    hub: str
    python: str
    system: str
    processor: str
    cores: int
    memory_mb: int
    waiting_before: float

    @classmethod
    def here(cls) -> "Machine":
        """The machine that we run on, now."""
        return cls(
            date=time.strftime("%Y-%m-%d"),
            hub=__version__,
            python=platform.python_version(),
            system=f"{platform.system()} {platform.machine()}",
            processor=model(),
            cores=cores(),
            memory_mb=memory_mb(),
            waiting_before=waiting(),
        )

    def words(self) -> str:
        return (
            f"{self.date}, voice-hub {self.hub}, Python {self.python}, {self.system}, {self.cores} cores "
            f"({self.processor}), {self.memory_mb / 1024:.0f} GB; load before: {self.waiting_before:.1f}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run has to tell."""

    machine: Machine
    sections: Sequence[Section]

    def as_dict(self) -> dict[str, Any]:
        return {
            "machine": asdict(self.machine),
            "sections": [section.as_dict() for section in self.sections],
        }

    def as_text(self) -> str:
        """For a terminal."""
        return "\n\n".join(
            [self.machine.words(), *("\n".join(_text_lines(section)) for section in self.sections)]
        )

    def write_markdown(self, path: Path) -> None:
        """Replace these Sections in a Markdown file, and leave the rest of it alone.

        Raises:
            Unavailable: The file cannot be read or written.
        """
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else HEAD
            for section in self.sections:
                text = _with_section(text, section.name, self._markdown(section))
            path.write_text(text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise Unavailable(
                f"{path} cannot be written: {why}.", next_step="Name another file with --markdown."
            ) from error

    def _markdown(self, section: Section) -> str:
        lines = [f"## {section.title}", "", section.method, "", f"{self.machine.words()}.", ""]
        lines += _markdown_table(section.figures)
        if section.seen:
            lines += ["", *(f"- {one}" for one in section.seen)]
        return "\n".join(lines)


def _columns(figures: Sequence[Figure]) -> list[str]:
    there = dict.fromkeys(name for figure in figures for name in figure.values)
    return [name for name in COLUMNS if name in there] + [name for name in there if name not in COLUMNS]


def shown(value: float) -> str:
    """A value with as many digits as it is worth."""
    if abs(value) >= FINE * 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= FINE else f"{value:.2f}"


def _count(figure: Figure) -> str:
    return f"{figure.n}" if not figure.missed else f"{figure.n} of {figure.n + figure.missed}"


def _bound(figure: Figure) -> str:
    if figure.broken:
        return f"NOT kept: {'; '.join(figure.broken)}"
    if figure.bound is None:
        return "" if figure.broken is None else "kept"
    name = "" if figure.bound.value == "value" else f"{figure.bound.value} "
    kept = {True: "kept", False: "NOT kept", None: "not measured"}[figure.holds]
    return f"{name}≤ {shown(figure.bound.at_most)}: {kept}"


def _rows(figures: Sequence[Figure]) -> list[list[str]]:
    columns = _columns(figures)
    names = ["" if name == "value" else name for name in columns]
    told = list(dict.fromkeys(name for figure in figures for name in figure.words))
    rows = [["", "unit", "n", *names, *told, "bound"]]
    for figure in figures:
        values = [shown(figure.values[name]) if name in figure.values else "" for name in columns]
        words = [figure.words.get(name, "").replace("|", "/") for name in told]
        rows.append([figure.what, figure.unit, _count(figure), *values, *words, _bound(figure)])
    return rows


def _markdown_table(figures: Sequence[Figure]) -> list[str]:
    head, *rows = _rows(figures)
    right = "|".join([" --- ", " --- ", *(" ---: " for _ in head[2:-1]), " --- "])
    return [f"| {' | '.join(head)} |", f"|{right}|", *(f"| {' | '.join(row)} |" for row in rows)]


def _text_lines(section: Section) -> list[str]:
    rows = _rows(section.figures)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [section.title]
    for row in rows:
        first, unit, *numbers, bound = (
            cell.rjust(width) if at > 1 and at < len(row) - 1 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, unit, *numbers, bound]).rstrip())
    return lines + [f"  {one}" for one in section.seen]


def _with_section(text: str, name: str, body: str) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    block = f"{begin}\n{body}\n{end}"
    found = re.search(re.escape(begin) + ".*?" + re.escape(end), text, re.DOTALL)
    if found is None:
        return f"{text.rstrip()}\n\n{block}\n"
    return text[: found.start()] + block + text[found.end() :]
