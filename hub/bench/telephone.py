"""Calls of the hub as their caller goes through them: join by the link, be greeted, speak, be answered."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import anyio
import httpx2
from livekit import rtc

from hub.bench.caller import Caller
from hub.bench.providers import TONES, Utterance
from hub.bench.script import STOP, STORY
from hub.bench.sounds import Samples, lasting, samples
from hub.bench.stage import RunningHub
from hub.core.errors import HubError, Unavailable

GOAL = "Measured by hub bench"
GREETING_SECONDS = 20.0
ANSWER_SECONDS = 25.0
SETTLED_SECONDS = 0.6
"""Silence after which a turn of the agent is over."""
INTO_STORY_SECONDS = 0.8
STOPPED_SECONDS = 0.25
FREE_SECONDS = 30.0
LOOK_SECONDS = 0.1
LOAD_SECONDS = 3.0
"""A worker tells LiveKit its load every 2.5 s."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What lets a caller in; `asked` is when it was asked for."""

    call_id: str
    url: str
    token: str
    identity: str
    asked: float
    given: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds from the end of speech to the agent's first sound, and to the answer itself."""

    spoken_until: float
    first: float | None
    answer: float | None
    understood: bool


class Telephone:
    """One caller in a call."""

    def __init__(self, ticket: Ticket, caller: Caller) -> None:
        self.ticket = ticket
        self.caller = caller

    async def greeting(self) -> float | None:
        """Seconds from asking for the token to the first sound of the greeting, which is then heard out."""
        try:
            heard = await self.caller.onset(self.ticket.asked, TONES["greeting"], GREETING_SECONDS)
        except TimeoutError:
            return None
        await self._settled()
        return heard - self.ticket.asked

    async def turn(self, utterance: Utterance, tone: str) -> Turn:
        """Say something and hear the answer out; a tool's announcement may come before it."""
        said = await self.caller.say(sound(utterance))
        first = await self._onset(said.end, None)
        answer = await self._onset(said.end, TONES[tone]) if first is not None else None
        await self._settled()
        words = self.caller.transcript(self.ticket.identity)
        return Turn(said.end, first, answer, understood=bool(words) and words[-1] == utterance.text)

    async def barge_in(self) -> float | None:
        """Talk over a long story; seconds from our first sample to the agent's last sound."""
        said = await self.caller.say(sound(STORY))
        if await self._onset(said.end, TONES["reply"]) is None:
            return None
        await anyio.sleep(INTO_STORY_SECONDS)
        stop = await self.caller.say(sound(STOP))
        await self._onset(stop.end, TONES["reply"])
        silent = self.caller.heard.silent_from(stop.start, STOPPED_SECONDS)
        await self._settled()
        return silent - stop.start if silent is not None else None

    async def murmur(self, speech: Samples) -> float | None:
        """Make a noise over a long story; seconds from its end until the agent is heard again."""
        said = await self.caller.say(sound(STORY))
        if await self._onset(said.end, TONES["reply"]) is None:
            return None
        await anyio.sleep(INTO_STORY_SECONDS)
        end = (await self.caller.say(speech)).end
        again = await self._onset(end, TONES["reply"])
        await self._settled()
        return again

    async def _onset(self, after: float, hz: int | None) -> float | None:
        try:
            return await self.caller.onset(after, hz, ANSWER_SECONDS) - after
        except TimeoutError:
            return None

    async def _settled(self) -> None:
        """Silence; a call that talks without end is measured as it is."""
        with anyio.move_on_after(ANSWER_SECONDS):
            await self.caller.quiet(SETTLED_SECONDS, ANSWER_SECONDS)


@cache
def sound(utterance: Utterance) -> Samples:
    """An utterance as it is spoken: so long that the stand-in knows it by its length."""
    return lasting(samples(utterance.text), utterance.seconds)


async def ticket(hub: RunningHub) -> Ticket:
    """Start a call and fetch its caller's token, as the join page does."""
    started = await hub.post("/api/calls", {"goal": GOAL})
    key = started["join_url"].partition("#")[2]
    return await admitted(hub, started["call_id"], key)


async def admitted(hub: RunningHub, call_id: str, key: str) -> Ticket:
    """Fetch the token of a call."""
    asked = time.time()
    door = await hub.post("/api/join", {"call_id": call_id, "key": key})
    return Ticket(call_id, door["url"], door["token"], door["identity"], asked, time.time())


@asynccontextmanager
async def telephone(hub: RunningHub) -> AsyncGenerator[Telephone]:
    """A caller in a new call, until the block is left.

    Raises:
        Unavailable: LiveKit did not let the caller in.
    """
    mine = await ticket(hub)
    try:
        async with Caller.joined(mine.url, mine.token) as caller:
            yield Telephone(mine, caller)
    except rtc.ConnectError as error:
        raise Unavailable(
            f"The virtual caller could not join its call: {type(error).__name__}.",
            next_step="Media needs a network interface besides lo that is up.",
        ) from error


async def all_hung_up(hub: RunningHub) -> None:
    """Wait until no call runs, and until the worker's next word to LiveKit will have said so."""
    with anyio.move_on_after(FREE_SECONDS):
        while (await hub.get("/api/status"))["calls"]["active"]:  # noqa: ASYNC110  # the hub is asked
            await anyio.sleep(LOOK_SECONDS)
    await anyio.sleep(LOAD_SECONDS)


async def events(stand_in: str) -> list[tuple[float, str]]:
    """What the stand-in providers have seen, and when.

    Raises:
        HubError: They do not answer.
    """
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            return [(at, what) for at, what in (await client.get(f"{stand_in}/events")).json()]
    except httpx2.HTTPError as error:
        raise HubError("The stand-in providers do not answer any more.") from error
