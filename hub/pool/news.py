"""Tells whoever listens that something has changed, at most a few times a second."""

from collections.abc import Generator
from contextlib import contextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

COALESCE_SECONDS = 0.25
BUFFER = 16


class News:
    """Topics that have changed; `announce()` is the task that tells them."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._arrived = anyio.Event()
        self._subscribers: dict[MemoryObjectSendStream[str], MemoryObjectReceiveStream[str]] = {}

    def tell(self, topic: str) -> None:
        self._topics.add(topic)
        self._arrived.set()

    @contextmanager
    def subscription(self) -> Generator[MemoryObjectReceiveStream[str]]:
        """Receive the topics that change from now on."""
        send, receive = anyio.create_memory_object_stream[str](BUFFER)
        self._subscribers[send] = receive
        try:
            with send, receive:
                yield receive
        finally:
            del self._subscribers[send]

    async def gather(self) -> set[str]:
        """Return what has changed, once something has and a moment has passed for the rest."""
        await self._arrived.wait()
        await anyio.sleep(COALESCE_SECONDS)
        topics, self._topics, self._arrived = self._topics, set(), anyio.Event()
        return topics

    def publish(self, topics: set[str]) -> None:
        """Tell every subscriber; one that has fallen behind finds each topic once."""
        for send, receive in self._subscribers.items():
            unread: dict[str, None] = {}
            while send.statistics().current_buffer_used:
                unread[receive.receive_nowait()] = None
            for topic in {**unread, **dict.fromkeys(sorted(topics))}:
                send.send_nowait(topic)
