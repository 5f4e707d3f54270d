"""tools/list and tools/call on every path: the hub's own tools, and the servers' as they are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.catalog import Catalog, Route
from hub.core.errors import HubError, InvalidArguments, NotFound
from hub.core.ports import RawResult
from hub.core.spec import EVERYTHING, View
from hub.core.speech_waiting import PACE_META
from hub.gateway.asked import Asked, Askers, Client
from hub.gateway.elicitation import named_questions, without
from hub.gateway.eras import finished, forwarded_meta, is_modern, listing, tool_definition, tool_result
from hub.gateway.own_tools import OwnTools, failure
from hub.gateway.parking import Parked, Parking
from hub.gateway.ports import CallScope, Servers, Tools
from hub.gateway.target import Kind, Target
from hub.toolcalls.elicitation import wants_more
from hub.toolcalls.toolcalls import Scope

HEADER_KEY: Final = "x-mcp-header"
QUESTION_LENGTH: Final = 1000
ASK_DESKTOP: Final[dict[str, Any]] = {
    "name": "ask_desktop",
    "title": "Asking somebody who knows",
    "description": (
        "Ask the person or assistant who follows this call from a desktop, when the caller needs something "
        "that no tool and nothing you were told can say. It may take a minute: the caller can go on "
        "talking. Do not use it for what a tool can look up, nor to have a change approved."
    ),
    "inputSchema": {
        "type": "object",
        "properties": {
            "question": {"type": "string", "description": "One whole question, understandable alone"}
        },
        "required": ["question"],
    },
    "annotations": {"title": "Asking somebody who knows", "readOnlyHint": True, "openWorldHint": True},
}


class ToolDesk:
    """Lists and calls the tools of a target."""

    def __init__(
        self,
        tools: Tools,
        own: OwnTools,
        servers: Servers,
        call_scope: CallScope,
        stamp: dict[str, Any],
        *,
        askers: Askers | None = None,
    ) -> None:
        self.parking = Parking()
        self._askers = askers
        self._tools = tools
        self._own = own
        self._servers = servers
        self._call_scope = call_scope
        self._stamp = stamp
        self._known: tuple[Catalog, _Names] | None = None

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
            case Kind.SERVER if self._servers.spec(target.name) is not None:
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
        if self._askers is not None and asked.target.kind is Kind.CALL:
            own = (ASK_DESKTOP,)
        routes = self._routes(asked.target)
        shown = [tool_definition(asked.version, self._published(asked.target, route)) for route in routes]
        return listing(asked.version, "tools", [*own, *shown], self._stamp)

    async def call_tool(self, asked: Asked) -> RawResult:
        """Run one tool.

        Raises:
            MCPError: There is no such tool here, or the server refused the request itself.
        """
        name, arguments = asked.params["name"], asked.params.get("arguments") or {}
        if asked.target.own_tools and name in self._own:
            result = await self._own.run(name, arguments, asked.caller)
        elif self._askers is not None and asked.target.kind is Kind.CALL and name == ASK_DESKTOP["name"]:
            result = await self._consulted(self._askers, asked, arguments)
        else:
            result = await self._run(asked, name, arguments)
        if wants_more(result) and asked.elicits and is_modern(asked.version):
            return finished(asked.version, result, self._stamp)
        if wants_more(result):
            result = failure(_CANNOT_ASK, structured=False)
        return tool_result(asked.version, result, self._stamp)

    async def _consulted(self, askers: Askers, asked: Asked, arguments: Mapping[str, Any]) -> RawResult:
        """ask_desktop, of the agent of a VoiceCall."""
        question = arguments.get("question")
        if not isinstance(question, str) or not question.strip():
            return failure(InvalidArguments("question is missing."), structured=False)

        async def alive() -> None:
            await asked.report(0, None, None)

        try:
            told = await askers.desktop(asked.target.name, question.strip()[:QUESTION_LENGTH], alive)
        except HubError as error:
            return failure(error, structured=False)
        return {"content": [{"type": "text", "text": told}], "isError": False}

    async def _run(self, asked: Asked, name: str, arguments: dict[str, Any]) -> RawResult:
        if asked.target.kind is Kind.CALL or not (asked.elicits and is_modern(asked.version)):
            return await self._ran(asked, Client(asked, self._askers), name, arguments)
        parked = self.parking.taken_up(asked)
        if parked is None:
            parked = Parked(asked)
            asked = replace(asked, report=parked.report)
            client = Client(asked, push=parked.ask)
            self.parking.begin(parked, partial(self._ran, asked, client, name, arguments))
        return await self.parking.outcome(parked)

    async def _ran(self, asked: Asked, client: Client, name: str, arguments: dict[str, Any]) -> RawResult:
        try:
            result = await self._tools.run(
                self.scope(asked.target),
                client,
                self._public(asked.target, name),
                arguments,
                more=_brought(asked),
            )
            if client.resumes and wants_more(result) and asked.target.kind is not Kind.SERVER:
                route = self._servers.catalog.route(name)
                return named_questions(route.server if route is not None else name, result)
            return without(result, client.secrets)
        except NotFound as unknown:
            raise MCPError(mcp.INVALID_PARAMS, f"Unknown tool: {name}") from unknown
        except HubError as error:
            return failure(error, structured=False)

    def header_schema(self, target: Target, name: str) -> Mapping[str, Any] | None:
        """The input schema of a tool that wants arguments repeated in HTTP headers; None for any other."""
        names = self._names()
        public = names.public.get((target.name, name)) if target.kind is Kind.SERVER else name
        return names.wanting_headers.get(public) if public is not None else None

    def _names(self) -> "_Names":
        """What can be looked up in the Catalog; made anew only when the Catalog is another one."""
        catalog = self._servers.catalog
        if self._known is None or self._known[0] is not catalog:
            self._known = (catalog, _Names.of(catalog))
        return self._known[1]

    def _published(self, target: Target, route: Route) -> dict[str, Any]:
        definition = dict(route.definition)
        if target.kind is Kind.SERVER:
            definition["name"] = route.tool
        elif target.kind is Kind.CALL and (pace := self._servers.pace(route.server, route.tool)) is not None:
            known = {"p50_ms": pace.p50_ms, "p95_ms": pace.p95_ms, "n": pace.n}
            definition["_meta"] = {**definition.get("_meta", {}), PACE_META: known}
        return definition

    def _routes(self, target: Target) -> list[Route]:
        routes = self._tools.offered(self.scope(target))
        return [route for route in routes if target.kind is not Kind.SERVER or route.server == target.name]

    def _public(self, target: Target, name: str) -> str:
        """The public name of a tool; on a server's own path it is known by the server's name for it."""
        if target.kind is not Kind.SERVER:
            return name
        public = self._names().public.get((target.name, name))
        if public is None:
            raise NotFound(f"{target.name} has no tool {name}.")
        return public


def _brought(asked: Asked) -> dict[str, Any]:
    """What a request has for the server besides name and arguments."""
    kept = {key: asked.params[key] for key in ("inputResponses", "requestState") if key in asked.params}
    meta = forwarded_meta(asked.params)
    return kept | ({"_meta": meta} if meta else {})


@dataclass(frozen=True, slots=True)
class _Names:
    """Two indexes of one Catalog: public names by server and tool, and schemas that ask for HTTP headers."""

    public: Mapping[tuple[str, str], str]
    wanting_headers: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, catalog: Catalog) -> "_Names":
        routes = catalog.routes.values()
        return cls(
            public={(route.server, route.tool): route.public for route in routes},
            wanting_headers={
                route.public: route.definition["inputSchema"]
                for route in routes
                if HEADER_KEY in json.dumps(route.definition.get("inputSchema"), default=str)
            },
        )


_CANNOT_ASK = HubError(
    "The server wants to ask a question before it goes on, and this hub cannot pass it on.",
    next_step="Use another tool, or use the server directly.",
)
