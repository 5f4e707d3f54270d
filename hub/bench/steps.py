"""Where the time of a turn goes: what the stand-ins saw between the end of speech and the answer."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from hub.bench.figures import Figure, figure
from hub.bench.telephone import Turn

START, LAST = "end of speech", "heard"
PLAIN_STEPS: Final = (
    ("final transcript", "stt final"),
    ("model asked", "llm asked"),
    ("model answers", "llm answers"),
    ("speech asked for", "tts asked"),
    ("speech answers", "tts answers"),
)
TOOL_STEPS: Final = (
    *PLAIN_STEPS[:3],
    ("model asked with the result", "llm asked"),
    ("model answers again", "llm answers"),
    *PLAIN_STEPS[3:],
)
Events = Sequence[tuple[float, str]]


def steps_of(
    what: str, turns: Sequence[Turn], steps: Sequence[tuple[str, str]], seen: Events
) -> list[Figure]:
    """One Figure for each step, of the turns in which all of them were seen in order."""
    walks = [walk for turn in turns if (walk := _walk(turn, steps, seen)) is not None]
    names = [START, *(words for words, _ in steps), LAST]
    return [
        figure(f"of a {what}: {before} → {after}", "s", [walk[at] for walk in walks], show=("p50",))
        for at, (before, after) in enumerate(pairwise(names))
        if walks
    ]


def _walk(turn: Turn, steps: Sequence[tuple[str, str]], seen: Events) -> list[float] | None:
    """How long each step took; the model may be asked before the turn is over, and asked in vain."""
    if turn.answer is None:
        return None
    walk, last = [], 0.0
    for _, kind in steps:
        moments = (at - turn.spoken_until for at, what in seen if what == kind)
        at = next((at for at in moments if last < at <= turn.answer), None)
        if at is None:
            return None
        walk.append(at - last)
        last = at
    return [*walk, turn.answer - last]
