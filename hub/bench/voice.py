"""What a caller hears and when: greeting, turns, tools, interruption, many calls at once, and the end."""

import math
import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio

from hub.bench.afterwards import after_death, after_leaving
from hub.bench.figures import MIDDLE, Bound, Figure, Section, figure, quantile, single
from hub.bench.machine import processor_seconds, tree
from hub.bench.naive import side_by_side
from hub.bench.script import COUGH, FAST, MURMUR, PLAIN, SERVER, SLOW
from hub.bench.sounds import noise
from hub.bench.stage import RunningHub, Stage, Wanted, find_livekit_server, with_livekit_server
from hub.bench.steps import PLAIN_STEPS, TOOL_STEPS, steps_of
from hub.bench.telephone import Telephone, Turn, all_hung_up, events, sound, telephone
from hub.core.errors import HubError

DEFAULT_N: Final = 32
STT_MS, LLM_MS, TTS_MS = 150, 300, 150
PLAIN_IN_A_CALL: Final = 4
AT_ONCE: Final = (4, 6)
BURST: Final = 6
CALLS: Final = 8
SLOW_TOOLS: Final = 7
"""One tool of 8 s for so many plain turns."""
TWICE: Final = 2
"""Quick tools and interruptions in a call."""
STAGGER_SECONDS: Final = 0.7
PAUSE_SECONDS: Final = 0.5
PAUSE_STEP: Final = 0.137
"""Pauses differ, so that turns do not always meet the same phase of a timer."""
GREETED_WITHIN, FAST_WITHIN, SLOW_WITHIN = 0.6, 1.2, 1.5
PLAIN_WITHIN, PLAIN_MOSTLY_WITHIN = 0.85, 1.2
TOGETHER_WITHIN: Final[Mapping[int, float]] = {4: 0.9, 6: 1.0}
SILENT_WITHIN, GOES_ON_WITHIN = 0.35, 1.0
LEFT_WITHIN, DEAD_WITHIN = 3.0, 25.0
METHOD: Final = (
    "A whole hub with its private livekit-server and worker, started for this. Providers are stand-ins in a "
    "process of their own, used through the real plugins, with fixed delays: speech to text "
    f"{STT_MS} ms, language model {LLM_MS} ms, speech {TTS_MS} ms, so {STT_MS + LLM_MS + TTS_MS} ms is the "
    "floor of a turn. A virtual caller joins by the link as the page does, speaks synthetic sentences into "
    "the room and listens: a turn lasts from the end of its speech to the first loud 10 ms it receives. One "
    "call before does not count. Callers, stand-ins, livekit-server, worker and hub share this machine."
)


@dataclass
class Samples:
    """Everything that was measured, in seconds; None where nothing was heard."""

    greeting: list[float | None] = field(default_factory=list)
    plain: list[Turn] = field(default_factory=list)
    fast: list[Turn] = field(default_factory=list)
    slow: list[Turn] = field(default_factory=list)
    barge_in: list[float | None] = field(default_factory=list)
    murmur: list[float | None] = field(default_factory=list)
    cough: list[float | None] = field(default_factory=list)
    together: dict[int, list[Turn]] = field(default_factory=lambda: {calls: [] for calls in AT_ONCE})
    burst: list[float | None] = field(default_factory=list)
    left: list[float | None] = field(default_factory=list)
    died: list[float | None] = field(default_factory=list)
    cores: dict[str, float] = field(default_factory=dict)
    joining: list[tuple[float, float, float]] = field(default_factory=list)
    """Token given, room entered, the agent's track there: seconds after the token was asked for."""


async def measure(n: int | None) -> list[Section]:
    """The Section of calls, and the one that has an agent without a hub beside them.

    Raises:
        HubError: The hub, livekit-server or a stand-in did not start.
    """
    wished = n or DEFAULT_N
    samples = Samples()
    async with stage() as (place, hub, stand_in, stand_in_pid):
        async with telephone(hub) as first:
            await first.greeting()
            await first.turn(PLAIN, "reply")
        for number in range(math.ceil(wished / PLAIN_IN_A_CALL)):
            await _one_call(hub, samples, slow=number < math.ceil(wished / SLOW_TOOLS))
            samples.left.append(await after_leaving(hub, stand_in))
        seen = await events(stand_in)
        for calls in AT_ONCE:
            await _together(hub, samples, calls, math.ceil(wished / calls), stand_in_pid)
        await _burst(hub, samples)
        samples.died.append(await after_death(place, hub, stand_in))
        beside = await side_by_side(place, hub, stand_in, math.ceil(wished / PLAIN_IN_A_CALL))
    steps = steps_of("plain turn", samples.plain, PLAIN_STEPS, seen)
    steps += steps_of("turn with a tool of 20 ms", samples.fast, TOOL_STEPS, seen)
    return [Section("voice", "A call", METHOD, _figures(samples) + steps, _seen(samples)), beside]


@asynccontextmanager
async def stage() -> AsyncGenerator[tuple[Stage, RunningHub, str, int]]:
    """A hub whose providers are the stand-ins; also the stand-ins' address and pid."""
    path = with_livekit_server(find_livekit_server())
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(Stage.set_up())
        delays = map(str, (STT_MS, LLM_MS, TTS_MS))
        process, told = await stack.enter_async_context(place.program("hub.bench.standin", *delays))
        address = f"127.0.0.1:{told['port']}"
        providers = {
            "OPENAI_BASE_URL": f"http://{address}/v1",
            "ASSEMBLYAI_BASE_URL": f"ws://{address}",
            "HUB_PRACTICE": "off",
        }
        wanted = Wanted(servers=servers(), voice=True, environment=path | providers)
        hub = await stack.enter_async_context(place.hub(wanted))
        yield place, hub, f"http://{address}", process.pid


def servers() -> dict[str, object]:
    """One server, and places enough for a burst."""
    entry = {"command": sys.executable, "args": ["-m", "hub.bench.echo"]}
    return {"mcpServers": {SERVER: entry}, "limits": {"calls": CALLS}}


async def _one_call(hub: RunningHub, samples: Samples, *, slow: bool) -> None:
    async with telephone(hub) as mine:
        samples.greeting.append(await mine.greeting())
        _note_joining(mine, samples)
        for number in range(PLAIN_IN_A_CALL):
            samples.plain.append(await mine.turn(PLAIN, "reply"))
            await anyio.sleep(PAUSE_SECONDS + number * PAUSE_STEP)
        for _ in range(TWICE):
            samples.fast.append(await mine.turn(FAST, "answer"))
            samples.barge_in.append(await mine.barge_in())
        samples.murmur.append(await mine.murmur(sound(MURMUR)))
        samples.cough.append(await mine.murmur(noise(COUGH.seconds)))
        if slow:
            samples.slow.append(await mine.turn(SLOW, "answer"))


def _note_joining(mine: Telephone, samples: Samples) -> None:
    given, caller = mine.ticket, mine.caller
    if caller.track_at is not None:
        moments = (given.given, caller.connected_at, caller.track_at)
        samples.joining.append(tuple(at - given.asked for at in moments))  # type: ignore[arg-type]  # three


async def _together(hub: RunningHub, samples: Samples, calls: int, turns: int, stand_in_pid: int) -> None:
    """Calls that talk all at once, and the processor time that it takes."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(telephone(hub)) for _ in range(calls)]
        async with anyio.create_task_group() as tasks:
            for mine in lines:
                tasks.start_soon(mine.greeting)
        parts = await _parts(hub) | {"stand-ins": [stand_in_pid], "callers": [os.getpid()]}
        begun, used = time.monotonic(), {name: processor_seconds(pids) for name, pids in parts.items()}
        async with anyio.create_task_group() as tasks:
            for number, mine in enumerate(lines):
                tasks.start_soon(_talk, mine, samples.together[calls], turns, number)
        spent = time.monotonic() - begun
        samples.cores |= {
            f"{calls} calls at once: cores used by {name}": (processor_seconds(pids) - used[name]) / spent
            for name, pids in parts.items()
        }


async def _talk(mine: Telephone, heard: list[Turn], turns: int, number: int) -> None:
    await anyio.sleep(number * STAGGER_SECONDS)
    for turn in range(turns):
        heard.append(await mine.turn(PLAIN, "reply"))
        await anyio.sleep(PAUSE_SECONDS + (turn + number) * PAUSE_STEP)


async def _burst(hub: RunningHub, samples: Samples) -> None:
    """Callers who all come in the same moment."""

    async def come() -> None:
        try:
            async with telephone(hub) as mine:
                samples.burst.append(await mine.greeting())
        except HubError:
            samples.burst.append(None)

    await all_hung_up(hub)
    async with anyio.create_task_group() as tasks:
        for _ in range(BURST):
            tasks.start_soon(come)


async def _parts(hub: RunningHub) -> dict[str, list[int]]:
    status = await hub.get("/api/status")
    parts = {part["name"]: tree(part["pid"]) for part in status["parts"] if part["pid"]}
    return {"hub": [hub.pid]} | parts


def _figures(samples: Samples) -> list[Figure]:
    plain = [turn.first for turn in samples.plain]
    slow_first = [turn.first for turn in samples.slow]
    return [
        figure("token asked for → greeting", "s", samples.greeting, bound=Bound("p95", GREETED_WITHIN)),
        figure("plain turn", "s", plain, bound=Bound("p50", PLAIN_WITHIN)),
        figure(
            "plain turn, the slow ones", "s", plain, show=["p95"], bound=Bound("p95", PLAIN_MOSTLY_WITHIN)
        ),
        figure(
            "tool of 20 ms: answer",
            "s",
            [turn.answer for turn in samples.fast],
            bound=Bound("p50", FAST_WITHIN),
        ),
        figure("tool of 8 s: first sound", "s", slow_first, bound=Bound("worst", SLOW_WITHIN)),
        figure("tool of 8 s: answer", "s", [turn.answer for turn in samples.slow]),
        figure(
            "caller talks over the agent → silence", "s", samples.barge_in, bound=Bound("p50", SILENT_WITHIN)
        ),
        figure(
            "mm-hm over the agent → it goes on", "s", samples.murmur, bound=Bound("worst", GOES_ON_WITHIN)
        ),
        figure("cough over the agent → it goes on", "s", samples.cough, bound=Bound("worst", GOES_ON_WITHIN)),
        *(
            figure(
                f"{calls} calls at once: plain turn",
                "s",
                [turn.first for turn in turns],
                bound=Bound("p50", TOGETHER_WITHIN[calls]),
            )
            for calls, turns in samples.together.items()
        ),
        figure(f"{BURST} callers in one moment: greeting", "s", samples.burst, show=("p50",)),
        figure("caller leaves → all is free", "s", samples.left, bound=Bound("worst", LEFT_WITHIN)),
        figure("caller is killed → all is free", "s", samples.died, bound=Bound("worst", DEAD_WITHIN)),
        *_joining(samples.joining),
        *(single(what, "cores", value) for what, value in samples.cores.items()),
    ]


def _joining(joining: Sequence[tuple[float, float, float]]) -> list[Figure]:
    words = ("token given", "room entered", "agent's track there")
    return [
        figure(f"of the greeting: token asked for → {what}", "s", list(moments), show=("p50",))
        for what, moments in zip(words, zip(*joining, strict=True), strict=False)
    ]


def _seen(samples: Samples) -> list[str]:
    kinds: Mapping[str, Sequence[Turn]] = {
        "plain turns": samples.plain,
        "tool turns": [*samples.fast, *samples.slow],
    } | {f"turns of {calls} calls at once": turns for calls, turns in samples.together.items()}
    told = [
        f"{len(turns) - sum(turn.understood for turn in turns)} of {len(turns)} {what} were misheard"
        for what, turns in kinds.items()
    ]
    heard = [turn.first for turn in samples.plain if turn.first is not None]
    if heard:
        over = quantile(heard, MIDDLE) - (STT_MS + LLM_MS + TTS_MS) / 1000
        told.append(f"a plain turn takes {over:.2f} s (p50) more than its providers")
    return told
