"""rehearse_call: a whole call as text, with its caller played, followed until it is judged."""

from collections.abc import Mapping
from typing import Any, Final

import anyio

from hub.calls.rehearsal_arguments import RehearseCall
from hub.core.ports import Caller
from hub.gateway.own_tools import NOTHING_SAID, OwnTool, Run, last_turn
from hub.gateway.ports import Rehearsals
from hub.gateway.schemas import Rehearsed

WAIT_SECONDS: Final = 45.0
"""Nothing waits longer than 50 s, the start of the call included."""
STEP_SECONDS: Final = 4.0
"""A client that waits hears this often how far the rehearsal is."""


def rehearse_tool(rehearsals: Rehearsals) -> OwnTool:
    """The tool that tries a persona out."""
    return OwnTool(
        name="rehearse_call",
        title="Rehearse a voice call",
        description=(
            "Try a persona out: play a whole call as text, without a person, with a caller who is scripted "
            "(lines) or played by a language model (a description), with the real tools as far as they only "
            "read, and judge the success criteria. Returns what was said, the criteria with their quotes "
            "and the tools that were called; a rehearsal that takes longer than 45 s goes on, and get_call "
            "has the rest. Do not use it to reach a person (start_voice_call), nor to have anything changed: "
            "it cannot write."
        ),
        takes=RehearseCall,
        gives=Rehearsed,
        run=_rehearse(rehearsals),
        lines=_lines,
        next_step="Change the persona or the goal where a criterion is not met, and rehearse again.",
        open_world=True,
    )


def _rehearse(rehearsals: Rehearsals) -> Run:
    async def run(arguments: dict[str, Any], caller: Caller) -> dict[str, Any]:
        begun = await rehearsals.begin(arguments)
        deadline = anyio.current_time() + WAIT_SECONDS
        while True:
            left = deadline - anyio.current_time()
            seen = await rehearsals.get(begun["call_id"], max(0.0, min(left, STEP_SECONDS)))
            if seen["passed"] is not None or "pending_question" in seen or left <= STEP_SECONDS:
                return seen | {"warnings": begun["warnings"]}
            line = last_turn(seen) or NOTHING_SAID
            await caller.progress(WAIT_SECONDS - left + STEP_SECONDS, WAIT_SECONDS, line)

    return run


def _lines(seen: Mapping[str, Any]) -> list[str]:
    verdict = {True: "passed", False: "failed", None: "goes on"}[seen["passed"]]
    missed = [f"not met: {one['text']}" for one in seen.get("criteria") or () if one["met"] is not True]
    return [f"Rehearsal {seen['call_id']} {verdict}.", " ".join([*seen["problems"], *missed])]
