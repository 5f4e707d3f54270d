"""A question of the agent's that waits for a desktop to answer it."""

from dataclasses import dataclass
from typing import Any

from hub.calls import report


@dataclass(slots=True)
class OpenQuestion:
    """It is answered once."""

    id: str
    text: str
    deadline: float
    answer: str | None = None
    by: str = ""

    def pending(self) -> dict[str, Any]:
        """As get_call shows it."""
        return {"id": self.id, "text": self.text, "deadline": report.iso(self.deadline)}
