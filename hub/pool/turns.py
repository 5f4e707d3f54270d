"""The places at a server, given in turn to its callers: nobody stands behind somebody else's crowd."""

from collections import deque
from dataclasses import dataclass, field

import anyio


@dataclass(slots=True, eq=False)
class _Waiting:
    """One who waits for a place; `called` is set when it has one, or never will."""

    called: anyio.Event = field(default_factory=anyio.Event)
    has_place: bool = False


class Turns:
    """So many places; whoever waits does so in the lane of its caller, and the lanes take turns."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._lanes: dict[str, deque[_Waiting]] = {}
        """In the order of their turns; never empty."""
        self._closed = False

    @property
    def waiting(self) -> int:
        return sum(map(len, self._lanes.values()))

    def resize(self, places: int) -> None:
        """Go by another number of places; who has one keeps it."""
        self._places = places
        self._call_up()

    def close(self) -> None:
        """Turn away everybody who waits, and who comes later."""
        self._closed = True
        for lane in self._lanes.values():
            for waiting in lane:
                waiting.called.set()
        self._lanes.clear()

    async def take(self, lane: str) -> bool:
        """Wait for a place; False when there will be none any more. Give it back when it is not needed."""
        if self._closed:
            return False
        if self._taken < self._places:  # then nobody waits
            self._taken += 1
            return True
        waiting = _Waiting()
        self._lanes.setdefault(lane, deque()).append(waiting)
        try:
            await waiting.called.wait()
        except BaseException:
            self._leave(lane, waiting)
            raise
        return waiting.has_place

    def give_back(self) -> None:
        """Let the next one have the place."""
        self._taken -= 1
        self._call_up()

    def _leave(self, lane: str, waiting: _Waiting) -> None:
        if waiting.has_place:
            self.give_back()
        elif waiting in (others := self._lanes.get(lane, ())):
            self._lanes[lane].remove(waiting)
            if len(others) == 0:
                del self._lanes[lane]

    def _call_up(self) -> None:
        while self._lanes and self._taken < self._places:
            name = next(iter(self._lanes))
            lane = self._lanes.pop(name)
            waiting = lane.popleft()
            if lane:
                self._lanes[name] = lane  # behind all others
            self._taken += 1
            waiting.has_place = True
            waiting.called.set()
