"""`hub practice`: reads its arguments and becomes the stand-ins, where all that they need is installed."""

import sys
from importlib import import_module
from importlib.util import find_spec

from hub.practice.options import options

NEEDED = ("numpy", "soxr", "rapidfuzz", "pocketsphinx", "espeakng_loader")


def main(argv: list[str]) -> int:
    """Run until told to stop. Exit 1 with one sentence when that cannot be."""
    chosen = options(argv)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        remedy = "install the practice extra (pip install 'voice-hub[practice]')"
        sys.stderr.write(f"Practice lacks {', '.join(lacking)}: {remedy}.\n")
        return 1
    return int(import_module("hub.practice.process").run(chosen))  # by name: importing it needs all of them


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
