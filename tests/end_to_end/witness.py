"""A client that remembers what it asked of the hub's tools, and knows what that leaves unproven."""

import os
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import mcp_types as mcp
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from pydantic import TypeAdapter

from tests.end_to_end.house import House

WIRE: TypeAdapter[Any] = TypeAdapter(dict[str, Any])
ERROR_KEYS = {"code", "message", "retryable", "next_step"}


@dataclass
class Witness(Client):
    """It holds every ToolCall against the tool's own schemas."""

    tools: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    asked: set[str] = field(default_factory=set, init=False)
    """What of the tools' parameters was used: `tool.parameter`, `tool.parameter=choice`."""
    told: set[str] = field(default_factory=set, init=False)
    """What of the tools' results was there: `tool.key`."""
    codes: set[str] = field(default_factory=set, init=False)

    async def look(self) -> None:
        """Learn the hub's own tools."""
        request = mcp.ListToolsRequest(params=mcp.PaginatedRequestParams())
        listed = await self.session.send_request(request, WIRE)
        self.tools = {tool["name"]: tool for tool in listed["tools"] if "__" not in tool["name"]}

    async def call_tool(  # type: ignore[override]  # its options are passed on
        self, name: str, arguments: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        """Call one, and see that it keeps its promises."""
        result = await super().call_tool(name, arguments, **more)
        if name in self.tools:
            self._seen(self.tools[name], arguments or {}, result)
        return result

    def _seen(self, tool: Mapping[str, Any], arguments: dict[str, Any], result: mcp.CallToolResult) -> None:
        answer = result.structured_content
        assert isinstance(answer, dict)
        Draft202012Validator(tool["outputSchema"]).validate(answer)
        (text,) = result.content
        assert isinstance(text, mcp.TextContent)
        assert 1 <= len(text.text.splitlines()) <= 3
        if result.is_error:
            assert set(answer) == {"error"}
            assert set(answer["error"]) == ERROR_KEYS
            assert all(answer["error"][key] for key in ("code", "message", "next_step"))
            self.codes.add(answer["error"]["code"])
            return
        Draft202012Validator(tool["inputSchema"]).validate(arguments)
        self.asked |= {tool["name"], *_used(arguments, tool["name"])}
        self.told |= {f"{tool['name']}.{key}" for key, value in answer.items() if value is not None}

    def unproven(self) -> set[str]:
        """The tools, parameters and choices that no ToolCall has used with success."""
        wanted = {
            path
            for name, tool in self.tools.items()
            for path in (name, *_offered(tool["inputSchema"], tool["inputSchema"], name))
        }
        return wanted - self.asked

    def never_told(self) -> set[str]:
        """The keys that output schemas promise and no result had."""
        wanted = {
            f"{name}.{key}" for name, tool in self.tools.items() for key in tool["outputSchema"]["properties"]
        }
        return {key for key in wanted if not key.endswith(".error")} - self.told


def _offered(schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    """Every parameter that a schema has, and every choice that one offers."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        yield from _offered(part, root, at)
    for choice in schema.get("enum", ()):
        yield f"{at}={choice}"
    if schema.get("type") == "boolean":
        yield f"{at}=True"
    if isinstance(schema.get("items"), dict):
        yield from _offered(schema["items"], root, f"{at}[]")
    for name, part in schema.get("properties", {}).items():
        yield f"{at}.{name}"
        yield from _offered(part, root, f"{at}.{name}")


def _used(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{at}.{name}"
            yield from _used(part, f"{at}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from _used(part, f"{at}[]")
    else:
        yield f"{at}={value}"


@asynccontextmanager
async def witness(hub: House, era: str, way: str) -> AsyncGenerator[Witness]:
    """A desktop at the hub, over HTTP or as one that starts `hub connect`."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=90) as http:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "hub", "connect"],
            env={**os.environ, "HUB_HOME": str(hub.home)},
        )
        over_http = streamable_http_client(f"{hub.url}/mcp", http_client=http)
        client = Witness(over_http if way == "http" else server, mode=era, cache=None)
        async with client:
            await client.look()
            yield client
