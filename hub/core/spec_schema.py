"""The JSON Schema of servers.json, made of the same tables that read it."""

from typing import Any

from hub.core.spec_entry import ALIASES, SERVER
from hub.core.spec_fields import object_schema
from hub.core.spec_parse import LIMITS_KIND, SERVERS_KEYS, VIEW_KIND

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Write the JSON Schema (draft 2020-12). Keys of other clients are allowed wherever those write them."""
    entry = object_schema(SERVER, closed=False)
    for alias, ours in ALIASES.items():
        about = (
            f"As other clients write it: {'the opposite of' if alias == 'enabled' else 'the same as'} {ours}."
        )
        entry["properties"][alias] = {**SERVER[ours].kind.schema, "description": about}
    entry["anyOf"] = [{"required": [key]} for key in ("command", "url", "serverUrl")]
    entry["description"] = "One MCP server: a program to start, or a url to connect to."
    servers = {"type": "object", "additionalProperties": {"$ref": "#/$defs/server"}}
    views = {"type": "object", "additionalProperties": VIEW_KIND.schema}
    return {
        "$schema": DIALECT,
        "title": "servers.json of voice-hub",
        "type": "object",
        "properties": {
            **{key: {**servers, "description": "The MCP servers by name."} for key in SERVERS_KEYS},
            "views": {
                **views,
                "description": "Named filters over all tools; voice calls use the one named voice.",
            },
            "limits": {**LIMITS_KIND.schema, "description": "Bounds over all voice calls."},
        },
        "$defs": {"server": entry},
    }
