"""The hub's own resources: its servers and its calls, for clients that attach rather than call."""

import json
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.errors import HubError, NotFound
from hub.core.ports import RawResult
from hub.gateway import call_report
from hub.gateway.asked import Answers, Asked
from hub.gateway.eras import finished, is_modern, listing
from hub.gateway.ports import Calls, Servers, Status

JSON: Final = "application/json"
TEXT: Final = "text/plain"
TURNS_AT_ONCE: Final = 500
PAGES_MOST: Final = 40
LEGACY_NOT_FOUND: Final = -32002
ACTIVE: Final = "calls://active"
SERVERS: Final = "hub://servers"
MARKDOWN: Final = "text/markdown"
OPEN: Final = ("in_progress", "dialing", "waiting_for_caller", "scheduled")
LISTED_MOST: Final = 100


def of_call(call_id: str) -> tuple[str, ...]:
    """The resources that change with a call."""
    return tuple(f"call://{call_id}{rest}" for rest in ("", "/transcript", "/report", "/recording"))


def tools_of(server: str) -> str:
    """The resource that lists a server's tools."""
    return f"{SERVERS}/{server}/tools"


class Library:
    """Lists and reads them."""

    def __init__(
        self, calls: Calls | None, servers: Servers, status: Status, stamp: Mapping[str, Any]
    ) -> None:
        self._calls = calls
        self._servers = servers
        self._status = status
        self._stamp = stamp

    def answers(self) -> Answers:
        """The methods that are answered here."""
        return {
            "resources/list": self.resources,
            "resources/templates/list": self.templates,
            "resources/read": self.read,
        }

    async def resources(self, asked: Asked) -> RawResult:
        """resources/list."""
        shown = [
            _entry(SERVERS, "servers", "State of every MCP server behind this hub."),
            _entry("hub://config", "config", "servers.json as the hub understands it, secrets masked."),
        ]
        if self._calls is not None:
            shown.append(_entry(ACTIVE, "active calls", "Calls that have not ended."))
        return listing(asked.version, "resources", shown, self._stamp)

    async def templates(self, asked: Asked) -> RawResult:
        """resources/templates/list."""
        shown = [_template(tools_of("{name}"), "tools", "The tools of one MCP server, as it has them.", JSON)]
        if self._calls is not None:
            shown += [
                _template("call://{id}", "call", "How a call stands, and what happened in it.", JSON),
                _template("call://{id}/transcript", "transcript", "What was said in a call.", TEXT),
                _template("call://{id}/report", "report", "What came of a call, to be read.", MARKDOWN),
            ]
        if self._calls is not None and self._calls.records:
            told = "What there is of a call's recording, and where to get the sound."
            shown.append(_template("call://{id}/recording", "recording", told, JSON))
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
            case "hub", ["servers", name, "tools"]:
                return JSON, _json({"server": name, "tools": self._tools(name)})
            case "hub", ["config"]:
                specs = self._servers.config.servers
                return JSON, _json({"mcpServers": {name: spec.masked() for name, spec in specs.items()}})
            case "calls", ["active"] if self._calls is not None:
                return JSON, _json({"calls": await _active(self._calls)})
            case "call", [call_id, *part] if self._calls is not None:
                return await _of_call(self._calls, call_id, part)
            case _:
                raise NotFound(f"There is no resource {uri}.")

    def _tools(self, name: str) -> list[dict[str, Any]]:
        if self._servers.spec(name) is None:
            raise NotFound(f"There is no server {name}.")
        routes = self._servers.catalog.routes.values()
        return [dict(route.definition) for route in routes if route.server == name]


async def _of_call(calls: Calls, call_id: str, rest: list[str]) -> tuple[str, str]:
    match rest:
        case []:
            return JSON, _json(await calls.get({"call_id": call_id}))
        case ["transcript"]:
            turns = await _turns(calls, call_id)
            return TEXT, "\n".join(f"{turn['role']}: {turn['text']}" for turn in turns)
        case ["report"]:
            call = await calls.get({"call_id": call_id})
            return MARKDOWN, call_report.page(call, await _turns(calls, call_id))
        case ["recording"] if calls.records:
            return JSON, _json(await calls.recording({"call_id": call_id}))
        case _:
            raise NotFound(f"There is no resource call://{'/'.join([call_id, *rest])}.")


async def _active(calls: Calls) -> list[dict[str, Any]]:
    found = [await calls.list({"status": status, "limit": LISTED_MOST}) for status in OPEN]
    return [call for page in found for call in page["calls"]]


async def _turns(calls: Calls, call_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    for _ in range(PAGES_MOST):
        page = await calls.transcript({"call_id": call_id, "after_turn": after, "limit": TURNS_AT_ONCE})
        found += page["turns"]
        if len(page["turns"]) < TURNS_AT_ONCE:
            break
        after = page["next_turn"]
    return found


def _entry(uri: str, name: str, description: str) -> dict[str, Any]:
    return {"uri": uri, "name": name, "description": description, "mimeType": JSON}


def _template(uri: str, name: str, description: str, mime: str) -> dict[str, Any]:
    return {"uriTemplate": uri, "name": name, "description": description, "mimeType": mime}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)
