"""A real servers.json beside real processes: what an editor does to one, and what becomes of the others."""

import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.pool import config_file
from hub.pool.config_file import ConfigFile
from hub.pool.pool import Pool
from hub.settings import environment
from hub.supervision import orphans
from hub.supervision.guardian import Guardian
from tests.pool.conftest import SERVERS
from tests.pool.scripted import plain, voice_call

pytestmark = pytest.mark.anyio
SECONDS = 30
ECHO = ["-S", str(SERVERS / "echo.py")]
HALF_A_STEP = (config_file.DEBOUNCE_MS / 1000 + config_file.HALF_STEP_SECONDS) / 2


def echo(*args: str, **more: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [*ECHO, *args], **more}


def text(servers: dict[str, Any]) -> str:
    return json.dumps({"mcpServers": servers})


class House:
    """A folder with servers.json and .env, and a pool that follows them."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.pool = pool
        self.path = folder / "servers.json"
        self.file = ConfigFile(self.path, lambda: environment(folder))

    def write(self, servers: dict[str, Any]) -> None:
        self.path.write_text(text(servers), encoding="utf-8")

    def rename(self, servers: dict[str, Any]) -> None:
        new = self.path.with_name(".servers.json.swp")
        new.write_text(text(servers), encoding="utf-8")
        new.replace(self.path)

    def rotate(self, token: str) -> None:
        (self.path.parent / ".env").write_text(f"TOKEN={token}\n", encoding="utf-8")

    async def follow(self) -> None:
        await self.pool.apply(self.file.read())
        async with aclosing(self.file.changes()) as changes:
            async for config in changes:
                await self.pool.apply(config)

    async def ask(
        self, server: str = "a", tool: str = "echo", *, call: str | None = None, **given: Any
    ) -> str:
        caller = voice_call(call) if call is not None else None
        params = {"name": tool, "arguments": given}
        answer = await self.pool.call(server, "tools/call", params, caller=caller)
        return str(answer.result["content"][0]["text"])

    async def token(self, server: str = "a") -> str | None:
        found = json.loads(await self.ask(server, "environment")).get("TOKEN")
        return None if found is None else str(found)

    async def until_token(self, token: str) -> None:
        while await self.token() != token:  # noqa: ASYNC110  # the same
            await anyio.sleep(0.01)

    def pid(self, server: str) -> int | None:
        return self.pool.server(server).pid

    async def until(self, fact: Callable[[], bool]) -> None:
        while not fact():  # noqa: ASYNC110  # files and processes announce themselves to nobody
            await anyio.sleep(0.01)


@asynccontextmanager
async def housed(folder: Path, servers: dict[str, Any]) -> AsyncGenerator[House]:
    with anyio.fail_after(SECONDS):
        async with Guardian.open(folder) as guardian, anyio.create_task_group() as tasks:
            house = House(Pool(guardian=guardian, home=folder, resolve=plain), folder)
            house.write(servers)
            house.rotate("one")
            await tasks.start(house.pool.run)
            tasks.start_soon(house.follow)
            await house.until(lambda: bool(house.pool.servers()))
            for name in servers:
                await house.ask(name)
            yield house
            tasks.cancel_scope.cancel()


async def test_a_secret_that_is_rotated_in_the_dotenv_touches_one_server(tmp_path: Path) -> None:
    servers = {"a": echo(env={"TOKEN": "${TOKEN}"}), "b": echo()}
    async with housed(tmp_path, servers) as house:
        before = house.pid("a"), house.pid("b")
        assert await house.token() == "one"
        house.rotate("two")
        await house.until(lambda: house.pid("a") not in {None, before[0]})
        assert await house.token() == "two"
        assert house.pid("b") == before[1]
        await house.until(lambda: not orphans.alive(before[0] or 0, 0))


@pytest.mark.parametrize("how", ["in place", "rename", "two steps", "empty first", "moved away first"])
async def test_every_way_of_saving_changes_one_server_and_stops_none(tmp_path: Path, how: str) -> None:
    async with housed(tmp_path, {"a": echo(), "b": echo()}) as house:
        before, edited = house.pid("b"), {"a": echo(env={"TOKEN": "new"}), "b": echo()}
        match how:
            case "two steps":
                house.path.write_text(text(edited)[:40], encoding="utf-8")
                await anyio.sleep(HALF_A_STEP)
            case "empty first":
                house.path.write_text("", encoding="utf-8")
                await anyio.sleep(HALF_A_STEP)
            case "moved away first":
                house.path.rename(house.path.with_suffix(".json~"))
                await anyio.sleep(HALF_A_STEP)
        assert len(house.pool.servers()) == 2
        (house.rename if how == "rename" else house.write)(edited)
        await house.until_token("new")
        assert house.pid("b") == before


async def test_what_runs_when_it_is_edited_finishes_on_what_it_began_on(tmp_path: Path) -> None:
    answers: list[str] = []
    async with housed(tmp_path, {"a": echo()}) as house, anyio.create_task_group() as tasks:
        before = house.pid("a")

        async def ask() -> None:
            answers.append(await house.ask(tool="slow", seconds=1.5))

        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        house.write({"a": echo(env={"TOKEN": "new"})})
        await house.until_token("new")
        assert orphans.alive(before or 0, 0)
        await house.until(lambda: answers == ["slept"])
        await house.until(lambda: not orphans.alive(before or 0, 0))


async def test_a_new_version_that_cannot_start_leaves_the_old_one_and_says_why(tmp_path: Path) -> None:
    async with housed(tmp_path, {"a": echo()}) as house:
        before = house.pid("a")
        house.write({"a": {"command": "/no/such/program"}})
        await house.until(lambda: house.pool.server("a").edit_error is not None)
        status = house.pool.server("a")
        assert "so the old one stays: " in (status.edit_error or "")
        assert "/no/such/program" in (status.edit_error or "")
        assert (status.state, status.pid) == ("ready", before)
        assert await house.ask() == "{}"


async def test_a_server_that_follows_its_old_version_comes_back_when_the_new_one_fails(
    tmp_path: Path,
) -> None:
    async with housed(tmp_path, {"a": echo(replace="after")}) as house:
        before = house.pid("a")
        house.write({"a": echo("crash", replace="after")})
        await house.until(lambda: house.pool.server("a").edit_error is not None)
        assert await house.ask() == "{}"
        status = house.pool.server("a")
        assert status.edit_error == (
            "the new version does not come up, so the old one is back: exit code 1: cannot open the database"
        )
        assert status.pid not in {None, before}
        assert not orphans.alive(before or 0, 0)
        house.write({"a": echo(replace="after", env={"TOKEN": "new"})})
        await house.until_token("new")
        assert house.pool.server("a").edit_error is None


async def test_each_call_has_a_process_of_its_own_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    async with housed(tmp_path, {"a": echo(share="call")}) as house:

        async def who(call: str | None) -> int:
            return int(await house.ask(tool="die_reading", text=str(tmp_path / "no trap"), call=call))

        shared, first, second = [await who(call) for call in (None, "x", "y")]
        assert [await who(call) for call in (None, "x", "y")] == [shared, first, second]
        assert len({shared, first, second}) == 3
        house.pool.call_over("x")
        await house.until(lambda: not orphans.alive(first, 0))
        assert [await who(call) for call in (None, "y")] == [shared, second]
        await house.until(lambda: house.pool.server("a").sessions == 3)
