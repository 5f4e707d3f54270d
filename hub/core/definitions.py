"""A tool's definition as a server sent it → one that every client takes, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEEPEST_SCHEMA = 48
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_HEADER_KEY = "x-mcp-header"
_OPTIONAL = {
    "title": str,
    "description": str,
    "outputSchema": dict,
    "annotations": dict,
    "execution": dict,
    "icons": list,
    "_meta": dict,
}
_TASK_SUPPORT = ("forbidden", "optional", "required")
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose members are named by the author: a property may be called x-mcp-header."""


class UnusableDefinition(Exception):
    """The tool cannot be offered; the message says why."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What annotations say once they are corrected. No annotations: it writes, and may destroy."""

    read_only: bool
    destructive: bool
    idempotent: bool

    def match(self, pattern: str) -> bool:
        """Whether @read, @write or @destructive applies."""
        if pattern == "@read":
            return self.read_only
        return not self.read_only if pattern == "@write" else self.destructive


def tool_name(raw: Any) -> str | None:
    """Find the name in whatever a server sent as a tool."""
    name = raw.get("name") if isinstance(raw, Mapping) else None
    return name if isinstance(name, str) and name.strip() else None


def repaired(raw: Any) -> dict[str, Any]:
    """Copy a definition with everything that is of the wrong kind put right or left out.

    Raises:
        UnusableDefinition: It has no name, cannot be called, or is nested too deeply.
    """
    if tool_name(raw) is None:
        raise UnusableDefinition("left out: its definition has no name")
    definition: dict[str, Any] = {
        key: value for key, value in raw.items() if key not in _OPTIONAL or isinstance(value, _OPTIONAL[key])
    }
    definition["inputSchema"] = _object_schema(_without_headers(raw.get("inputSchema")))
    for key, mended in (("annotations", _annotations), ("execution", _execution), ("icons", _icons)):
        if key in definition:
            definition[key] = mended(definition[key])
    if "outputSchema" in definition:
        definition["outputSchema"] = _without_headers(definition["outputSchema"])
    if definition.get("execution", {}).get("taskSupport") == "required":
        raise UnusableDefinition("left out: it can only be called as a task, which the hub cannot do")
    return definition


def _object_schema(schema: Any) -> dict[str, Any]:
    """Make an inputSchema one of an object, as the protocol wants it."""
    if not isinstance(schema, dict):
        return {"type": "object"}
    mended: dict[str, Any] = {**schema, "type": "object"}
    if not isinstance(mended.get("properties", {}), dict):
        del mended["properties"]
    required = mended.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        del mended["required"]
    return mended


def _without_headers(schema: Any, depth: int = 0, *, by_name: bool = False) -> Any:
    """Strip x-mcp-header: it asks for HTTP headers that only the server itself would read."""
    if depth > DEEPEST_SCHEMA:
        raise UnusableDefinition(f"left out: its schema is nested more than {DEEPEST_SCHEMA} deep")
    if isinstance(schema, list):
        return [_without_headers(item, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_headers(value, depth + 1, by_name=not by_name and key in _BY_NAME)
        for key, value in schema.items()
        if by_name or key != _HEADER_KEY
    }


def _annotations(annotations: Mapping[str, Any]) -> dict[str, Any]:
    def fits(key: str, value: Any) -> bool:
        return isinstance(value, bool) if key in _HINTS else key != "title" or isinstance(value, str)

    return {key: value for key, value in annotations.items() if fits(key, value)}


def _execution(execution: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in execution.items()
        if key != "taskSupport" or (isinstance(value, str) and value in _TASK_SUPPORT)
    }


def _icons(icons: list[Any]) -> list[Any]:
    return [icon for icon in icons if isinstance(icon, dict) and isinstance(icon.get("src"), str)]


def corrected(definition: Mapping[str, Any], *, read: bool, write: bool) -> dict[str, Any]:
    """Write what servers.json knows better into the annotations; `write` wins over `read`."""
    annotations = dict(definition.get("annotations", {}))
    if write:
        if annotations.get("readOnlyHint"):
            # Beside readOnlyHint it meant nothing, so it says nothing about how bad a write may be.
            annotations.pop("destructiveHint", None)
        annotations["readOnlyHint"] = False
    elif read:
        annotations.update(readOnlyHint=True, destructiveHint=False)
    else:
        return dict(definition)
    return {**definition, "annotations": annotations}


def traits(definition: Mapping[str, Any]) -> Traits:
    """Read the annotations of a repaired and corrected definition."""
    annotations = definition.get("annotations", {})
    read_only = annotations.get("readOnlyHint", False)
    return Traits(
        read_only=read_only,
        destructive=not read_only and annotations.get("destructiveHint", True),
        idempotent=read_only or annotations.get("idempotentHint", False),
    )


def known_arguments(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the properties of the inputSchema."""
    known: Mapping[str, Any] = definition["inputSchema"].get("properties", {})
    return known


def without_arguments(definition: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Hide arguments that are fixed."""
    schema = dict(definition["inputSchema"])
    if "properties" in schema:
        schema["properties"] = {key: value for key, value in schema["properties"].items() if key not in names}
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in names]
    return {**definition, "inputSchema": schema}
