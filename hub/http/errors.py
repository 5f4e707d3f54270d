"""One mapping from HubError to HTTP, for every JSON route."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from hub.core.errors import HubError

STATUS: Final = {
    "invalid_arguments": 400,
    "configuration": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "call_not_found": 404,
    "not_found": 404,
    "no_such_action": 404,
    "no_such_question": 404,
    "already_ended": 409,
    "changed_since": 409,
    "unsupported_in_mode": 409,
    "too_many_calls": 429,
    "server_unavailable": 503,
    "unavailable": 503,
}


def error_body(code: str, message: str, *, retryable: bool = False, next_step: str = "") -> dict[str, Any]:
    """The shape of every error of `/api`."""
    return {
        "error": {"code": code, "message": message, "retryable": retryable, "next_step": next_step},
    }


def error_response(error: HubError) -> Response:
    """An error as JSON with its status."""
    headers = {"WWW-Authenticate": 'Bearer realm="voice-hub"'} if error.code == "unauthorized" else None
    return JSONResponse(
        error_body(error.code, error.message, retryable=error.retryable, next_step=error.next_step),
        status_code=STATUS.get(error.code, 500),
        headers=headers,
    )
