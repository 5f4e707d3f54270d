"""Edits of servers.json: the new version takes over when it is up; one that is no good leaves a way back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.errors import ConfigurationError, Unauthorized
from hub.core.plan import Action
from hub.core.spec import Config, Problem, Replace, ServerSpec, Timeouts, ToolPolicy
from hub.pool.errors import ConnectionLost
from tests.pool.scripted import (
    CHANGED,
    NOTES,
    QUICK,
    TWINNED,
    call,
    config,
    in_background,
    pooled,
    virtual_clock,
)

pytestmark = pytest.mark.anyio
AFTER = replace(NOTES, replace=Replace.AFTER)
NEWER = replace(AFTER, args=("--new",))
NEWEST = replace(AFTER, args=("--newest",))
BACK = "the new version does not come up, so the old one is back: "


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return virtual_clock()


def crash(reason: str = "port 80 is taken") -> Exception:
    return ConnectionLost(reason, written=False)


def args(connect: Any) -> list[tuple[str, ...]]:
    return [life.spec.args for life in connect.open]


@pytest.mark.parametrize("error", [crash(), ConfigurationError("no program"), Unauthorized("HTTP 401")])
async def test_after_a_new_version_that_fails_the_old_one_is_back(
    connect: Any, tmp_path: Path, error: Exception
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.failures["notes"] = [error]
        await pool.apply(config(NEWER))
        assert (await call(pool))["args"] == []
        status = pool.server("notes")
        assert status.state == "ready"
        assert status.edit_error == status.last_error == BACK + str(error)
        await anyio.sleep(600)
        assert args(connect) == [()]


async def test_after_a_new_version_that_is_not_up_in_time_the_old_one_is_back(
    connect: Any, tmp_path: Path
) -> None:
    spec = replace(AFTER, timeouts=Timeouts(start=20))
    async with pooled(connect, tmp_path, spec) as pool:
        await call(pool)
        connect.opening_seconds = 1000
        await pool.apply(config(replace(spec, args=("--new",))))
        await anyio.sleep(10)
        connect.opening_seconds = 1
        answer = await pool.call("notes", "tools/call", {"name": "read"}, caller=None)
        assert answer.result["args"] == []
        assert 10_000 < answer.queue_ms < 15_000
        assert pool.server("notes").edit_error == f"{BACK}not ready after 20 s"


async def test_what_is_asked_meanwhile_finishes_or_waits_and_nothing_overlaps(
    connect: Any, tmp_path: Path
) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, AFTER) as pool, anyio.create_task_group() as tasks:
        await call(pool)
        old = connect.last("notes")
        old.gate = anyio.Event()
        await in_background(tasks, pool, "write", results)
        connect.failures["notes"] = [crash()]
        await pool.apply(config(NEWER))
        await in_background(tasks, pool, "write", results)
        await anyio.sleep(5)
        assert connect.open == [old]
        old.gate.set()
        await anyio.sleep(5)
        assert [(each["life"], each["args"]) for each in results] == [(0, []), (1, [])]
        assert args(connect) == [()]


async def test_a_further_edit_tries_again_and_others_do_not(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.failures["notes"] = [crash()]
        await pool.apply(config(NEWER))
        await anyio.sleep(5)
        before = connect.last("notes")
        plan = await pool.apply(config(NEWER, replace(NOTES, name="other")))
        assert [(step.server, step.action) for step in plan.steps] == [
            ("notes", Action.KEEP),
            ("other", Action.START),
        ]
        await anyio.sleep(5)
        assert connect.last("notes") is before
        await pool.apply(config(NEWEST))
        assert (await call(pool))["args"] == ["--newest"]
        assert pool.server("notes").edit_error is None


@pytest.mark.parametrize("edited", [replace(NEWER, concurrency=3), None])
async def test_a_new_policy_or_a_restart_is_another_try(
    connect: Any, tmp_path: Path, edited: ServerSpec | None
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.failures["notes"] = [crash()]
        await pool.apply(config(NEWER))
        await anyio.sleep(5)
        if edited is None:
            pool.restart("notes")
        else:
            await pool.apply(config(edited))
        assert (await call(pool))["args"] == ["--new"]
        assert pool.server("notes").edit_error is None


async def test_an_edit_that_is_taken_back_after_it_failed_touches_nothing(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.failures["notes"] = [crash()]
        await pool.apply(config(NEWER))
        await anyio.sleep(5)
        back = connect.last("notes")
        await pool.apply(config(AFTER))
        await anyio.sleep(5)
        assert connect.open == [back]
        assert pool.server("notes").edit_error is None


async def test_a_second_edit_before_the_first_is_up_still_knows_the_way_back(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.opening_seconds = 30
        await pool.apply(config(NEWER))
        await anyio.sleep(10)
        connect.opening_seconds = 0
        connect.failures["notes"] = [crash()]
        await pool.apply(config(NEWEST))
        assert (await call(pool))["args"] == []
        assert pool.server("notes").edit_error == f"{BACK}port 80 is taken"


async def test_an_old_version_that_does_not_come_back_either_is_looked_after_and_says_both(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        connect.failures["notes"] = [crash("bad flag"), *[crash("no database")] * 3]
        await pool.apply(config(NEWER))
        await anyio.sleep(2.5)
        status = pool.server("notes")
        assert status.state == "backoff"
        assert status.last_error == f"{BACK}bad flag; and the old one: no database"
        assert (await call(pool))["args"] == []
        assert pool.server("notes").last_error == f"{BACK}bad flag"


async def test_what_never_worked_is_nothing_to_go_back_to(connect: Any, tmp_path: Path) -> None:
    connect.failures["notes"] = [crash()] * 3
    async with pooled(connect, tmp_path, AFTER) as pool:
        await anyio.sleep(0.5)
        await pool.apply(config(NEWER))
        assert (await call(pool))["args"] == ["--new"]
        assert () not in args(connect)


async def test_the_tools_stay_on_offer_while_one_version_follows_the_other(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, AFTER) as pool:
        await call(pool)
        await anyio.sleep(1)
        before = pool.catalog
        connect.opening_seconds = 10
        async with pool.changed() as topics:
            await pool.apply(config(NEWER))
            await anyio.sleep(5)
            assert pool.catalog == before
            await call(pool)
            await anyio.sleep(5)
            told = [topics.receive_nowait() for _ in range(topics.statistics().current_buffer_used)]
        assert "catalog" not in told


async def test_a_new_version_that_takes_over_and_crashes_twice_gives_way_to_the_old_one(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(CHANGED))
        for life in (1, 2):
            await anyio.sleep(3)
            assert connect.last("notes").number == life
            connect.last("notes").die("exit code 3")
        answer = await call(pool)
        assert (answer["args"], answer["life"]) == ([], 3)
        assert pool.server("notes").edit_error == (
            "the new version does not stay up, so the old one is back: exit code 3"
        )
        await anyio.sleep(60)
        assert args(connect) == [()]


async def test_a_new_version_that_crashes_once_is_just_started_again(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(CHANGED))
        await anyio.sleep(2)
        connect.last("notes").die()
        await anyio.sleep(60)
        assert args(connect) == [("--new",)]
        assert pool.server("notes").edit_error is None


async def test_a_version_that_has_proved_itself_is_never_left_again(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(CHANGED))
        await anyio.sleep(QUICK.stable_after + 1)
        for _ in range(5):
            connect.last("notes").die()
            await anyio.sleep(3)
        await anyio.sleep(60)
        assert args(connect) == [("--new",)]


async def test_a_new_version_that_is_refused_its_token_after_it_took_over_gives_way_at_once(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(CHANGED))
        await anyio.sleep(2)
        connect.failures["notes"] = [Unauthorized("HTTP 401")]
        connect.last("notes").die()
        await anyio.sleep(5)
        assert args(connect) == [()]
        assert "does not stay up" in (pool.server("notes").edit_error or "")


async def test_an_old_version_that_crashes_while_its_successor_starts_is_not_thrown_away(
    connect: Any, tmp_path: Path
) -> None:
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        connect.last("notes").die()
        await anyio.sleep(1.5)
        assert pool.server("notes").state == "backoff"
        connect.failures["notes"] = [ConfigurationError("There is no program nope.")]
        await pool.apply(config(CHANGED))
        assert (await call(pool))["args"] == []
        assert "so the old one stays: There is no program nope." in (pool.server("notes").edit_error or "")


async def test_calls_that_wait_their_turn_go_to_the_new_version(connect: Any, tmp_path: Path) -> None:
    results: list[Any] = []
    spec = replace(NOTES, concurrency=1)
    async with pooled(connect, tmp_path, spec) as pool, anyio.create_task_group() as tasks:
        await call(pool)
        old = connect.last("notes")
        old.gate = anyio.Event()
        for _ in range(3):
            await in_background(tasks, pool, "write", results)
        await pool.apply(config(replace(spec, args=("--new",))))
        await anyio.sleep(5)
        assert [each["args"] for each in results] == [["--new"], ["--new"]]
        old.gate.set()
        await anyio.sleep(1)
        assert results[2]["args"] == []


async def test_a_call_on_a_server_that_is_taken_away_is_told_so(connect: Any, tmp_path: Path) -> None:
    results: list[Any] = []
    async with pooled(connect, tmp_path, replace(NOTES, concurrency=1)) as pool:
        await call(pool)
        connect.last("notes").gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                await in_background(tasks, pool, "write", results)
            await pool.apply(config())
            await anyio.sleep(1)
            assert [str(each) for each in results] == ["There is no server notes."]
            connect.last("notes").gate.set()


async def test_a_rotated_secret_touches_one_server(connect: Any, tmp_path: Path) -> None:
    other = replace(NOTES, name="other")
    secret = replace(NOTES, env={"TOKEN": "old"})
    async with pooled(connect, tmp_path, secret, other) as pool:
        await call(pool)
        await call(pool, server="other")
        untouched = connect.last("other")
        plan = await pool.apply(config(replace(secret, env={"TOKEN": "new"}), other))
        assert [(step.server, step.action, step.why) for step in plan.steps] == [
            ("notes", Action.REPLACE, "changed: env"),
            ("other", Action.KEEP, "unchanged"),
        ]
        await anyio.sleep(5)
        assert connect.last("notes").spec.env == {"TOKEN": "new"}
        assert connect.last("other") is untouched


async def test_an_edit_that_cannot_be_gone_by_is_shown_where_the_server_is(
    connect: Any, tmp_path: Path
) -> None:
    wrong = Problem("mcpServers.notes.command", 1, "Wrong.", "Right.", "notes")
    async with pooled(connect, tmp_path, NOTES) as pool:
        await call(pool)
        await pool.apply(config(replace(NOTES, missing=("KEY",))))
        assert pool.server("notes").edit_error == "the edit lacks KEY; it stays as it was"
        await pool.apply(Config(problems=(wrong,)))
        assert pool.server("notes").edit_error == "its entry is broken; it stays as it was"
        await pool.apply(Config(readable=False))
        assert pool.server("notes").edit_error is None
        await pool.apply(config(NOTES))
        assert pool.server("notes").edit_error is None
        assert len(connect.lives) == 1


async def test_a_plan_says_what_would_be_done_and_does_nothing(connect: Any, tmp_path: Path) -> None:
    b, c, d = (replace(NOTES, name=name) for name in "bcd")
    async with pooled(connect, tmp_path, NOTES, b, c) as pool:
        await anyio.sleep(5)
        wanted = config(CHANGED, replace(b, tools=ToolPolicy(deny=("x",))), replace(d, missing=("KEY",)))
        plan = pool.plan(wanted)
        assert [(step.server, step.action) for step in plan.steps] == [
            ("notes", Action.REPLACE),
            ("b", Action.UPDATE),
            ("d", Action.WAIT),
            ("c", Action.STOP),
        ]
        await anyio.sleep(5)
        assert [status.state for status in pool.servers()] == ["ready"] * 3
        assert len(connect.lives) == 3


async def test_a_twin_that_does_not_come_up_keeps_the_old_version(connect: Any, tmp_path: Path) -> None:
    async with pooled(connect, tmp_path, TWINNED) as pool:
        await call(pool)
        connect.failures["notes"] = [crash("no read replica")]
        await pool.apply(config(replace(TWINNED, args=("--new",), restart=replace(QUICK, first_delay=30))))
        await anyio.sleep(5)
        assert (await call(pool))["args"] == []
        await anyio.sleep(60)
        assert (await call(pool))["args"] == ["--new"]
