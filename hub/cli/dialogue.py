"""One VoiceCall as the terminal follows it: placed, printed as it happens, ended when the command ends."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio

from hub.cli.api import HubApi, Values
from hub.cli.show import clean, line, span
from hub.core.errors import HubError

START_SECONDS = 20.0
READY_SECONDS, READY_POLL = 45.0, 0.5
GREETING_SECONDS = 30.0
ANSWER_SECONDS = 60.0
WAIT_SECONDS = 25.0
SETTLE_SECONDS = 1.5
"""An agent that has said something and calls a tool next does so within this."""
GRACE_SECONDS = 10.0
"""On top of what the hub was asked to wait."""
END_SECONDS = 20.0
NAMES = {"caller": "you", "agent": "agent", "operator": "agent"}


@dataclass(slots=True)
class Answer:
    """Whether the agent has said its say: it spoke last, and no tool is running."""

    spoken: bool = False
    _tools: int = 0

    def note(self, event: Values) -> None:
        """Take one event into account."""
        kind = event.get("kind")
        if kind == "tool_started":
            self._tools += 1
            self.spoken = False
        elif kind == "tool_ended":
            self._tools = max(0, self._tools - 1)
            self.spoken = False
        elif kind == "turn" and event.get("role") == "agent":
            self.spoken = True

    @property
    def complete(self) -> bool:
        return self.spoken and self._tools == 0


@dataclass(slots=True)
class Dialogue:
    """The events of one call, read once each and printed."""

    api: HubApi
    call_id: str
    json: bool
    echo: bool
    """Print the caller's words too: whoever types them has seen them."""
    call: Values = field(default_factory=dict)
    _seen: int = 0

    @property
    def over(self) -> bool:
        return bool(self.call.get("done"))

    async def follow(self, seconds: float = WAIT_SECONDS) -> list[Values]:
        """Wait for news, print and return them."""
        self.call = await self.api.get(
            f"/api/calls/{self.call_id}",
            {"wait_seconds": seconds, "after_event": self._seen},
            seconds=seconds + GRACE_SECONDS,
        )
        events: list[Values] = self.call.get("events", [])
        self._seen = int(self.call["last_event"])
        for event in events:
            self._print(event)
        return events

    async def answered(self, seconds: float = ANSWER_SECONDS) -> None:
        """Follow until the agent has said its say.

        Raises:
            HubError: It did not in time, or the call ended instead.
        """
        answer = Answer()
        deadline = anyio.current_time() + seconds
        while not self.over and anyio.current_time() < deadline:
            left = min(WAIT_SECONDS, max(0.0, deadline - anyio.current_time()))
            news = await self.follow(SETTLE_SECONDS if answer.complete else left)
            if answer.complete and not news:
                return
            for event in news:
                answer.note(event)
        if self.over and not answer.complete:
            reason = clean(self.call.get("ended_reason"))
            raise HubError(
                f"The call ended before the agent had answered ({reason}).", next_step=self.where()
            )
        if not answer.complete:
            raise HubError(f"The agent did not answer within {seconds:g} s.", next_step=self.where())

    async def send(self, text: str) -> None:
        """Say something as the caller."""
        await self.api.post(f"/api/calls/{self.call_id}/send", {"text": text, "kind": "caller"})

    async def end(self) -> None:
        """Hang up, and print what still came."""
        path = f"/api/calls/{self.call_id}/end"
        await self.api.post(path, {}, seconds=END_SECONDS)
        await self.follow(0)
        if not self.json:
            reason = clean(self.call.get("ended_reason") or self.call.get("status"))
            line(
                f"The call is over ({reason}, {span(float(self.call['duration_s']))}). {self.where()}", "dim"
            )

    def where(self) -> str:
        return f"hub calls {self.call_id} has every word."

    def _print(self, event: Values) -> None:
        if self.json:
            line(json.dumps(event, ensure_ascii=False))
            return
        shown = shape(event, echo=self.echo)
        if shown is not None:
            line(*shown)


def shape(event: Values, *, echo: bool) -> tuple[str, str] | None:
    """An event as a line for people with its style; None when there is nothing to show."""
    kind, text = event.get("kind"), clean(event.get("text") or "")
    if kind == "turn":
        role = str(event.get("role"))
        cut = " —" if event.get("interrupted") else ""
        mine = role == "caller"
        return (
            None
            if mine and not echo
            else (f"{NAMES.get(role, role):>5}: {text}{cut}", "cyan" if mine else "")
        )
    if kind in {"tool_started", "tool_ended"}:
        tool = clean(event.get("tool") or "")
        said = text if tool in text else f"{tool} {text}".strip()
        mark = "…" if kind == "tool_started" else "✓" if event.get("ok", True) else "✗"
        return f"       {mark} {said}", "dim"
    if kind in {"error", "provider"}:
        return f"       ! {text}", "yellow"
    return None


@asynccontextmanager
async def placed(
    api: HubApi, request: dict[str, Any], *, json: bool, echo: bool
) -> AsyncGenerator[tuple[Dialogue, Values]]:
    """A new call, and what the hub said when it was made; it ends with this block."""
    made = await _made(api, request)
    dialogue = Dialogue(api, str(made["call_id"]), json, echo)
    try:
        yield dialogue, made
    finally:
        with anyio.move_on_after(END_SECONDS, shield=True):
            if not dialogue.over:
                await dialogue.end()


async def _made(api: HubApi, request: dict[str, Any]) -> Values:
    return await retried(api, partial(api.post, "/api/calls", request, seconds=START_SECONDS))


async def retried(api: HubApi, start: Callable[[], Awaitable[Values]]) -> Values:
    """Start something, also on a hub that is just starting and takes no call yet."""
    deadline = anyio.current_time() + READY_SECONDS
    while True:
        try:
            return await start()
        except HubError as error:
            status = await api.get("/api/status") if error.retryable else {}
            coming = status.get("voice") and not status.get("ready")
            if not coming or anyio.current_time() > deadline:
                raise
        await anyio.sleep(READY_POLL)
