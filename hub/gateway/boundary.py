"""What a client is told when its request cannot be answered: never an exception's own text."""

import logging
from collections.abc import Awaitable

import mcp_types as mcp
from mcp import MCPError
from pydantic import ValidationError

from hub.core.errors import HubError
from hub.core.ports import RawResult

logger = logging.getLogger(__name__)


async def guarded(method: str, answer: Awaitable[RawResult]) -> RawResult:
    """Await an answer.

    Raises:
        MCPError: What the client is to be told instead.
    """
    try:
        return await answer
    except MCPError:
        raise
    except HubError as error:
        raise MCPError(mcp.INVALID_PARAMS, error.message) from error
    except ValidationError as error:
        logger.warning("request %s was answered in a form that cannot be passed on: %s", method, error)
        raise MCPError(mcp.INTERNAL_ERROR, "The answer was not one that the protocol knows.") from error
    except Exception as defect:  # one request's boundary: its text must not reach the client
        logger.exception("request %s failed", method)
        raise MCPError(mcp.INTERNAL_ERROR, "The hub could not do this; its log says why.") from defect
