"""The VoiceCalls that are not over, as the hub holds them in memory: who leads them, and their commands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio

from hub.calls.arguments import StartVoiceCall
from hub.calls.open_action import OpenAction
from hub.calls.open_form import OpenForm
from hub.calls.open_question import OpenQuestion
from hub.core.records import CallRecord, CallStatus, EndedReason
from hub.core.takeover import Loss
from hub.core.voice_call import Vitals
from hub.core.wire import Command


@dataclass(slots=True)
class LiveCall:
    """One call that is not over."""

    record: CallRecord
    request: StartVoiceCall
    dispatched_at: float | None = None
    joined_at: float | None = None
    dispatched_again: bool = False
    end_asked_at: float | None = None
    end_reason: EndedReason = EndedReason.OPERATOR_ENDED
    begins_at: float | None = None
    """When to try to begin it, if it is scheduled."""
    cost_seen: float = 0.0
    """What it had cost when it was last compared with its limits."""
    heard_at: float | None = None
    worker_id: str | None = None
    job_id: str | None = None
    pending_question: dict[str, Any] | None = None
    """What the agent asks of a desktop, as get_call shows it; whoever sets it writes an event too."""
    pending_action: dict[str, Any] | None = None
    """What waits for a yes, likewise."""
    loss: Loss | None = None
    """It has no job any more, and another one is looked for."""
    losses: int = 0
    commands: list[Command] = field(default_factory=list)
    numbered: int = 0
    """How many commands had their numbers before those that are kept."""
    done: dict[int, str] = field(default_factory=dict)
    """Outcomes of commands, by number."""
    entering: anyio.Lock = field(default_factory=anyio.Lock)
    question: OpenQuestion | None = None
    """What the desktop is asked."""
    action: OpenAction | None = None
    """The change that waits for a yes."""
    form: OpenForm | None = None
    """What a server asks."""
    refused_turn: int = -1
    """Up to this turn of the caller's no change may be asked for: a no, or silence, was the answer."""
    _news: anyio.Event = field(default_factory=anyio.Event)

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def active(self) -> bool:
        """It takes one of the places that `limits.calls` gives."""
        return self.dispatched_at is not None or self.record.status is CallStatus.IN_PROGRESS

    @property
    def asked(self) -> bool:
        """Whether something is being asked: one thing at a time."""
        return bool(self.action or self.question or self.form)

    def vitals(self) -> Vitals:
        """What decides whether it must end."""
        return Vitals(
            status=self.record.status,
            max_seconds=self.request.max_minutes * 60,
            join_expires_at=self.record.join_expires_at,
            dispatched_at=self.dispatched_at,
            joined_at=self.joined_at,
            end_asked_at=self.end_asked_at,
            end_reason=self.end_reason,
            heard_of_worker_at=self.heard_at,
        )

    def order(
        self, kind: str, text: str = "", *, interrupt: bool = False, reason: str = "", **more: str | bool
    ) -> Command:
        """Append a command for the worker and wake it."""
        command = Command.model_validate(
            {
                "n": self.last_command + 1,
                "kind": kind,
                "text": text,
                "interrupt": interrupt,
                "reason": reason,
                **more,
            }
        )
        self.commands.append(command)
        self.wake()
        return command

    def leads(self, job_id: str) -> bool:
        """Whether a job leads this call; after a restart of the hub the one that speaks does."""
        if self.job_id is None and self.loss is None and self.joined_at is not None:
            self.job_id = job_id
        return self.job_id == job_id

    @property
    def last_command(self) -> int:
        """The number of the newest command."""
        return self.numbered + len(self.commands)

    def commands_after(self, number: int) -> list[Command]:
        """The commands that a worker has not seen yet."""
        return self.commands[max(0, number - self.numbered) :]

    def hand_on(self) -> None:
        """Its job is gone: what that had not done is ordered anew, under numbers that the next one takes."""
        undone = [command for command in self.commands if command.n not in self.done]
        self.numbered, self.commands = self.last_command, []
        self.worker_id = self.job_id = self.heard_at = None
        for command in undone:
            self.commands.append(command.model_copy(update={"n": self.last_command + 1}))
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits for this call look again."""
        self._news.set()
        self._news = anyio.Event()

    async def news(self, seconds: float) -> None:
        """Return at the next `wake`, or after `seconds`."""
        news = self._news
        with anyio.move_on_after(seconds):
            await news.wait()


class LiveCalls:
    """All calls that are not over, by id."""

    def __init__(self, over: Callable[[str], None] = lambda _call_id: None) -> None:
        self._over = over
        """Told of each call that is over, however it ended: `remove` is the only way out."""
        self._calls: dict[str, LiveCall] = {}
        self._came = anyio.Event()

    def __iter__(self) -> Iterator[LiveCall]:
        return iter(list(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, call_id: str) -> LiveCall | None:
        """The call, while it is not over."""
        return self._calls.get(call_id)

    def add(self, call: LiveCall) -> LiveCall:
        """Hold a call until it is over."""
        self._calls[call.id] = call
        self._came.set()
        return call

    def remove(self, call_id: str) -> None:
        """Let go of a call that is over."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            call.wake()
            self._over(call_id)

    def active(self) -> int:
        """How many places are taken: a rehearsal takes none, so that it turns no caller away."""
        return sum(call.active for call in self._calls.values() if call.record.rehearsal is None)

    def rehearsals(self) -> int:
        """How many rehearsals run."""
        return sum(call.record.rehearsal is not None for call in self._calls.values())

    async def some(self) -> None:
        """Return once there is a call."""
        if not self._calls:
            self._came = anyio.Event()
            await self._came.wait()
