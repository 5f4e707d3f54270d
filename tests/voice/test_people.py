"""Who is in the room, with a room of our own."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from livekit import rtc

from hub.core.records import EndedReason
from hub.voice import people
from hub.voice.ending import Ender
from hub.voice.people import People, RoomWatch

pytestmark = pytest.mark.anyio
Reason = rtc.DisconnectReason
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD


@dataclass
class Person:
    identity: str = "caller"
    kind: int = STANDARD
    disconnect_reason: int | None = None


class Room(rtc.EventEmitter[Any]):
    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Person] = {}


class Notes:
    """Stands for the Link."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def tell(self, _event: object, **values: Any) -> None:
        self.states.append(values["state"])


class Scene:
    def __init__(self, caller: str | None) -> None:
        self.room, self.notes, self.ender = Room(), Notes(), Ender()
        room: Any = self.room
        notes: Any = self.notes
        self.people = People(room, notes, self.ender, caller)

    def came(self, person: Person) -> None:
        self.room.emit("participant_connected", person)

    def left(self, person: Person, reason: int) -> None:
        person.disconnect_reason = reason
        self.room.emit("participant_disconnected", person)

    @property
    def ended(self) -> EndedReason | None:
        return self.ender.ending.reason if self.ender.ending else None


@pytest.fixture
async def scene() -> AsyncGenerator[Scene]:
    async with anyio.create_task_group() as tasks:
        scene = Scene(None)
        tasks.start_soon(scene.people.run)
        await anyio.wait_all_tasks_blocked()
        yield scene
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "reason", [Reason.CLIENT_INITIATED, Reason.CONNECTION_TIMEOUT, Reason.PARTICIPANT_REMOVED]
)
async def test_a_caller_who_left_for_good_ends_the_call(scene: Scene, reason: int) -> None:
    person = Person()
    scene.came(person)
    scene.left(person, reason)
    assert scene.ended is EndedReason.CALLER_LEFT
    assert scene.notes.states == ["joined", "left"]


async def test_a_lost_connection_is_waited_for(scene: Scene) -> None:
    person = Person()
    scene.came(person)
    scene.left(person, Reason.SIGNAL_CLOSE)
    await anyio.wait_all_tasks_blocked()
    assert scene.ended is None
    scene.came(person)
    assert scene.notes.states == ["joined", "left", "joined"]


async def test_who_does_not_come_back_has_left(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "RECONNECT_SECONDS", 0.0)
    person = Person()
    scene.came(person)
    scene.left(person, Reason.SIGNAL_CLOSE)
    with anyio.fail_after(5):
        await scene.ender.wait()
    assert scene.ended is EndedReason.CALLER_LEFT


async def test_the_same_caller_joining_twice_is_no_leave(scene: Scene) -> None:
    person = Person()
    scene.came(person)
    scene.left(person, Reason.DUPLICATE_IDENTITY)
    assert scene.ended is None


async def test_other_people_and_agents_do_not_count(scene: Scene) -> None:
    scene.came(Person())
    scene.left(Person("observer"), Reason.CLIENT_INITIATED)
    scene.left(Person(kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT), Reason.CLIENT_INITIATED)
    assert scene.ended is None


async def test_nobody_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "NO_SHOW_SECONDS", 0.0)
    scene = Scene("caller")
    with anyio.fail_after(5):
        await scene.people.run()
    assert scene.ended is EndedReason.NO_SHOW


@pytest.mark.parametrize(
    ("reason", "why", "handover"),
    [
        (Reason.ROOM_DELETED, EndedReason.OPERATOR_ENDED, False),
        (Reason.ROOM_CLOSED, EndedReason.CALLER_LEFT, False),
        (Reason.SERVER_SHUTDOWN, EndedReason.MEDIA_LOST, True),
    ],
)
async def test_a_room_that_ends_ends_the_job(reason: int, why: EndedReason, handover: bool) -> None:
    room: Any = Room()
    ender = Ender()
    RoomWatch(room, ender)
    room.emit("disconnected", reason)
    assert ender.ending
    assert ender.ending.reason is why
    assert ender.ending.handover is handover


async def test_a_connection_that_does_not_come_back_is_handed_to_another_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "GIVE_UP_SECONDS", 0.0)
    room: Any = Room()
    ender = Ender()
    watch = RoomWatch(room, ender)
    room.emit("reconnecting")
    room.emit("reconnecting")
    with anyio.fail_after(5):
        await watch.run()
    assert ender.ending
    assert (ender.ending.reason, ender.ending.handover) == (EndedReason.MEDIA_LOST, True)


async def test_a_connection_that_comes_back_goes_on_and_may_be_lost_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "GIVE_UP_SECONDS", 60.0)
    room: Any = Room()
    ender = Ender()
    watch = RoomWatch(room, ender)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch.run)
        for _ in range(2):
            room.emit("reconnecting")
            await anyio.wait_all_tasks_blocked()
            room.emit("reconnected")
            await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert ender.ending is None
