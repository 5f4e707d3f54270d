"""One change that waits for a yes: what was asked, until when, and what became of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.core.records import ApprovalState, Question


@dataclass(slots=True)
class OpenAction:
    """It is decided once; whoever decides first, counts."""

    id: str
    question: Question
    turn: int
    """The caller's turn that it follows."""
    opened_at: float
    deadline: float
    last_turn: int = 0
    """The caller's latest turn since."""
    judged: dict[int, bool] = field(default_factory=dict)
    """Turns of the caller's that were judged, and whether they were answers."""
    state: ApprovalState | None = None
    by: str | None = None
    words: str = ""

    def decide(self, state: ApprovalState, by: str | None = None, words: str = "") -> None:
        """Settle it, unless it is settled."""
        if self.state is None:
            self.state, self.by, self.words = state, by, words

    def pending(self) -> dict[str, Any]:
        """pending_action of get_call."""
        return {
            "id": self.id,
            "text": self.question.text,
            "phrase": self.question.phrase,
            "tool": self.question.tool,
            "deadline": datetime.fromtimestamp(self.deadline, UTC).isoformat(timespec="milliseconds"),
        }

    def told(self) -> dict[str, Any]:
        """What an event says of it."""
        said = {"by": self.by, "words": self.words or None}
        return {
            "what": "action",
            "action": self.id,
            "tool": self.question.tool,
            "phrase": self.question.phrase,
            "fingerprint": self.question.fingerprint,
            "state": self.state.value if self.state is not None else "open",
        } | {key: value for key, value in said.items() if value is not None}
