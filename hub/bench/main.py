"""`hub bench`: which measurement, how many samples, and where the report goes."""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import anyio

from hub.bench.figures import Section
from hub.bench.report import Machine, Report
from hub.core.errors import HubError, Unavailable

MEASUREMENTS: Final = ("toolcall", "voice", "memory", "chaos", "idle", "endurance")
SAMPLES: Final = "ToolCalls 1000, turns 20, chaos 3 of each row, idle 60 s, endurance 100,000 ToolCalls"
INTERRUPTED: Final = 130


def main(argv: Sequence[str]) -> int:
    """Measure and report; 0 when everything was measured (whatever it was), 1 when something could not be.

    What chaos has to prove is no matter of the machine, so it is 1 also when that does not hold.
    """
    given = _parser().parse_args(argv)
    names = MEASUREMENTS if given.what == "all" else (given.what,)
    try:
        report = Report(Machine.here(), [section for name in names for section in _measured(name, given.n)])
        sys.stdout.write((json.dumps(report.as_dict(), indent=2) if given.json else report.as_text()) + "\n")
        if given.markdown is not None:
            report.write_markdown(given.markdown)
    except HubError as error:
        sys.stderr.write(f"hub bench: {error.message} {error.next_step}".rstrip() + "\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(any(figure.broken for section in report.sections for figure in section.figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hub bench", description="Measure a whole hub, started for this and ended afterwards."
    )
    parser.add_argument("what", nargs="?", default="all", choices=("all", *MEASUREMENTS))
    parser.add_argument("--json", action="store_true", help="the report for programs")
    parser.add_argument("--n", type=_positive, help=f"samples of each measurement ({SAMPLES})")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write it into a Markdown file")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of samples: give 1 or more")
    return number


def _measured(name: str, n: int | None) -> list[Section]:
    """Run one measurement; each imports what it needs and no other does."""
    try:
        measure = import_module(f"hub.bench.{name}").measure
    except ModuleNotFoundError as error:
        raise Unavailable(
            f"hub bench {name} needs the Python package {error.name}.",
            next_step="Install voice-hub with its extra practice: voice-hub[practice].",
        ) from error
    sections: list[Section] = anyio.run(measure, n)
    return sections
