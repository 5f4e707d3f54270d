"""What a file of `hub rehearse` expects of a call, and whether it was so: judged by code, word by word."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Turns = Sequence[Mapping[str, Any]]
_PATTERN: Final = re.compile(r"^/(.+)/$", re.DOTALL)


class Expected(BaseModel):
    """The table `[expect]`. Words are found whatever their case; /…/ is a regular expression."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    called: list[str] = []
    not_called: list[str] = []
    agent_says: list[str] = []
    agent_never_says: list[str] = []
    turns: int | None = Field(default=None, ge=1)
    """The caller's, at most."""
    ended: str | None = None
    """The call's ended_reason."""

    @field_validator("agent_says", "agent_never_says")
    @classmethod
    def _readable(cls, words: list[str]) -> list[str]:
        for one in words:
            try:
                _compiled(one)
            except re.error as error:
                kind, told = "regular_expression", "{one} is no regular expression ({why})"
                raise PydanticCustomError(kind, told, {"one": one, "why": str(error)}) from error
        return words


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation, whether it was so, and what shows it."""

    text: str
    met: bool
    quote: str | None = None
    turn: int | None = None
    instead: str | None = None
    """What was there in its place."""


def judge(expected: Expected, turns: Turns, tools: Sequence[str], ended: str | None) -> list[Finding]:
    """Every expectation in the order of the table; `tools` are those that were called, in their order."""
    said = [turn for turn in turns if turn["role"] == "agent"]
    return [
        *(_called(name, tools) for name in expected.called),
        *(_not_called(name, tools) for name in expected.not_called),
        *(_says(words, said) for words in expected.agent_says),
        *(_never_says(words, said) for words in expected.agent_never_says),
        *_length(expected.turns, turns),
        *_ending(expected.ended, ended),
    ]


def _called(name: str, tools: Sequence[str]) -> Finding:
    text = f"{name} is called"
    if any(_is(tool, name) for tool in tools):
        return Finding(text, met=True)
    return Finding(text, met=False, instead=f"called: {', '.join(tools)}" if tools else "no tool was called")


def _not_called(name: str, tools: Sequence[str]) -> Finding:
    text, found = f"{name} is not called", [tool for tool in tools if _is(tool, name)]
    return Finding(text, met=not found, instead=f"called: {', '.join(found)}" if found else None)


def _is(tool: str, name: str) -> bool:
    """A tool is known as server__tool and by its own name."""
    return fnmatchcase(tool, name) or fnmatchcase(tool.partition("__")[2], name)


def _says(words: str, said: Turns) -> Finding:
    text = f"the agent says “{words}”"
    for turn, quote in _found(words, said):
        return Finding(text, met=True, quote=quote, turn=turn)
    last = f"it said last: “{_flat(said[-1]['text'])}”" if said else "it said nothing"
    return Finding(text, met=False, instead=last)


def _never_says(words: str, said: Turns) -> Finding:
    text = f"the agent never says “{words}”"
    for turn, _ in _found(words, said):
        whole = next(_flat(one["text"]) for one in said if one["n"] == turn)
        return Finding(text, met=False, turn=turn, instead=f"it said: “{whole}”")
    return Finding(text, met=True)


def _found(words: str, said: Turns) -> Iterator[tuple[int, str]]:
    pattern = _compiled(words)
    for turn in said:
        match = pattern.search(_flat(turn["text"]))
        if match is not None:
            yield turn["n"], match[0]


def _compiled(words: str) -> re.Pattern[str]:
    given = _PATTERN.match(words)
    return re.compile(given[1] if given else re.escape(_flat(words)), re.IGNORECASE)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _length(most: int | None, turns: Turns) -> Iterable[Finding]:
    if most is None:
        return ()
    n = sum(turn["role"] == "caller" for turn in turns)
    text = f"the caller speaks {most} times at most"
    return (Finding(text, met=n <= most, instead=None if n <= most else f"they spoke {n} times"),)


def _ending(wanted: str | None, ended: str | None) -> Iterable[Finding]:
    if wanted is None:
        return ()
    met = ended == wanted
    return (
        Finding(f"the call ends with {wanted}", met=met, instead=None if met else f"it ended with {ended}"),
    )
