"""What the recording of a VoiceCall is made of: its parts, how long they sound, and how it stands."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

RecordingState = Literal["none", "recording", "ready", "failed"]
MIME_TYPE: Final = "audio/ogg"
TICKS: Final = 48_000
"""Opus counts 48,000 a second, whatever rate it was given."""
BYTES_PER_SECOND_MOST: Final = 16_000
"""Three times what both sides take when they speak at once."""
BYTES_BESIDE: Final = 1_000_000
PAGE: Final = b"OggS"
HEAD: Final = b"OpusHead"
GRANULE_AT: Final = 6
PRE_SKIP_AT: Final = 10
HEADER_BYTES: Final = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one job has recorded; parts count from 1."""

    number: int
    seconds: float
    bytes: int
    open: bool
    """More of it may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a call whose recording is asked after."""

    asked: bool
    done: bool
    begun: bool
    """The caller and the agent have met."""
    failure: str | None = None
    deleted: bool = False


def state(standing: Standing, parts: Sequence[Part]) -> RecordingState:
    """How the recording of a call stands."""
    if not standing.asked or standing.deleted:
        return "none"
    if standing.done:
        if any(part.open for part in parts):
            return "recording"
        return "ready" if parts else "failed" if standing.begun else "none"
    if standing.failure is not None:
        return "failed"
    return "recording" if parts else "none"


def next_step(standing: Standing, now: RecordingState, parts: Sequence[Part]) -> str:
    """One sentence for whoever asked."""
    if standing.deleted:
        return "The recording was deleted; get_transcript still has what was said."
    if not standing.asked:
        return "This call was not to be recorded; start_voice_call with record true records one."
    if standing.failure is not None and not parts:
        return f"Nothing was recorded: {standing.failure}."
    if standing.failure is not None:
        return f"The recording ended early: {standing.failure}. What was recorded until then is kept."
    return (_OVER if standing.done else _RUNNING)[now]


_OVER: Final[dict[RecordingState, str]] = {
    "none": "Nobody came, so nothing was recorded.",
    "recording": "Its last seconds may still be on their way: ask again in a minute.",
    "ready": "Play or save the parts: each url wants the hub's bearer token, each path is on its machine.",
    "failed": "Nothing was recorded; the events of get_call say why.",
}
_RUNNING: Final[dict[RecordingState, str]] = {
    "none": "It begins when the agent has told the caller; ask again during the call.",
    "recording": "It is being recorded: ask again when the call is over.",
}


def bytes_most(max_minutes: float) -> int:
    """More than this is no recording of a call that may last so long."""
    return int(max_minutes * 60 * BYTES_PER_SECOND_MOST) + BYTES_BESIDE


def sounding(head: bytes, tail: bytes) -> float:
    """How many seconds of sound there are in an Ogg Opus stream, of which these are the two ends."""
    last = _last_granule(tail)
    return round(max(0, last - _pre_skip(head)) / TICKS, 3)


def _last_granule(tail: bytes) -> int:
    """Where the last page ends that ends at all: some carry only a part of a packet, and say -1."""
    at = tail.rfind(PAGE)
    while at >= 0:
        if at + HEADER_BYTES <= len(tail):
            (granule,) = struct.unpack_from("<q", tail, at + GRANULE_AT)
            if granule >= 0:
                return int(granule)
        at = tail.rfind(PAGE, 0, at)
    return 0


def _pre_skip(head: bytes) -> int:
    """What a player throws away at the beginning."""
    at = head.find(HEAD)
    if at < 0 or at + PRE_SKIP_AT + 2 > len(head):
        return 0
    return int(struct.unpack_from("<H", head, at + PRE_SKIP_AT)[0])
