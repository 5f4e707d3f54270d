"""The hub's own resources: its servers and its calls, for clients that attach rather than call."""

import json
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.errors import HubError, NotFound
from hub.core.ports import RawResult
from hub.gateway.asked import Asked
from hub.gateway.eras import finished, is_modern, listing
from hub.gateway.ports import Calls, Servers, Status

JSON: Final = "application/json"
TEXT: Final = "text/plain"
TURNS_AT_ONCE: Final = 500
PAGES_MOST: Final = 40
LEGACY_NOT_FOUND: Final = -32002
ACTIVE: Final = "calls://active"


class Library:
    """Lists and reads them."""

    def __init__(
        self, calls: Calls | None, servers: Servers, status: Status, stamp: Mapping[str, Any]
    ) -> None:
        self._calls = calls
        self._servers = servers
        self._status = status
        self._stamp = stamp

    async def resources(self, asked: Asked) -> RawResult:
        """resources/list."""
        shown = [
            _entry("hub://servers", "servers", "State of every MCP server behind this hub."),
            _entry("hub://config", "config", "servers.json as the hub understands it, secrets masked."),
        ]
        if self._calls is not None:
            shown.append(_entry(ACTIVE, "active calls", "Calls that have not ended."))
        return listing(asked.version, "resources", shown, self._stamp)

    async def templates(self, asked: Asked) -> RawResult:
        """resources/templates/list."""
        shown = []
        if self._calls is not None:
            shown = [
                _template("call://{call_id}", "call", "How a call stands, and what happened in it.", JSON),
                _template("call://{call_id}/transcript", "transcript", "What was said in a call.", TEXT),
            ]
        return listing(asked.version, "resourceTemplates", shown, self._stamp)

    async def read(self, asked: Asked) -> RawResult:
        """resources/read.

        Raises:
            MCPError: There is no such resource.
        """
        uri = str(asked.params["uri"])
        try:
            mime, text = await self._content(uri)
        except HubError as missing:
            code = mcp.INVALID_PARAMS if is_modern(asked.version) else LEGACY_NOT_FOUND
            raise MCPError(code, missing.message, {"uri": uri}) from missing
        contents = [{"uri": uri, "mimeType": mime, "text": text}]
        return finished(asked.version, {"contents": contents}, self._stamp, cacheable=True)

    async def _content(self, uri: str) -> tuple[str, str]:
        scheme, _, rest = uri.partition("://")
        match scheme, rest.split("/"):
            case "hub", ["servers"]:
                return JSON, _json({"servers": self._status(None)["servers"]})
            case "hub", ["config"]:
                specs = self._servers.config.servers
                return JSON, _json({"mcpServers": {name: spec.masked() for name, spec in specs.items()}})
            case "calls", ["active"] if self._calls is not None:
                return JSON, _json({"calls": await _active(self._calls)})
            case "call", [call_id] if self._calls is not None:
                return JSON, _json(await self._calls.get({"call_id": call_id}))
            case "call", [call_id, "transcript"] if self._calls is not None:
                return TEXT, await _transcript(self._calls, call_id)
            case _:
                raise NotFound(f"There is no resource {uri}.")


async def _active(calls: Calls) -> list[dict[str, Any]]:
    found = [
        await calls.list({"status": status}) for status in ("in_progress", "waiting_for_caller", "dialing")
    ]
    return [call for page in found for call in page["calls"]]


async def _transcript(calls: Calls, call_id: str) -> str:
    lines: list[str] = []
    after = 0
    for _ in range(PAGES_MOST):
        page = await calls.transcript({"call_id": call_id, "after_turn": after, "limit": TURNS_AT_ONCE})
        lines += [f"{turn['role']}: {turn['text']}" for turn in page["turns"]]
        if len(page["turns"]) < TURNS_AT_ONCE:
            break
        after = page["next_turn"]
    return "\n".join(lines)


def _entry(uri: str, name: str, description: str) -> dict[str, Any]:
    return {"uri": uri, "name": name, "description": description, "mimeType": JSON}


def _template(uri: str, name: str, description: str, mime: str) -> dict[str, Any]:
    return {"uriTemplate": uri, "name": name, "description": description, "mimeType": mime}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)
