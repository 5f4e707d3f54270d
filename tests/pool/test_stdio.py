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


def test_of_a_line_that_is_too_long_the_middle_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "MESSAGE_LIMIT", 10)
    monkeypatch.setattr(stdio, "_END", 3)
    lines = Lines()
    for chunk in (b"x" * 8, b"y" * 8, b"z" * 8, b"\nshort\n"):
        lines.feed(chunk)
    assert popped(lines) == [b"xxxxxxxxyyzzz", b"short"]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":{"text":"\xff', 7),
        (b'{"id" : 8, "result":' + b"[" * 5000, 8),
        (b'{"result":{"id":1,"deep":' + b"[" * 5000 + b']},"jsonrpc":"2.0","id":9}', 9),
        (b'{"jsonrpc":"2.0","result":\xff,"id":10,"jsonrpc":"2.0"}', 10),
        (b'{"jsonrpc":"2.0","method":"x","params":{"id":7,\xff', None),
        (b'{"result":{"id":7,\xff', None),
        (b'see {"id":7,"result":1}', None),
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_request_it_is_for(line: bytes, number: int | None) -> None:
    instead = stdio._instead(line)
    assert (instead.message.id if instead else None) == number  # type: ignore[union-attr]
