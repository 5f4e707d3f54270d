"""Errors as OpenAI writes them."""

from typing import Any

from aiohttp import web


def body(text: str, kind: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    """The JSON of one error."""
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def reply(
    status: int, text: str, kind: str = "invalid_request_error", code: str | None = None
) -> web.Response:
    """A response that carries one error."""
    return web.json_response(body(text, kind, code), status=status)
