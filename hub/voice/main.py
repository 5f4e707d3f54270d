"""`hub worker`: runs a voice worker until it is told to stop."""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Final

import anyio

from hub.core.errors import HubError
from hub.voice.environment import read_environment
from hub.voice.worker import Worker

log = logging.getLogger(__name__)
_JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
STOP_BY_SIGNAL: Final = 1


class _WithoutTokens(logging.Formatter):
    """LiveKit's libraries log access tokens."""

    def format(self, record: logging.LogRecord) -> str:
        return _JWT.sub("(token)", super().format(record))


def main(argv: Sequence[str]) -> int:
    """Return the exit status: 0 when stopped, 2 when the worker cannot be used as it is set up."""
    parser = argparse.ArgumentParser(
        prog="hub worker", description="A voice worker on this or another machine."
    )
    parser.add_argument("--hub", metavar="URL", help="the hub's address; else HUB_URL")
    given = parser.parse_args(argv)
    _log_to_stderr()
    try:
        environment = read_environment(given.hub)
        anyio.run(_work, Worker(environment))
    except HubError as error:
        sys.stderr.write(f"{error.message} {error.next_step}".strip() + "\n")
        return 2
    except BaseExceptionGroup as group:
        first = _first(group)
        if first is None:
            raise
        sys.stderr.write(f"{first.message} {first.next_step}".strip() + "\n")
        return 2
    logging.shutdown()
    sys.stdout.flush()
    # Everything is closed; taking models and native libraries apart one by one would cost seconds.
    os._exit(0)


async def _work(worker: Worker) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_signals, worker)
        await worker.run()
        tasks.cancel_scope.cancel()


async def _signals(worker: Worker) -> None:
    """The first signal stops, the second does not wait."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        stopping = False
        async for _ in signals:
            if stopping:
                os._exit(STOP_BY_SIGNAL)
            stopping = True
            log.info("stopping")
            worker.stop()


def _first(group: BaseExceptionGroup[BaseException]) -> HubError | None:
    """The one thing that a person should be told, if the group is about nothing else."""
    mine, rest = group.split(HubError)
    if mine is None or rest is not None:
        return None
    error: BaseException = mine
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, HubError) else None


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutTokens("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in (
        "livekit",
        "livekit.agents",
        "livekit.plugins",
        "httpx2",
        "httpx",
        "mcp",
        "asyncio",
        "aiohttp",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
