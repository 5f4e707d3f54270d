"""What the tasks extension wants of its results, after schema/draft/schema.ts of ext-tasks (SEP-2663)."""

from typing import Any

_FIELDS: dict[str, Any] = {
    "taskId": {"type": "string", "minLength": 1},
    "statusMessage": {"type": "string", "minLength": 1},
    "createdAt": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
    "lastUpdatedAt": {"type": "string", "minLength": 20},
    "ttlMs": {"type": ["integer", "null"], "exclusiveMinimum": 0},
    "pollIntervalMs": {"type": "integer", "exclusiveMinimum": 0},
    "_meta": {"type": "object"},
}
_REQUIRED = ["resultType", "taskId", "status", "createdAt", "lastUpdatedAt", "ttlMs"]


def _variant(result_type: str, status: str, **more: dict[str, Any]) -> dict[str, Any]:
    """A closed shape: what belongs to another status (or to an older draft) is not there."""
    fixed = {"resultType": {"const": result_type}, "status": {"const": status}}
    return {
        "type": "object",
        "properties": _FIELDS | fixed | more,
        "required": [*_REQUIRED, *more],
        "additionalProperties": False,
    }


TASK_RESULTS: dict[str, Any] = {
    "created": _variant("task", "working"),
    "task": {
        "oneOf": [
            _variant("complete", "working"),
            _variant("complete", "cancelled"),
            _variant("complete", "input_required", inputRequests={"type": "object", "minProperties": 1}),
            _variant("complete", "completed", result={"type": "object", "required": ["content"]}),
        ]
    },
}
