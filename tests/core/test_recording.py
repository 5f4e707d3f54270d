"""How long a recording sounds, how it stands, and what whoever asks is told."""

import struct
from typing import Any

import pytest

from hub.core.recording import (
    BYTES_PER_SECOND_MOST,
    Part,
    Standing,
    bytes_most,
    next_step,
    sounding,
    state,
)


def page(granule: int, body: bytes = b"") -> bytes:
    return b"OggS" + bytes([0, 0]) + struct.pack("<q", granule) + bytes(13) + body


HEAD = page(0, b"OpusHead" + bytes([1, 2]) + struct.pack("<H", 312) + bytes(9))


def part(*, growing: bool = False) -> Part:
    return Part(number=1, seconds=2.0, bytes=100, open=growing)


def stands(**values: Any) -> Standing:
    return Standing(**({"asked": True, "done": False, "begun": True} | values))


def test_the_last_page_says_how_long_it_sounds() -> None:
    assert sounding(HEAD, page(24_312) + page(48_312)) == 1.0


def test_a_page_that_only_goes_on_with_a_packet_says_nothing() -> None:
    assert sounding(HEAD, page(48_312) + page(-1)) == 1.0


def test_a_page_that_is_cut_off_in_its_header_does_not_count() -> None:
    assert sounding(HEAD, page(48_312) + page(96_312)[:20]) == 1.0


def test_what_is_no_recording_does_not_sound() -> None:
    assert sounding(b"", b"") == 0.0
    assert sounding(b"OpusHead", page(48_000)) == 1.0


def test_only_the_head_does_not_sound() -> None:
    assert sounding(HEAD, HEAD) == 0.0


@pytest.mark.parametrize(
    ("standing", "parts", "wanted"),
    [
        (stands(asked=False), [], "none"),
        (stands(asked=False, done=True), [], "none"),
        (stands(begun=False), [], "none"),
        (stands(), [part(growing=True)], "recording"),
        (stands(), [part()], "recording"),
        (stands(failure="the hub's disk is full"), [part(growing=True)], "failed"),
        (stands(done=True), [part(), part(growing=True)], "recording"),
        (stands(done=True), [part()], "ready"),
        (stands(done=True, failure="the hub's disk is full"), [part()], "ready"),
        (stands(done=True), [], "failed"),
        (stands(done=True, begun=False), [], "none"),
        (stands(done=True, deleted=True), [], "none"),
    ],
)
def test_a_recording_stands(standing: Standing, parts: list[Part], wanted: str) -> None:
    assert state(standing, parts) == wanted
    assert next_step(standing, state(standing, parts), parts).endswith(".")


def test_what_is_told_names_the_reason() -> None:
    assert "deleted" in next_step(stands(deleted=True), "none", [])
    assert "record true" in next_step(stands(asked=False), "none", [])
    full = stands(failure="the disk is full")
    assert next_step(full, "failed", [part()]).endswith("What was recorded until then is kept.")
    assert next_step(full, "failed", []) == "Nothing was recorded: the disk is full."
    assert "Nobody came" in next_step(stands(done=True, begun=False), "none", [])
    assert "during the call" in next_step(stands(), "none", [])


def test_a_longer_call_may_have_a_larger_recording() -> None:
    assert bytes_most(2) - bytes_most(1) == 60 * BYTES_PER_SECOND_MOST
