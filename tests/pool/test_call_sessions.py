"""`share: call`: a voice call has its server for itself, the next one's is warm, and nothing is left."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.errors import ServerUnavailable
from hub.core.spec import Limits, Share, Transport
from hub.pool.errors import ConnectionLost
from tests.pool.scripted import (
    NOTES,
    TWINNED,
    Caller,
    call,
    config,
    in_background,
    pooled,
    virtual_clock,
    voice_call,
)

pytestmark = pytest.mark.anyio
OWN = replace(NOTES, share=Share.CALL)
A, B = voice_call("a"), voice_call("b")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return virtual_clock()


def numbers(connect: Any) -> list[int]:
    return sorted(life.session for life in connect.open)


@pytest.mark.parametrize("transport", [Transport.STDIO, Transport.HTTP])
async def test_each_call_has_a_session_of_its_own_and_desktops_share_one(
    connect: Any, tmp_path: Path, transport: Transport
) -> None:
    async with pooled(connect, tmp_path, replace(OWN, transport=transport)) as pool:
        lives = [
            (await call(pool, caller=caller))["life"]
            for caller in (None, Caller("claude"), Caller("cursor"), A, B, A, B)
        ]
        assert lives[0] == lives[1] == lives[2]
        assert lives[3:5] == lives[5:7]
        assert len(set(lives)) == 3


async def test_the_session_of_the_next_call_is_up_before_it_comes(connect: Any, tmp_path: Path) -> None:
    connect.opening_seconds = 20
    async with pooled(connect, tmp_path, OWN) as pool:
        await anyio.sleep(50)
        assert numbers(connect) == [0, 1]
        for caller in (A, B):
            since = anyio.current_time()
            await call(pool, caller=caller)
            assert anyio.current_time() == since
            await anyio.sleep(30)
        assert numbers(connect) == [0, 1, 2, 3]


async def test_when_a_call_is_over_its_session_goes_and_a_spare_is_there_again(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        first = (await call(pool, caller=A))["life"]
        await anyio.sleep(5)
        pool.call_over("a")
        await anyio.sleep(5)
        assert connect.lives[first] not in connect.open
        assert pool.server("notes").sessions == 2
        assert len(connect.open) == 2
        with pytest.raises(ServerUnavailable, match="call is over"):
            await call(pool, caller=A)
        assert (await call(pool, caller=B))["life"] != first


async def test_what_a_call_has_asked_may_finish_when_the_call_is_over(connect: Any, tmp_path: Path) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, OWN) as pool, anyio.create_task_group() as tasks:
        own = connect.lives[(await call(pool, caller=A))["life"]]
        own.gate = anyio.Event()
        await in_background(tasks, pool, "write", results, caller=A)
        pool.call_over("a")
        await anyio.sleep(10)
        assert own in connect.open
        own.gate.set()
        await anyio.sleep(5)
        assert own not in connect.open
        assert results[0]["life"] == own.number


async def test_a_session_that_does_not_finish_goes_after_its_timeouts(connect: Any, tmp_path: Path) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, OWN) as pool, anyio.create_task_group() as tasks:
        own = connect.lives[(await call(pool, caller=A))["life"]]
        own.gate = anyio.Event()
        await in_background(tasks, pool, "write", results, caller=A)
        pool.call_over("a")
        await anyio.sleep(40)
        assert own not in connect.open
        assert isinstance(results[0], TimeoutError)


async def test_there_are_never_more_sessions_than_calls_and_one(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path) as pool:
        await pool.apply(config(OWN, limits=Limits(calls=2)))
        for caller in (A, B):
            await call(pool, caller=caller)
            await anyio.sleep(5)
        assert numbers(connect) == [0, 1, 2]
        with pytest.raises(ServerUnavailable, match="All 2 sessions"):
            await call(pool, caller=voice_call("c"))
        await pool.apply(config(OWN, limits=Limits(calls=4)))
        await call(pool, caller=voice_call("c"))
        await anyio.sleep(5)
        assert numbers(connect) == [0, 1, 2, 3, 4]
        await pool.apply(config(OWN, limits=Limits(calls=3)))
        await anyio.sleep(5)
        assert numbers(connect) == [0, 1, 2, 3]


async def test_a_call_has_the_twin_for_itself_too(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, replace(TWINNED, share=Share.CALL)) as pool:
        lives = [
            connect.lives[(await call(pool, caller=caller, twin=twin))["life"]]
            for caller in (A, B, None)
            for twin in (True, False)
        ]
        assert len(set(lives)) == 6
        assert [life.spec.is_twin for life in lives] == [True, False] * 3
        pool.call_over("a")
        await anyio.sleep(5)
        assert not set(lives[:2]) & set(connect.open)


async def test_a_session_that_is_killed_comes_back_for_its_call(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        own = connect.lives[(await call(pool, caller=A))["life"]]
        shared = connect.lives[(await call(pool))["life"]]
        own.die()
        assert connect.lives[(await call(pool, caller=A))["life"]].session == own.session
        assert connect.lives[(await call(pool))["life"]] is shared


async def test_a_session_that_does_not_come_up_is_told_of(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        await call(pool)
        connect.failures["notes"] = [ConnectionLost("no more licences", written=False)] * 99
        await anyio.sleep(5)
        status = pool.server("notes")
        assert (status.state, status.last_error) == ("ready", "notes #1: no more licences")


async def test_a_changed_server_changes_for_the_calls_too_and_what_they_ask_finishes(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, OWN) as pool, anyio.create_task_group() as tasks:
        own = connect.lives[(await call(pool, caller=A))["life"]]
        own.gate = anyio.Event()
        await in_background(tasks, pool, "write", results, caller=A)
        await pool.apply(config(replace(OWN, args=("--new",))))
        await anyio.sleep(5)
        since = anyio.current_time()
        fresh = await call(pool, caller=A)
        assert (fresh["args"], anyio.current_time()) == (["--new"], since)
        own.gate.set()
        await anyio.sleep(5)
        assert results[0]["args"] == []
        assert {life.spec.args for life in connect.open} == {("--new",)}
        assert numbers(connect) == [0, 1, 2]


async def test_a_call_that_ends_while_a_new_version_starts_leaves_nothing(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        await call(pool, caller=A)
        await anyio.sleep(5)
        connect.opening_seconds = 10
        await pool.apply(config(replace(OWN, args=("--new",))))
        await anyio.sleep(1)
        pool.call_over("a")
        await anyio.sleep(60)
        assert [(life.spec.args, life.session) for life in sorted(connect.open, key=lambda x: x.session)] == [
            (("--new",), 0),
            (("--new",), 1),
        ]


async def test_a_stop_and_a_restart_touch_all_sessions(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        await call(pool, caller=A)
        await anyio.sleep(5)
        before = set(connect.open)
        pool.restart("notes")
        await anyio.sleep(5)
        assert len(before) == len(connect.open) == 3
        assert not before & set(connect.open)
        await pool.apply(config())
        await anyio.sleep(5)
        assert connect.open == []


async def test_sharing_can_be_switched_while_it_runs(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        shared = (await call(pool, caller=A))["life"]
        assert pool.server("notes").sessions is None
        await pool.apply(config(OWN))
        assert (await call(pool, caller=A))["life"] != shared
        await anyio.sleep(5)
        assert pool.server("notes").sessions == 3
        await pool.apply(config(NOTES))
        await anyio.sleep(5)
        assert (await call(pool, caller=A))["life"] == shared
        assert numbers(connect) == [0]


async def test_the_catalogue_comes_from_the_shared_session(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, OWN) as pool:
        await call(pool)
        connect.tools = ()
        await call(pool, caller=A)
        await call(pool, caller=B)
        await anyio.sleep(5)
        assert list(pool.catalog.routes) == ["notes__read", "notes__write"]


async def test_a_call_that_comes_before_the_server_is_up_waits_for_its_own(
    connect: Any, tmp_path: Path
) -> None:
    connect.opening_seconds = 5
    async with pooled(connect, tmp_path, OWN) as pool:
        life = connect.lives[(await call(pool, caller=A))["life"]]
        assert life.session == 1
