"""`hub COMMAND`: picks the program that a command is; each imports what it needs and nothing else."""

import sys
from collections.abc import Sequence
from importlib import import_module

PROGRAMS = {
    "serve": "hub.serve.command",
    "worker": "hub.voice.main",
    "practice": "hub.practice.main",
    "connect": "hub.gateway.connect",
    "bench": "hub.bench.main",
}
"""The commands that are programs of their own; every other one belongs to hub.cli."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    program = PROGRAMS.get(arguments[0]) if arguments else None
    if program is None:
        return int(import_module("hub.cli.main").main(arguments))
    return int(import_module(program).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main())
