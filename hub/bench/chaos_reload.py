"""Edits of servers.json while everything runs: rows of the chaos table."""

import os
import shutil
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from hub.bench.chaos_house import AT_ONCE, NAME, Entry, House, Seen, as_json, gone, until

OTHER = "other"
SETTLE_SECONDS = 2.0
"""An edit that means nothing has been looked at by then."""
Edit = Callable[[], object]


class Scene:
    """Two servers that run and are followed; what an edit has shown."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.seen = Seen()
        self.entries: dict[str, Entry] = {NAME: house.entry(), OTHER: house.entry(log=OTHER)}
        self.first = self.other = 0
        self._edited = 0.0

    @classmethod
    @asynccontextmanager
    async def of(cls, house: House, **entries: Entry) -> AsyncGenerator["Scene"]:
        """Have both up; afterwards the one that was not edited is the same as before."""
        scene = cls(house)
        scene.entries |= entries
        following = await house.follow(scene.entries)
        for name in scene.entries:
            await house.state(name, "ready")
        async with following.running():
            await anyio.sleep(0.2)  # the file is watched by then
            scene.first, scene.other = house.pid(), house.pid(OTHER)
            yield scene
            same = house.pid(OTHER) == scene.other and house.logged("start", OTHER) == 1
            scene.seen.check(same, "the server that was not edited was touched")

    def edit(self, **entries: Entry | None) -> None:
        """Save the file with other entries."""
        changed = self.entries | entries
        self.save(
            lambda: self.house.write({name: each for name, each in changed.items() if each is not None})
        )

    def save(self, write: Edit) -> None:
        self._edited = time.perf_counter()
        write()

    async def applied(self, fact: Callable[[], object]) -> None:
        """Wait until the edit has had its effect."""
        self.seen.usable = await until(fact) - self._edited

    async def unharmed(self) -> None:
        """See that nothing follows from the edit."""
        await anyio.sleep(SETTLE_SECONDS)
        self.seen.check(self.house.pid() == self.first, "what runs was touched")
        self.seen.told = await self.house.call("write")


async def added(house: House) -> Seen:
    """Add a server."""
    async with Scene.of(house) as scene:
        scene.edit(new=house.entry(log="new"))
        await scene.applied(
            lambda: house.pool.config.servers.get("new") and house.status("new").state == "ready"
        )
        scene.seen.told = await house.call("write", "new")
        scene.seen.check(house.pid() == scene.first, "another server was touched")
    return scene.seen


async def removed(house: House) -> Seen:
    """Remove a server; a ToolCall is in flight."""
    async with Scene.of(house) as scene, _in_flight(scene) as told:
        scene.edit(server=None)
        await scene.applied(lambda: f"{NAME}__read" not in house.pool.catalog.routes)
        scene.seen.told = await told()
        scene.seen.check(scene.seen.told == str(scene.first), f"it was told: {scene.seen.told}")
        await until(lambda: gone(scene.first))
    return scene.seen


async def changed(house: House) -> Seen:
    """Change a server; a ToolCall is in flight."""
    async with Scene.of(house) as scene, _in_flight(scene) as told:
        scene.edit(server=house.entry(log="newer"))
        await scene.applied(lambda: house.pid() not in (0, scene.first))
        scene.seen.check(not gone(scene.first), "the old one went before its ToolCall was done")
        scene.seen.told = await told()
        scene.seen.check(scene.seen.told == str(scene.first), f"it was told: {scene.seen.told}")
        await until(lambda: gone(scene.first))
    return scene.seen


async def no_good(house: House) -> Seen:
    """Change a server to one that does not come up."""
    async with Scene.of(house) as scene:
        scene.edit(server=house.entry("crash", log="newer"))
        await scene.applied(lambda: "the old one stays" in (house.status().edit_error or ""))
        scene.seen.check("database" in (house.status().edit_error or ""), "the reason is not shown")
        await scene.unharmed()
    return scene.seen


async def after(house: House) -> Seen:
    """Change a server that owns a lock (replace: after)."""
    keys: Entry = {"replace": "after", "restart": AT_ONCE}
    async with Scene.of(house, server=house.entry(**keys)) as scene:
        scene.edit(server=house.entry("slowstart", **keys))
        scene.seen.told = await house.call("write")
        await scene.applied(lambda: house.status().state == "ready" and house.pid() != scene.first)
        scene.seen.check(not house.logged("overlap"), "two lives overlapped")
        scene.seen.check(scene.seen.told.isdigit(), f"a ToolCall meanwhile was told: {scene.seen.told}")
    return scene.seen


async def after_no_good(house: House) -> Seen:
    """The same, and the new one does not come up: back to the old."""
    keys: Entry = {"replace": "after", "restart": AT_ONCE}
    async with Scene.of(house, server=house.entry(**keys)) as scene:
        scene.edit(server=house.entry("crash", **keys))
        await scene.applied(lambda: "the old one is back" in (house.status().edit_error or ""))
        scene.seen.told = await house.call("write")
        scene.seen.check(scene.seen.told.isdigit(), f"a ToolCall meanwhile was told: {scene.seen.told}")
        scene.seen.check(not house.logged("overlap"), "two lives overlapped")
    return scene.seen


async def rotated(house: House) -> Seen:
    """Rotate a secret in .env."""
    env = house.place / ".env"
    env.write_text("CHAOS_KEY=old-secret\n", "utf-8")
    async with Scene.of(house, server=house.entry(env={"KEY": "${CHAOS_KEY}"})) as scene:
        scene.save(lambda: env.write_text("CHAOS_KEY=new-secret\n", "utf-8"))
        await scene.applied(lambda: house.pid() not in (0, scene.first))
        words = await house.call("environment")
        scene.seen.check("new-secret" in words, "it does not have the new secret")
        scene.seen.told = await house.call("write")
    return scene.seen


async def broken(house: House) -> Seen:
    """Save something that is not JSON."""
    async with Scene.of(house) as scene:
        scene.save(lambda: house.config.write_text('{"mcpServers": {"server": {', "utf-8"))
        await scene.applied(lambda: house.pool.config.problems)
        scene.seen.check("Not JSON" in str(house.pool.config.problems[0]), "the problem is not named")
        await scene.unharmed()
    return scene.seen


async def renamed(house: House) -> Seen:
    """An editor that writes another file and renames it."""

    def save(text: str) -> None:
        new = house.config.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(house.config)

    return await _saved(house, save)


async def two_steps(house: House) -> Seen:
    """An editor that writes the file in two steps."""

    def save(text: str) -> None:
        with house.config.open("w", encoding="utf-8") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.3)
            file.write(text[len(text) // 2 :])

    return await _saved(house, save)


async def empty_first(house: House) -> Seen:
    """An editor that empties the file first."""

    def save(text: str) -> None:
        house.config.write_text("", "utf-8")
        time.sleep(0.3)
        house.config.write_text(text, "utf-8")

    return await _saved(house, save)


async def vanished(house: House) -> Seen:
    """The file vanishes, and comes back with an edit."""

    def save(text: str) -> None:
        aside = house.config.with_suffix(".aside")
        house.config.replace(aside)
        time.sleep(SETTLE_SECONDS)
        shutil.copy(aside, house.config)
        house.config.write_text(text, "utf-8")

    return await _saved(house, save)


async def _saved(house: House, save: Callable[[str], None]) -> Seen:
    """The edit has its effect once, and nothing happens on the way."""
    async with Scene.of(house) as scene:
        newer = as_json(scene.entries | {NAME: house.entry(log="newer")})
        scene.save(lambda: None)
        await anyio.to_thread.run_sync(save, newer)
        await scene.applied(lambda: house.pid() not in (0, scene.first))
        await anyio.sleep(SETTLE_SECONDS)
        scene.seen.check(house.logged("start") == 1, "the old version was started again on the way")
        scene.seen.check(house.logged("start", "newer") == 1, "the new version was started more than once")
        scene.seen.told = await house.call("write")
    return scene.seen


@asynccontextmanager
async def _in_flight(scene: Scene) -> AsyncGenerator[Callable[[], Awaitable[str]]]:
    """A ToolCall that takes a while; gives what waits for what it was told."""
    words: list[str] = []

    async def call() -> None:
        words.append(await scene.house.call("write", text="in flight", seconds=1))

    async def told() -> str:
        await until(lambda: words)
        return words[0]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await until(lambda: scene.house.logged("run write in flight"))
        yield told


ROWS = (
    *(added, removed, changed, no_good, after, after_no_good, rotated),
    *(broken, renamed, two_steps, empty_first, vanished),
)
