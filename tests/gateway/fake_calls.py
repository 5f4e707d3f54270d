"""VoiceCalls as the gateway's tests need them."""

from collections.abc import Mapping
from typing import Any

import anyio

from hub.core.errors import CallNotFound

CALL_ID = "c1"


class FakeCalls:
    """One call, c1, that is waiting; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.waiting = anyio.Event()
        self.told = anyio.Event()
        self.given_up = False
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
                self.given_up = True
                raise
        return {
            "call_id": CALL_ID,
            "status": "in_progress",
            "done": False,
            "outcome": None,
            "ended_reason": None,
            "duration_s": 3.5,
            "events": [{"n": 1, "t": 1.0, "kind": "turn", "role": "caller", "text": "hello\nthere"}],
            "last_event": 1,
            "next_step": "Ask again.",
        }

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

    async def decide(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append((f"decide, {by}", arguments))
        return {
            "call_id": CALL_ID,
            "action_id": "a1",
            "state": "approved",
            "tool": "notes__add",
            "next_step": "x",
        }

    async def answer(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
        return {
            "call_id": CALL_ID,
            "question_id": arguments["question_id"],
            "state": "answered",
            "next_step": f"{by} has answered.",
        }

    async def end(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._known(arguments)
        self.asked.append(("end", arguments))
        return {"status": "ended", "already_ended": False}
