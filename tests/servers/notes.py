"""A small MCP server of both eras: `notes.py [stdio | http PORT | sse PORT] [--read-only]`.

Its notes live as long as it does. HTTP serves /mcp, SSE serves /sse, both on 127.0.0.1.
"""

import os
import sys

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel

READ = ToolAnnotations(read_only_hint=True)
mcp = MCPServer("notes")
notes = ["buy milk", "call Ada"]


class Statistics(BaseModel):
    """What `count_notes` answers."""

    notes: int
    longest: str


@mcp.tool(annotations=READ)
def list_notes() -> str:
    """List all notes, one a line."""
    return "\n".join(notes)


@mcp.tool(annotations=READ)
def count_notes() -> Statistics:
    """Count the notes and find the longest."""
    return Statistics(notes=len(notes), longest=max(notes, key=len, default=""))


@mcp.tool(annotations=READ)
def echo(text: str) -> str:
    """Return the text."""
    return text


@mcp.tool(annotations=READ)
def pid() -> int:
    """Return the server's process id."""
    return os.getpid()


@mcp.tool(annotations=READ)
async def slow(seconds: float, ctx: Context) -> str:
    """Take some seconds, and say so every tenth of one."""
    steps = max(1, round(seconds * 10))
    for step in range(steps):
        await ctx.report_progress(step, steps, f"step {step} of {steps}")
        await anyio.sleep(seconds / steps)
    return f"took {seconds:g} s"


@mcp.tool(annotations=READ)
def fail(reason: str = "no luck") -> str:
    """Fail."""
    raise ValueError(reason)


@mcp.tool(annotations=READ)
async def learn(name: str, ctx: Context) -> str:
    """Offer one more tool, and say so."""

    def learned() -> str:
        return name

    mcp.tool(name=name, description="Say its own name.")(learned)
    await ctx.notify_tools_changed()
    return name


def add_note(text: str) -> str:
    """Add a note."""
    notes.append(text)
    return f"note {len(notes)}: {text}"


def main(transport: str = "stdio", port: str = "0") -> None:
    """Serve until the input ends, or until killed."""
    if transport == "stdio":
        mcp.run()
    else:
        app = mcp.sse_app() if transport == "sse" else mcp.streamable_http_app()
        uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--read-only"]
    if "--read-only" not in sys.argv:
        mcp.tool(annotations=ToolAnnotations(destructive_hint=False))(add_note)
    main(*words)
