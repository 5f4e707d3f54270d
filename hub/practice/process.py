"""The process: starts the stand-ins side by side, serves them, and stops them cleanly."""

import errno
import fcntl
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import anyio
import psycopg
from aiohttp import web
from anyio.abc import TaskGroup, TaskStatus

from hub.practice.announcement import announce, ready
from hub.practice.book import Book
from hub.practice.database import Database
from hub.practice.decoders import DecoderLost, Decoders
from hub.practice.language_model import LanguageModel
from hub.practice.options import Options
from hub.practice.phrases import PhrasesError
from hub.practice.postgres import Postgres, no_room
from hub.practice.postgres_places import PracticeUnavailable, find_binaries, find_place
from hub.practice.service import Parts, application
from hub.practice.speech import Speech
from hub.practice.speech_to_text import SpeechToText
from hub.practice.supabase import Supabase

logger = logging.getLogger(__name__)
_LOCK_SECONDS = 3.0  # a predecessor that is being stopped needs up to two
_CLOSE_SECONDS = 0.5


class PortTaken(Exception):
    """The port cannot be had; the text says why and what to do."""


def run(chosen: Options) -> int:
    """Run until told to stop. Exit 1 with one sentence when nothing can be played."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    failed = False
    try:
        anyio.run(_run, chosen)
    except* (PortTaken, PhrasesError) as group:
        sys.stderr.write(f"{_innermost(group)}\n")
        failed = True
    return int(failed)


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _run(chosen: Options) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_serve, chosen, tasks)
            async for _ in signals:
                tasks.cancel_scope.cancel()
                return


async def _serve(chosen: Options, tasks: TaskGroup) -> None:
    """Start what was asked for side by side, then serve; what cannot be had is left out and said."""
    parts = Parts(Book(chosen.phrases or chosen.home / "phrases.toml"), chosen.token)
    decoders = Decoders(lambda: parts.book.grammar)
    async with anyio.create_task_group() as starting:
        if "llm" in chosen.only:
            parts.llm = LanguageModel(lambda: parts.book.phrases)
        if "tts" in chosen.only:
            _start_speech(parts)
        if "stt" in chosen.only:
            starting.start_soon(_start_decoders, parts, decoders, tasks)
        if "supabase" in chosen.only:
            starting.start_soon(_start_supabase, parts, chosen, tasks)
    for kind, problem in parts.problems.items():
        logger.error("practice: no %s. %s", kind, problem)
    tasks.start_soon(parts.book.watch, decoders.phrases_changed)
    async with _listening(parts, chosen) as url:
        announce(sys.stdout, ready(parts, url))
        await anyio.sleep_forever()


def _start_speech(parts: Parts) -> None:
    try:
        parts.tts = Speech()
    except OSError as error:
        parts.problems["tts"] = f"espeak-ng cannot be loaded ({error}); install the practice extra again."


async def _start_decoders(parts: Parts, decoders: Decoders, tasks: TaskGroup) -> None:
    try:
        await tasks.start(decoders.run)
    except (DecoderLost, TimeoutError):
        parts.problems["stt"] = (
            "The recogniser does not start; install the practice extra (pocketsphinx) again."
        )
    else:
        parts.stt = SpeechToText(decoders)


async def _start_supabase(parts: Parts, chosen: Options, tasks: TaskGroup) -> None:
    try:
        parts.database = await tasks.start(_database, chosen)
        parts.supabase = Supabase(parts.database, chosen.token)
    except* (PracticeUnavailable, OSError, psycopg.Error) as group:  # TimeoutError is an OSError
        error = _innermost(group)
        known = isinstance(error, PracticeUnavailable)
        parts.problems["supabase"] = str(error) if known else _unexpected(error, chosen.folder)


def _unexpected(error: BaseException, folder: Path) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return no_room(folder)
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"The practice database cannot be used ({what}): choose another --home, or remove {folder}."


async def _database(chosen: Options, *, task_status: TaskStatus[Database]) -> None:
    """Own the practice database: its lock, its server, its dates.

    Raises:
        PracticeUnavailable: It cannot be had on this machine.
    """
    binaries = find_binaries()
    place = find_place(chosen.folder, binaries.version)
    async with _alone(chosen.folder):
        postgres = Postgres(binaries, place)
        database = Database(postgres)

        async def prepared() -> None:
            await database.prepare()
            database.note(chosen.folder / "dsn")

        async with anyio.create_task_group() as tasks:
            await tasks.start(postgres.run, prepared)
            tasks.start_soon(database.keep_fresh)
            task_status.started(database)


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    """Hold the folder, so that no second practice takes the database away from the first.

    Raises:
        PracticeUnavailable: Another one holds it.
    """
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        await _locked(lock, folder)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


async def _locked(lock: IO[str], folder: Path) -> None:
    with anyio.move_on_after(_LOCK_SECONDS):
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            await anyio.sleep(_LOCK_SECONDS / 50)
    lock.seek(0)
    raise PracticeUnavailable(
        f"Another practice (process {lock.read().strip() or 'unknown'}) uses the database in {folder}: "
        "stop it, or give this one another --home."
    )


@asynccontextmanager
async def _listening(parts: Parts, chosen: Options) -> AsyncIterator[str]:
    """Serve until left; yields the URL.

    Raises:
        PortTaken: The address cannot be had.
    """
    runner = web.AppRunner(application(parts), shutdown_timeout=_CLOSE_SECONDS, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, chosen.host, chosen.port)
        try:
            await site.start()
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
            raise PortTaken(
                f"Port {chosen.port} on {chosen.host} {reason}: choose another one with --port."
            ) from error
        yield f"http://{chosen.host}:{runner.addresses[0][1]}"
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(_CLOSE_SECONDS * 2):
            await runner.cleanup()
