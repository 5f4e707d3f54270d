"""Tells clients that the tools have changed: older ones on their session's stream, modern ones who listen."""

from typing import Final
from weakref import WeakKeyDictionary

import anyio
from anyio.abc import TaskGroup
from mcp.server.connection import Connection
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from hub.gateway.ports import Servers

TELL_SECONDS: Final = 5.0
"""A client that does not take a notice within this time gets the next one."""


class Announcements:
    """Who is to be told. Sessions that have ended vanish by themselves."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self._again: WeakKeyDictionary[Connection, bool] = WeakKeyDictionary()
        self.listen = ListenHandler(self.bus)

    def add(self, connection: Connection) -> None:
        """Take on a session of the older era."""
        self._again[connection] = False

    async def run(self, servers: Servers) -> None:
        """Pass on every change of the Catalog (the subscription has already merged bursts)."""
        telling: set[Connection] = set()
        async with servers.changed() as changes, anyio.create_task_group() as tasks:
            async for what in changes:
                if what == "catalog":
                    await self._tell_all(tasks, telling)

    async def _tell_all(self, tasks: TaskGroup, telling: set[Connection]) -> None:
        await self.bus.publish(ToolsListChanged())
        for connection in list(self._again):
            if connection in telling:
                self._again[connection] = True
            else:
                telling.add(connection)
                tasks.start_soon(self._tell, connection, telling)

    async def _tell(self, connection: Connection, telling: set[Connection]) -> None:
        """One client's own task: one that stops reading keeps nobody else waiting."""
        try:
            while True:
                self._again[connection] = False
                with anyio.move_on_after(TELL_SECONDS):
                    await connection.send_tool_list_changed()
                if not self._again[connection]:
                    return
        finally:
            telling.discard(connection)
