"""A change that waits for a yes is put to the person of a desktop that waits in get_call and can show a form.

A form does not outlive its request: what a server of the older era asks belongs to a request that still runs,
and 2026-07-28 ends the request to ask at all. So get_call is held back while the form is open: until it is
answered, the change is decided elsewhere, or the longest wait is over. Then it tells what came after
after_event, as ever. Whoever closes a form without an answer is not shown it again; the change stays open.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import anyio
from mcp import MCPError

from hub.calls.arguments import WAIT_SECONDS_MOST, GetCall, parse
from hub.core.errors import AlreadyEnded, HubError, InvalidArguments, NoSuchAction
from hub.core.form import FORM
from hub.core.ports import RawResult
from hub.gateway.asked import Answering, Asked
from hub.gateway.call_forms import ACTION, input_requests, respond
from hub.gateway.elicitation import shown
from hub.gateway.eras import finished, is_modern, tool_result
from hub.gateway.own_tools import failure
from hub.gateway.ports import Calls

TOOL: Final = "get_call"
CLOSED_MOST: Final = 1000
NEWS_SECONDS: Final = 60.0
_BROUGHT: Final = frozenset({"inputResponses", "requestState"})


class Confirming:
    """Asks the desktops that wait; each of them once for each change."""

    def __init__(self, calls: Calls, stamp: Mapping[str, Any]) -> None:
        self._calls = calls
        self._stamp = stamp
        self._closed: dict[tuple[str, str], None] = {}
        """Forms that a client's person has closed: the client, and the form's key."""

    def around(self, call_tool: Answering) -> Answering:
        """tools/call, where a get_call that waits may ask for a yes."""

        async def answer(asked: Asked) -> RawResult:
            wanted = _wanted(asked)
            if wanted is None:
                return await call_tool(asked)
            try:
                return await self._followed(asked, wanted, call_tool)
            except InvalidArguments as error:  # what the person's client made of the form is no answer
                return tool_result(asked.version, failure(error), self._stamp)

        return answer

    async def _followed(self, asked: Asked, wanted: GetCall, call_tool: Answering) -> RawResult:
        began = anyio.current_time()
        for key, response in _brought(asked).items():
            if key in self._forms(wanted.call_id):
                await self._responded(asked, wanted.call_id, key, response)
        while True:
            left = max(0.0, began + wanted.wait_seconds - anyio.current_time())
            result = await self._told(_again(asked, left), wanted.call_id, call_tool)
            forms = self._open(asked, wanted.call_id)
            if result is not None and (result.get("isError") or not forms):
                return result
            if is_modern(asked.version):
                required = {"resultType": "input_required", "inputRequests": forms}
                return finished(asked.version, required, self._stamp)
            for key, request in forms.items():
                await self._pushed(asked, wanted.call_id, key, request, began + WAIT_SECONDS_MOST)
            if anyio.current_time() >= began + WAIT_SECONDS_MOST:
                return await call_tool(_again(asked, 0.0))

    async def _told(self, asked: Asked, call_id: str, call_tool: Answering) -> RawResult | None:
        """What get_call says; None where something is to be asked before it has anything to say."""
        told: RawResult | None = None
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                await self._when(lambda: bool(self._open(asked, call_id)))
                tasks.cancel_scope.cancel()

            tasks.start_soon(ask)
            told = await call_tool(asked)
            tasks.cancel_scope.cancel()
        return told

    async def _when(self, so: Callable[[], bool]) -> None:
        """Return once it is so."""
        version = 0
        while not so():
            version, _ = await self._calls.news(version, NEWS_SECONDS)

    def _forms(self, call_id: str) -> dict[str, Any]:
        """The change that waits for a yes now, as a form."""
        return input_requests({f"pending_{ACTION}": self._calls.pending_action(call_id)})

    def _open(self, asked: Asked, call_id: str) -> dict[str, Any]:
        """Of these, what this client's person has not closed."""
        forms = self._forms(call_id)
        return {key: form for key, form in forms.items() if (asked.client, key) not in self._closed}

    async def _pushed(
        self, asked: Asked, call_id: str, key: str, request: Mapping[str, Any], ends: float
    ) -> None:
        """Ask a client of the older era; the form is taken back when the change is decided elsewhere."""
        response: RawResult | None = None
        async with anyio.create_task_group() as tasks:
            tasks.cancel_scope.deadline = ends

            async def take_back() -> None:
                await self._when(lambda: key not in self._forms(call_id))
                tasks.cancel_scope.cancel()

            tasks.start_soon(take_back)
            response = await _put(asked, request["params"])
            tasks.cancel_scope.cancel()
        if response is not None:
            await self._responded(asked, call_id, key, response)

    async def _responded(self, asked: Asked, call_id: str, key: str, response: Mapping[str, Any]) -> None:
        with suppress(NoSuchAction, AlreadyEnded):  # somebody else was quicker
            if not await respond(self._calls, call_id, key, response, f"the desktop ({asked.client})"):
                self._closed[asked.client, key] = None
                if len(self._closed) > CLOSED_MOST:
                    del self._closed[next(iter(self._closed))]


def _wanted(asked: Asked) -> GetCall | None:
    """The wait of a client whose person can be asked meanwhile; None for any other request."""
    ours = asked.target.own_tools and asked.params.get("name") == TOOL and FORM in asked.elicits
    if not ours or not (is_modern(asked.version) or asked.push):
        return None
    with suppress(HubError):
        wanted = parse(GetCall, asked.params.get("arguments") or {})
        return wanted if wanted.wait_seconds > 0 else None
    return None


def _brought(asked: Asked) -> Mapping[str, Mapping[str, Any]]:
    responses = asked.params.get("inputResponses")
    if not isinstance(responses, Mapping):
        return {}
    return {str(key): response for key, response in responses.items() if isinstance(response, Mapping)}


def _again(asked: Asked, wait: float) -> Asked:
    params = {key: value for key, value in asked.params.items() if key not in _BROUGHT}
    return replace(asked, params={**params, "arguments": {**params["arguments"], "wait_seconds": wait}})


async def _put(asked: Asked, params: Mapping[str, Any]) -> RawResult:
    with suppress(MCPError):  # a client that cannot do what it says of itself
        if asked.push is not None:
            return await asked.push(shown("", params, modern=False, named=False))
    return {"action": "cancel"}
