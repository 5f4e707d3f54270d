"""The SDK's dispatcher with a short way for requests over pipes: no models, no streams in between.

A ToolCall costs the hub a third of a millisecond less by it. Everything else goes the SDK's own way, and so
do answers that are unusual in any way.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, cast

import anyio
from anyio import lowlevel
from mcp import MCPError
from mcp.shared.dispatcher import CallOptions
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher, _Pending
from mcp_types import CONNECTION_CLOSED, ErrorData, RequestId
from pydantic_core import to_json

from hub.core.ports import RawResult
from hub.pool.stdio import StdioReader, StdioWriter

SHORT: Final = frozenset({"on_progress", "headers"})
"""The options of a request that may go the short way; over pipes there are no headers."""
CANCEL_SECONDS: Final = 5.0
"""For telling a server that nobody waits for its answer any more."""


class _Waiting:
    """Where the SDK, or the reader, puts the one outcome of a request."""

    def __init__(self) -> None:
        self.outcome: RawResult | ErrorData | None = None
        self._came = anyio.Event()

    def send_nowait(self, outcome: RawResult | ErrorData) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self._came.set()

    async def wait(self) -> RawResult:
        """Return the result.

        Raises:
            mcp.MCPError: It was an error.
        """
        await self._came.wait()
        if isinstance(self.outcome, ErrorData):
            raise MCPError(code=self.outcome.code, message=self.outcome.message, data=self.outcome.data)
        return self.outcome or {}


class PipeDispatcher(JSONRPCDispatcher[Any]):
    """Talks to one child."""

    def __init__(self, read: StdioReader, write: StdioWriter) -> None:
        super().__init__(read, write)
        self._pipe = write
        read.on_answer = self._resolve_pending

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,
        *,
        _related_request_id: RequestId | None = None,
    ) -> dict[str, Any]:
        """Ask, and return what comes.

        Raises:
            mcp.MCPError: An error came, or the connection closed.
        """
        options = opts or {}
        if _related_request_id is not None or not self._running or not options.keys() <= SHORT:
            return await super().send_raw_request(
                method, params, opts, _related_request_id=_related_request_id
            )
        number, waiting = self._allocate_id(), _Waiting()
        asked = dict(params or {})
        on_progress = options.get("on_progress")
        if on_progress is not None:
            asked["_meta"] = {**(asked.get("_meta") or {}), "progressToken": number}
        self._pending[number] = _Pending(cast("Any", waiting), cast("Any", waiting), on_progress)
        try:
            return await self._ask(number, method, asked, waiting)
        finally:
            self._pending.pop(number, None)

    async def _ask(self, number: int, method: str, params: RawResult, waiting: _Waiting) -> RawResult:
        message = {"jsonrpc": "2.0", "id": number, "method": method, **({"params": params} if params else {})}
        line = to_json(message, inf_nan_mode="null") + b"\n"
        await lowlevel.checkpoint_if_cancelled()
        try:
            await self._pipe.write(line)
            return await waiting.wait()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise MCPError(code=CONNECTION_CLOSED, message="Connection closed") from None
        except anyio.get_cancelled_exc_class():
            await self._final_write(
                partial(self._cancel_outbound, number, "caller cancelled", None),
                shield=True,
                timeout=CANCEL_SECONDS,
                describe=f"courtesy cancel of request {number}",
            )
            raise
