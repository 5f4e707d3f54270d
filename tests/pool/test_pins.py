"""Pins over a Pool: with scripted servers, and with a real one whose file changes what it offers."""

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.errors import ChangedSince, NotFound
from hub.core.spec import Config, Overlay, ServerSpec
from hub.pool import connect
from hub.pool.pin_file import PinFile
from hub.pool.pins import Pins
from hub.pool.pool import Pool
from tests.pool.changing import WORSE, Server, plain, running, tell, tool, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def written(home: Path) -> str:
    """What the file of pins says; nothing until there is one."""
    return (home / "pins.json").read_text() if (home / "pins.json").exists() else ""


def described(pool: Pool, *, voice: bool = False) -> dict[str, str]:
    routes = (pool.voice_catalog if voice else pool.catalog).routes
    return {name: route.definition["description"] for name, route in routes.items()}


def waits(pool: Pool) -> list[str]:
    return sorted(f"{each.change.part}/{each.change.name}" for each in pool.pins.waiting("notes"))


async def test_a_changed_tool_goes_on_as_it_was_until_it_is_approved(server: Server, home: Path) -> None:
    server.offers(tool("read"), tool("add"))
    async with running(home, server.spec) as pool:
        server.offers(tool("read"), tool("add", WORSE), tool("drop"))
        await tell(pool)
        await until(lambda: pool.server("notes").waiting == 2)
        assert described(pool) == {"notes__add": "Does it.", "notes__read": "Does it."}
        assert waits(pool) == ["tool/add", "tool/drop"]
        called = await pool.call("notes", "tools/call", {"name": "add"}, caller=None)
        assert called.result["content"][0]["text"] == "add"
        (held,) = pool.catalog.why("notes__drop")
        assert not held.offered
        assert held.rule.startswith("held back: new since 20")
        assert held.rule.endswith("approve with: hub approve notes drop")
        (kept,) = pool.catalog.why("notes__add")
        assert kept.offered
        assert "as it was before: changed since 20" in kept.rule
        async with pool.changed() as topics:
            done = pool.approve("notes", None, None)
            assert sorted(each.change.name for each in done) == ["add", "drop"]
            assert [await topics.receive(), await topics.receive()] == ["catalog", "servers"]
        assert described(pool) == {"notes__add": WORSE, "notes__drop": "Does it.", "notes__read": "Does it."}
        assert pool.server("notes").waiting == 0
    assert WORSE in written(home)


async def test_a_change_while_the_hub_was_down_is_not_let_in_by_what_is_remembered(
    server: Server, home: Path
) -> None:
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        await until(lambda: '"read"' in written(home))
        server.offers(tool("read", WORSE), tool("drop"))
        await tell(pool)
        await until(lambda: len(waits(pool)) == 2)
        since = {each.change.name: each.since for each in pool.pins.waiting("notes")}
        pool._offer.save(pool._current())  # as the hub does when something else changes
        pool.pins.save()
    assert WORSE in (home / "catalog.json").read_text()
    pool = Pool(guardian=None, home=home, resolve=plain)
    async with anyio.create_task_group() as tasks:
        await tasks.start(pool.run)
        await pool.apply(Config(servers={"notes": server.spec}))
        assert described(pool) == {"notes__read": "Does it."}
        assert waits(pool) == ["tool/drop", "tool/read"]
        await until(lambda: pool.server("notes").state == "ready")
        assert described(pool) == {"notes__read": "Does it."}
        assert {each.change.name: each.since for each in pool.pins.waiting("notes")} == since
        tasks.cancel_scope.cancel()


async def test_an_updated_package_of_the_same_name_waits_too(server: Server, home: Path) -> None:
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        server.offers(tool("read", WORSE))
        newer = replace(server.spec, env={"VERSION": "2"})
        await pool.apply(Config(servers={"notes": newer}))
        await until(lambda: waits(pool) == ["tool/read"])
        assert described(pool) == {"notes__read": "Does it."}


async def test_a_date_in_a_description_is_one_change_of_which_the_latest_counts(
    server: Server, home: Path
) -> None:
    server.offers(tool("read", "Today is Monday."))
    async with running(home, server.spec) as pool:
        seen = []
        for day in ("Tuesday", "Wednesday"):
            server.offers(tool("read", f"Today is {day}."))
            await tell(pool)
            await until(lambda day=day: day in str(pool.pins.waiting("notes")))  # type: ignore[misc]
            (waiting,) = pool.pins.waiting("notes")
            seen.append(waiting.change.id)
        assert described(pool) == {"notes__read": "Today is Monday."}
        with pytest.raises(ChangedSince):
            pool.approve("notes", ["read"], seen[:1])
        assert described(pool) == {"notes__read": "Today is Monday."}
        pool.approve("notes", ["read"], seen[1:])
        assert described(pool) == {"notes__read": "Today is Wednesday."}


async def test_a_twin_that_says_it_otherwise_raises_no_alarm(server: Server, home: Path) -> None:
    twinned = replace(server.spec, read_only=Overlay(args=("--read-only",)))
    server.offers(tool("read"), tool("add"))
    async with running(home, twinned) as pool:
        await until(lambda: pool.twin_ready("notes"))
        assert waits(pool) == []
        server.offers(tool("read"), tool("add", WORSE))
        await tell(pool)
        await pool.call(
            "notes", "tools/call", {"name": "read", "arguments": {"text": "tell"}}, caller=None, twin=True
        )
        await until(lambda: len(pool.pins.waiting("notes")) == 2)
        assert [each.roles for each in pool.pins.waiting("notes")] == [("server",), ("twin",)]
        assert described(pool, voice=True)["notes__add"] == "Does it."
        pool.approve("notes", ["add"], None)
        assert described(pool, voice=True)["notes__add"] == WORSE
        assert pool.server("notes").waiting == 0


async def test_a_new_twin_does_not_bring_in_what_waits_at_its_server(server: Server, home: Path) -> None:
    # The same definitions at both: what the overlay adds here changes nothing.
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        server.offers(tool("read", WORSE), tool("drop"))
        await tell(pool)
        await until(lambda: len(waits(pool)) == 2)
        await pool.apply(Config(servers={"notes": replace(server.spec, read_only=Overlay(args=("--else",)))}))
        await until(lambda: pool.twin_ready("notes"))
        assert described(pool, voice=True) == {"notes__read": "Does it."}
        both = [each.roles for each in pool.pins.waiting("notes")]
        assert both == [("server", "twin"), ("server", "twin")]
        assert pool.server("notes").waiting == 2


async def test_without_pins_everything_passes_and_pinning_again_begins_there(
    server: Server, home: Path
) -> None:
    free = replace(server.spec, pin=False)
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        await pool.apply(Config(servers={"notes": free}))
        server.offers(tool("read", WORSE), tool("drop"))
        await tell(pool)
        await until(lambda: "notes__drop" in pool.catalog.routes)
        assert described(pool)["notes__read"] == WORSE
        await pool.apply(Config(servers={"notes": server.spec}))
        assert waits(pool) == []
        assert described(pool)["notes__read"] == WORSE


async def test_what_waits_passes_when_pins_are_switched_off(server: Server, home: Path) -> None:
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        server.offers(tool("read"), tool("drop"))
        await tell(pool)
        await until(lambda: waits(pool) == ["tool/drop"])
        await pool.apply(Config(servers={"notes": replace(server.spec, pin=False)}))
        assert "notes__drop" in pool.catalog.routes
        assert pool.server("notes").waiting == 0


async def test_instructions_and_prompts_wait_like_tools(server: Server, home: Path) -> None:
    server.offers(tool("read"), prompts=[{"name": "greet"}], instructions="Be kind.")
    async with running(home, server.spec) as pool:
        await until(lambda: '"greet"' in written(home))
        changed = [{"name": "greet", "description": "Obey."}, {"name": "more"}, {"description": "no name"}]
        server.offers(tool("read"), prompts=changed, instructions="Obey.")
        pool.restart("notes")
        await until(lambda: len(waits(pool)) == 3)
        assert waits(pool) == ["instructions/instructions", "prompt/greet", "prompt/more"]
        assert pool.pins.instructions("notes") == "Be kind."
        assert pool.pins.prompts("notes", changed) == [{"name": "greet"}]
        assert pool.pins.hides_prompt("notes", "more")
        assert not pool.pins.hides_prompt("notes", "greet")
        pool.approve("notes", ["instructions", "more"], None)
        assert pool.pins.instructions("notes") == "Obey."
        assert pool.pins.prompts("notes", changed) == [{"name": "greet"}, {"name": "more"}]


@pytest.mark.parametrize(("prompts", "said"), [("refused", "could not be read"), ("silent", "")])
async def test_a_server_whose_prompts_cannot_be_read_has_its_tools(
    server: Server,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    prompts: str,
    said: str,
) -> None:
    monkeypatch.setattr(connect, "PROMPTS_SECONDS", 0.2)
    server.offers(tool("read"), prompts=prompts)
    async with running(home, server.spec) as pool:
        server.offers(tool("read"), tool("drop"), prompts=prompts)
        await tell(pool)
        await until(lambda: waits(pool) == ["tool/drop"])
        await until(lambda: '"prompts": null' in written(home))
        assert said in caplog.text


async def test_a_list_of_prompts_that_changes_is_read_again(server: Server, home: Path) -> None:
    server.offers(tool("read"), prompts=[{"name": "greet"}])
    async with running(home, server.spec) as pool:
        await until(lambda: '"greet"' in written(home))
        server.offers(tool("read"), prompts=[{"name": "greet"}, {"name": "more"}])
        await tell(pool)
        await until(lambda: waits(pool) == ["prompt/more"])


async def test_only_a_server_that_is_there_has_something_to_approve(server: Server, home: Path) -> None:
    server.offers(tool("read"))
    async with running(home, server.spec) as pool:
        with pytest.raises(NotFound, match="There is no server other"):
            pool.approve("other", None, None)
        with pytest.raises(NotFound, match="Nothing of notes waits under the name read"):
            pool.approve("notes", ["read"], None)
        assert pool.approve("notes", None, None) == []
    assert pool.pins.instructions("other") == ""
    assert pool.pins.prompts("other", [{"name": "x"}]) == [{"name": "x"}]


class Member:
    """A session as pins see it."""

    def __init__(self, *tools: Any, **more: Any) -> None:
        self.spec = ServerSpec(name="notes", command="x")
        self.tools: tuple[Any, ...] | None = tools
        self.prompts: tuple[Any, ...] | None = None
        self.instructions: str | None = None
        self.listed = True
        vars(self).update(more)


def test_the_file_is_private_and_says_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    pins = Pins(path, now=lambda: 5.0)
    pins.take([Member(tool("read"))])
    pins.take([Member(tool("read"), tool("drop"))])
    pins.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Pins(path, now=lambda: 9.0)
    again.take([Member(tool("read"), tool("drop"))])
    (waiting,) = again.waiting("notes")
    assert (waiting.change.name, waiting.since) == ("drop", 5.0)
    assert again.problems() == []


def test_since_when_a_prompt_waits_is_kept_while_prompts_are_not_known(tmp_path: Path) -> None:
    times = iter(range(1, 100))
    pins = Pins(tmp_path / "pins.json", now=lambda: float(next(times)))
    pins.take([Member(tool("read"), prompts=())])
    pins.take([Member(tool("read"), prompts=({"name": "more"},))])
    since = pins.waiting("notes")[0].since
    pins.take([Member(tool("read"))])
    pins.take([Member(tool("read"), prompts=({"name": "more"},))])
    assert pins.waiting("notes")[0].since == since


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "\ud83d", '{"servers": {"notes": 3}}'),
        '{"servers": {"notes": {"server": {"tools": 3}}}}',
        '{"servers": {"notes": {"server": {"instructions": 3}}}}',
    ],
)
def test_a_file_that_cannot_be_read_is_put_aside_and_said_until_somebody_has_looked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    path = tmp_path / "pins.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    pins = Pins(path)
    assert "cannot be read, so what servers offer now is pinned anew" in caplog.text
    pins.take([Member(tool("read"))])
    pins.save()
    (problem,) = Pins(path).problems()
    assert "trusted anew" in problem.message
    (tmp_path / "pins.json.unreadable").unlink()
    assert Pins(path).problems() == []


def test_a_file_that_can_neither_be_read_nor_put_aside_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "pins.json"
    path.mkdir()
    (tmp_path / "pins.json.unreadable").write_text("a folder cannot replace this")
    assert Pins(path).problems() != []
    assert "cannot be put aside" in caplog.text


def test_a_file_that_cannot_be_written_is_a_problem_until_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    pins = Pins(folder / "pins.json")
    pins.take([Member(tool("read"))])
    pins.save()
    (problem,) = pins.problems()
    assert "cannot be written" in problem.message
    folder.mkdir()
    pins.take([Member(tool("read"), prompts=())])
    pins.save()
    assert pins.problems() == []


def test_nothing_is_written_when_nothing_has_changed(tmp_path: Path) -> None:
    file, pins = tmp_path / "pins.json", Pins(tmp_path / "pins.json")
    pins.take([Member(tool("read"))])
    pins.save()
    file.unlink()
    pins.take([Member(tool("read"))])
    pins.save()
    assert not file.exists()


def test_what_is_only_remembered_is_not_pinned(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins.json")
    remembered = Member(tool("read"), listed=False)
    pins.take([remembered])
    assert list(pins.tools(remembered)) == [tool("read")]
    pins.take([Member(tool("other"))])
    assert pins.waiting("notes") == []


def test_a_twin_that_has_not_listed_is_measured_like_its_server(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins.json")
    pins.take([Member(tool("read"))])
    spec = ServerSpec(name="notes", command="x", is_twin=True)
    twin = Member(tool("read", WORSE), tool("drop"), spec=spec, listed=False)
    pins.take([Member(tool("read")), twin])
    assert list(pins.tools(twin)) == [tool("read")]
    assert pins.waiting("notes") == []


def test_what_stands_in_for_a_twins_own_list_raises_no_alarm(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins.json")
    main = Member(tool("read"), tool("add"))
    spec = ServerSpec(name="notes", command="x", is_twin=True)
    pins.take([main, Member(tool("read", "Only reads."), spec=spec)])
    again = Member(tool("read"), tool("add"), spec=spec, listed=False)
    pins.take([main, again])
    assert list(pins.tools(again)) == [tool("read", "Only reads.")]
    assert pins.waiting("notes") == []


def test_a_member_that_was_not_taken_is_shown_as_it_is(tmp_path: Path) -> None:
    assert Pins(tmp_path / "pins.json").tools(Member(tool("read"))) == (tool("read"),)
    assert Pins(tmp_path / "pins.json").rules(Member(tool("read"))) == {}


def test_the_file_is_replaced_over_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / ".pins.json.new").write_text("half")
    PinFile(tmp_path / "pins.json").save({})
    assert json.loads((tmp_path / "pins.json").read_text()) == {"servers": {}}
