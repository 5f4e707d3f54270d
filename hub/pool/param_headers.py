"""Which arguments of a modern server's tools travel as HTTP headers, too: it refuses ToolCalls without."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.client.session import ClientSession
from mcp_types import ListToolsResult
from pydantic import ValidationError


def learn_param_headers(session: ClientSession, tools: Sequence[Mapping[str, Any]]) -> None:
    """Tell the SDK of the tools, which then adds `Mcp-Param-*`; a tool it cannot read has none."""
    for tool in tools:
        try:
            listed = ListToolsResult.model_validate(
                {"tools": [tool], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
            )
        except ValidationError:
            continue
        session._absorb_tool_listing(listed, complete=False)  # noqa: SLF001  # see test_connect
