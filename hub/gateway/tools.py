"""tools/list and tools/call on every path: the hub's own tools, and the servers' as they are."""

import json
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.catalog import Route
from hub.core.errors import HubError, NotFound
from hub.core.ports import RawResult
from hub.core.spec import EVERYTHING, View
from hub.gateway.asked import Asked
from hub.gateway.eras import forwarded_meta, listing, tool_definition, tool_result
from hub.gateway.own_tools import OwnTools, failure
from hub.gateway.ports import CallScope, Servers, Tools
from hub.gateway.target import Kind, Target
from hub.toolcalls.toolcalls import Scope

HEADER_KEY: Final = "x-mcp-header"


class ToolDesk:
    """Lists and calls the tools of a target."""

    def __init__(
        self, tools: Tools, own: OwnTools, servers: Servers, call_scope: CallScope, stamp: dict[str, Any]
    ) -> None:
        self._tools = tools
        self._own = own
        self._servers = servers
        self._call_scope = call_scope
        self._stamp = stamp
        self._with_headers: dict[str, tuple[Mapping[str, Any], bool]] = {}

    def scope(self, target: Target) -> Scope:
        """What may be used on a path.

        Raises:
            NotFound: There is no such view, server or running call.
        """
        config = self._servers.config
        match target.kind:
            case Kind.HUB:
                return Scope(view=EVERYTHING)
            case Kind.VIEW if target.name in config.views:
                return Scope(view=config.views[target.name])
            case Kind.SERVER if target.name in config.servers:
                return Scope(view=View(name=target.name, servers=(target.name,)))
            case Kind.CALL if scope := self._call_scope(target.name):
                return scope
        what, where = {
            Kind.VIEW: ("view", "See `views` in servers.json."),
            Kind.SERVER: ("server", "See `hub servers`."),
        }.get(target.kind, ("running call", "Its tools are only there while it runs."))
        raise NotFound(f"There is no {what} {target.name}.", next_step=where)

    async def list_tools(self, asked: Asked) -> RawResult:
        """Own tools first, then the servers' in the Catalog's order."""
        own = self._own.definitions if asked.target.own_tools else ()
        routes = self._routes(asked.target)
        shown = [tool_definition(asked.version, _published(asked.target, route)) for route in routes]
        return listing(asked.version, "tools", [*own, *shown], self._stamp)

    async def call_tool(self, asked: Asked) -> RawResult:
        """Run one tool.

        Raises:
            MCPError: There is no such tool here, or the server refused the request itself.
        """
        name, arguments = asked.params["name"], asked.params.get("arguments") or {}
        if asked.target.own_tools and name in self._own:
            result = await self._own.run(name, arguments, asked.caller)
        else:
            result = await self._run(asked, name, arguments)
        if result.get("resultType") == "input_required":
            result = failure(_CANNOT_ASK, structured=False)
        return tool_result(asked.version, result, self._stamp)

    async def _run(self, asked: Asked, name: str, arguments: dict[str, Any]) -> RawResult:
        try:
            return await self._tools.run(
                self.scope(asked.target),
                asked.caller,
                self._public(asked.target, name),
                arguments,
                meta=forwarded_meta(asked.params),
            )
        except NotFound as unknown:
            raise MCPError(mcp.INVALID_PARAMS, f"Unknown tool: {name}") from unknown
        except HubError as error:
            return failure(error, structured=False)

    def header_schema(self, target: Target, name: str) -> Mapping[str, Any] | None:
        """The input schema of a tool that wants arguments repeated in HTTP headers; None for any other."""
        route = next((one for one in self._routes(target) if name in (one.public, one.tool)), None)
        if route is None:
            return None
        definition = route.definition
        known = self._with_headers.get(route.public)
        if known is None or known[0] is not definition:
            known = (definition, HEADER_KEY in json.dumps(definition.get("inputSchema"), default=str))
            self._with_headers[route.public] = known
        return definition.get("inputSchema") if known[1] else None

    def _routes(self, target: Target) -> list[Route]:
        routes = self._tools.offered(self.scope(target))
        return [route for route in routes if target.kind is not Kind.SERVER or route.server == target.name]

    def _public(self, target: Target, name: str) -> str:
        """The public name of a tool; on a server's own path it is known by the server's name for it."""
        if target.kind is not Kind.SERVER:
            return name
        for route in self._routes(target):
            if route.tool == name:
                return route.public
        raise NotFound(f"{target.name} has no tool {name}.")


_CANNOT_ASK = HubError(
    "The server wants to ask a question before it goes on, and this hub cannot pass it on.",
    next_step="Use another tool, or use the server directly.",
)


def _published(target: Target, route: Route) -> dict[str, Any]:
    definition = dict(route.definition)
    if target.kind is Kind.SERVER:
        definition["name"] = route.tool
    return definition
