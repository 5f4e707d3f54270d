"""Run a command while holding a lock file (LOCK COMMAND ARGS…); the kernel lets go of it at exit."""

import fcntl
import os
import sys


def main(lock: str, *command: str) -> None:
    """Wait for the lock, then become the command, which keeps it."""
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up of this clone is running; waiting for it to end.", file=sys.stderr)
        fcntl.flock(held, fcntl.LOCK_EX)
    os.set_inheritable(held, True)
    os.execv(command[0], command)  # noqa: S606  # set-up.sh names the command


if __name__ == "__main__":
    main(*sys.argv[1:])
