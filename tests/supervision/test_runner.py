"""The Runner against a scripted thing, on a virtual clock: no test waits for real."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import trio.testing

from hub.core.backoff import RestartPolicy
from hub.core.errors import ConfigurationError, ServerUnavailable, Unauthorized
from hub.core.supervisor import Loss, State
from hub.supervision.runner import Runner, Snapshot, loss_from

pytestmark = pytest.mark.anyio
POLICY = RestartPolicy(first_delay=1, factor=2, jitter=0, stable_after=10)
CLOSING_SECONDS = 2


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class FakeLife:
    pid = 77

    def __init__(self) -> None:
        self.dead = anyio.Event()

    async def lost(self) -> Loss:
        await self.dead.wait()
        return Loss("exit code 1")


class FakeThing:
    """Takes two virtual seconds to close, and never lives twice at once."""

    def __init__(self, *failures: Exception, opening_seconds: float = 0) -> None:
        self.failures = list(failures)
        self.opening_seconds = opening_seconds
        self.opened_at: list[float] = []
        self.open = 0
        self.life = FakeLife()

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[FakeLife]:
        self.opened_at.append(anyio.current_time())
        assert self.open == 0, "two lives at once"
        self.open += 1
        try:
            if self.failures:
                raise self.failures.pop(0)
            await anyio.sleep(self.opening_seconds)
            self.life = FakeLife()
            yield self.life
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(CLOSING_SECONDS)
            self.open -= 1

    def gaps(self) -> list[float]:
        return [round(b - a, 3) for a, b in zip(self.opened_at, self.opened_at[1:], strict=False)]


@asynccontextmanager
async def owned(
    thing: FakeThing, policy: RestartPolicy = POLICY
) -> AsyncGenerator[tuple[Runner[FakeLife], list[Snapshot]]]:
    seen: list[Snapshot] = []
    runner = Runner("notes", thing, policy, start_timeout=20, on_change=seen.append, random01=lambda: 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(runner.run)
        runner.start()
        yield runner, seen
        runner.close()


async def test_it_starts_and_closes() -> None:
    thing = FakeThing()
    async with owned(thing) as (runner, seen):
        assert await runner.wait_ready(1) is thing.life
        assert runner.life is thing.life
        assert runner.snapshot.pid == 77
    assert [snapshot.state for snapshot in seen] == [
        State.STARTING,
        State.READY,
        State.STOPPING,
        State.STOPPED,
    ]
    assert thing.open == 0


async def test_each_loss_in_a_row_waits_longer() -> None:
    thing = FakeThing()
    async with owned(thing) as (runner, _):
        for _ in range(3):
            await runner.wait_ready(60)
            thing.life.dead.set()
            await anyio.wait_all_tasks_blocked()
        await runner.wait_ready(60)
        assert runner.snapshot.restarts == 3
    assert thing.gaps() == [CLOSING_SECONDS + 1, CLOSING_SECONDS + 2, CLOSING_SECONDS + 4]


async def test_what_was_stable_comes_back_without_a_delay() -> None:
    thing = FakeThing()
    async with owned(thing) as (runner, _):
        await runner.wait_ready(1)
        await anyio.sleep(POLICY.stable_after)
        thing.life.dead.set()
        await anyio.wait_all_tasks_blocked()
        await runner.wait_ready(60)
    assert thing.gaps() == [POLICY.stable_after + CLOSING_SECONDS]


async def test_while_it_backs_off_it_says_why_and_until_when() -> None:
    thing = FakeThing(RuntimeError("no luck"))
    async with owned(thing) as (runner, seen):
        await runner.wait_ready(60)
    (waiting,) = [snapshot for snapshot in seen if snapshot.state is State.BACKOFF]
    assert waiting.reason == "no luck"
    assert waiting.next_attempt_at is not None


async def test_a_start_that_takes_too_long_is_closed_and_tried_again() -> None:
    thing = FakeThing(opening_seconds=30)
    async with owned(thing) as (runner, _):
        await anyio.sleep(22.5)
        assert runner.snapshot.state is State.BACKOFF
        assert runner.snapshot.reason == "not ready after 20 s"
        thing.opening_seconds = 0
        await runner.wait_ready(60)


async def test_a_restart_closes_before_it_opens() -> None:
    thing = FakeThing()
    async with owned(thing) as (runner, _):
        first = await runner.wait_ready(1)
        runner.restart()
        assert await runner.wait_ready(60, other_than=first) is thing.life
    assert thing.gaps() == [CLOSING_SECONDS]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ConfigurationError("no program nope"), State.FAILED),
        (ExceptionGroup("x", [ValueError(), Unauthorized("401")]), State.AUTH_REQUIRED),
    ],
)
async def test_what_waiting_does_not_mend_waits_for_a_changed_cause(error: Exception, state: State) -> None:
    thing = FakeThing(error)
    async with owned(thing) as (runner, _):
        with pytest.raises(ServerUnavailable, match=f"notes is not up .{state}: "):
            await runner.wait_ready(60)
        assert len(thing.opened_at) == 1
        runner.cause_changed()
        await runner.wait_ready(60)


async def test_waiting_ends_in_time_and_names_state_and_reason() -> None:
    thing = FakeThing(RuntimeError("no luck"))
    async with owned(thing) as (runner, _):
        await anyio.sleep(CLOSING_SECONDS)
        with pytest.raises(ServerUnavailable, match=r"backoff: no luck.*waited 0\.5 s"):
            await runner.wait_ready(0.5)


async def test_nobody_waits_for_what_is_stopped() -> None:
    async with owned(FakeThing()) as (runner, _):
        await runner.wait_ready(1)
        runner.stop()
        with pytest.raises(ServerUnavailable, match="notes is not up"):
            await runner.wait_ready(60)
        assert runner.life is None
        runner.start()
        await runner.wait_ready(60)


async def test_a_closed_runner_tells_whoever_waits() -> None:
    thing = FakeThing(opening_seconds=10)
    async with owned(thing) as (runner, _):
        await anyio.wait_all_tasks_blocked()
        runner.close()
        with pytest.raises(ServerUnavailable):
            await runner.wait_ready(60)


async def test_cancelling_the_owner_closes_the_life() -> None:
    thing = FakeThing()
    async with anyio.create_task_group() as tasks:
        runner = Runner("notes", thing, POLICY, start_timeout=20, on_change=lambda _: None)
        runner.start()
        tasks.start_soon(runner.run)
        await runner.wait_ready(1)
        tasks.cancel_scope.cancel()
    assert runner.snapshot.state is State.STOPPED
    assert runner.life is None
    assert thing.open == 0


async def test_an_error_without_words_is_named() -> None:
    assert loss_from(ValueError()).reason == "ValueError"
