"""Recordings: who may have one, what is kept of it piece by piece, how it is handed out and deleted."""

import errno
import os
import resource
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.calls.live import LiveCalls
from hub.calls.recordings_files import IDLE_SECONDS, RecordingFiles
from hub.core.errors import CallNotFound, InvalidArguments, NotFound, ServerUnavailable, UnsupportedInMode
from hub.core.recording import bytes_most
from hub.core.takeover import OWN_WORKER
from tests.calls.conftest import House, Worker
from tests.core.test_recording import HEAD, page

pytestmark = pytest.mark.anyio
SOUND = HEAD + page(96_312)


async def led(house: House, worker: str = "w1", **asked: Any) -> Worker:
    """A recorded call that a worker leads."""
    started = await house.calls.start({"goal": "g", "record": True, **asked})
    await house.join(started)
    leads = await house.work(started["call_id"], worker)
    await leads.tell({"kind": "joined"})
    return leads


async def kept(worker: Worker, data: bytes, at: int = 0, *, last: bool = False, part: int = 1) -> Any:
    return await worker.house.calls.recordings.store(worker.call_id, part, at, data, last=last)


async def look(worker: Worker) -> dict[str, Any]:
    return await worker.house.calls.recording({"call_id": worker.call_id})


def folder(worker: Worker) -> Path:
    return worker.house.folder / "recordings" / worker.call_id


async def test_recording_is_off_unless_it_is_asked_for(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    worker = await house.work(started["call_id"])
    assert worker.brief["record_part"] == 0
    assert (await kept(worker, SOUND)).over
    assert (await look(worker))["state"] == "none"
    assert "recording" not in await house.calls.get({"call_id": worker.call_id})
    assert not folder(worker).exists()


async def test_a_typed_call_and_a_hub_that_may_not_record_refuse(house: House) -> None:
    with pytest.raises(UnsupportedInMode, match="no sound"):
        await house.calls.start({"goal": "g", "mode": "text", "record": True})
    silent = House(house.journal, folder=house.folder, may_record=False)
    with pytest.raises(InvalidArguments, match="HUB_RECORDING"):
        await silent.calls.start({"goal": "g", "record": True})
    assert not silent.calls.records


async def test_the_caller_can_see_it_before_joining(house: House) -> None:
    for record in (True, False):
        call_id = (await house.calls.start({"goal": "g", "record": record}))["call_id"]
        info = await house.calls.join_info(call_id, house.keys.join_key(call_id))
        assert info["recorded"] is record


async def test_a_recording_grows_piece_by_piece_and_is_ready_in_the_end(house: House) -> None:
    worker = await led(house)
    assert worker.brief["record_part"] == 1
    assert (await look(worker))["state"] == "none"
    await worker.tell({"kind": "recording", "state": "began", "part": 1})
    assert (await kept(worker, SOUND)).size == len(SOUND)
    assert (await look(worker))["state"] == "recording"
    assert (await house.calls.get({"call_id": worker.call_id}))["recording"] == "recording"
    more = page(144_312)
    assert (await kept(worker, more, len(SOUND), last=True)).size == len(SOUND + more)
    await worker.tell({"kind": "recording", "state": "ended", "part": 1, "seconds": 3.0})
    await worker.tell({"kind": "ended", "reason": "caller_left"})
    found = await look(worker)
    (part,) = found["parts"]
    assert found["state"] == "ready"
    assert (part["seconds"], part["bytes"], part["mime_type"]) == (3.0, len(SOUND + more), "audio/ogg")
    assert part["t"] >= 0
    assert part["path"] == str(folder(worker) / "part-1.ogg")
    assert (folder(worker) / "part-1.ogg").read_bytes() == SOUND + more
    got = await house.calls.get({"call_id": worker.call_id})
    texts = [event["text"] for event in got["events"]]
    assert {"the recording began", "the recording ended after 3 s"} <= set(texts)


async def test_a_recording_is_private(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND, last=True)
    assert stat.S_IMODE(folder(worker).stat().st_mode) == 0o700
    assert stat.S_IMODE((folder(worker) / "part-1.ogg").stat().st_mode) == 0o600


async def test_a_piece_that_comes_twice_or_half_known_is_kept_once(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND[:40])
    assert (await kept(worker, SOUND[:40])).size == 40
    assert (await kept(worker, SOUND[20:], 20, last=True)).size == len(SOUND)
    assert (await kept(worker, SOUND[20:], 20, last=True)).size == len(SOUND)
    assert (folder(worker) / "part-1.ogg").read_bytes() == SOUND


async def test_a_piece_after_a_gap_is_not_kept(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND[:10])
    assert (await kept(worker, SOUND[20:], 20)).size == 10


async def test_a_call_that_is_taken_over_has_a_second_part(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND)
    assert house.link.gone(1)
    live = house.live.get(worker.call_id)
    assert live is not None
    live.hand_on()
    second = await house.work(worker.call_id, "w2", "j2")
    assert second.brief["record_part"] == 2
    await kept(second, SOUND, part=2)
    assert sorted(path.name for path in folder(worker).iterdir()) == ["part-1.ogg", "part-2.ogg.part"]
    assert [part["part"] for part in (await look(worker))["parts"]] == [1, 2]


async def test_what_a_lost_worker_left_is_ready_after_a_while(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND)
    await worker.tell({"kind": "ended", "reason": "worker_lost"})
    assert (await look(worker))["state"] == "recording"
    long_ago = time.time() - IDLE_SECONDS - 1
    os.utime(folder(worker) / "part-1.ogg.part", (long_ago, long_ago))
    assert (await look(worker))["state"] == "ready"
    assert (folder(worker) / "part-1.ogg").exists()


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "cannot write")])
async def test_a_disk_that_takes_no_more_ends_the_recording_and_not_the_call(
    house: House, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    worker = await led(house)
    await kept(worker, SOUND)

    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(RecordingFiles, "append", full)
    stored = await kept(worker, page(192_312), len(SOUND))
    assert words in stored.over
    await worker.tell({"kind": "recording", "state": "failed", "part": 1, "message": stored.over})
    found = await look(worker)
    assert (found["state"], len(found["parts"])) == ("failed", 1)
    assert words in found["next_step"]
    assert (await house.calls.get({"call_id": worker.call_id}))["status"] == "in_progress"
    await worker.tell({"kind": "ended", "reason": "caller_left"})
    found = await look(worker)  # nobody will send more of it
    assert (found["state"], len(found["parts"])) == ("ready", 1)
    assert words in found["next_step"]


@contextmanager
def no_file_longer_than(most: int) -> Iterator[None]:
    """A disk that is full as the kernel has it: the first bytes of a piece are written, the rest are not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_piece_for_which_there_is_no_room_leaves_nothing_of_itself(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path)
    files.append("c", 1, 0, SOUND)
    with no_file_longer_than(len(SOUND) + 10), pytest.raises(OSError, match="File too large"):
        files.append("c", 1, len(SOUND), page(192_312))
    assert (tmp_path / "c" / "part-1.ogg.part").read_bytes() == SOUND


async def test_where_there_is_no_room_from_the_beginning_nothing_was_recorded(house: House) -> None:
    worker = await led(house)
    with no_file_longer_than(10):
        stored = await kept(worker, SOUND)
    await worker.tell({"kind": "recording", "state": "failed", "part": 1, "message": stored.over})
    for over in (False, True):
        if over:
            await worker.tell({"kind": "ended", "reason": "caller_left"})
        found = await look(worker)
        assert (found["state"], found["parts"]) == ("failed", [])
        assert found["next_step"] == "Nothing was recorded: the hub cannot write it."


async def test_a_part_that_was_lost_before_it_had_any_sound_is_none(house: House) -> None:
    worker = await led(house)
    await kept(worker, HEAD, last=True)
    await worker.tell({"kind": "ended", "reason": "worker_lost"})
    found = await look(worker)
    assert (found["state"], found["parts"]) == ("failed", [])


async def test_what_a_killed_hub_had_of_a_recording_is_ready_when_the_next_one_is_up(house: House) -> None:
    worker = await led(house, worker=f"{OWN_WORKER}1")
    await kept(worker, SOUND)
    after = House(house.journal, live=LiveCalls(), folder=house.folder)
    await after.keeper.recover()
    found = await after.calls.recording({"call_id": worker.call_id})
    assert (found["state"], [part["seconds"] for part in found["parts"]]) == ("ready", [2.0])
    assert [path.name for path in folder(worker).iterdir()] == ["part-1.ogg"]


async def test_a_recording_that_cannot_be_finished_does_not_keep_the_next_hub_from_starting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    worker = await led(house, worker=f"{OWN_WORKER}1")
    await kept(worker, SOUND)
    after = House(house.journal, live=LiveCalls(), folder=house.folder)
    with monkeypatch.context() as patch:
        patch.setattr(RecordingFiles, "finish", broken)
        await after.keeper.recover()
    assert (await after.calls.get({"call_id": worker.call_id}))["ended_reason"] == "hub_stopped"


async def test_a_folder_that_cannot_be_read_is_an_event_of_the_call(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(RecordingFiles, "next_number", broken)
    worker = await led(house)
    assert worker.brief["record_part"] == 0
    events = (await house.calls.get({"call_id": worker.call_id}))["events"]
    assert any("the recording failed" in event["text"] for event in events)
    assert (await look(worker))["state"] == "failed"


@pytest.mark.parametrize("at", [-1, bytes_most(15)])
async def test_no_recording_is_longer_than_its_call_may_be(house: House, at: int) -> None:
    worker = await led(house, max_minutes=14)
    assert (await kept(worker, SOUND, at)).over
    assert (await kept(worker, SOUND, part=1001)).over


@pytest.mark.parametrize(
    "ask",
    [
        lambda house: house.calls.recording({"call_id": "gone"}),
        lambda house: house.calls.recordings.store("../x", 1, 0, b"", last=False),
        lambda house: house.calls.recordings.file("gone", 1),
        lambda house: house.calls.recordings.delete("gone", "me"),
    ],
)
async def test_a_call_that_is_not_there_is_said_to_be(house: House, ask: Callable[[House], Any]) -> None:
    with pytest.raises(CallNotFound):
        await ask(house)


async def test_a_part_that_is_not_there_is_said_to_be(house: House) -> None:
    worker = await led(house)
    with pytest.raises(NotFound, match="no recording 1"):
        await house.calls.recordings.file(worker.call_id, 1)


async def test_a_recording_can_be_deleted_when_the_call_is_over(house: House) -> None:
    worker = await led(house)
    await kept(worker, SOUND)
    with pytest.raises(ServerUnavailable, match="still running"):
        await house.calls.recordings.delete(worker.call_id, "the operator")
    await worker.tell({"kind": "ended", "reason": "caller_left"})
    assert (await house.calls.recordings.delete(worker.call_id, "the operator"))["deleted"] == 1
    assert (await house.calls.recordings.delete(worker.call_id, "the operator"))["deleted"] == 0
    assert (await kept(worker, page(9), len(SOUND))).over == "it was deleted"
    assert not list(folder(worker).glob("*.ogg*"))
    found = await look(worker)
    assert (found["state"], found["parts"]) == ("none", [])
    assert "deleted" in found["next_step"]
    events = (await house.calls.get({"call_id": worker.call_id}))["events"]
    assert events[-1]["text"] == "the recording was deleted by the operator"


def test_what_is_no_id_names_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments):
        RecordingFiles(tmp_path).path("../secrets", 1)
