"""Edits of the phrases file: taken up, refused with file and line, and heard by streams that are open."""

import logging
from pathlib import Path

import aiohttp
import anyio
import numpy as np
import pytest

from hub.practice.book import SHIPPED, Book
from tests.practice.conftest import open_home, running
from tests.practice.test_speech_to_text import connected, said, send, until_end_of_turn

GOOD = '[[phrase]]\nid = "mine"\nsay = "where is my parcel"\nanswer = "On its way."\n'
WAIT = 30


def ids(book: Book) -> list[str]:
    return [phrase.id for phrase in book.phrases.phrases]


def test_without_an_own_file_the_shipped_one_is_used(tmp_path: Path) -> None:
    book = Book(tmp_path / "phrases.toml")
    assert "tables" in ids(book)
    assert not book.refresh()


def test_an_own_file_is_used_instead_and_followed(tmp_path: Path) -> None:
    own = tmp_path / "phrases.toml"
    own.write_text(GOOD)
    book = Book(own)
    assert ids(book) == ["mine"]
    own.write_text(GOOD.replace("mine", "yours"))
    assert book.refresh()
    assert ids(book) == ["yours"]
    own.unlink()
    assert book.refresh()
    assert "tables" in ids(book)


def test_a_broken_edit_keeps_the_phrases_and_says_where(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "phrases.toml"
    own.write_text(GOOD)
    book = Book(own)
    own.write_text(GOOD + "[[phrase]\n")
    assert not book.refresh()
    assert ids(book) == ["mine"]
    assert f"{own}:5: it is not TOML" in caplog.text
    caplog.clear()
    assert not book.refresh()  # said once
    assert caplog.text == ""
    own.write_bytes(b"\xff\xfe")
    assert not book.refresh()
    assert "not UTF-8" in caplog.text


def test_a_word_that_cannot_be_spoken_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own = tmp_path / "phrases.toml"
    own.write_text(GOOD + '[[phrase]]\nid = "odd"\nsay = "run kubectl"\nanswer = "x"\n')
    with caplog.at_level(logging.WARNING):
        book = Book(own)
    assert (
        f"{own}: line 5: the phrase “odd” cannot be heard, only typed: the dictionary lacks “kubectl”"
        in caplog.text
    )
    assert set(book.grammar.thresholds) == {"where is my parcel"}
    assert ids(book) == ["mine", "odd"]


@pytest.mark.anyio
async def test_an_edit_is_heard_in_the_next_turn_of_an_open_stream() -> None:
    with open_home() as home, running(home, "--only", "stt,llm") as practice:
        audio = said("which tables do we have").tobytes()
        async with connected(practice) as socket:
            await send(socket, audio)
            assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"
            own = SHIPPED.read_text().replace("which tables do we have", "where is my parcel")
            (home / "phrases.toml").write_text(own)
            with anyio.fail_after(WAIT):
                async with aiohttp.ClientSession() as session:
                    listed = ""
                    while "parcel" not in listed:
                        listed = await (await session.get(practice.url + "/phrases")).text()
            heard: list[str] = []
            with anyio.fail_after(WAIT):
                while "where is my parcel" not in heard:
                    await send(socket, said("where is my parcel").tobytes())
                    await send(socket, np.zeros(8_000, np.int16).tobytes())
                    heard.append((await until_end_of_turn(socket))[-1]["transcript"])
            assert len(heard) <= 2  # the change may arrive in the middle of a turn
