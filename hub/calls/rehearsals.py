"""Rehearsals: typed calls whose caller is played, by a script or by a language model, and that never write.

A rehearsal is a call like any other for the worker, the gate, the Journal and the review. It takes no place
of `limits.calls`, so that trying a persona out never turns a caller away; what it costs counts like theirs.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup, TaskStatus

from hub.calls.arguments import parse
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.rehearsal_arguments import RehearseCall
from hub.calls.rehearsal_callers import Described, PlayedCaller, Script, Stop
from hub.calls.rehearsal_report import STOPPED
from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import (
    AlreadyEnded,
    CallNotFound,
    HubError,
    InvalidArguments,
    ServerUnavailable,
    Unavailable,
)
from hub.core.ports import Journal, LanguageModel
from hub.core.records import Append, EndedReason, EventKind
from hub.core.rehearsal import AgentTurn, Hanging

logger = logging.getLogger(__name__)

GREETING_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 90.0
"""An agent that waits for a slow tool, or for its desktop, may take this long."""
SETTLE_SECONDS: Final = 1.2
"""An agent that has said something and goes on with a tool does so within this."""
AT_ONCE: Final = 2
"""So many rehearsals run at the same time."""
EVERYTHING: Final = 10_000


class Rehearsals:
    """Starts rehearsals and plays their callers."""

    def __init__(
        self,
        journal: Journal,
        live: LiveCalls,
        calls: VoiceCalls,
        model: LanguageModel | None,
        *,
        practice: Callable[[], Sequence[str]],
    ) -> None:
        self._journal = journal
        self._live = live
        self._calls = calls
        self._model = model
        self._practice = practice
        self._players: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Play the caller of each rehearsal, for ever."""
        async with anyio.create_task_group() as self._players:
            task_status.started()
            await anyio.sleep_forever()

    async def begin(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Start a rehearsal; returns as soon as it runs.

        Raises:
            InvalidArguments: An argument is wrong, or nobody here could play this caller.
            TooManyCalls: Enough rehearsals are running.
        """
        request = parse(RehearseCall, arguments)
        if not request.lines:
            self._can_be_played()
        if self._players is None:
            raise ServerUnavailable("The hub is still starting.", next_step="Try again in a second.")
        live, result = await self._calls.starter.rehearse(request.start(), request.noted(), AT_ONCE)
        self._players.start_soon(self._play, live, request, name=f"caller of {live.id}")
        return result

    async def get(self, call_id: str, wait_seconds: float, *, unattended: bool = False) -> dict[str, Any]:
        """How a rehearsal stands, when it is over and judged, or after the wait.

        Unless it is unattended, also when the agent asks its desktop something.
        """
        deadline = anyio.current_time() + wait_seconds
        after = 0
        while True:
            left = max(0.0, deadline - anyio.current_time())
            seen = await self._calls.get({"call_id": call_id, "wait_seconds": left, "after_event": after})
            judged = seen["done"] and seen["review"] != "pending"
            asked = not unattended and "pending_question" in seen
            if judged or left <= 0 or asked:
                return _result(call_id, seen, judged=judged)
            after = seen["last_event"]

    def _can_be_played(self) -> None:
        lines = "Give caller as a list of lines"
        if self._model is None:
            raise Unavailable(
                "No language model is set up that could play a described caller.",
                next_step=f"{lines}, or set OPENAI_API_KEY.",
            )
        if "llm" in self._practice():
            raise InvalidArguments(
                "The language model is practice: it understands only its own phrases and cannot play a "
                "described caller.",
                next_step=f"{lines}, or set OPENAI_API_KEY.",
            )

    async def _play(self, live: LiveCall, request: RehearseCall) -> None:
        try:
            await self._hang_up(live, *await self._conversation(live, self._caller(live, request)))
        except HubError as error:  # the disk is full, say: the call itself is ended by its keeper
            logger.warning("rehearsal %s: %s", live.id, error.message)

    def _caller(self, live: LiveCall, request: RehearseCall) -> PlayedCaller:
        if isinstance(request.caller, list) or self._model is None:
            return Script(request.lines)
        return Described(live.id, request.caller, request.max_turns, self._journal, self._model)

    async def _conversation(self, live: LiveCall, caller: PlayedCaller) -> tuple[Stop, int]:
        """Speak in turns with the agent; how it came to an end, and after how many lines."""
        floor = _Floor(self._journal, self._live, live)
        said, seconds = 0, GREETING_SECONDS
        while await floor.ours(seconds):
            line = await caller.next(said)
            if isinstance(line, Stop):
                return line, said
            if line.say:
                floor.taken()
                if not await self._say(live, line.say):
                    break
                said, seconds = said + 1, ANSWER_SECONDS
            if line.hang_up:
                return Stop(Hanging.HUNG_UP), said
        if floor.gone:
            return Stop(Hanging.AGENT_ENDED), said
        return Stop(Hanging.NO_ANSWER, f"The agent did not answer within {seconds:g} s."), said

    async def _say(self, live: LiveCall, text: str) -> bool:
        """False when the call is over."""
        try:
            sent = await self._calls.send({"call_id": live.id, "text": text, "kind": "caller"})
        except AlreadyEnded:
            return False
        return bool(sent["accepted"])

    async def _hang_up(self, live: LiveCall, stop: Stop, said: int) -> None:
        """Noted before the call ends, so that whoever sees the end sees this too."""
        data = {"what": STOPPED, "how": stop.how.value, "said": said, "why": stop.why}
        kind = EventKind.ERROR if stop.why else EventKind.STATUS
        text = stop.why or _STOPPED[stop.how]
        await self._journal.write(live.id, Append(t=time.time(), kind=kind, text=text, data=data))
        if self._live.get(live.id) is not None:
            self._calls.close(live, EndedReason.CALLER_LEFT, "")


_STOPPED: Final = {
    Hanging.SAID_ALL: "the played caller has said everything and hangs up",
    Hanging.HUNG_UP: "the played caller hangs up",
    Hanging.AGENT_ENDED: "the agent ended the call",
}


class _Floor:
    """Waits until it is the caller's turn."""

    def __init__(self, journal: Journal, calls: LiveCalls, live: LiveCall) -> None:
        self._journal = journal
        self._calls = calls
        self._live = live
        self._turn = AgentTurn()
        self._seen = 0

    @property
    def gone(self) -> bool:
        """The call is over, or about to be."""
        return self._calls.get(self._live.id) is None or self._live.end_asked_at is not None

    def taken(self) -> None:
        """The caller speaks: what was said before is no answer to it."""
        self._turn.spoken = False

    async def ours(self, seconds: float) -> bool:
        """True once the agent has said its say; False when the call ends before, or after `seconds`."""
        deadline = anyio.current_time() + seconds
        while not self.gone and (left := deadline - anyio.current_time()) > 0:
            version = self._journal.version(self._live.id)
            await self._read()
            settled = self._turn.over(asks=self._live.pending_action is not None)
            pause = min(left, SETTLE_SECONDS) if settled else left
            now = await self._journal.changed(self._live.id, version, pause)
            if settled and now == version and not self.gone:
                return True
        return False

    async def _read(self) -> None:
        for event in await self._journal.events(self._live.id, after=self._seen, limit=EVERYTHING):
            self._turn.note(event)
            self._seen = event.n


def _result(call_id: str, seen: dict[str, Any], *, judged: bool) -> dict[str, Any]:
    rehearsal: dict[str, Any] | None = seen.pop("rehearsal", None)
    if rehearsal is None:
        raise CallNotFound(f"Call {call_id} is no rehearsal.", next_step="get_call tells about it.")
    del seen["events"]  # they are in the turns and tools
    if not judged:
        seen["next_step"] = _ANSWER if "pending_question" in seen else _WAIT
    return seen | rehearsal


_WAIT: Final = (
    "The rehearsal goes on: call get_call with wait_seconds 50 and after_event set to last_event until "
    "review is no longer pending; the rest is there under criteria and rehearsal."
)
_ANSWER: Final = (
    "The agent asks the desktop something: answer_question, or leave it to go on without; then get_call."
)
