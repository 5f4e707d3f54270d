"""An MCP server of the older era that offers what stands in a file: `changing.py FILE [--read-only]`.

The file is {"tools": [...], "prompts": [...], "instructions": "..."}, each optional, and read again for every
answer; `prompts` may be "refused" or "silent" instead. A ToolCall answers with the tool's name, and says that
all lists have changed if its `text` is "tell".
"""

import json
import sys
from typing import Any

FILE = sys.argv[1]
READ_ONLY = "--read-only" in sys.argv[2:]


def offer() -> dict[str, Any]:
    with open(FILE, encoding="utf-8") as file:  # noqa: PTH123  # starts faster
        return dict(json.load(file))


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def tools() -> list[dict[str, Any]]:
    """All of them; a session that cannot write says of each that it reads."""
    found = offer().get("tools", [])
    reads = {"readOnlyHint": True}
    return [{**tool, "annotations": reads} if READ_ONLY else tool for tool in found]


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a request; None: no such method."""
    match method:
        case "initialize":
            now = offer()
            lists = {name: {"listChanged": True} for name in ("tools", "prompts") if name in now}
            words = {"instructions": now["instructions"]} if now.get("instructions") else {}
            info = {"name": "changing", "version": "1"}
            return {"protocolVersion": "2025-11-25", "capabilities": lists, "serverInfo": info, **words}
        case "tools/list":
            return {"tools": tools()}
        case "prompts/list":
            prompts = offer().get("prompts", [])
            return None if prompts == "refused" else {"prompts": prompts}
        case "prompts/get":
            return {"messages": [{"role": "user", "content": {"type": "text", "text": params["name"]}}]}
        case "tools/call":
            return {"content": [{"type": "text", "text": params["name"]}]}
        case _:
            return {} if method == "ping" else None


def main() -> None:
    """Read messages until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if (number := message.get("id")) is None:
            continue
        params = message.get("params") or {}
        result = answer(message["method"], params)
        if result is None:
            code = -32000 if message["method"] == "prompts/list" else -32601
            send({"id": number, "error": {"code": code, "message": "not today"}})
            continue
        if result.get("prompts") == "silent":
            continue
        send({"id": number, "result": result})
        if (params.get("arguments") or {}).get("text") == "tell":
            send({"method": "notifications/tools/list_changed"})
            send({"method": "notifications/prompts/list_changed"})


if __name__ == "__main__":
    main()
