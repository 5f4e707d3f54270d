"""What `hub serve` says on the terminal: where to click, and how every part stands."""

import sys
from typing import Any

MARKS = {"ready": "●", "disabled": "○", "starting": "…"}


def say(text: str) -> None:
    """One line on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_ready(status: dict[str, Any], dashboard: str, call: str | None, seconds: float) -> None:
    """The links and the state of every part."""
    say(f"\nvoice-hub {status['version']} is ready after {seconds:.1f} s\n")
    say(f"  Dashboard  {dashboard}")
    say(f"  Call       {call or 'no calls: ' + _why_no_call(status)}\n")
    for part in status["parts"]:
        say(_line(part["name"], part["state"], part["detail"]))
    for server in status["servers"]:
        detail = f"{server['tools']} tools" if server["state"] == "ready" else server["last_error"] or ""
        say(_line(server["name"], server["state"], detail))
    practice = [one["kind"] for one in status["providers"] if one["practice"]]
    if status["voice"] and practice:
        say(f"\n  Practice plays {', '.join(practice)}: what has no key is played by a local stand-in.")
    lacking = {one["name"] for one in status["providers"] if one["name"].startswith("none, ")}
    for name in sorted(lacking) if status["voice"] else ():
        say(f"\n  ✗ A call lacks a provider: {name.removeprefix('none, ')}. Set it, or HUB_PRACTICE=auto.")
    for problem in status["problems"]:
        where = f"line {problem['line']}: " if problem["line"] else ""
        path = f"{problem.get('file', 'servers.json')} {where}{problem['path']}".rstrip()
        say(f"  {path}: {problem['message']} {problem['remedy']}".rstrip())
    say("\n  Ctrl-C stops it.")


def _line(name: str, state: str, detail: str) -> str:
    return f"  {MARKS.get(state, '✗')} {name:<16} {state:<14} {detail}".rstrip()


def _why_no_call(status: dict[str, Any]) -> str:
    if not status["voice"]:
        return "started with --no-voice"
    down = [part["name"] for part in status["parts"] if part["state"] != "ready"]
    return f"{' and '.join(down) or 'something'} is not up"
