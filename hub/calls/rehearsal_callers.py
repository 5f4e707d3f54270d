"""Who plays the caller of a rehearsal: a script, or a language model that was told who calls."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hub.calls.review import model_of
from hub.core.errors import HubError
from hub.core.ports import Journal, LanguageModel
from hub.core.records import Append, EventKind
from hub.core.rehearsal import Hanging, Line, messages, read_line
from hub.core.review import Completion

JOB: Final = "caller"
"""Whose count it is, in what a call has used."""
TRIES: Final = 2
EVERYTHING: Final = 10_000


@dataclass(frozen=True, slots=True)
class Stop:
    """How the caller came to stop."""

    how: Hanging
    why: str = ""
    """What is wrong about it, if anything."""


class PlayedCaller(Protocol):
    """Says one thing after the other."""

    async def next(self, said: int) -> Line | Stop:
        """What comes after `said` lines."""


class Script:
    """Says what stands there."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    async def next(self, said: int) -> Line | Stop:
        return Line(self._lines[said]) if said < len(self._lines) else Stop(Hanging.SAID_ALL)


class Described:
    """Says what a language model makes of a description."""

    def __init__(
        self, call_id: str, who: str, max_turns: int, journal: Journal, model: LanguageModel
    ) -> None:
        self._call_id = call_id
        self._who = who
        self._most = max_turns
        self._journal = journal
        self._model = model
        self._input = self._output = 0

    async def next(self, said: int) -> Line | Stop:
        if said >= self._most:
            return Stop(Hanging.MOST_TURNS, f"The caller had not come to an end after {said} turns.")
        turns = await self._journal.turns(self._call_id, limit=EVERYTHING)
        try:
            line = await self._line(messages(self._who, turns, self._most - said))
        except HubError as error:
            return Stop(Hanging.FAILED, f"The caller could not be played: {error.message}")
        return line or Stop(
            Hanging.FAILED, "The language model that plays the caller answered something else."
        )

    async def _line(self, asked: Sequence[Mapping[str, str]]) -> Line | None:
        for _ in range(TRIES):
            if (line := read_line((await self._complete(asked)).text)) is not None:
                return line
        return None

    async def _complete(self, asked: Sequence[Mapping[str, str]]) -> Completion:
        """Ask the model that leads the call, and have what it took counted with the call."""
        name = model_of(await self._journal.events(self._call_id, limit=EVERYTHING))
        given = await self._model.complete(name, asked)
        self._input += given.input_tokens
        self._output += given.output_tokens
        data: dict[str, Any] = {
            "what": "measured",
            "usage": {"llm_input_tokens": self._input, "llm_output_tokens": self._output},
            "models": {"llm": name},
            "job": JOB,
        }
        note = Append(t=time.time(), kind=EventKind.STATUS, text="measured", data=data)
        await self._journal.write(self._call_id, note)
        return given
