"""How a call ends: the first reason wins, and may bring a goodbye."""

from dataclasses import dataclass

import anyio

from hub.core.records import EndedReason
from hub.voice.persona import PhraseKind


@dataclass(frozen=True, slots=True)
class Ending:
    """Why, and what is said to the caller before."""

    reason: EndedReason
    message: str = ""
    goodbye: str | None = None
    phrase: PhraseKind | None = None
    at_once: bool = False
    """Nobody is there to hear a goodbye, or there is no time for one."""
    command: int | None = None
    """The number of the command that asked for it."""
    keep_room: bool = False
    """Others may go on in the room."""
    handover: bool = False
    """Only this job is over: its caller may still be there, and another job can lead the call on."""


class Ender:
    """Set once, by whoever comes first."""

    def __init__(self) -> None:
        self._ended = anyio.Event()
        self.ending: Ending | None = None

    def end(self, ending: Ending) -> bool:
        """False when the call was ending already."""
        if self.ending is not None:
            return False
        self.ending = ending
        self._ended.set()
        return True

    async def wait(self) -> Ending:
        await self._ended.wait()
        assert self.ending is not None  # noqa: S101  # set together with the event
        return self.ending
