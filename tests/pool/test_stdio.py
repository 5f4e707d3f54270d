"""Lines come out whole, however they were cut on the way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.pool import stdio
from hub.pool.stdio import Lines


def popped(lines: Lines) -> list[bytes]:
    found = []
    while (line := lines.pop()) is not None:
        found.append(line)
    return found


@given(text=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_lines_are_the_same_however_they_are_cut(text: bytes, cuts: list[int]) -> None:
    lines = Lines()
    borders = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(borders):
        lines.feed(text[begin:end])
    assert popped(lines) == [line.strip() for line in text.split(b"\n")[:-1] if line.strip()]


def test_a_line_that_is_too_long_is_cut_one_byte_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "MESSAGE_LIMIT", 10)
    lines = Lines()
    for chunk in (b"x" * 8, b"y" * 8, b"z" * 8, b"\nshort\n"):
        lines.feed(chunk)
    assert popped(lines) == [b"xxxxxxxxyyy", b"short"]
