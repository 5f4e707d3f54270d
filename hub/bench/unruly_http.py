"""An MCP server over HTTP that misbehaves as told, without any SDK: `unruly_http.py PORT`.

`/mcp` is Streamable HTTP of the 2025 era with sessions, `/sse` the older transport; `/moved` leads to `/mcp`
by a redirect, `/away` to $UNRULY_AWAY, another host. Where the file $UNRULY_LOG.token is there, its content
is the only token that is let in. Its tools `read` and `write` take `how`, what to do instead of an answer:
a number (that HTTP status), late (answer, but a second later), drop (an event stream that ends without one),
cut (a body that breaks off), big (`bytes`, as JSON), bigevent (as an event), nest, garbage, html, mute,
forget (answer, and forget the sessions). Every start, session, run and Authorization is a line in
$UNRULY_LOG.
"""

import json
import os
import queue
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOG = Path(os.environ.get("UNRULY_LOG", os.devnull))
DEEP = 100_000
CHUNK = b"x" * 65536
SCHEMA = {"type": "object", "properties": {"how": {"type": "string"}}}
TOOLS = [
    {"name": "read", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "write", "inputSchema": SCHEMA},
]
JSON, EVENTS = "application/json", "text/event-stream"
sessions: dict[str, "queue.Queue[bytes]"] = {}


def note(words: str) -> None:
    """Write one line for whoever watches, at once."""
    with LOG.open("a", encoding="utf-8") as file:
        file.write(f"{words}\n")


def answered(message: dict[str, Any]) -> bytes:
    """The answer to one request."""
    method, number = message["method"], message.get("id")
    result: dict[str, Any] | None = None
    if method == "initialize":
        info = {"name": "unruly", "version": "1"}
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    elif method == "tools/list":
        result = {"tools": TOOLS}
    elif method == "tools/call":
        result = {"content": [{"type": "text", "text": str(os.getpid())}]}
    elif method == "ping":
        result = {}
    error = {"code": -32601, "message": f"no method {method}"}
    outcome = {"error": error} if result is None else {"result": result}
    return json.dumps({"jsonrpc": "2.0", "id": number, **outcome}).encode()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Open the event stream of the older transport."""
        if not self.path.startswith("/sse"):
            self.answer(405, b"", "text/plain")
            return
        name = uuid.uuid4().hex
        waiting: queue.Queue[bytes] = queue.Queue()
        sessions[name] = waiting
        note("session")
        self.head(200, EVENTS)
        self.wfile.write(f"event: endpoint\ndata: /messages?{name}\n\n".encode())
        while body := waiting.get():
            self.wfile.write(b"event: message\ndata: " + body + b"\n\n")
        self.close_connection = True

    def do_DELETE(self) -> None:
        """End a session."""
        sessions.pop(self.headers.get("mcp-session-id", ""), None)
        self.answer(200, b"", "text/plain")

    def do_POST(self) -> None:
        """Take one message."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        note(f"authorization {self.headers.get('authorization')} {self.headers.get('x-key')}")
        path, _, query = self.path.partition("?")
        leads = {"/moved": "/mcp", "/away": os.environ.get("UNRULY_AWAY", "")}
        if path in leads:
            self.answer(307, b"", "text/plain", location=leads[path])
        elif not self.let_in():
            self.answer(401, b"", "text/plain", www_authenticate="Bearer")
        else:
            self.take(json.loads(body), query)

    def let_in(self) -> bool:
        token = Path(f"{LOG}.token")
        return not token.exists() or self.headers.get("authorization") == f"Bearer {token.read_text('utf-8')}"

    def take(self, message: dict[str, Any], query: str) -> None:
        """Answer a message in its session."""
        method, name = message["method"], query or self.headers.get("mcp-session-id", "")
        if method == "initialize" and not query:
            name = uuid.uuid4().hex
            sessions[name] = queue.Queue()
            note("session")
        elif method != "server/discover" and name not in sessions:
            self.answer(404, b"", "text/plain")
            return
        arguments = (message.get("params") or {}).get("arguments") or {}
        if method == "tools/call":
            note(f"run {message['params']['name']} {arguments.get('how', '')}")
        if "id" not in message:
            self.answer(202, b"", "text/plain")
        elif query:
            self.down(sessions[query], message, arguments.get("how"))
        elif how := arguments.get("how"):
            self.misbehave(how, arguments, message)
        else:
            self.answer(200, answered(message), JSON, mcp_session_id=name)

    def down(self, waiting: "queue.Queue[bytes]", message: dict[str, Any], how: str | None) -> None:
        """Answer on the event stream, or end it instead."""
        self.answer(202, b"", "text/plain")
        waiting.put(b"" if how == "drop" else answered(message))

    def misbehave(self, how: str, arguments: dict[str, Any], message: dict[str, Any]) -> None:
        """Do what was told instead of answering."""
        number = message["id"]
        nest = f'{{"jsonrpc":"2.0","id":{number},"result":{"[" * DEEP}{"]" * DEEP}}}'.encode()
        plain = {
            "nest": (200, nest, JSON),
            "garbage": (200, b'{"jsonrpc":"2.0","id":1,\xff\xfe', JSON),
            "html": (200, b"<html>Sign in</html>", "text/html"),
        }
        if how == "late":
            time.sleep(1)
            self.answer(200, answered(message), JSON)
        elif how.isdigit():
            self.answer(int(how), b"no", "text/plain")
        elif how in plain:
            self.answer(*plain[how])
        elif how in ("drop", "cut"):
            self.head(
                200, EVENTS if how == "drop" else JSON, **({} if how == "drop" else {"content_length": "9"})
            )
            self.wfile.write(b": hello\n\n" if how == "drop" else b"{")
            self.close_connection = True
        elif how in ("big", "bigevent"):
            self.big(int(arguments["bytes"]), message, EVENTS if how == "bigevent" else JSON)
        elif how == "mute":
            time.sleep(1000)
        else:
            sessions.clear()
            self.answer(200, answered(message), JSON)

    def big(self, size: int, message: dict[str, Any], kind: str) -> None:
        """Answer with a text of so many bytes."""
        before, _, after = answered(message).partition(str(os.getpid()).encode())
        self.head(200, kind)
        self.wfile.write(b"event: message\ndata: " if kind is EVENTS else b"")
        self.wfile.write(before)
        for _ in range(size // len(CHUNK)):
            self.wfile.write(CHUNK)
        self.wfile.write(after + (b"\n\n" if kind is EVENTS else b""))
        self.close_connection = True

    def answer(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.head(status, kind, content_length=str(len(body)), **headers)
        self.wfile.write(body)

    def head(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the standard library
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Takes the port of an earlier life at once, and says nothing of clients that have gone."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nobody needs to know."""


def main(port: str) -> None:
    """Serve until killed."""
    server = Server(("127.0.0.1", int(port)), Handler)
    note(f"start {os.getpid()}")
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
