"""The pool of decoder processes: one warm and waiting, one for each stream; they follow the phrases."""

import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import anyio
from anyio.abc import ByteReceiveStream, Process, TaskStatus
from anyio.streams.buffered import BufferedByteReceiveStream

from hub.practice.framing import packed
from hub.practice.grammar import Grammar

logger = logging.getLogger(__name__)
MAX_STREAMS = 12
READY_SECONDS = 20.0
EXIT_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_LINE_BYTES = 1 << 20
Event = dict[str, Any]


class TooManyStreams(Exception):
    """As many streams are open as this machine should carry."""


class DecoderLost(Exception):
    """The decoder process ended in the middle of a stream."""


class Decoder:
    """One decoder process: audio and orders in, events out."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lines = BufferedByteReceiveStream(_output(process))
        self._sending = anyio.Lock()
        self.grammar: Grammar | None = None

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process.returncode is None

    async def send(self, message: Event) -> None:
        """Give an order.

        Raises:
            DecoderLost: The process is gone.
        """
        await self._write(packed(b"J", json.dumps(message).encode()))

    async def hear(self, audio: bytes) -> None:
        """Pass audio on.

        Raises:
            DecoderLost: The process is gone.
        """
        await self._write(packed(b"A", audio))

    async def _write(self, data: bytes) -> None:
        if self._process.stdin is None:
            raise DecoderLost
        try:
            async with self._sending:
                await self._process.stdin.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise DecoderLost from error

    async def event(self) -> Event:
        """Wait for the next event.

        Raises:
            DecoderLost: The process is gone.
        """
        try:
            line = await self._lines.receive_until(b"\n", _LINE_BYTES)
        except (
            anyio.EndOfStream,
            anyio.IncompleteRead,
            anyio.ClosedResourceError,
            anyio.BrokenResourceError,
        ) as error:
            raise DecoderLost from error
        event: Event = json.loads(line)
        return event

    async def load(self, grammar: Grammar) -> None:
        """Bring the first phrases, and wait until they can be heard.

        Raises:
            DecoderLost: The process ended.
            TimeoutError: It took too long.
        """
        self.grammar = grammar
        with anyio.fail_after(READY_SECONDS):
            await self.send({"grammar": asdict(grammar)})
            await self.event()

    async def use(self, grammar: Grammar) -> None:
        """Listen for other phrases from the next turn on."""
        self.grammar = grammar
        await self.send({"do": "use", "grammar": asdict(grammar)})

    async def close(self) -> None:
        """End the process: by the end of its input, else by force."""
        with anyio.CancelScope(shield=True):
            if self._process.stdin is not None:
                await self._process.stdin.aclose()
            with anyio.move_on_after(EXIT_SECONDS):
                await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()


def _output(process: Process) -> ByteReceiveStream:
    if process.stdout is None:
        raise DecoderLost
    return process.stdout


async def start_decoder(grammar: Grammar) -> Decoder:
    """Start a decoder process and load it. In its own session, so that Ctrl-C reaches only practice.

    Raises:
        DecoderLost: It ended before it was ready.
        TimeoutError: It was not ready in time.
    """
    process = await anyio.open_process(
        [sys.executable, "-m", "hub.practice.decoder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None,
        start_new_session=True,
    )
    decoder = Decoder(process)
    try:
        await decoder.load(grammar)
    except BaseException:
        await decoder.close()
        raise
    return decoder


class Decoders:
    """Owns the decoder processes that wait; a stream owns the one it was lent."""

    def __init__(self, grammar: Callable[[], Grammar]) -> None:
        self._grammar = grammar
        self._waiting: Decoder | None = None
        self._wanted = anyio.Event()
        self._live: set[Decoder] = set()

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        """Keep one decoder warm until cancelled.

        Raises:
            DecoderLost: The first one could not be started.
            TimeoutError: The first one was not ready in time.
        """
        self._waiting = await start_decoder(self._grammar())
        task_status.started()
        try:
            while True:
                await self._wanted.wait()
                self._wanted = anyio.Event()
                await self._warm_up()
        finally:
            if self._waiting is not None:
                await self._waiting.close()

    async def _warm_up(self) -> None:
        stale, self._waiting = self._waiting, None
        if stale is not None and stale.alive and stale.grammar is self._grammar():
            self._waiting = stale
            return
        if stale is not None:
            await stale.close()
        try:
            self._waiting = await start_decoder(self._grammar())
        except (DecoderLost, TimeoutError) as error:
            logger.warning("practice: a decoder did not start (%s); trying again", type(error).__name__)
            await anyio.sleep(_RETRY_SECONDS)
            self._wanted.set()

    async def phrases_changed(self) -> None:
        """Let every decoder listen for the new phrases: the open streams from their next turn on."""
        self._wanted.set()
        for decoder in list(self._live):
            try:
                await decoder.use(self._grammar())
            except DecoderLost:
                continue  # its stream notices by itself

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Decoder]:
        """A decoder for one stream, fresh: what it learns about the channel belongs to one speaker.

        Raises:
            TooManyStreams: All are in use.
            DecoderLost: None could be started.
            TimeoutError: None was ready in time.
        """
        if len(self._live) >= MAX_STREAMS:
            raise TooManyStreams
        decoder, self._waiting = self._waiting, None
        self._wanted.set()
        if decoder is not None and not (decoder.alive and decoder.grammar is self._grammar()):
            await decoder.close()
            decoder = None
        if decoder is None:
            decoder = await start_decoder(self._grammar())
        self._live.add(decoder)
        try:
            yield decoder
        finally:
            self._live.discard(decoder)
            await decoder.close()
