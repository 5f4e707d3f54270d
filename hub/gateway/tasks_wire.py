"""The extension io.modelcontextprotocol/tasks on the wire: who speaks it, and task ids.

Section names are those of its specification, "Tasks" (ext-tasks, 2026-07-28, SEP-2663).
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal

import mcp_types as mcp
from mcp import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.calls.arguments import Include
from hub.core.form import FORM
from hub.gateway.elicitation import modes

EXTENSION: Final = "io.modelcontextprotocol/tasks"
METHODS: Final = frozenset({"tasks/get", "tasks/update", "tasks/cancel"})


class Wait(BaseModel):
    """What a task waits for; all of it is in the task's id, so that a new hub knows each task of an old one.

    An id cannot be guessed ("Security Considerations"): `call` has 96 random bits. It opens nothing either:
    every request shows the operator's token, with which one may look at any call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    call: str
    until: Literal["answered", "question", "ended"]
    after: int
    """get_call's after_event."""
    include: tuple[Include, ...] = ()
    since: int
    """The call's newest event when the task began."""
    made: float
    asks: bool
    """The client can put a question to its person."""
    key: str
    """Tells two waits for the same thing apart."""

    @classmethod
    def new(cls, **known: Any) -> "Wait":
        """A wait that nobody else has."""
        return cls(key=secrets.token_hex(8), **known)

    def task_id(self) -> str:
        """Fit for a header: letters, digits, - and _."""
        text = self.model_dump_json(exclude_defaults=True)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def wait_of(params: Mapping[str, Any]) -> Wait:
    """The wait that a request's taskId means.

    Raises:
        MCPError: There is no such task ("Protocol Errors": -32602).
    """
    given = params.get("taskId")
    try:
        return Wait.model_validate_json(base64.urlsafe_b64decode(f"{given}==".encode("ascii")))
    except (ValidationError, binascii.Error, UnicodeError) as error:
        raise MCPError(mcp.INVALID_PARAMS, f"There is no task {str(given)[:80]}.") from error


def capabilities(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the client says, with this one request, that it can do."""
    meta = params.get("_meta")
    told = meta.get(mcp.CLIENT_CAPABILITIES_META_KEY) if isinstance(meta, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def declared(params: Mapping[str, Any]) -> bool:
    """Whether the client declares the extension ("Capability Negotiation")."""
    extensions = capabilities(params).get("extensions")
    return isinstance(extensions, Mapping) and EXTENSION in extensions


def can_ask(params: Mapping[str, Any]) -> bool:
    """Whether the client shows forms to its person."""
    return FORM in modes(capabilities(params).get("elicitation"))


def check_request(params: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Refuse a tasks/… request that may not be made, or that says one thing in its header and another inside.

    Raises:
        MCPError: -32021 ("Capability Negotiation"), or -32020 ("Streamable HTTP: Routing Headers").
    """
    _check_declared(params)
    named = headers.get(MCP_NAME_HEADER)
    if named is None or decode_header_value(named) != params.get("taskId"):
        raise MCPError(mcp.HEADER_MISMATCH, "The header Mcp-Name is not params.taskId.")


def check_listening(params: Mapping[str, Any]) -> None:
    """Refuse to tell of tasks whoever has not declared them.

    Raises:
        MCPError: -32021 ("Task Status Notifications").
    """
    wanted = params.get("notifications")
    if isinstance(wanted, Mapping) and wanted.get("taskIds"):
        _check_declared(params)


def _check_declared(params: Mapping[str, Any]) -> None:
    if not declared(params):
        needed: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        raise MCPError(
            mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, f"The client has not declared {EXTENSION}.", needed
        )
