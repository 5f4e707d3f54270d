"""The decoder processes: lent, replaced, and lost."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import anyio
import psutil
import pytest

from hub.practice import decoders
from hub.practice.book import Book
from hub.practice.decoders import DecoderLost, Decoders, TooManyStreams
from tests.practice.conftest import Running, open_home, running
from tests.practice.test_speech_to_text import connected, said, send, until_end_of_turn

pytestmark = pytest.mark.anyio
WAIT = 30


@pytest.fixture(scope="module")
def book() -> Book:
    return Book(Path("/nonexistent"))


@pytest.fixture(scope="module")
def ears() -> Iterator[Running]:
    with open_home() as home, running(home, "--only", "stt") as practice:
        yield practice


@asynccontextmanager
async def pool(book: Book) -> AsyncIterator[Decoders]:
    owned = Decoders(lambda: book.grammar)
    with anyio.fail_after(WAIT):
        async with anyio.create_task_group() as tasks:
            await tasks.start(owned.run)
            yield owned
            tasks.cancel_scope.cancel()


async def test_every_stream_gets_a_decoder_of_its_own(book: Book) -> None:
    async with pool(book) as owned, owned.lend() as one, owned.lend() as two:
        assert one is not two
        assert one.alive
        assert two.alive


async def test_a_decoder_ends_with_its_stream(book: Book) -> None:
    async with pool(book) as owned:
        async with owned.lend() as decoder:
            assert decoder.alive
        assert not decoder.alive
        with pytest.raises(DecoderLost):
            await decoder.hear(b"\0\0")
        with pytest.raises(DecoderLost):
            await decoder.event()


async def test_more_streams_than_the_machine_carries_are_refused(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders, "MAX_STREAMS", 1)
    async with pool(book) as owned, owned.lend():
        with pytest.raises(TooManyStreams):
            async with owned.lend():
                pass


async def test_a_warm_decoder_with_old_phrases_is_not_lent(book: Book, tmp_path: Path) -> None:
    own = tmp_path / "phrases.toml"
    own.write_text('[[phrase]]\nid = "mine"\nsay = "hello there"\nanswer = "x"\n')
    new = Book(own).grammar
    current = [book.grammar]
    owned = Decoders(lambda: current[0])
    with anyio.fail_after(WAIT):
        async with anyio.create_task_group() as tasks:
            await tasks.start(owned.run)
            current[0] = new
            async with owned.lend() as decoder:
                assert decoder.grammar is new
            tasks.cancel_scope.cancel()


async def test_open_streams_are_told_of_new_phrases(book: Book) -> None:
    async with pool(book) as owned, owned.lend() as decoder:
        decoder.grammar = None
        await owned.phrases_changed()
        assert decoder.grammar is book.grammar


async def test_a_recogniser_that_cannot_load_is_lost_not_awaited(book: Book) -> None:
    broken = type(book.grammar)(
        **{**{f: getattr(book.grammar, f) for f in book.grammar.__slots__}, "jsgf": "nonsense"}
    )
    with anyio.fail_after(WAIT), pytest.raises(DecoderLost):
        await decoders.start_decoder(broken)


def decoders_of(practice: Running) -> list[psutil.Process]:
    mine = psutil.Process(practice.process.pid).children()
    return [process for process in mine if "hub.practice.decoder" in process.cmdline()]


async def test_a_stream_whose_decoder_dies_is_closed_and_the_next_one_works(ears: Running) -> None:
    async with connected(ears) as socket:
        for process in decoders_of(ears):
            process.kill()
        message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == aiohttp.WSCloseCode.INTERNAL_ERROR
    async with connected(ears) as socket:
        await send(socket, said("which tables do we have").tobytes())
        assert (await until_end_of_turn(socket))[-1]["transcript"] == "which tables do we have"


async def test_a_client_that_vanishes_leaves_no_decoder_behind(ears: Running) -> None:
    async with connected(ears) as socket:
        await send(socket, said("which tables do we have").tobytes()[:20_000])
        during = {process.pid for process in decoders_of(ears)}
    with anyio.fail_after(WAIT):
        while len({process.pid for process in decoders_of(ears)} & during) > 1:  # noqa: ASYNC110  # not ours
            await anyio.sleep(0.02)
