"""A server of the 2026 era asks by answering: what it wants to know is asked, and the ToolCall sent again."""

from collections.abc import Mapping
from typing import Any, Final

import anyio

from hub.core.form import FORM
from hub.core.ports import Caller, RawResult

ROUNDS_MOST: Final = 10
"""A server that is still asking after so many answers is not served any longer."""
PAUSE_SECONDS: Final = 0.05
PAUSE_SECONDS_MOST: Final = 0.25
"""Between two tries where a server only wants to be asked again."""
ELICIT: Final = "elicitation/create"


class CannotAsk(Exception):
    """The server wants something that no caller of the hub's can be asked for; says what."""


def wants_more(result: Mapping[str, Any]) -> bool:
    """Whether this is no result yet, but a question."""
    return result.get("resultType") == "input_required"


async def answers(caller: Caller, server: str, result: Mapping[str, Any], rounds: int) -> RawResult:
    """What the next try has to bring along.

    Raises:
        CannotAsk: It asks for something else than an elicitation.
    """
    wanted = result.get("inputRequests")
    told: RawResult = {}
    if isinstance(wanted, Mapping) and wanted:
        told["inputResponses"] = {
            key: await _answered(caller, server, request) for key, request in wanted.items()
        }
    else:
        await anyio.sleep(min(PAUSE_SECONDS * 2**rounds, PAUSE_SECONDS_MOST))
    if isinstance(result.get("requestState"), str):
        told["requestState"] = result["requestState"]
    return told


async def _answered(caller: Caller, server: str, request: Any) -> RawResult:
    method = request.get("method") if isinstance(request, Mapping) else None
    params = request.get("params") if isinstance(request, Mapping) else None
    if method != ELICIT or not isinstance(params, Mapping):
        raise CannotAsk(str(method))
    if params.get("mode", FORM) not in caller.elicits:
        return {"action": "decline"}
    return await caller.elicit(server, params)
