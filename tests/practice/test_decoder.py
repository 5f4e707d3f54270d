"""What a decoder process does with its input, in this process."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from hub.practice.book import Book
from hub.practice.decoder import run
from hub.practice.framing import messages, packed
from tests.practice.test_speech_to_text import said

GRAMMAR = asdict(Book(Path("/nonexistent")).grammar)


def told(*sent: bytes) -> list[dict[str, object]]:
    target = io.BytesIO()
    run(io.BytesIO(b"".join(sent)), target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def order(**message: object) -> bytes:
    return packed(b"J", json.dumps(message).encode())


def test_without_input_it_ends_at_once() -> None:
    assert told() == []
    assert told(b"J\0") == []


def test_a_message_cut_short_is_the_end() -> None:
    whole = packed(b"A", b"abcd")
    assert list(messages(io.BytesIO(whole + whole[:-1]))) == [(b"A", b"abcd")]


@pytest.mark.parametrize(("rate", "odd"), [(16_000, b""), (24_000, b"\0")])
def test_it_is_ready_then_hears_then_finishes(rate: int, odd: bytes) -> None:
    audio = said("which tables do we have", "en-us+f3", rate).tobytes()
    events = told(
        order(grammar=GRAMMAR),
        order(do="open", rate=rate, encoding="pcm_s16le", min_silence_ms=None, max_silence_ms=None),
        packed(b"A", audio + odd),
        order(do="finish"),
    )
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["ready", "started"]
    assert kinds[-2:] == ["final", "finished"]
    assert events[-2]["heard"] == "which tables do we have"


def test_force_without_a_turn_says_nothing() -> None:
    assert told(
        order(grammar=GRAMMAR), order(do="force"), packed(b"A", np.zeros(4_000, np.int16).tobytes())
    ) == [{"event": "ready"}]
