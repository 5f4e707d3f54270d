"""Everything that can happen to a server or to servers.json, done to real processes."""

import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.bench import chaos_crash, chaos_http, chaos_hub, chaos_messages, chaos_reload, chaos_start
from hub.bench.chaos_house import House, Seen, brief
from hub.bench.figures import MIDDLE, Bound, Figure, Section, quantile

DEFAULT_N: Final = 3
NOTICED_MS: Final = 100.0
"""The end of a process is told by the system, not found by looking."""
Row = Callable[[House], Awaitable[Seen]]
ROOMS: Final = (
    ("chaos", "Chaos: servers that die, hang, or leave something behind", chaos_crash.ROWS),
    ("chaos-start", "Chaos: servers that cannot start, or start in their own way", chaos_start.ROWS),
    ("chaos-messages", "Chaos: what nobody can use", chaos_messages.ROWS),
    ("chaos-http", "Chaos: servers over HTTP", chaos_http.ROWS),
    ("chaos-reload", "Chaos: edits of servers.json", chaos_reload.ROWS),
    ("chaos-hub", "Chaos: the hub itself", chaos_hub.ROWS),
)
METHOD: Final = (
    "Each row is done {n} times to real processes, each time in a real Pool with a guardian and a "
    "servers.json of its own (the rows of the hub itself: to a whole hub, a process of its own), a ToolCall "
    "in flight where it says so. Servers: `hub/bench/unruly.py` and `unruly_http.py`, which start in 30 to "
    "100 ms unless a row says otherwise. Noticed: from the fault until the Pool's state shows it, or the "
    "ToolCall in flight is told; usable: until a ToolCall that came right after the fault has its answer, or "
    "the edit its effect. Left behind: processes of that Pool that are alive once it is closed. A row is "
    "kept when all it promises held each time; the code of the row says what that is."
)
HUSHED: Final = ("hub", "mcp", "httpx2", "client")


async def measure(n: int | None) -> list[Section]:
    """The Sections of chaos."""
    method = METHOD.format(n=n or DEFAULT_N)
    with _hushed():
        return [
            Section(name, title, method if at == 0 else "As above.", await _figures(rows, n or DEFAULT_N))
            for at, (name, title, rows) in enumerate(ROOMS)
        ]


@contextmanager
def _hushed() -> Generator[None]:
    """What goes wrong here is meant to, so nobody needs to read of it on the terminal."""
    loggers = [logging.getLogger(name) for name in HUSHED]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


async def _figures(rows: Sequence[Row], n: int) -> list[Figure]:
    return [figure_of(row, [await once(row) for _ in range(n)]) for row in rows]


async def once(row: Row) -> Seen:
    """Do one row in a House of its own, and see that nothing of it is left."""
    place = Path(tempfile.mkdtemp(prefix="hub-chaos-"))
    seen = Seen()
    try:
        async with House.open(place) as house:
            seen = await row(house)
        seen.left = len(house.left())
        seen.check(not seen.left, f"left behind: {seen.left}")
    except Exception as error:  # noqa: BLE001  # one repetition; whatever it is, the row has not held
        seen.check(None, _words(error))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return seen


def figure_of(row: Row, all_seen: Sequence[Seen]) -> Figure:
    """One line of the table."""
    values: dict[str, float] = {}
    for name in ("noticed", "usable"):
        times = [time * 1000 for seen in all_seen if (time := getattr(seen, name)) is not None]
        if times:
            values |= {f"{name} p50": quantile(times, MIDDLE), f"{name} worst": max(times)}
    at_once = row in chaos_crash.NOTICED_AT_ONCE
    return Figure(
        what=(row.__doc__ or "").strip().removesuffix("."),
        unit="ms",
        values=values,
        n=len(all_seen),
        bound=Bound("noticed worst", NOTICED_MS) if at_once else None,
        words={
            "the ToolCall was told": " / ".join(dict.fromkeys(brief(seen.told) for seen in all_seen)),
            "left behind": str(sum(seen.left for seen in all_seen)),
        },
        broken=list(dict.fromkeys(each for seen in all_seen for each in seen.wrong)),
    )


def _words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "it did not happen in time"
    return f"{type(error).__name__}: {error}"
