"""Waits for a VoiceCall that a client has given up, noted in the Journal so that a new hub knows as well."""

import time
from typing import Final

from hub.core.ports import Journal
from hub.core.records import Append, EventKind

GIVEN_UP: Final = "given_up"
"""What such an event says of itself: nothing that happened to the caller, so no client is told of it."""
EVENTS_MOST: Final = 10_000


class Waits:
    """Which of them nobody waits in any more. One that lasts leaves no trace."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def give_up(self, call_id: str, wait: str) -> None:
        """Note it; the call goes on.

        Raises:
            CallNotFound, Unavailable: It could not be written down.
        """
        data = {"what": GIVEN_UP, "wait": wait}
        await self._journal.write(call_id, Append(t=time.time(), kind=EventKind.STATUS, data=data))

    async def given_up(self, call_id: str, wait: str) -> bool:
        """Whether it was given up."""
        events = await self._journal.events(call_id, limit=EVENTS_MOST)
        return any(one.data.get("what") == GIVEN_UP and one.data.get("wait") == wait for one in events)
