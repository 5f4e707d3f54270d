"""Prompts, resources and completions of one server, under its own names: asked and answered unchanged.

Only a prompt that waits for approval is shown as it was, or not at all.
"""

from collections.abc import Mapping
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.errors import HubError
from hub.core.ports import RawResult
from hub.gateway.asked import Asked
from hub.gateway.eras import finished, forwarded_meta
from hub.gateway.ports import Servers
from hub.pool.errors import ConnectionLost

CACHEABLE: Final = frozenset({"prompts/list", "resources/list", "resources/templates/list", "resources/read"})
METHODS: Final = CACHEABLE | {"prompts/get", "completion/complete"}


class Relay:
    """Hands requests to a server as they came."""

    def __init__(self, servers: Servers, stamp: Mapping[str, Any]) -> None:
        self._servers = servers
        self._stamp = stamp

    async def request(self, method: str, asked: Asked) -> RawResult:
        """Ask the server of the path.

        Raises:
            MCPError: The server's own error, or that it could not be asked.
        """
        params = {key: value for key, value in asked.params.items() if key != "_meta"}
        if meta := forwarded_meta(asked.params):
            params["_meta"] = meta
        name = asked.target.name
        if method == "prompts/get" and self._servers.pins.hides_prompt(name, params.get("name")):
            raise MCPError(mcp.INVALID_PARAMS, f"Unknown prompt: {params.get('name')}")
        try:
            answer = await self._servers.call(name, method, params, caller=asked.caller)
        except TimeoutError as slow:
            raise MCPError(mcp.INTERNAL_ERROR, f"{name} did not answer in time.") from slow
        except ConnectionLost as lost:
            raise MCPError(mcp.INTERNAL_ERROR, f"{name} stopped before it answered. Try again.") from lost
        except HubError as error:
            raise MCPError(mcp.INTERNAL_ERROR, error.message, {"code": error.code}) from error
        result = answer.result
        if method == "prompts/list" and isinstance(listed := result.get("prompts"), list):
            result = {**result, "prompts": self._servers.pins.prompts(name, listed)}
        return finished(asked.version, result, self._stamp, cacheable=method in CACHEABLE)
