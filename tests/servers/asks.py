"""An MCP server of both eras that asks back: `asks.py [stdio | http PORT]`.

Before 2026 it sends `elicitation/create`, since then it answers `input_required`. `order` asks for two
fields, then for a password and then for a link to be opened; the other tools ask one of these.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import anyio
import mcp_types as mcp
import uvicorn
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.message import ServerMessageMetadata

MODERN = "2026-07-28"
URL = "https://pay.example.com/checkout/7"
FORM: dict[str, Any] = {
    "mode": "form",
    "message": "Please complete your order",
    "requestedSchema": {
        "type": "object",
        "properties": {
            "quantity": {"type": "integer", "minimum": 1, "maximum": 10},
            "size": {"type": "string", "enum": ["small", "large"]},
        },
        "required": ["quantity", "size"],
    },
}
SECRET: dict[str, Any] = {
    "mode": "form",
    "message": "Sign in to the shop",
    "requestedSchema": {
        "type": "object",
        "properties": {"password": {"type": "string"}},
        "required": ["password"],
    },
}
LINK: dict[str, Any] = {"mode": "url", "message": "Pay for the order", "url": URL, "elicitationId": "pay-7"}
STEPS = {"form": [FORM], "secret": [SECRET], "link": [LINK], "order": [FORM, SECRET, LINK]}
PLAIN = ("quiet", "able")


def _tool(name: str) -> mcp.Tool:
    return mcp.Tool(
        name=name,
        description=f"Ask for {name}",
        input_schema={"type": "object", "properties": {"seconds": {"type": "number"}}},
        annotations=mcp.ToolAnnotations(read_only_hint=True),
    )


async def _listed(_ctx: Any, _params: Any) -> mcp.ListToolsResult:
    return mcp.ListToolsResult(tools=[_tool(name) for name in (*STEPS, *PLAIN)])


def _text(value: Any) -> mcp.CallToolResult:
    text = value if isinstance(value, str) else json.dumps(value)
    return mcp.CallToolResult(content=[mcp.TextContent(type="text", text=text)])


def _able(ctx: ServerRequestContext[Any, Any]) -> Any:
    told = ctx.session.client_capabilities
    able = told.elicitation if told is not None else None
    return able.model_dump(exclude_none=True) if able is not None else None


async def _called(
    ctx: ServerRequestContext[Any, Any], params: mcp.CallToolRequestParams
) -> mcp.CallToolResult | mcp.InputRequiredResult:
    await anyio.sleep(float((params.arguments or {}).get("seconds", 0)))
    if params.name in PLAIN:
        return _text(_able(ctx) if params.name == "able" else "done")
    if ctx.protocol_version == MODERN:
        return _answered(STEPS[params.name], params)
    answers: list[Any] = []
    for step in STEPS[params.name]:
        answers.append(await _push(ctx, step))
        if answers[-1]["action"] != "accept":
            break
    return _text(answers)


async def _push(ctx: ServerRequestContext[Any, Any], step: Mapping[str, Any]) -> Any:
    request = mcp.ElicitRequest.model_validate({"method": "elicitation/create", "params": step})
    metadata = ServerMessageMetadata(related_request_id=ctx.request_id)
    result = await ctx.session.send_request(request, mcp.ElicitResult, metadata=metadata)
    return result.model_dump(mode="json", include={"action", "content"}, exclude_none=True)


def _answered(
    steps: list[dict[str, Any]], params: mcp.CallToolRequestParams
) -> mcp.CallToolResult | mcp.InputRequiredResult:
    answers = json.loads(params.request_state or "[]")
    if params.input_responses:
        told = params.input_responses["ask"].model_dump(mode="json", exclude_none=True)
        answers.append({key: told[key] for key in ("action", "content") if key in told})
    if len(answers) == len(steps) or (answers and answers[-1]["action"] != "accept"):
        return _text(answers)
    step = {key: value for key, value in steps[len(answers)].items() if key != "elicitationId"}
    request = mcp.ElicitRequest.model_validate({"method": "elicitation/create", "params": step})
    return mcp.InputRequiredResult(input_requests={"ask": request}, request_state=json.dumps(answers))


server: Server[Any] = Server("asks", version="1", on_list_tools=_listed, on_call_tool=_called)


async def _stdio() -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def main(transport: str = "stdio", port: str = "0") -> None:
    """Serve until the input ends, or until killed."""
    if transport == "stdio":
        anyio.run(_stdio)
    else:
        uvicorn.run(server.streamable_http_app(), host="127.0.0.1", port=int(port), log_level="error")


if __name__ == "__main__":
    main(*sys.argv[1:])
