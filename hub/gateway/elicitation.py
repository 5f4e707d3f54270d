"""A server's own question on its way to a client, and what of the answer no model may read."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

import mcp_types as mcp

from hub.core.form import FORM, URL
from hub.core.masking import redacted

SHORTEST: Final = 3
"""What is shorter stands in every text."""


def without(result: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """A result in which none of these texts is left, wherever a server repeats them."""
    hidden = sorted((text for text in secrets if len(text) >= SHORTEST), key=len, reverse=True)
    masked: dict[str, Any] = _masked(dict(result), hidden) if hidden else dict(result)
    return masked


def _masked(value: Any, hidden: list[str]) -> Any:
    match value:
        case str():
            return redacted(value, hidden)
        case Mapping():
            return {redacted(str(key), hidden): _masked(part, hidden) for key, part in value.items()}
        case list():
            return [_masked(part, hidden) for part in value]
        case int() | float() if str(value) in hidden and not isinstance(value, bool):
            return redacted(str(value), hidden)
        case _:
            return value


def shows(told: mcp.ClientCapabilities | None) -> frozenset[str]:
    """Which questions a client can show, by all that it says of itself."""
    able = told.elicitation if told is not None else None
    return modes(able.model_dump(exclude_none=True) if able is not None else None)


def modes(capability: Any) -> frozenset[str]:
    """Which questions a client can show, by its capability; an empty one means forms."""
    if not isinstance(capability, Mapping):
        return frozenset()
    known = frozenset(mode for mode in (FORM, URL) if capability.get(mode) is not None)
    return known or frozenset((FORM,))


def shown(server: str, params: Mapping[str, Any], *, modern: bool, named: bool) -> dict[str, Any]:
    """A server's question as a client of an era takes it; `named`: it says which server asks."""
    told = {key: value for key, value in params.items() if key not in ("_meta", "task", "elicitationId")}
    if named:
        told["message"] = f"{server}: {params.get('message', '')}"
    if params.get("mode") == URL and not modern:
        told["elicitationId"] = params.get("elicitationId") or uuid.uuid4().hex
    elif params.get("mode", FORM) == FORM and not modern:
        told.pop("mode", None)  # before 2025-11-25 there was no other
    return told


def named_questions(server: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """An `input_required` result whose questions say which server asks."""
    requests = result.get("inputRequests")
    if not isinstance(requests, Mapping):
        return dict(result)
    told = {key: _named(server, request) for key, request in requests.items()}
    return {**result, "inputRequests": told}


def _named(server: str, request: Any) -> Any:
    params = request.get("params") if isinstance(request, Mapping) else None
    if not isinstance(params, Mapping) or "message" not in params:
        return request
    return {**request, "params": {**params, "message": f"{server}: {params['message']}"}}
