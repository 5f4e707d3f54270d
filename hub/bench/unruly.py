"""An MCP server that misbehaves as told, without any SDK: `unruly.py [MODE…]`. It starts in 30 ms.

Modes: noisy (rubbish on stdout), badlist (an unusable tool), exitfirst (exits at an unknown first message),
mutefirst (ignores it), deaffirst (is deaf for ever after it), crash (exits at start), loop (exits soon after
the handshake), slowstart (takes a second), stubborn (ignores end of input and SIGTERM), brood (a child that
ignores SIGTERM and holds all pipes), daemon (the same in a session of its own). crash and loop are over as
soon as the file $UNRULY_LOG.healed is there. Every start and every run of a tool is a line in $UNRULY_LOG;
so is "overlap" when an earlier life is still there.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

MODES = frozenset(sys.argv[1:])
LOG = os.environ.get("UNRULY_LOG", os.devnull)
LOOP_SECONDS = 0.05
SLOW_SECONDS = 1.0
DEEP = 100_000
SCHEMA: dict[str, object] = {"type": "object", "properties": {"text": {"type": "string"}}}
READS: dict[str, object] = {"annotations": {"readOnlyHint": True}}
tools: list[dict[str, object]] = [
    {"name": "read", "inputSchema": SCHEMA, **READS},
    {"name": "write", "inputSchema": SCHEMA},
    {"name": "echo", "inputSchema": SCHEMA, **READS},
    {"name": "touch", "inputSchema": SCHEMA, "annotations": {"idempotentHint": True}},
]
tools += [{"name": name, "inputSchema": SCHEMA} for name in ("exit", "spin", "add")]
tools += [
    {"name": name, "inputSchema": SCHEMA, **READS} for name in ("big", "nest", "garbage", "environment")
]
writing = threading.Lock()


def note(words: str) -> None:
    """Write one line for whoever watches, at once."""
    descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{words}\n".encode())
    os.close(descriptor)


def say(words: str) -> None:
    """Say something on stderr."""
    os.write(2, f"{words}\n".encode())


def raw(line: bytes) -> None:
    """Write one line, whole."""
    with writing:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


def send(message: dict[str, object]) -> None:
    raw(json.dumps({"jsonrpc": "2.0", **message}).encode())


def text(number: object, words: str) -> None:
    send({"id": number, "result": {"content": [{"type": "text", "text": words}]}})


def call(number: object, name: str, arguments: dict[str, object]) -> None:
    """Run one tool."""
    said = str(arguments.get("text", ""))
    note(f"run {name} {said}")
    time.sleep(float(str(arguments.get("seconds", 0))))
    match name:
        case "exit":
            say("exits as told")
            os._exit(3)
        case "spin":
            os.kill(os.getpid(), signal.SIGUSR1)
        case "add":
            tools.append({"name": said, "inputSchema": SCHEMA, **READS})
            send({"method": "notifications/tools/list_changed"})
            text(number, "added")
        case "big":
            text(number, "x" * int(str(arguments["bytes"])))
        case "nest":
            raw(f'{{"jsonrpc":"2.0","id":{number},"result":{"[" * DEEP}{"]" * DEEP}}}'.encode())
        case "garbage":
            raw(f'{{"jsonrpc":"2.0","id":{number},"result":{{"text":"'.encode() + b'\xff\xfe"}}')
        case "environment":
            text(number, json.dumps(dict(os.environ)))
        case _:
            text(number, said if name == "echo" else str(os.getpid()))


def answer(number: object, method: str) -> None:
    """Answer everything but ToolCalls."""
    if method == "initialize":
        info = {"name": "unruly", "version": "1"}
        capabilities = {"tools": {"listChanged": True}}
        result: dict[str, object] = {"protocolVersion": "2025-11-25", "capabilities": capabilities}
        send({"id": number, "result": {**result, "serverInfo": info}})
    elif method == "tools/list":
        bad = [{"name": 17}, {"name": "odd", "inputSchema": {}}] if "badlist" in MODES else []
        send({"id": number, "result": {"tools": [*tools, *bad]}})
        if "loop" in MODES and not healed():
            threading.Timer(LOOP_SECONDS, give_up).start()
    elif method == "ping":
        send({"id": number, "result": {}})
    else:
        send({"id": number, "error": {"code": -32601, "message": f"no method {method}"}})


def healed() -> bool:
    return os.path.exists(f"{LOG}.healed")  # noqa: PTH110  # starts faster


def give_up() -> None:
    say("cannot keep the database open")
    os._exit(1)


def spin(_number: int, _frame: object) -> None:
    """Answer nothing any more: this is the thread that reads."""
    while True:
        time.sleep(1)


def begin() -> None:
    """Start as badly as told."""
    note(f"start {os.getpid()}")
    lock = os.open(f"{LOG}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        note("overlap")
    os.set_inheritable(lock, True)
    if "stubborn" in MODES:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "crash" in MODES and not healed():
        say("cannot open the database")
        sys.exit(1)
    if MODES & {"brood", "daemon"}:
        line = ["sh", "-c", "trap '' TERM; while :; do sleep 1000; done"]
        subprocess.Popen(line, close_fds=False, start_new_session="daemon" in MODES)  # noqa: S603  # our own words
    if "noisy" in MODES:
        raw(b'Welcome! \x00 {\n\xff\xfe not UTF-8\n{"jsonrpc": "2.0"}\n' + b"[" * DEEP)
    if "slowstart" in MODES:
        time.sleep(SLOW_SECONDS)


def unasked(method: str) -> bool:
    """Take an unknown first message as badly as told; say whether to go on as if it had not come."""
    if method == "initialize" or not MODES & {"exitfirst", "mutefirst", "deaffirst"}:
        return False
    if "exitfirst" in MODES:
        sys.exit(1)
    if "deaffirst" in MODES:
        spin(0, None)
    return True


def main() -> None:
    """Read messages until the input ends."""
    begin()
    signal.signal(signal.SIGUSR1, spin)
    begun = False
    for line in sys.stdin:
        message = json.loads(line)
        method, number = message.get("method"), message.get("id")
        if not begun and unasked(method):
            continue
        begun = True
        if method == "tools/call":
            asked = (number, message["params"]["name"], message["params"].get("arguments") or {})
            threading.Thread(target=call, args=asked, daemon=True).start()
        elif number is not None:
            answer(number, method)
    while "stubborn" in MODES:
        time.sleep(1)


if __name__ == "__main__":
    main()
