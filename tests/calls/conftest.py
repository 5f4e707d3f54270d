"""VoiceCalls on a real Journal, with LiveKit and the rest of the hub played by fakes."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hub.calls.arguments import StartVoiceCall
from hub.calls.keeper import Keeper
from hub.calls.keys import Keys
from hub.calls.live import LiveCalls
from hub.calls.prices import Prices, load_prices
from hub.calls.recordings_files import RecordingFiles
from hub.calls.takeover import Takeover
from hub.calls.voice_calls import VoiceCalls
from hub.calls.worker_link import WorkerLink
from hub.core.errors import HubError, InvalidArguments, ServerUnavailable
from hub.core.records import CallRecord
from hub.core.spec import Limits
from hub.core.wire import EventsUp, JobStarted, WorkerHello
from hub.storage.database import open_database
from hub.storage.journal import SqlJournal

URL = "http://127.0.0.1:7788"


@dataclass
class FakeRooms:
    """Remembers what was asked of LiveKit."""

    opened: list[tuple[str, int]] = field(default_factory=list)
    dispatched: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    down: bool = False

    async def open(self, call: CallRecord, *, empty_timeout: int) -> None:
        if self.down:
            raise ServerUnavailable("LiveKit does not answer.")
        self.opened.append((call.room, empty_timeout))

    async def reopen(self, call: CallRecord, *, empty_timeout: int) -> None:
        self.opened.append((call.room, empty_timeout))

    async def dispatch(self, call: CallRecord) -> None:
        if self.down:
            raise ServerUnavailable("LiveKit does not answer.")
        self.dispatched.append(call.room)

    async def clear(self, room: str) -> None:
        self.cleared.append(room)

    async def close(self, room: str) -> None:
        self.closed.append(room)

    def caller_token(self, call: CallRecord, identity: str, *, seconds: int) -> str:
        return f"{call.room}/{identity}/{seconds}"


@dataclass
class House:
    """One hub's calls."""

    journal: SqlJournal
    rooms: FakeRooms = field(default_factory=FakeRooms)
    live: LiveCalls = field(default_factory=LiveCalls)
    keys: Keys = field(default_factory=lambda: Keys("secret"))
    places: int = 4
    bounds: Limits = field(default_factory=Limits)
    worker_is_there: bool = True
    in_the_way: HubError | None = None
    folder: Path = Path()
    may_record: bool = True

    def __post_init__(self) -> None:
        self.calls = VoiceCalls(self.journal, lambda: self.rooms, self.live, self.keys, self)
        self.takeover = Takeover(self.journal, lambda: self.rooms, self.calls, self)
        self.link = WorkerLink(
            self.journal,
            self.live,
            self.keys,
            self.calls,
            self.takeover,
            practice=lambda: ["stt"],
            minutes=lambda: 15.0,
            prices=self.prices(),
        )
        self.keeper = Keeper(self.journal, self.live, self.calls, self.takeover)

    def url(self) -> str:
        return URL

    def tools(self, request: StartVoiceCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if request.view != "voice":
            raise InvalidArguments(f"There is no view {request.view}.")
        return [{"server": "shop", "tools": ["shop__list"]}], [{"server": "mail", "state": "backoff"}]

    def obstacle(self) -> HubError | None:
        return self.in_the_way

    def limits(self) -> Limits:
        return replace(self.bounds, calls=self.places)

    def prices(self) -> Prices:
        return load_prices()

    def recordings(self) -> RecordingFiles:
        return RecordingFiles(self.folder / "recordings", self.may_record)

    def personas(self) -> list[str] | None:
        return self.link.personas()

    def language(self, persona: str | None) -> str | None:
        return self.link.language(persona)

    async def worker_there(self, seconds: float) -> bool:
        return self.worker_is_there

    async def practice(self) -> dict[str, Any]:
        return {"practice": ["stt"], "phrases": [{"say": "which tables do we have"}], "note": "only phrases"}

    async def join(self, started: dict[str, Any]) -> dict[str, Any]:
        call_id = started["call_id"]
        return await self.calls.join(call_id, self.keys.join_key(call_id), "ws://127.0.0.1:7788/lk")

    async def work(self, call_id: str, worker: str = "w1", job: str = "j1") -> "Worker":
        brief = await self.link.job(
            JobStarted(worker_id=worker, job_id=job, room=f"call-{call_id}", call_id=call_id)
        )
        return Worker(self, call_id, job, brief.model_dump())


@dataclass
class Worker:
    """A worker that leads one call."""

    house: House
    call_id: str
    job: str
    brief: dict[str, Any]
    seq: int = 0

    async def tell(self, *events: dict[str, Any]) -> int:
        """Send events with the next numbers; returns the acknowledged one."""
        numbered = []
        for event in events:
            self.seq += 1
            numbered.append({"t": time.time(), **event, "seq": self.seq})
        up = EventsUp.model_validate({"job_id": self.job, "events": numbered})
        return (await self.house.link.events(self.call_id, up)).seq


def hello(worker: str = "w1", pid: int = 1) -> WorkerHello:
    return WorkerHello(
        worker_id=worker,
        host="here",
        pid=pid,
        version="0.1.0",
        max_calls=4,
        active_calls=0,
        personas=["default"],
    )


@pytest.fixture
async def house(hub_home: Path) -> AsyncGenerator[House]:
    async with SqlJournal.opened(open_database(None, hub_home)) as journal:
        house = House(journal, folder=hub_home)
        house.link.hello(hello())
        yield house
