"""Recordings of VoiceCalls: taken in from the workers piece by piece, handed out, and deleted."""

import errno
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
from anyio import to_thread

from hub.calls.arguments import GetRecording, StartVoiceCall, parse
from hub.calls.recordings_files import RecordingFiles
from hub.calls.surroundings import Surroundings
from hub.core.errors import CallNotFound, InvalidArguments, NotFound, ServerUnavailable, UnsupportedInMode
from hub.core.ports import Journal
from hub.core.recording import (
    MIME_TYPE,
    Part,
    RecordingState,
    Standing,
    bytes_most,
    next_step,
    state,
)
from hub.core.records import Append, CallRecord, Event, EventKind
from hub.core.wire import RecordingStored

logger = logging.getLogger(__name__)
MINUTES_MOST: Final = 240.0
"""No call may be longer."""
PARTS_MOST: Final = 1000
EVENTS_MOST: Final = 10_000
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Recordings:
    """Everything that the hub does with recordings."""

    def __init__(self, journal: Journal, surroundings: Surroundings) -> None:
        self._journal = journal
        self._files: RecordingFiles = surroundings.recordings()
        self._url = surroundings.url
        self._writing = anyio.Lock()

    @property
    def wanted(self) -> bool:
        """Whether this hub records at all."""
        return self._files.wanted

    def check(self, request: StartVoiceCall) -> None:
        """Whether a call may be recorded.

        Raises:
            InvalidArguments: This hub makes no recordings.
            UnsupportedInMode: There would be nothing to hear.
        """
        if not request.record:
            return
        if not self.wanted:
            raise InvalidArguments(
                "This hub makes no recordings: HUB_RECORDING is off.", next_step="Leave record out."
            )
        if request.mode == "text":
            raise UnsupportedInMode(
                "A typed call has no sound to record.",
                next_step="Leave record out: get_transcript has every word of it.",
            )

    async def next_part(self, call: CallRecord) -> int:
        """The number of the part that a new job records; 0 for a call that is not recorded."""
        if not call.request.get("record") or not self.wanted:
            return 0
        try:
            return await to_thread.run_sync(self._files.next_number, call.id)
        except OSError as error:
            text = f"the recording failed: the hub cannot keep it ({error.strerror})"
            data = {"what": "recording", "state": "failed", "message": "the hub cannot keep it"}
            await self._journal.write(
                call.id, Append(t=time.time(), kind=EventKind.ERROR, text=text, data=data)
            )
            return 0

    async def abandoned(self, call_id: str) -> None:
        """Whoever recorded a call is gone for good, and nobody goes on with it: what there is is all."""
        try:
            async with self._writing:
                await to_thread.run_sync(self._files.finish_all, call_id)
        except OSError as error:  # it is finished when it is next looked at
            logger.warning("call %s: its recording cannot be finished: %s", call_id, error.strerror)

    async def store(self, call_id: str, number: int, at: int, data: bytes, *, last: bool) -> RecordingStored:
        """Keep a piece of a part; a piece that is known already changes nothing.

        Raises:
            CallNotFound: No call has this id.
        """
        call = await self._call(call_id)
        known = call.request.get("record") and 1 <= number <= PARTS_MOST and at >= 0
        if not known or at + len(data) > bytes_most(float(call.request.get("max_minutes", MINUTES_MOST))):
            return RecordingStored(size=0, over="the hub does not want it")
        try:
            async with self._writing:
                return await to_thread.run_sync(partial(self._kept, call_id, number, at, data, last=last))
        except OSError as error:
            logger.warning("call %s: its recording cannot be written: %s", call_id, error.strerror)
            full = error.errno in FULL
            return RecordingStored(
                size=0, over="the hub's disk is full" if full else "the hub cannot write it"
            )

    def _kept(self, call_id: str, number: int, at: int, data: bytes, *, last: bool) -> RecordingStored:
        if self._files.deleted(call_id):
            return RecordingStored(size=0, over="it was deleted")
        size = self._files.append(call_id, number, at, data)
        if last and size == at + len(data):
            self._files.finish(call_id, number)
        return RecordingStored(size=size)

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """get_recording."""
        asked = parse(GetRecording, arguments)
        call = await self._call(asked.call_id)
        events = await self._events(call)
        parts, standing = await self._look(call, events)
        now = state(standing, parts)
        return {
            "call_id": call.id,
            "state": now,
            "parts": [self._told(call, part, events) for part in parts],
            "next_step": next_step(standing, now, parts),
        }

    async def state(self, call: CallRecord) -> RecordingState:
        """How the recording of a call stands."""
        if not call.request.get("record"):
            return "none"
        parts, standing = await self._look(call, await self._events(call))
        return state(standing, parts)

    async def file(self, call_id: str, number: int) -> Path:
        """The sound of one part.

        Raises:
            CallNotFound: No call has this id.
            NotFound: It has no such part.
        """
        call = await self._call(call_id)
        path = await to_thread.run_sync(self._files.path, call.id, number)
        if path is None:
            raise NotFound(
                f"Call {call.id} has no recording {number}.", next_step="get_recording shows what there is."
            )
        return path

    async def delete(self, call_id: str, by: str) -> dict[str, Any]:
        """Delete the recording of a call that is over, for good; `by` says in the Journal who it was.

        Raises:
            CallNotFound: No call has this id.
            ServerUnavailable: It is still being recorded.
        """
        call = await self._call(call_id)
        if not call.done:
            raise ServerUnavailable(
                "The call is still running.", next_step="End it with end_call, then delete its recording."
            )
        async with self._writing:
            count = await to_thread.run_sync(self._files.delete, call.id)
        if count:
            note = Append(t=time.time(), kind=EventKind.STATUS, text=f"the recording was deleted by {by}")
            await self._journal.write(call.id, note)
        return {"call_id": call.id, "deleted": count, "next_step": "get_transcript still has what was said."}

    async def _call(self, call_id: str) -> CallRecord:
        call = await self._journal.call(call_id)
        if call is None:
            raise CallNotFound(
                f"There is no call {call_id}.", next_step="list_calls shows the calls there are."
            )
        return call

    async def _events(self, call: CallRecord) -> list[Event]:
        """What its workers told of its recording."""
        if not call.request.get("record"):
            return []
        events = await self._journal.events(call.id, limit=EVENTS_MOST)
        return [event for event in events if event.data.get("what") == "recording"]

    async def _look(self, call: CallRecord, events: Sequence[Event]) -> tuple[list[Part], Standing]:
        newest = events[-1].data if events else {}
        failed = newest.get("state") == "failed"
        looking = partial(self._files.parts, call.id, over=call.done, failed=failed)
        parts = await to_thread.run_sync(looking)
        return parts, Standing(
            asked=bool(call.request.get("record")),
            done=call.done,
            begun=call.started_at is not None,
            failure=newest.get("message") if failed else None,
            deleted=await to_thread.run_sync(self._files.deleted, call.id),
        )

    def _told(self, call: CallRecord, part: Part, events: Sequence[Event]) -> dict[str, Any]:
        """One part; `t` is when it begins, in seconds since the call was made, as in the transcript."""
        begins = [
            round(event.t - call.created_at, 3)
            for event in events
            if event.data.get("state") == "began" and event.data.get("part") == part.number
        ]
        path = self._files.path(call.id, part.number)
        return {
            "part": part.number,
            "t": begins[0] if begins else None,
            "url": f"{self._url()}/api/calls/{call.id}/recording/{part.number}",
            "path": str(path) if path is not None else None,
            "seconds": part.seconds,
            "bytes": part.bytes,
            "mime_type": MIME_TYPE,
        }
