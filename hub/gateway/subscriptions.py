"""Tells clients that a resource of theirs has changed: of calls, read from the Journal, and of servers.

Older clients subscribe to one resource at a time and are told on their session's stream; modern ones listen.
"""

from typing import Final
from weakref import WeakKeyDictionary

import anyio
import mcp_types as mcp
from anyio.abc import TaskGroup
from mcp import MCPError
from mcp.server.connection import Connection
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated

from hub.core.ports import RawResult
from hub.gateway.announcements import TELL_SECONDS
from hub.gateway.asked import Answering, Answers, Asked
from hub.gateway.library import ACTIVE, SERVERS, of_call, tools_of
from hub.gateway.ports import Calls, Servers

LOOK_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 1.0
"""Of one call, a client hears once in this time at most."""
SUBSCRIPTIONS_MOST: Final = 256


class Subscriptions:
    """Who wants to hear of what. Sessions that have ended vanish by themselves."""

    def __init__(self, bus: InMemorySubscriptionBus, read: Answering) -> None:
        self._bus = bus
        self._read = read
        self._wanted: WeakKeyDictionary[Connection, set[str]] = WeakKeyDictionary()
        self._news: WeakKeyDictionary[Connection, set[str]] = WeakKeyDictionary()

    def answers(self) -> Answers:
        """The methods that are answered here."""
        return {"resources/subscribe": self.subscribe, "resources/unsubscribe": self.unsubscribe}

    async def subscribe(self, asked: Asked) -> RawResult:
        """resources/subscribe, of the older era.

        Raises:
            MCPError: There is no such resource, or the session has too many subscriptions.
        """
        await self._read(asked)
        if asked.connection is not None:
            wanted = self._wanted.setdefault(asked.connection, set())
            if len(wanted) >= SUBSCRIPTIONS_MOST:
                raise MCPError(mcp.INVALID_PARAMS, f"A session may have {SUBSCRIPTIONS_MOST} subscriptions.")
            wanted.add(str(asked.params["uri"]))
        return {}

    async def unsubscribe(self, asked: Asked) -> RawResult:
        """resources/unsubscribe; a subscription that there is not is fine."""
        if asked.connection is not None:
            self._wanted.get(asked.connection, set()).discard(str(asked.params["uri"]))
        return {}

    async def run(self, servers: Servers, calls: Calls | None) -> None:
        """Tell of every change, until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._follow_servers, servers, tasks)
            if calls is not None:
                tasks.start_soon(self._follow_calls, calls, tasks)

    async def _follow_calls(self, calls: Calls, tasks: TaskGroup) -> None:
        version, _ = await calls.news(-1, 0.0)
        while True:
            version, changed = await calls.news(version, LOOK_SECONDS)
            if changed:
                uris = {uri for call_id in changed for uri in of_call(call_id)}
                await self._tell_all({ACTIVE, *uris}, tasks)
            await anyio.sleep(PAUSE_SECONDS)

    async def _follow_servers(self, servers: Servers, tasks: TaskGroup) -> None:
        async with servers.changed() as changes:
            async for what in changes:
                names = servers.config.servers if what == "catalog" else ()
                await self._tell_all({SERVERS, *map(tools_of, names)}, tasks)

    async def _tell_all(self, uris: set[str], tasks: TaskGroup) -> None:
        for uri in sorted(uris):
            await self._bus.publish(ResourceUpdated(uri=uri))
        for connection, wanted in list(self._wanted.items()):
            news = uris & wanted
            if not news:
                continue
            waiting = self._news.get(connection)
            if waiting is not None:
                waiting |= news
            else:
                self._news[connection] = news
                tasks.start_soon(self._tell, connection, news)

    async def _tell(self, connection: Connection, news: set[str]) -> None:
        """One client's own task: one that stops reading keeps nobody else waiting."""
        try:
            while news:
                uri = news.pop()
                with anyio.move_on_after(TELL_SECONDS):
                    await connection.send_resource_updated(uri)
        finally:
            self._news.pop(connection, None)
