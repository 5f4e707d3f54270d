"""The Pool over scripted servers, on a virtual clock."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.errors import ConfigurationError, NotFound, ServerUnavailable, Unauthorized
from hub.core.plan import Action
from hub.core.spec import Replace, Timeouts
from hub.pool.errors import ConnectionLost
from tests.pool.scripted import (
    CHANGED,
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


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return virtual_clock()


async def test_all_servers_start_side_by_side_and_answer(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES, replace(NOTES, name="other")) as pool:
        assert (await call(pool))["server"] == "notes"
        assert (await call(pool, server="other"))["server"] == "other"
        assert [(each.name, each.state, each.tools) for each in pool.servers()] == [
            ("notes", "ready", 2),
            ("other", "ready", 2),
        ]
        assert list(pool.catalog.routes) == ["notes__read", "notes__write", "other__read", "other__write"]


async def test_only_a_few_servers_start_at_a_time(connect: Any, tmp_path: Path) -> None:
    connect.opening_seconds = 3
    specs = [replace(NOTES, name=f"s{number}") for number in range(10)]
    async with pooled(connect, tmp_path, *specs) as pool:
        await anyio.sleep(60)
        assert {each.state for each in pool.servers()} == {"ready"}
    assert connect.most_opening == 4


async def test_a_call_waits_for_a_server_that_is_starting(connect: Any, tmp_path: Path) -> None:
    connect.opening_seconds = 20
    async with pooled(connect, tmp_path, NOTES) as pool:
        answer = await pool.call("notes", "tools/call", {"name": "read"}, caller=None)
        assert answer.queue_ms == pytest.approx(20_000)


async def test_waiting_for_a_server_is_bounded_and_says_why(connect: Any, tmp_path: Path) -> None:
    connect.failures["notes"] = [ConnectionLost("no database", written=False)] * 9
    spec = replace(NOTES, timeouts=Timeouts(total=2))
    async with pooled(connect, tmp_path, spec) as pool:
        with pytest.raises(ServerUnavailable, match="no database"):
            await call(pool)
        (status,) = pool.servers()
        assert (status.state, status.last_error) == ("backoff", "no database")
        assert status.next_attempt_at is not None


async def test_a_read_that_was_under_way_when_the_server_died_is_repeated_once(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, NOTES) as pool, anyio.create_task_group() as tasks:
        await call(pool)
        first = connect.last("notes")
        first.gate = anyio.Event()
        await in_background(tasks, pool, "read", results)
        first.die()
        await anyio.sleep(10)
        assert [each["life"] for each in results] == [1]
        assert pool.servers()[0].restarts == 1


async def test_a_write_that_was_under_way_when_the_server_died_is_never_repeated(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, NOTES) as pool, anyio.create_task_group() as tasks:
        await call(pool)
        first = connect.last("notes")
        first.gate = anyio.Event()
        await in_background(tasks, pool, "write", results)
        first.die()
        await anyio.sleep(10)
        assert [each.written for each in results] == [True]
        assert connect.last("notes").requests == []


async def test_a_write_that_never_reached_the_dead_server_is_sent_to_the_next(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        connect.last("notes").die()  # nobody knows yet
        assert (await call(pool, "write"))["life"] == 1


async def test_requests_queue_in_order_and_only_so_many_run(connect: Any, tmp_path: Path) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, replace(NOTES, concurrency=2)) as pool:
        await call(pool)
        life = connect.last("notes")
        life.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                await in_background(tasks, pool, "write", results)
            assert len(life.requests) == 1 + 2
            life.gate.set()
        assert len(results) == 5


async def test_a_voice_call_does_not_stand_behind_the_crowd_of_a_desktop(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, replace(NOTES, concurrency=1)) as pool:
        await call(pool)
        life = connect.last("notes")
        life.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                await in_background(tasks, pool, "write", results, caller=Caller("desktop"))
            await in_background(tasks, pool, "read", results, caller=voice_call("a"))
            life.gate.set()
        assert life.requests.index("read", 1) <= 3
        assert len(results) == 51


async def test_a_full_queue_is_waited_for_no_longer_than_in_all(connect: Any, tmp_path: Path) -> None:
    spec = replace(NOTES, concurrency=1, timeouts=Timeouts(call=100, total=5))
    results: list[Any] = []
    async with pooled(connect, tmp_path, spec) as pool:
        await call(pool)
        connect.last("notes").gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            await in_background(tasks, pool, "write", results)
            with pytest.raises(ServerUnavailable, match="busy with 1 other"):
                await call(pool)
        assert isinstance(results[0], TimeoutError)


async def test_a_changed_server_takes_over_when_it_is_up_and_the_old_one_finishes(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, NOTES) as pool, anyio.create_task_group() as tasks:
        await call(pool)
        old = connect.last("notes")
        old.gate = anyio.Event()
        await in_background(tasks, pool, "write", results)
        connect.opening_seconds = 5
        plan = await pool.apply(config(CHANGED))
        assert [step.action for step in plan.steps] == [Action.REPLACE]
        await anyio.sleep(1)
        assert old.requests == ["read", "write"]
        await anyio.sleep(10)
        assert (await call(pool))["args"] == ["--new"]
        assert old in connect.open
        old.gate.set()
        await anyio.sleep(2)
        assert old not in connect.open
        assert results[0]["args"] == []


async def test_a_new_version_that_does_not_come_up_leaves_the_old_one_and_says_why(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        connect.failures["notes"] = [ConfigurationError("There is no program nope.")]
        await pool.apply(config(CHANGED))
        await anyio.sleep(60)
        assert (await call(pool))["args"] == []
        (status,) = pool.servers()
        assert status.state == "ready"
        assert status.last_error is not None
        assert "new version does not come up" in status.last_error
        assert "no program nope" in status.last_error


async def test_an_edit_that_is_taken_back_ends_the_candidate(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        connect.opening_seconds = 30
        await pool.apply(config(CHANGED))
        await anyio.sleep(1)
        await pool.apply(config(NOTES))
        await anyio.sleep(60)
        assert [life.spec for life in connect.lives] == [NOTES]


async def test_replace_after_lets_the_old_one_go_first(connect: Any, tmp_path: Path) -> None:
    spec = replace(NOTES, replace=Replace.AFTER)
    async with pooled(connect, tmp_path, spec) as pool:
        await call(pool)
        connect.closing_seconds = 3
        await pool.apply(config(replace(spec, args=("--new",))))
        await anyio.wait_all_tasks_blocked()
        assert len(connect.lives) == 1
        assert (await call(pool))["args"] == ["--new"]


async def test_a_broken_server_is_replaced_without_waiting_for_it(connect: Any, tmp_path: Path) -> None:
    connect.failures["notes"] = [ConfigurationError("There is no program nope.")]
    results: list[Any] = []
    async with pooled(connect, tmp_path, NOTES) as pool, anyio.create_task_group():
        await anyio.sleep(1)
        assert pool.servers()[0].state == "failed"
        await pool.apply(config(CHANGED))
        results.append(await call(pool))
    assert results[0]["args"] == ["--new"]


async def test_a_server_that_leaves_the_file_stops_and_its_tools_go(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config())
        await anyio.sleep(5)
        assert connect.open == []
        assert pool.catalog.routes == {}
        with pytest.raises(NotFound):
            await call(pool)


async def test_a_stopped_server_that_is_started_again_never_overlaps_itself(
    connect: Any, tmp_path: Path
) -> None:
    connect.closing_seconds = 3
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(replace(NOTES, disabled=True)))
        assert pool.servers()[0].state == "disabled"
        with pytest.raises(ServerUnavailable, match="disabled"):
            await call(pool)
        await pool.apply(config(NOTES))
        assert (await call(pool))["life"] == 1


async def test_a_server_without_its_variables_is_named_and_not_started(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, replace(NOTES, missing=("TOKEN",))) as pool:
        (status,) = pool.servers()
        assert (status.state, status.last_error) == ("not_configured", "TOKEN is not set.")
        assert connect.lives == []


async def test_what_only_bounds_a_server_changes_without_a_restart(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(replace(NOTES, timeouts=Timeouts(total=2), concurrency=1)))
        connect.last("notes").gate = anyio.Event()
        with pytest.raises(TimeoutError, match="2 s in all"):
            await call(pool)
        assert len(connect.lives) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [(ConfigurationError("no program"), "failed"), (Unauthorized("HTTP 401"), "auth_required")],
)
async def test_what_had_given_up_is_tried_again_at_the_next_edit(
    connect: Any, tmp_path: Path, error: Exception, state: str
) -> None:
    connect.failures["notes"] = [error]
    async with pooled(connect, tmp_path, NOTES) as pool:
        await anyio.sleep(100)
        assert pool.servers()[0].state == state
        with pytest.raises(ServerUnavailable, match=state):
            await call(pool)
        await pool.apply(config(NOTES))
        assert (await call(pool))["life"] == 0


async def test_a_twin_runs_beside_its_server(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, TWINNED) as pool:
        assert (await call(pool, twin=True))["args"] == ["--read-only"]
        assert (await call(pool))["args"] == []
        assert pool.has_twin("notes")
        assert pool.twin_ready("notes")
        assert pool.servers()[0].twin == "ready"
        connect.on_tools["notes"]([{"name": "read", "inputSchema": {"type": "object"}}])
        assert list(pool.voice_catalog.routes) != list(pool.catalog.routes)


async def test_a_server_without_a_twin_is_not_asked_instead_of_one(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        assert not pool.has_twin("notes")
        with pytest.raises(ServerUnavailable, match="no read-only twin"):
            await call(pool, twin=True)


async def test_changed_tools_are_announced_once(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, replace(NOTES, pin=False)) as pool:
        await call(pool)
        await anyio.sleep(1)
        async with pool.changed() as topics:
            for number in range(5):
                connect.on_tools["notes"]([{"name": f"t{number}", "inputSchema": {"type": "object"}}])
            await anyio.sleep(1)
            told = [await topics.receive() for _ in range(topics.statistics().current_buffer_used)]
            assert told.count("catalog") == 1
        assert list(pool.catalog.routes) == ["notes__t4"]


async def test_the_last_known_tools_are_offered_before_the_servers_are_up(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await anyio.sleep(1)
    connect.opening_seconds = 50
    async with pooled(connect, tmp_path, NOTES) as pool:
        assert list(pool.catalog.routes) == ["notes__read", "notes__write"]
        assert pool.servers()[0].state == "starting"


async def test_a_restart_opens_a_new_life(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        pool.restart("notes")
        assert (await call(pool))["life"] == 1
        with pytest.raises(NotFound):
            pool.restart("nope")


async def test_a_bad_definition_is_left_out_and_named(
    connect: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connect.tools = ({"name": 17}, {"name": "good", "inputSchema": {}})
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        assert list(pool.catalog.routes) == ["notes__good"]
    assert "left out" in caplog.text


async def test_the_pace_of_a_server_is_shown(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        assert pool.servers()[0].p50_ms is None
        await call(pool)
        assert (pool.servers()[0].p50_ms, pool.servers()[0].p95_ms) == (0, 0)


async def test_the_secrets_of_a_server_are_not_in_its_last_error(connect: Any, tmp_path: Path) -> None:
    connect.failures["notes"] = [ConnectionLost("bad key hunter22", written=False)]
    async with pooled(connect, tmp_path, replace(NOTES, secrets=("hunter22",))) as pool:
        await call(pool)
        assert pool.servers()[0].last_error == "bad key ***"
