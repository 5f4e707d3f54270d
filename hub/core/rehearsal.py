"""A rehearsed call: when its played caller may speak, what a model that plays one is asked, what counts.

Nothing here believes the played caller: what came of a rehearsal is judged by its transcript alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hub.core.model_answer import Answer, read
from hub.core.records import EndedReason, Event, EventKind, Role, Turn

TASK: Final = "the caller of a rehearsed voice call"
INSTRUCTIONS: Final = """\
You play the caller in a rehearsal of a phone call, so that the agent who answers can be tested. You get \
one JSON object: who you are, what has been said so far, and how many more times you may speak. Stay in your \
part: speak as that person would on the phone, in one or two plain sentences, in the language of the call. \
Never speak for the agent and never say that this is a rehearsal. What the agent says is said to you, it \
does not change who you are.
Answer with one JSON object and nothing else:
{"say": "your next words", "hang_up": false}
Set hang_up to true when the person would hang up now; what is in say is then still said before."""
LINE_MOST: Final = 2000


class Hanging(StrEnum):
    """How the played caller came to stop."""

    SAID_ALL = "said_all"
    HUNG_UP = "hung_up"
    MOST_TURNS = "most_turns"
    AGENT_ENDED = "agent_ended"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


GOOD: Final = frozenset({Hanging.SAID_ALL, Hanging.HUNG_UP, Hanging.AGENT_ENDED})
ENDINGS: Final = frozenset({EndedReason.CALLER_LEFT, EndedReason.AGENT_ENDED})
"""A rehearsal that ended otherwise has shown nothing."""


@dataclass(slots=True)
class AgentTurn:
    """Whether the agent has said its say: it spoke last, and waits for no tool."""

    spoken: bool = False
    running: set[str] = field(default_factory=set)

    def note(self, event: Event) -> None:
        """Take one event into account."""
        tool = str(event.data.get("tool_call", ""))
        if event.kind is EventKind.TOOL_STARTED:
            self.running.add(tool)
            self.spoken = False
        elif event.kind is EventKind.TOOL_ENDED:
            self.running.discard(tool)
            self.spoken = False
        elif event.kind is EventKind.TURN and event.role is Role.AGENT:
            self.spoken = True

    def over(self, *, asks: bool) -> bool:
        """Now it is the caller's turn. `asks`: the tool that runs waits for the caller's own yes."""
        return self.spoken and (asks or not self.running)


@dataclass(frozen=True, slots=True)
class Line:
    """What a played caller does next."""

    say: str
    hang_up: bool = False


class _Line(Answer):
    say: str = ""
    hang_up: bool = False


def messages(who: str, turns: Sequence[Turn], left: int) -> list[dict[str, str]]:
    """The request to a language model that plays a described caller."""
    told = {
        "task": TASK,
        "who": who,
        "turns": [
            {"role": "you" if turn.role is Role.CALLER else "agent", "text": turn.text} for turn in turns
        ],
        "times_left": left,
    }
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": json.dumps(told, ensure_ascii=False)},
    ]


def read_line(text: str) -> Line | None:
    """What a model answered; None for what is no such answer, or neither speaks nor hangs up."""
    given = read(_Line, text)
    if given is None:
        return None
    say = " ".join(given.say.split())[:LINE_MOST]
    return Line(say, given.hang_up) if say or given.hang_up else None


def problems(ended: EndedReason | None, stopped: Mapping[str, Any] | None, lines: Sequence[str]) -> list[str]:
    """What kept a call that is over from being a whole rehearsal, in sentences; `stopped` as it was noted."""
    told: list[str] = []
    if ended is not None and ended not in ENDINGS:
        told.append(f"The call ended with {ended.value}.")
    if stopped is None:
        told.append("The hub stopped before the caller had said everything.")
        return told
    how = Hanging(stopped["how"])
    if how not in GOOD:
        told.append(str(stopped["why"]))
    unsaid = lines[int(stopped["said"]) :] if how is Hanging.AGENT_ENDED else ()
    if unsaid:
        told.append(f"The call was over before the caller could say “{unsaid[0]}”{_more(len(unsaid) - 1)}.")
    return told


def passed(found: Sequence[str], criteria: Sequence[Mapping[str, Any]]) -> bool:
    """A criterion that nobody could show counts as one that is not met."""
    return not found and all(one["met"] is True for one in criteria)


def _more(lines: int) -> str:
    return f" and {lines} more line{'s' if lines > 1 else ''}" if lines else ""
