"""What differs between the eras of the protocol in the results that the hub hands on; the rest is unchanged.

The handlers return these results past the SDK's typed models: unknown keys of a server survive.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mcp_types import SERVER_INFO_META_KEY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from hub.core.ports import RawResult
from hub.core.wire import TURN_META

_ENVELOPE_PREFIX = "io.modelcontextprotocol/"
_FRESH = {"ttlMs": 0, "cacheScope": "private"}
"""Whoever lists gets what is true now; filters differ by token, so nothing is public."""


def is_modern(version: str) -> bool:
    """Whether a protocol version is of the era without `initialize`."""
    return version in MODERN_PROTOCOL_VERSIONS


def listing(
    version: str, key: str, items: Iterable[Mapping[str, Any]], stamp: Mapping[str, Any]
) -> RawResult:
    """The result of a list request."""
    return finished(version, {key: list(items)}, stamp, cacheable=True)


def finished(
    version: str, result: Mapping[str, Any], stamp: Mapping[str, Any], *, cacheable: bool = False
) -> RawResult:
    """A result as the caller's era wants it: `resultType` and the server's name only in the modern one."""
    if not is_modern(version):
        return {key: value for key, value in result.items() if key not in ("resultType", *_FRESH)}
    shaped: RawResult = {"resultType": "complete", **(_FRESH if cacheable else {}), **result}
    meta = shaped.get("_meta") or {}
    if SERVER_INFO_META_KEY not in meta:
        shaped["_meta"] = {**meta, SERVER_INFO_META_KEY: dict(stamp)}
    return shaped


def tool_result(version: str, result: Mapping[str, Any], stamp: Mapping[str, Any]) -> RawResult:
    """The result of a ToolCall; the older era cannot take a structured result that is not an object."""
    shaped = finished(version, result, stamp)
    shaped.setdefault("content", [])
    if not is_modern(version) and not isinstance(shaped.get("structuredContent", {}), dict):
        del shaped["structuredContent"]
    return shaped


def tool_definition(version: str, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A tool as it came, but without an output schema that the older era cannot take."""
    output = definition.get("outputSchema")
    if is_modern(version) or output is None or (isinstance(output, dict) and output.get("type") == "object"):
        return definition
    return {key: value for key, value in definition.items() if key != "outputSchema"}


def forwarded_meta(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of `_meta` is meant for the server: neither the envelope nor the caller's progress token."""
    meta = params.get("_meta")
    if not isinstance(meta, Mapping):
        return None
    kept = {
        key: value
        for key, value in meta.items()
        if key not in ("progressToken", TURN_META) and not key.startswith(_ENVELOPE_PREFIX)
    }
    return kept or None
