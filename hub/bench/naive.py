"""Side by side: the calls of an agent that is built straight on livekit-agents, and ours, in the same run."""

import json
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import anyio
from livekit import api, rtc

from hub.bench.caller import Caller
from hub.bench.figures import Figure, Section, figure
from hub.bench.naive_agent import NAME
from hub.bench.script import FAST, PLAIN, SLOW
from hub.bench.stage import RunningHub, Stage
from hub.bench.telephone import Telephone, Ticket, telephone
from hub.core.errors import Unavailable

PLAIN_IN_A_CALL: Final = 2
PAUSE_SECONDS: Final = 0.6
TOKEN_MINUTES: Final = 10
START_SECONDS: Final = 90.0
"""Its idle processes load models before it takes calls: 10 s on a quiet machine, far more on a busy one."""
OURS, THEIRS = "the hub", "built straight"
METHOD: Final = (
    "The same callers, stand-ins and livekit-server, one call after the other, first of the hub and then of "
    "an agent that is built straight on livekit-agents as articles do it (`hub/bench/naive_agent.py`): the "
    "AssemblyAI, OpenAI and Silero plugins with their own settings, a process for each call, and an MCP "
    "server for each call, here the Python one that the hub keeps running (through npx it takes seconds "
    "more). By its own settings it gives up on a tool after 5 s: of one of 8 s it tells that it failed. In "
    "its favour: it reports no load, or LiveKit passes it over on a busy machine, and it takes raw sound, "
    "which comes sooner than its own MP3. The stand-ins' sentences are synthetic; what its end-of-turn model "
    "makes of human speech is not measured. What was not heard counts as lost."
)


@dataclass
class Heard:
    """What callers of one of the two have heard, in seconds; None where nothing was."""

    greeting: list[float | None] = field(default_factory=list)
    plain: list[float | None] = field(default_factory=list)
    fast: list[float | None] = field(default_factory=list)
    slow: list[float | None] = field(default_factory=list)
    barge_in: list[float | None] = field(default_factory=list)


async def side_by_side(place: Stage, hub: RunningHub, stand_in: str, calls: int) -> Section:
    """The Section that holds both.

    Raises:
        Unavailable: The agent did not start, or a caller could not join.
    """
    url, key, secret = hub.livekit()
    settings = place.place / "naive.json"
    settings.touch(0o600)
    told = {"url": url.replace("http", "ws", 1), "key": key, "secret": secret}
    settings.write_text(json.dumps(told | {"providers": stand_in.removeprefix("http://")}), encoding="utf-8")
    ours, theirs = Heard(), Heard()
    async with place.program("hub.bench.naive_agent", str(settings), seconds=START_SECONDS):
        for _ in range(calls):
            async with telephone(hub) as mine:
                await _one_call(mine, ours)
            async with _called(told) as mine:
                await _one_call(mine, theirs)
    return Section("naive", "Side by side", METHOD, _figures(ours, theirs))


@asynccontextmanager
async def _called(livekit: dict[str, str]) -> AsyncGenerator[Telephone]:
    """A caller whose token brings the agent into a new room."""
    asked, name = time.time(), f"naive-{uuid.uuid4().hex[:10]}"
    token = (
        api.AccessToken(livekit["key"], livekit["secret"])
        .with_identity(name)
        .with_ttl(timedelta(minutes=TOKEN_MINUTES))
        .with_grants(api.VideoGrants(room_join=True, room=name))
        .with_room_config(api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name=NAME)]))
        .to_jwt()
    )
    mine = Ticket(name, livekit["url"], token, name, asked, time.time())
    try:
        async with Caller.joined(mine.url, mine.token) as caller:
            yield Telephone(mine, caller)
    except rtc.ConnectError as error:
        raise Unavailable(f"The virtual caller could not join: {type(error).__name__}.") from error


async def _one_call(mine: Telephone, heard: Heard) -> None:
    heard.greeting.append(await mine.greeting())
    for _ in range(PLAIN_IN_A_CALL):
        heard.plain.append((await mine.turn(PLAIN, "reply")).first)
        await anyio.sleep(PAUSE_SECONDS)
    heard.fast.append((await mine.turn(FAST, "answer")).answer)
    heard.barge_in.append(await mine.barge_in())
    heard.slow.append((await mine.turn(SLOW, "answer")).first)


def _figures(ours: Heard, theirs: Heard) -> list[Figure]:
    kinds: Sequence[tuple[str, Callable[[Heard], list[float | None]]]] = (
        ("token asked for → greeting", lambda heard: heard.greeting),
        ("plain turn", lambda heard: heard.plain),
        ("tool of 20 ms: answer", lambda heard: heard.fast),
        ("tool of 8 s: first sound", lambda heard: heard.slow),
        ("caller talks over the agent → silence", lambda heard: heard.barge_in),
    )
    return [
        figure(f"{what}: {who}", "s", of(heard))
        for what, of in kinds
        for who, heard in ((OURS, ours), (THEIRS, theirs))
    ]
