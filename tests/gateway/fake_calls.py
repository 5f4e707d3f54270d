"""VoiceCalls as the gateway's tests need them."""

from collections.abc import Mapping
from typing import Any

import anyio

from hub.calls.arguments import AnswerQuestion, DecideAction, parse
from hub.core.errors import CallNotFound, HubError, NoSuchAction, NoSuchQuestion

CALL_ID = "c1"


class FakeCalls:
    """One call, c1, that is waiting; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.stands: dict[str, Any] = {}
        """What get_call is to say otherwise."""
        self.events = [{"n": 1, "t": 1.0, "kind": "turn", "role": "caller", "text": "hello\nthere"}]
        self.waits_given_up: set[str] = set()
        self.waiting = anyio.Event()
        self.told = anyio.Event()
        self.given_up_by_client = False
        self.version = 0
        self.changes: dict[str, int] = {}
        self.changed = anyio.Event()

    def change(self, call_id: str = CALL_ID) -> None:
        """Something happens in a call."""
        self.version += 1
        self.changes[call_id] = self.version
        self.changed.set()
        self.changed = anyio.Event()

    async def news(self, since: int, seconds: float) -> tuple[int, frozenset[str]]:
        with anyio.move_on_after(seconds):
            while self.version == since:
                await self.changed.wait()
        return self.version, frozenset(one for one, at in self.changes.items() if at > since)

    def _known(self, arguments: Mapping[str, Any]) -> None:
        if arguments["call_id"] != CALL_ID:
            raise CallNotFound(
                f"There is no call {arguments['call_id']}.", next_step="List them with list_calls."
            )

    def _open(self, what: str, arguments: Mapping[str, Any], refusal: HubError) -> None:
        """What a test has put there is there; where it has put nothing, anything is."""
        pending = self.stands.get(f"pending_{what}")
        if self.stands and (pending is None or pending["id"] != arguments[f"{what}_id"]):
            raise refusal

    async def start(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(("start", arguments))
        return {
            "call_id": CALL_ID,
            "status": "waiting_for_caller",
            "join_url": "http://127.0.0.1:7788/join/c1#key",
            "transcript_uri": "call://c1/transcript",
            "tools_ready": ["notes"],
            "tools_missing": [],
            "warnings": [],
            "next_step": "Open the link.",
        }

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("get", arguments))
        if arguments.get("wait_seconds"):
            self.waiting.set()
            try:
                with anyio.move_on_after(arguments["wait_seconds"]):
                    await self.told.wait()
            except BaseException:
                self.given_up_by_client = True
                raise
        return {
            "call_id": CALL_ID,
            "status": "in_progress",
            "created_at": "2026-08-30T12:00:00.000+00:00",
            "done": False,
            "outcome": None,
            "ended_reason": None,
            "duration_s": 3.5,
            "events": [event for event in self.events if event["n"] > arguments.get("after_event", 0)],
            "last_event": len(self.events),
            "next_step": "Ask again.",
            **self.stands,
        }

    def happens(self, kind: str, text: str, **more: Any) -> None:
        """One more event."""
        n = len(self.events) + 1
        self.events.append({"n": n, "t": float(n), "kind": kind, "text": text, **more})
        self.change()

    async def give_up(self, call_id: str, wait: str) -> None:
        self._known({"call_id": call_id})
        self.waits_given_up.add(wait)

    async def given_up(self, call_id: str, wait: str) -> bool:
        return wait in self.waits_given_up

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("transcript", arguments))
        turn = {"n": 1, "t": 1.0, "role": "agent", "text": "Hello.", "interrupted": False, "final": True}
        return {"turns": [turn], "next_turn": 1, "complete": False}

    async def list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(("list", arguments))
        call = {"call_id": CALL_ID, "status": "in_progress", "goal": "orders"}
        return {"calls": [call, {"call_id": "c0", "status": "ended", "goal": "old"}], "next_cursor": None}

    async def send(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("send", arguments))
        return {"accepted": True, "delivered": "queued", "event": 2}

    def pending_action(self, call_id: str) -> dict[str, Any] | None:
        pending: dict[str, Any] | None = self.stands.get("pending_action") if call_id == CALL_ID else None
        return pending

    async def decide(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        self._known(arguments)
        parse(DecideAction, arguments)
        self._open("action", arguments, NoSuchAction("No such change waits for a yes."))
        self.asked.append((f"decide, {by}", arguments))
        self.stands = {key: value for key, value in self.stands.items() if key != "pending_action"}
        self.happens("action", f"{arguments['decision']}, {by}")
        self.told.set()
        return {
            "call_id": CALL_ID,
            "action_id": "a1",
            "state": "approved",
            "tool": "notes__add",
            "next_step": "x",
        }

    async def answer(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        parse(AnswerQuestion, arguments)
        self._open("question", arguments, NoSuchQuestion("No such question waits for an answer."))
        self.asked.append((f"answer, {by}", arguments))
        return {
            "call_id": CALL_ID,
            "question_id": arguments["question_id"],
            "state": "answered",
            "next_step": f"{by} has answered.",
        }

    records = True

    async def recording(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("recording", arguments))
        part = {
            "part": 1,
            "t": 1.5,
            "url": "http://127.0.0.1:7788/api/calls/c1/recording/1",
            "path": "/r.ogg",
        }
        sound = {"seconds": 12.5, "bytes": 60_000, "mime_type": "audio/ogg"}
        return {"call_id": CALL_ID, "state": "ready", "parts": [part | sound], "next_step": "Play it."}

    async def end(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("end", arguments))
        return {"status": "ended", "already_ended": False}
