"""Bare pipes against the real server, and that a wrong answer is noticed."""

import pytest

from hub.bench.toolcall import ECHO, in_turns
from hub.bench.wires import PipeLoad, check, rate
from hub.core.errors import HubError

pytestmark = pytest.mark.anyio


async def test_calls_over_bare_pipes_are_answered_and_counted() -> None:
    async with PipeLoad.open(ECHO, "echo") as load:
        async with load.caller() as call:
            (samples,) = await in_turns([call], 5, 1)
        assert len(samples) == 5
        assert min(samples) > 0
        assert await rate(load, 4, 0.2) > 0


async def test_calls_take_turns_and_the_first_do_not_count() -> None:
    made: list[str] = []

    async def one() -> None:
        made.append("one")

    async def other() -> None:
        made.append("other")

    samples = await in_turns([one, other], 2, 1)
    assert made == ["one", "other"] * 3
    assert [len(of_each) for of_each in samples] == [2, 2]


@pytest.mark.parametrize("answer", [b'{"id":1,"result":{"text":"n2"}}', b'{"id":1,"error":{"message":"n1"}}'])
def test_an_answer_to_something_else_is_an_error(answer: bytes) -> None:
    with pytest.raises(HubError, match="not answered with what it sent"):
        check(answer, "n1")
