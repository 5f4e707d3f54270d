"""An MCP server of the older era without any SDK: `echo.py [MODE…]`. It starts in 30 ms.

Modes: noisy (writes rubbish to stdout), badlist (unusable tools), pages (lists in two pages),
exitfirst (exits at an unknown first message), mutefirst (ignores it), hang (answers nothing after
the handshake), stubborn (ignores end of input and SIGTERM), crash (exits at start with a last word),
daemon (leaves a grandchild in a session of its own that holds stdout).
The tool `silent` never answers; `busy` reads nothing else meanwhile; `die` exits, given the name of a
file only if that is there.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

MODES = set(sys.argv[1:])
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
lock = threading.Lock()
cancelled: set[Any] = set()
tools: list[dict[str, Any]] = [
    {
        "name": "echo",
        "inputSchema": SCHEMA,
        "annotations": {"readOnlyHint": True, "x-own": 1},
        "vendorField": 7,
    },
    {"name": "write", "inputSchema": SCHEMA},
    {"name": "slow", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "die", "inputSchema": SCHEMA},
    {"name": "die_reading", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "add_tool", "inputSchema": SCHEMA},
    {"name": "big", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "was_cancelled", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "environment", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
]


def send(message: dict[str, Any]) -> None:
    """Write one message, whole."""
    with lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def text(number: Any, words: str) -> None:
    send({"id": number, "result": {"content": [{"type": "text", "text": words}], "ownField": 1}})


def slow(number: Any, seconds: float, token: Any) -> None:
    for step in range(round(seconds * 10)):
        if token is not None:
            params = {"progressToken": token, "progress": step, "message": f"step {step}"}
            send({"method": "notifications/progress", "params": params})
        if number in cancelled:
            return
        time.sleep(0.1)
    text(number, "slept")


def die(marker: str) -> None:
    """Exit; with a marker file only if it is there, which is then gone."""
    if not marker or os.path.exists(marker):  # noqa: PTH110  # starts faster
        if marker:
            os.unlink(marker)  # noqa: PTH108  # starts faster
        say("dying as told")
        os._exit(3)


def dull(number: Any, name: str, arguments: dict[str, Any]) -> None:
    """Say nothing for ever, or for some time."""
    if name == "busy":
        time.sleep(float(arguments["seconds"]))
        text(number, "done")


def call(number: Any, params: dict[str, Any]) -> None:
    """Run one tool."""
    name, arguments = params["name"], params.get("arguments") or {}
    said = arguments.get("text", "")
    if name in ("silent", "busy"):
        dull(number, name, arguments)
        return
    match name:
        case "slow":
            slow(number, float(arguments.get("seconds", 1)), (params.get("_meta") or {}).get("progressToken"))
        case "die" | "die_reading":
            die(said)
            text(number, str(os.getpid()))
        case "add_tool":
            tools.append({"name": said, "inputSchema": SCHEMA})
            send({"method": "notifications/tools/list_changed"})
            text(number, "added")
        case "big":
            text(number, "x" * int(arguments["bytes"]))
        case "was_cancelled":
            text(number, json.dumps(sorted(cancelled)))
        case "environment":
            text(number, json.dumps(dict(os.environ)))
        case _:
            text(number, json.dumps(arguments))


def listed(params: dict[str, Any]) -> dict[str, Any]:
    """Answer tools/list."""
    every = [*tools, {"name": 17}, {"name": "odd", "inputSchema": {}}] if "badlist" in MODES else tools
    if "pages" not in MODES:
        return {"tools": every}
    return {"tools": every[2:]} if params.get("cursor") else {"tools": every[:2], "nextCursor": "two"}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """Answer everything but ToolCalls; None: no such method."""
    if method == "initialize":
        capabilities = {"tools": {"listChanged": True}}
        info = {"name": "echo", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info}
    if method == "tools/list":
        return listed(params)
    return {} if method == "ping" else None


def prepare() -> None:
    if "stubborn" in MODES:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "crash" in MODES:
        say("cannot open the database")
        sys.exit(1)
    if "noisy" in MODES:
        noise = b'Welcome! \x00 {\n\xff\xfe not UTF-8\n{"jsonrpc": "2.0"}\n' + b"[" * 3000 + b"\n"
        sys.stdout.buffer.write(noise)
        sys.stdout.buffer.flush()
    if "daemon" in MODES:
        subprocess.Popen(["sleep", "1000"], start_new_session=True)  # noqa: S607


def take(message: dict[str, Any]) -> None:
    """Take one message of a session that has begun."""
    method, number, params = message["method"], message.get("id"), message.get("params") or {}
    if method == "notifications/cancelled":
        cancelled.add(params["requestId"])
    elif number is None or ("hang" in MODES and method not in ("initialize", "tools/list")):
        return
    elif method == "tools/call" and params["name"] == "busy":
        call(number, params)
    elif method == "tools/call":
        threading.Thread(target=call, args=(number, params), daemon=True).start()
    elif (result := answer(method, params)) is not None:
        send({"id": number, "result": result})
    else:
        send({"id": number, "error": {"code": -32601, "message": f"no method {method}"}})


def main() -> None:
    """Read messages until the input ends."""
    prepare()
    started = False
    for line in sys.stdin:
        message = json.loads(line)
        started = started or message.get("method") == "initialize"
        if started or not MODES & {"exitfirst", "mutefirst"}:
            take(message)
        elif "exitfirst" in MODES:
            sys.exit(1)
    while "stubborn" in MODES:
        time.sleep(1)


if __name__ == "__main__":
    main()
