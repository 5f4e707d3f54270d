"""What happens to servers that are only connected to: rows of the chaos table."""

import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

from hub.bench.chaos_house import NAME, UNKNOWN, Entry, House, Seen, until
from hub.supervision.process import Command, Process, StopSteps, running

PROGRAM: Final = Path(__file__).with_name("unruly_http.py")
TWICE: Final = 2
HUGE: Final = 100_000_000
BIG: Final = 5_000_000
STOP: Final = StopSteps(close_stdin_wait=0, term_wait=0.5, kill_wait=0.5)
SECRET: Final = "chaos-secret"  # noqa: S105  # no secret of anybody's
WEB: Final = "web"


class Web:
    """One server over HTTP, which can be started again on its port."""

    def __init__(self, house: House, log: str = WEB) -> None:
        self.house = house
        self.log = log
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])

    @asynccontextmanager
    async def running(self, **env: str) -> AsyncGenerator[Process]:
        """Run it while this lasts."""
        starts = self.house.logged("start", self.log)
        variables = dict(os.environ) | {"UNRULY_LOG": str(self.house.place / self.log)} | env
        command = Command((sys.executable, "-I", "-S", str(PROGRAM), str(self.port)), variables)
        async with running(command, name=self.log, guardian=self.house.guardian, stop=STOP) as process:
            await until(lambda: self.house.logged("start", self.log) > starts)
            yield process

    def url(self, path: str = "/mcp") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def entry(self, path: str = "/mcp", **keys: object) -> Entry:
        return {"url": self.url(path), "restart": {"first_delay": 0.1, "stable_after": 0}} | keys

    def sessions(self) -> int:
        return self.house.logged("session", self.log)


async def refused(house: House) -> Seen:
    """The server is killed, and nobody listens for a second."""
    web, seen = Web(house), Seen()
    async with web.running() as process:
        await house.start(server=web.entry())
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    begun = time.perf_counter()
    async with anyio.create_task_group() as tasks:

        async def write() -> None:
            seen.told = await house.call("write")
            seen.usable = time.perf_counter() - begun

        tasks.start_soon(write)
        seen.noticed = await until(lambda: house.status().state != "ready") - begun
        await anyio.sleep(1)
        async with web.running():
            await until(lambda: seen.told)
            await house.state(NAME, "ready")
    seen.check(seen.told.isdigit(), f"the write that came meanwhile was told: {seen.told}")
    seen.check(house.logged("run write", WEB) == 1, "the write did not run just once")
    return seen


async def half_open(house: House) -> Seen:
    """Accepts, and never answers; one ToolCall in flight."""
    web, seen = Web(house), Seen()
    async with web.running() as process:
        await house.start(server=web.entry(timeouts={"call": 3}), sibling=house.entry())
        sibling = house.pid("sibling")
        os.kill(process.pid, signal.SIGSTOP)
        begun = time.perf_counter()
        async with anyio.create_task_group() as tasks:

            async def write() -> None:
                seen.told = await house.call("write")

            tasks.start_soon(write)
            seen.noticed = await until(lambda: house.status().state != "ready") - begun
            os.kill(process.pid, signal.SIGCONT)
            woken = time.perf_counter()
            words = await house.call("read")
            seen.usable = time.perf_counter() - woken
        seen.check(words.isdigit(), f"a ToolCall after it was told: {words}")
        seen.check("in time" in seen.told, f"the ToolCall in flight was told: {seen.told}")
        told = await house.call("write", "sibling")
        seen.check(told == str(sibling), "its sibling was harmed")
    return seen


async def session_gone(house: House) -> Seen:
    """The server forgets the session (HTTP 404); another ToolCall is in flight in it."""
    web, seen = Web(house), Seen()
    async with web.running():
        await house.start(server=web.entry())
        async with anyio.create_task_group() as tasks:

            async def late() -> None:
                told = await house.call("write", how="late")
                seen.check(told.isdigit(), f"the ToolCall in flight was told: {told}")

            tasks.start_soon(late)
            await until(lambda: house.logged("run write late", WEB))
            await house.call("read", how="forget")
            begun = time.perf_counter()
            seen.told = await house.call("write")
            seen.usable = time.perf_counter() - begun
    seen.check(seen.told.isdigit(), f"the write was told: {seen.told}")
    seen.check(house.logged("run write", WEB) == TWICE, "a write did not run just once")
    seen.check(web.sessions() == TWICE, f"{web.sessions()} sessions were made")
    return seen


async def token_expired(house: House) -> Seen:
    """The token expires in mid-session (HTTP 401); then .env has another."""
    web, seen = Web(house), Seen()
    env, token = house.place / ".env", house.place / f"{WEB}.token"
    env.write_text("CHAOS_TOKEN=old\n", "utf-8")
    token.write_text("old", "utf-8")
    async with web.running():
        following = await house.follow({NAME: web.entry(headers={"Authorization": "Bearer ${CHAOS_TOKEN}"})})
        await house.state(NAME, "ready")
        async with following.running():
            begun = time.perf_counter()
            token.write_text("new", "utf-8")
            seen.told = await house.call("write")
            status = await house.state(NAME, "auth_required")
            seen.noticed = time.perf_counter() - begun
            seen.check("headers" in (status.last_error or ""), f"says no remedy: {status.last_error}")
            seen.check("401" in seen.told, f"the write was told: {seen.told}")
            begun = time.perf_counter()
            env.write_text("CHAOS_TOKEN=new\n", "utf-8")
            await house.state(NAME, "ready")
            seen.usable = time.perf_counter() - begun
            seen.check((await house.call("write")).isdigit(), "it is of no use with the new token")
    seen.check(house.logged("run write", WEB) == 1, "the refused write ran")
    return seen


async def server_error(house: House) -> Seen:
    """HTTP 500 to one ToolCall."""
    return await _one_fails(house, "500", "HTTP 500", sessions=1)


async def gateway_error(house: House) -> Seen:
    """HTTP 503 to one ToolCall."""
    return await _one_fails(house, "503", UNKNOWN, sessions=1)


async def events_dropped(house: House) -> Seen:
    """The event stream of an answer ends without it."""
    return await _one_fails(house, "drop", UNKNOWN, sessions=1)


async def body_cut(house: House) -> Seen:
    """The body of an answer breaks off."""
    return await _one_fails(house, "cut", UNKNOWN, sessions=1)


async def huge(house: House) -> Seen:
    """100 MB in one answer."""
    return await _one_fails(house, "big", "longer than 32 MB", sessions=1, size=HUGE)


async def huge_event(house: House) -> Seen:
    """100 MB in one event."""
    return await _one_fails(house, "bigevent", "", sessions=1, size=HUGE)


async def big_event(house: House) -> Seen:
    """5 MB in one event is an answer like others."""
    web, seen = Web(house), Seen()
    async with web.running():
        await house.start(server=web.entry())
        words = await house.call("read", how="bigevent", bytes=BIG)
    seen.told = "the answer" if len(words) > BIG - 100_000 else words
    seen.check(seen.told == "the answer", f"it was told: {words[:60]}")
    return seen


async def nest(house: House) -> Seen:
    """An answer nested 100,000 deep."""
    return await _one_fails(house, "nest", "", sessions=1)


async def garbage(house: House) -> Seen:
    """An answer that is neither JSON nor UTF-8."""
    return await _one_fails(house, "garbage", "", sessions=1)


async def a_page(house: House) -> Seen:
    """A page for people instead of an answer."""
    return await _one_fails(house, "html", "", sessions=1)


async def _one_fails(house: House, how: str, told: str, *, sessions: int, size: int = 0) -> Seen:
    """One ToolCall fails and says why, the session goes on, and others are not harmed."""
    web, seen = Web(house), Seen()
    async with web.running():
        await house.start(server=web.entry(timeouts={"call": 20}), sibling=house.entry())
        sibling, begun = house.pid("sibling"), time.perf_counter()
        seen.told = await house.call("write", how=how, bytes=size)
        seen.noticed = time.perf_counter() - begun
        after = await house.call("write")
        seen.usable = time.perf_counter() - begun
        seen.check("isError" in seen.told or "refused" in seen.told, f"it was told: {seen.told[:60]}")
        seen.check(told in seen.told and "in time" not in seen.told, f"it was told: {seen.told[:90]}")
        seen.check(after.isdigit(), f"the next was told: {after}")
        seen.check(web.sessions() == sessions, f"{web.sessions()} sessions were made")
        seen.check(await house.call("write", "sibling") == str(sibling), "its sibling was harmed")
    return seen


async def redirected(house: House) -> Seen:
    """A redirect on the same host."""
    web, seen = Web(house), Seen()
    async with web.running():
        begun = time.perf_counter()
        await house.start(server=web.entry("/moved", headers={"Authorization": f"Bearer {SECRET}"}))
        seen.usable = time.perf_counter() - begun
        seen.told = await house.call("write")
    seen.check(seen.told.isdigit(), f"it was told: {seen.told}")
    bearers = house.lines(f"authorization Bearer {SECRET}", WEB)
    seen.check(len(bearers) == house.logged("authorization", WEB), "the token was lost on the way")
    return seen


async def led_away(house: House) -> Seen:
    """A redirect to another host; our headers hold secrets."""
    web, other, seen = Web(house), Web(house, "other"), Seen()
    headers = {"Authorization": f"Bearer {SECRET}", "X-Key": SECRET}
    async with other.running(), web.running(UNRULY_AWAY=f"http://localhost:{other.port}/mcp"):
        begun = time.perf_counter()
        await house.follow({NAME: web.entry("/away", headers=headers)})
        status = await house.state(NAME, "failed", "ready")
        seen.noticed = time.perf_counter() - begun
        seen.check(status.state == "failed", "it was followed")
        seen.check(str(other.port) in (status.last_error or ""), f"names no address: {status.last_error}")
    seen.check(
        not any(SECRET in line for line in house.lines("", "other")), "a secret went to the other host"
    )
    return seen


async def older_transport(house: House) -> Seen:
    """HTTP with SSE: the stream ends, a write in flight."""
    web, seen = Web(house), Seen()
    async with web.running():
        entry = web.entry("/sse", type="sse", era="legacy")
        await house.start(server=entry)
        begun = time.perf_counter()
        seen.told = await house.call("write", how="drop")
        seen.noticed = time.perf_counter() - begun
        after = await house.call("write")
        seen.usable = time.perf_counter() - begun
    seen.check(UNKNOWN in seen.told, f"it was told: {seen.told}")
    seen.check(after.isdigit(), f"the next was told: {after}")
    seen.check(house.logged("run write", WEB) == TWICE, "a write ran twice")
    return seen


ROWS = (
    *(refused, half_open, session_gone, token_expired, server_error, gateway_error, events_dropped, body_cut),
    *(huge, huge_event, big_event, nest, garbage, a_page, redirected, led_away, older_transport),
)
