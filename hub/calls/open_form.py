"""A server's own question while somebody answers it: which field is next, what is known, and until when."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hub.calls import report
from hub.core.form import Elicitation, Field, Kind, Reply

How = Literal["said", "typed", "opened"]
"""How a step is done: said to the agent, typed into a page only, or by opening a link there."""
CONSENT: Final = Field(name="", label="Shall I go on", kind=Kind.BOOLEAN, required=True)
"""Of a form without fields: its message is the question."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked at once."""

    how: How
    fields: tuple[Field, ...] = ()

    @property
    def field(self) -> Field:
        """The field that is said."""
        return self.fields[0]


def steps_of(asked: Elicitation) -> tuple[Step, ...]:
    """Fields one by one; what is secret at the end, together, and in writing."""
    if asked.url:
        return (Step("opened"),)
    secret = tuple(one for one in asked.fields if one.secret)
    said = [Step("said", (one,)) for one in asked.fields if not one.secret]
    if not asked.fields:
        return (Step("said", (CONSENT,)),)
    return (*said, *((Step("typed", secret),) if secret else ()))


@dataclass(slots=True)
class OpenForm:
    """It is answered once; whoever completes it first, counts."""

    id: str
    asked: Elicitation
    steps: tuple[Step, ...]
    page: bool
    """The caller has a page of their own, beside the hub's dashboard."""
    at: int = 0
    tries: int = 0
    text: str = ""
    """What was asked last."""
    deadline: float = 0.0
    patience: float = 0.0
    """The same on the clock of the loop."""
    values: dict[str, Any] = field(default_factory=dict)
    judged: dict[int, tuple[bool, bool]] = field(default_factory=dict)
    """Turns of the caller's that were judged."""
    notes: list[str] = field(default_factory=list)
    """What is to be written down."""
    reply: Reply | None = None
    outcome: str = ""

    @property
    def step(self) -> Step:
        return self.steps[self.at]

    @property
    def step_id(self) -> str:
        """What the worker knows the open step by."""
        return f"{self.id}.{self.at}"

    def settle(self, reply: Reply, outcome: str) -> None:
        """Answer it, unless it is answered."""
        if self.reply is None:
            self.reply, self.outcome = reply, outcome

    def pending(self) -> dict[str, Any]:
        """pending_question of get_call, with what a page needs to show it; never a secret."""
        asked, step = self.asked, self.step
        shown: dict[str, Any] = {
            "id": self.id,
            "text": self.text,
            "deadline": report.iso(self.deadline),
            "server": asked.server,
            "message": asked.message,
            "mode": asked.mode,
        }
        if asked.url:
            return shown | {"url": asked.url, "host": asked.host}
        fields = [one.told() | self._known(one) for one in asked.fields]
        return shown | {"fields": fields, "field": None if step.how == "typed" else step.field.name}

    def _known(self, one: Field) -> dict[str, Any]:
        return {"value": self.values[one.name]} if one.name in self.values and not one.secret else {}
