"""Places are given in turn: nobody stands behind somebody else's crowd, and no place is ever lost."""

from collections import Counter
from itertools import pairwise

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.pool.turns import Turns

pytestmark = pytest.mark.anyio


async def test_a_voice_call_comes_next_behind_a_crowd_of_one_desktop() -> None:
    turns, served = Turns(1), list[str]()
    await turns.take("desktop")

    async def ask(lane: str) -> None:
        assert await turns.take(lane)
        served.append(lane)
        turns.give_back()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for lane in ["desktop"] * 50 + ["call:a", "call:b", "call:a"]:
                tasks.start_soon(ask, lane)
                await anyio.lowlevel.checkpoint()
            await anyio.wait_all_tasks_blocked()
            turns.give_back()
    assert served[:5] == ["desktop", "call:a", "call:b", "desktop", "call:a"]
    assert Counter(served) == {"desktop": 50, "call:a": 2, "call:b": 1}


async def test_who_stops_waiting_leaves_no_gap() -> None:
    turns = Turns(1)
    await turns.take("a")
    with anyio.move_on_after(0.01):
        await turns.take("a")
    assert turns.waiting == 0
    turns.give_back()
    assert await turns.take("b")


async def test_a_place_that_is_given_to_somebody_who_leaves_at_that_moment_is_not_lost() -> None:
    turns = Turns(1)
    await turns.take("a")

    async def ask() -> None:
        if await turns.take("b"):
            turns.give_back()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        turns.give_back()
        tasks.cancel_scope.cancel()
    with anyio.fail_after(1):
        assert await turns.take("c")


async def test_who_waits_when_it_closes_is_turned_away() -> None:
    turns, told = Turns(1), list[bool]()
    await turns.take("a")

    async def ask() -> None:
        told.append(await turns.take("b"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        turns.close()
    assert told == [False]
    assert not await turns.take("c")
    turns.give_back()


async def test_more_places_are_given_at_once() -> None:
    turns = Turns(1)
    await turns.take("a")
    with anyio.fail_after(1):
        async with anyio.create_task_group() as tasks:
            for lane in "ab":
                tasks.start_soon(turns.take, lane)
            await anyio.wait_all_tasks_blocked()
            turns.resize(3)
    assert turns.waiting == 0


class Play:
    """Callers that come, wait, get a place, leave it, or lose patience."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.turns = Turns(places)
        self.inside = 0
        self.order: list[tuple[str, dict[int, str]]] = []
        """Who got a place, and who waited then."""
        self.waiting: dict[int, tuple[str, anyio.CancelScope]] = {}

    async def run(self, steps: list[str]) -> None:
        async with anyio.create_task_group() as tasks:
            for number, step in enumerate(steps):
                if step.startswith("come"):
                    tasks.start_soon(self.come, number, step[-1])
                elif step == "go" and self.inside:
                    self.inside -= 1
                    self.turns.give_back()
                elif step == "leave" and self.waiting:
                    next(iter(self.waiting.values()))[1].cancel()
                await anyio.wait_all_tasks_blocked()
                assert self.inside <= self.places
                assert self.turns.waiting == len(self.waiting)
                assert not self.waiting or self.inside == self.places
            self.turns.close()

    async def come(self, number: int, lane: str) -> None:
        with anyio.CancelScope() as scope:
            self.waiting[number] = (lane, scope)
            try:
                has_place = await self.turns.take(lane)
            finally:
                del self.waiting[number]
            if has_place:
                self.inside += 1
                self.order.append((lane, {number: lane for number, (lane, _) in self.waiting.items()}))


@given(
    st.integers(1, 3), st.lists(st.sampled_from(["come a", "come b", "come c", "go", "leave"]), max_size=60)
)
def test_places_are_never_exceeded_and_lanes_take_turns(places: int, steps: list[str]) -> None:
    play = Play(places)
    anyio.run(play.run, steps)
    for (first, before), (second, after) in pairwise(play.order):
        passed_over = {lane for number, lane in before.items() if number in after} - {first}
        assert second != first or not passed_over
