"""A ToolCall that waits for its client's answer between two of its requests (2026: no server may push).

A server of the older era asks while the client waits. The client's request is then answered `input_required`,
the ToolCall goes on here, and the client's next request, with the answer, takes it up again.
"""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
import mcp_types as mcp
from anyio.abc import TaskGroup
from mcp import MCPError

from hub.core.ports import RawResult
from hub.gateway.asked import Asked

PARKED_SECONDS: Final = 300.0
"""How long a client has for an answer; then the server hears that there is none."""
STATE: Final = "hub-parked."
KEY: Final = "ask"
ACTIONS: Final = frozenset({"accept", "decline", "cancel"})

Work = Callable[[], Awaitable[RawResult]]


class Parked:
    """One ToolCall, and the question that it waits with."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        """The request that waits for it now."""
        self.bound = _bound(asked)
        self.scope = anyio.CancelScope()
        self._one = anyio.Lock()
        self._question: Mapping[str, Any] | None = None
        self._answer: RawResult | None = None
        self._done: RawResult | Exception | None = None
        self._news = anyio.Event()
        self._answered = anyio.Event()

    async def report(self, progress: float, total: float | None, message: str | None) -> None:
        """Progress goes to whichever request waits now."""
        await self.asked.report(progress, total, message)

    @property
    def waits(self) -> bool:
        """Whether it still stops at a question."""
        return self._question is not None

    async def ask(self, params: Mapping[str, Any]) -> RawResult:
        """Put a question to the client, one at a time."""
        async with self._one:
            self._question, self._answer, self._answered = params, None, anyio.Event()
            self._news.set()
            with anyio.move_on_after(PARKED_SECONDS):
                await self._answered.wait()
            self._question = None
            return self._answer or {"action": "cancel"}

    def answer(self, asked: Asked) -> None:
        """Take up the answer that a request brings."""
        self.asked = asked
        given = (asked.params.get("inputResponses") or {}).get(KEY) or {}
        self._answer = dict(given) if given.get("action") in ACTIONS else {"action": "cancel"}
        self._question = None
        self._answered.set()

    async def work(self, work: Work) -> None:
        """Run it to its end, whoever waits for it."""
        with self.scope:
            try:
                self._done = await work()
            except Exception as error:  # noqa: BLE001  # raised again where the client waits
                self._done = error
            self._news.set()

    async def settled(self) -> Mapping[str, Any] | None:
        """Return the question that it stops at; None once it is done."""
        try:
            while self._done is None and self._question is None:
                self._news = anyio.Event()
                await self._news.wait()
        except anyio.get_cancelled_exc_class():
            self.scope.cancel()  # the client is gone, and so is its ToolCall
            raise
        return None if self._done is not None else self._question

    def result(self) -> RawResult:
        """What came of it.

        Raises:
            Exception: What went wrong.
        """
        if isinstance(self._done, Exception):
            raise self._done
        return self._done or {}


class Parking:
    """Runs the ToolCalls of clients that can be asked; those that wait are known by their state."""

    def __init__(self) -> None:
        self._parked: dict[str, Parked] = {}
        self._tasks: TaskGroup | None = None

    async def run(self) -> None:
        """Own them until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            await anyio.sleep_forever()

    def taken_up(self, asked: Asked) -> Parked | None:
        """The ToolCall that a request goes on with; None for a new one.

        Raises:
            MCPError: It waits no longer, or is another one.
        """
        state = asked.params.get("requestState")
        if not isinstance(state, str) or not state.startswith(STATE):
            return None
        parked = self._parked.get(state)
        if parked is None or parked.bound != _bound(asked):
            raise MCPError(mcp.INVALID_PARAMS, "This question waits no longer. Call the tool again.")
        del self._parked[state]
        parked.answer(asked)
        return parked

    def begin(self, parked: Parked, work: Work) -> None:
        """Let a new one run.

        Raises:
            MCPError: The hub is stopping.
        """
        if self._tasks is None:
            raise MCPError(mcp.INTERNAL_ERROR, "The hub is stopping.")
        self._tasks.start_soon(parked.work, work)

    async def outcome(self, parked: Parked) -> RawResult:
        """What the client's request is answered: its result, or the question that it stopped at."""
        question = await parked.settled()
        if question is None:
            return parked.result()
        state = STATE + secrets.token_urlsafe(24)
        self._parked = {key: one for key, one in self._parked.items() if one.waits} | {state: parked}
        request = {"method": "elicitation/create", "params": dict(question)}
        return {"resultType": "input_required", "inputRequests": {KEY: request}, "requestState": state}


def _bound(asked: Asked) -> str:
    """What an answer is for: this path, this tool, these arguments."""
    told = [asked.target.kind, asked.target.name, asked.params.get("name"), asked.params.get("arguments")]
    return json.dumps(told, sort_keys=True, default=str)
