"""Whatever is edited, ended and asked in whatever order: what should run runs, alone, and all are told."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.core.backoff import RestartPolicy
from hub.core.errors import HubError
from hub.core.spec import Config, Limits, Overlay, Problem, Replace, ServerSpec, Share, Timeouts
from hub.pool.errors import ConnectionLost
from hub.pool.pool import Pool
from tests.pool.conftest import CRASHES, DIES, HANGS, REFUSED, FakeConnect, FakeConnection
from tests.pool.scripted import call, pooled, virtual_clock, voice_call

LIMIT = 2
LONG = 400.0
"""Seconds after which everything has come to rest, whatever was going on."""
PLAIN = ServerSpec(
    name="plain",
    command="x",
    args=("1",),
    restart=RestartPolicy(first_delay=1, jitter=0, max_delay=100),
    timeouts=Timeouts(start=20, call=30, total=60),
)
KINDS = {
    "plain": PLAIN,
    "port": replace(PLAIN, name="port", replace=Replace.AFTER),
    "own": replace(PLAIN, name="own", share=Share.CALL, read_only=Overlay(args=("--ro",))),
}
GOOD = ("1", "2", "3")
NAMES = st.sampled_from(sorted(KINDS))
WAITS = st.sampled_from([0.0, 0.0, 1.5, 5.0])
WRITES = st.tuples(
    st.just("write"), NAMES, st.sampled_from([*GOOD, *GOOD, REFUSED, CRASHES, HANGS, DIES]), WAITS
)
STEPS = st.one_of(
    WRITES,
    WRITES,
    WRITES,
    st.tuples(st.just("policy"), NAMES, st.integers(1, 3)),
    st.tuples(st.sampled_from(["disable", "remove", "miss", "break", "restart", "kill", "hold"]), NAMES),
    st.tuples(st.just("ask"), NAMES, st.sampled_from([None, "a", "b", "c"]), st.booleans()),
    st.tuples(st.just("over"), st.sampled_from("abc")),
    st.tuples(st.sampled_from(["unreadable", "release", "rest"])),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 1.5, 5.0, 25.0])),
)


@dataclass
class Entry:
    """What the model knows of one server."""

    spec: ServerSpec | None = None
    """As it was last wanted in a usable way; None: not to run."""
    worked: set[str] = field(default_factory=set)
    """Versions that may have worked since the last rest: there may be a way back to them."""
    works: bool = False
    """Something was up when it was edited: there is a way back."""
    killed: bool = False


class World:
    """A pool, the file that it is told of, and what must be true of both."""

    def __init__(self, pool: Pool, connect: FakeConnect, tasks: TaskGroup) -> None:
        self.pool = pool
        self.connect = connect
        self.tasks = tasks
        self.file: dict[str, ServerSpec] = {}
        self.entries = {name: Entry() for name in KINDS}
        self.asked = 0
        self.answers: list[Any] = []

    async def do(self, step: tuple[Any, ...]) -> None:
        action, *rest = step
        await getattr(self, f"do_{action}")(*rest)
        await anyio.wait_all_tasks_blocked()
        self.check_always()

    async def save(self, *, broken: str = "", readable: bool = True) -> None:
        servers = {name: spec for name, spec in self.file.items() if name != broken}
        problems = (Problem("", 1, "Wrong.", "Right.", broken),) if broken else ()
        config = Config(servers=servers, problems=problems, readable=readable, limits=Limits(calls=LIMIT))
        if not readable:
            config = replace(config, servers={})
        else:
            self.note(servers, broken)
        decided = self.pool.plan(config)
        assert await self.pool.apply(config) == decided

    def note(self, servers: dict[str, ServerSpec], broken: str) -> None:
        for name, entry in self.entries.items():
            spec = servers.get(name)
            if spec is not None and (spec.disabled or not spec.missing):
                new = None if spec.disabled else spec
                if new is None:
                    entry.worked, entry.works = set(), False
                elif entry.spec is None or new.args != entry.spec.args:
                    entry.killed = False
                    up = any(life.spec.args[0] in GOOD for life in self.lives(name))
                    current = self.ready(name)  # not only what a version before is being seen off with
                    entry.works = entry.works or (entry.spec is not None and up and current)
                    entry.worked |= {new.args[0]} & {*GOOD, DIES}
                entry.spec = new
            elif spec is None and name != broken:
                entry.spec, entry.worked, entry.works = None, set(), False

    async def do_write(self, name: str, version: str, seconds: float) -> None:
        self.file[name] = replace(
            self.file.get(name, KINDS[name]), args=(version,), disabled=False, missing=()
        )
        await self.save()
        await anyio.sleep(seconds)

    async def do_policy(self, name: str, concurrency: int) -> None:
        if name in self.file:
            self.file[name] = replace(self.file[name], concurrency=concurrency)
        await self.save()

    async def do_disable(self, name: str) -> None:
        if name in self.file:
            self.file[name] = replace(self.file[name], disabled=True)
        await self.save()

    async def do_remove(self, name: str) -> None:
        self.file.pop(name, None)
        await self.save()

    async def do_miss(self, name: str) -> None:
        if name in self.file:
            self.file[name] = replace(self.file[name], missing=("KEY",))
        await self.save()

    async def do_break(self, name: str) -> None:
        if name in self.file:
            await self.save(broken=name)

    async def do_unreadable(self) -> None:
        await self.save(readable=False)

    async def do_restart(self, name: str) -> None:
        if any(status.name == name and status.since is not None for status in self.pool.servers()):
            self.pool.restart(name)

    async def do_kill(self, name: str) -> None:
        for life in self.lives(name)[:1]:
            self.entries[name].killed, self.entries[name].works = True, False
            life.die()

    async def do_hold(self, name: str) -> None:
        for life in self.lives(name):
            life.gate = anyio.Event()

    async def do_release(self) -> None:
        for life in self.connect.lives:
            life.gate.set()

    async def do_ask(self, name: str, call_id: str | None, twin: bool) -> None:
        self.asked += 1
        self.tasks.start_soon(self.ask, name, call_id, twin and name == "own")

    async def ask(self, name: str, call_id: str | None, twin: bool) -> None:
        caller = voice_call(call_id) if call_id is not None else None
        try:
            self.answers.append(await call(self.pool, server=name, caller=caller, twin=twin))
        except (HubError, ConnectionLost, TimeoutError) as error:
            self.answers.append(error)

    async def do_over(self, call_id: str) -> None:
        self.pool.call_over(call_id)

    async def do_wait(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def do_rest(self) -> None:
        """Let everything come to rest, and look whether all is as it should be."""
        await self.do_release()
        await anyio.sleep(LONG)
        assert len(self.answers) == self.asked, "a ToolCall has no answer"
        for name, entry in self.entries.items():
            self.check_rested(name, entry)
        for name in KINDS:
            await self.check_answers(name)

    async def check_answers(self, name: str) -> None:
        """Whoever asks now is answered by what runs."""
        versions = {life.spec.args[0] for life in self.lives(name)}
        if versions and versions <= set(GOOD):
            assert {(await call(self.pool, server=name))["args"][0]} == versions

    def ready(self, name: str) -> bool:
        return any(one.name == name and one.state == "ready" for one in self.pool.servers())

    def lives(self, name: str) -> list[FakeConnection]:
        return [life for life in self.connect.open if life.spec.name == name]

    def check_always(self) -> None:
        assert self.connect.overlaps == []
        for status in self.pool.servers():
            assert status.next_attempt_at is not None or status.state != "backoff"
            assert (status.last_error is not None) or status.state not in {"failed", "backoff"}

    def check_rested(self, name: str, entry: Entry) -> None:
        lives = self.lives(name)
        versions = {life.spec.args[0] for life in lives}
        assert len(versions) <= 1, "two versions at rest"
        if entry.spec is None:
            assert not lives, "something is left"
            return
        wanted = entry.spec.args[0]
        assert versions <= {wanted} | entry.worked
        if wanted in GOOD and not entry.killed:
            assert versions == {wanted}
        elif entry.works:
            assert versions, "nothing runs, though something had worked"
        entry.worked, entry.works, entry.killed = versions & set(GOOD), False, False
        if versions <= set(GOOD):
            self.check_sessions(name, [life for life in lives if not life.spec.is_twin])

    def check_sessions(self, name: str, lives: list[FakeConnection]) -> None:
        status = self.pool.server(name)
        if name != "own":
            assert (status.sessions, len(lives)) in {(None, 1), (None, 0)}
            return
        assert status.sessions is not None
        assert len(lives) <= LIMIT + 1
        assert len(lives) in {0, status.sessions}


async def live(steps: list[tuple[Any, ...]]) -> None:
    connect = FakeConnect()
    connect.opening_seconds = 0.3
    with tempfile.TemporaryDirectory() as home:
        async with pooled(connect, Path(home)) as pool, anyio.create_task_group() as tasks:
            world = World(pool, connect, tasks)
            for step in [*steps, ("rest",)]:
                await world.do(step)


CRASHED = [("write", "port", DIES, 0.0), ("rest",)]
"""What runs has been up, and is lost again and again."""
CALL_OVER = [("write", "own", "1", 0.0), ("ask", "own", "c", False), ("wait", 0.5), ("over", "c")]
GONE = ("write", "port", REFUSED, 1.5)


@example([*CRASHED, ("write", "port", "1", 1.5), GONE])
@example([("write", "plain", version, 0.5) for version in (DIES, "1", DIES)])
@example([*CALL_OVER, ("restart", "own")])
@example([*CRASHED, GONE, ("write", "port", "1", 1.5), GONE])
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=10, max_size=30))
def test_what_should_run_runs_alone_and_everybody_is_answered(steps: list[tuple[Any, ...]]) -> None:
    backend, options = virtual_clock()
    anyio.run(live, steps, backend=backend, backend_options=options)
