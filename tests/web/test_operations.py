"""What an operator is told: which rule decides about a tool, and what an edited file would change."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.pool.config_file import ConfigFile
from hub.web.operations import ServerOperations
from tests.pool.conftest import REFUSED, FakeConnect
from tests.pool.scripted import pooled, virtual_clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return virtual_clock()


def entry(*args: str, **more: Any) -> dict[str, Any]:
    return {"command": "x", "args": list(args), **more}


class Desk:
    """A file, and operations over a pool that goes by it."""

    def __init__(self, pool: Any, path: Path) -> None:
        self.path = path
        self.pool = pool
        self.file = ConfigFile(path, dict)
        self.operations = ServerOperations(pool, self.file, lambda: None)

    def write(self, servers: dict[str, Any], **more: Any) -> None:
        self.path.write_text(json.dumps({"mcpServers": servers, **more}), encoding="utf-8")

    async def save(self, servers: dict[str, Any], **more: Any) -> None:
        self.write(servers, **more)
        await self.pool.apply(self.file.read())
        await anyio.sleep(5)

    def why(self, tool: str) -> str:
        (found,) = self.operations.why(tool)
        return str(found["rule"])

    def planned(self) -> dict[str, tuple[str, str]]:
        return {step["server"]: (step["action"], step["why"]) for step in self.operations.plan()["steps"]}


async def test_every_rule_that_decides_about_a_tool_is_named(tmp_path: Path) -> None:
    async with pooled(FakeConnect(), tmp_path) as pool:
        desk = Desk(pool, tmp_path / "servers.json")
        tools = {
            "deny": ["@destructive"],
            "read": ["write"],
            "rename": {"write": "note"},
            "preset": {"write": {"x": 1}},
        }
        shop = entry(tools=tools, confirm="always", share="call", concurrency=2, timeouts={"call": 5})
        shop["era"] = "legacy"
        await desk.save({"shop": shop, "plain": entry()}, views={"quiet": {"servers": ["plain"]}})
        rule = desk.why("shop__note")
        assert rule == (
            'offered by tools.allow "*"; renamed from write by tools.rename; '
            'counts as one that reads by tools.read "write"; x fixed and hidden by tools.preset "write"; '
            "in view quiet hidden: nothing in views.quiet.servers matches shop; "
            "each voice call has a session of its own by share; at most 2 at once by concurrency; "
            "given up after 5 s without a sign of life, 300 s in all by timeouts; "
            "spoken to in the era legacy by era; "
            'in a voice call only after a yes, by confirm "always"'
        )
        assert desk.why("plain__read").endswith("; in a voice call without a question")
        assert desk.why("plain__write").endswith('only after a yes, by confirm "writes"')
        await desk.save({"plain": entry(tools={"deny": ["@destructive"]})})
        assert desk.why("plain__write") == 'hidden by tools.deny "@destructive"'


async def test_a_tool_of_a_twin_says_who_runs_it(tmp_path: Path) -> None:
    async with pooled(FakeConnect(), tmp_path) as pool:
        desk = Desk(pool, tmp_path / "servers.json")
        await desk.save({"shop": entry(read_only={"args": ["--ro"]})})
        assert desk.why("shop__write").endswith("by the read-only twin, what that refuses only after a yes")


async def test_a_plan_shows_what_differs_what_waits_and_what_does_not_come_up(tmp_path: Path) -> None:
    async with pooled(FakeConnect(), tmp_path) as pool:
        desk = Desk(pool, tmp_path / "servers.json")
        await desk.save({"a": entry(), "b": entry(), "c": entry(), "d": entry(), "same": entry()})
        desk.write(
            {
                "a": entry("--new"),
                "b": entry(concurrency=2),
                "c": entry("${KEY}"),
                "new": entry(),
                "waits": entry("${KEY}"),
                "same": entry(),
            }
        )
        assert desk.planned() == {
            "a": ("replace", "changed: args"),
            "b": ("update", "no restart needed: concurrency"),
            "c": ("hold", "the edit lacks KEY; it stays as it was"),
            "new": ("start", "new in the file"),
            "waits": ("wait", "waits for KEY"),
            "same": ("keep", "unchanged"),
            "d": ("stop", "no longer in the file"),
        }
        await desk.save({"a": entry(REFUSED)})
        stays = "the new version does not come up, so the old one stays: There is no such program."
        assert desk.planned() == {"a": ("keep", f"unchanged; {stays}")}
