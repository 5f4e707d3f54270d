"""The real MCP client, in either era, over HTTP."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

import anyio
import httpx2
import mcp_types as mcp
from mcp import Client
from mcp.client.session import MessageHandlerFnT
from mcp.client.streamable_http import streamable_http_client
from pydantic import ConfigDict, TypeAdapter

from tests.gateway.fakes import TOKEN

LEGACY = "legacy"
MODERN = "2026-07-28"
ERAS = (LEGACY, MODERN)
RAW: TypeAdapter[Any] = TypeAdapter(dict[str, Any])


@asynccontextmanager
async def http_client(
    url: str, mode: str, *, token: str = TOKEN, on_message: MessageHandlerFnT | None = None
) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx2.Limits(max_connections=100)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=20, limits=limits) as http,
        Client(
            streamable_http_client(url, http_client=http),
            mode=mode,
            cache=None,
            message_handler=on_message,
            client_info=mcp.Implementation(name="desk", version="1"),
        ) as client,
    ):
        yield client


async def raw_call(client: Client, name: str, arguments: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Call a tool and see the result as it came over the wire."""
    params = mcp.CallToolRequestParams(name=name, arguments=arguments)
    result = await client.session.send_request(mcp.CallToolRequest(params=params), RAW, **options)
    return dict(result)


async def raw_tools(client: Client) -> list[dict[str, Any]]:
    request = mcp.ListToolsRequest(params=mcp.PaginatedRequestParams())
    listed = await client.session.send_request(request, RAW)
    return list(listed["tools"])


class OfTask(mcp.RequestParams):
    model_config = ConfigDict(extra="allow", serialize_by_alias=True)

    taskId: str  # noqa: N815  # the wire's own name


class TaskRequest(mcp.Request[OfTask, Literal["tasks/get", "tasks/update", "tasks/cancel"]]):
    name_param: ClassVar[str | None] = "taskId"


async def of_task(client: Client, verb: str, task_id: str, **more: Any) -> dict[str, Any]:
    params = OfTask.model_validate({"taskId": task_id, **more})
    request = TaskRequest(method=f"tasks/{verb}", params=params)  # type: ignore[arg-type]  # as it is
    return dict(await client.session.send_request(request, RAW))


async def eventually(true: Callable[[], bool]) -> None:
    """Wait until something holds; for at most five seconds."""
    with anyio.fail_after(5):
        while not true():  # noqa: ASYNC110  # what is waited for has no event of its own
            await anyio.sleep(0.01)
