"""What of the SDK's inside the pool stands on: an SDK that changes it fails here, and not in a call."""

from dataclasses import fields

import httpx2
from mcp.client.session import ClientSession
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher, _Pending


def test_what_is_used_of_the_sdks_inside_is_there() -> None:
    """`Connection.send`, `PipeDispatcher` and `learn_param_headers` stand on these."""
    for name in ("_stamp", "_dispatcher"):
        assert name in ClientSession.__init__.__code__.co_names
    assert callable(ClientSession._absorb_tool_listing)
    inside = JSONRPCDispatcher.send_raw_request.__code__.co_names
    assert {"_running", "_allocate_id", "_pending", "_final_write", "_cancel_outbound"} <= {*inside}
    assert [field.name for field in fields(_Pending)] == ["send", "receive", "on_progress"]
    assert callable(JSONRPCDispatcher._resolve_pending)
    assert issubclass(httpx2.ConnectError, httpx2.TransportError)
