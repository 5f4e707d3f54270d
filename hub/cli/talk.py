"""`hub talk`: a call from the terminal, typed, from a list of sentences, or from a WAV file."""

import os
import sys
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import typer

from hub.cli.api import connected, settings
from hub.cli.dialogue import GREETING_SECONDS, Dialogue, placed
from hub.cli.look import Json
from hub.cli.show import line
from hub.cli.wav import Sound, read_wav
from hub.core.errors import InvalidArguments

GOAL = "A conversation from the terminal."
CHUNK = 65536
QUIT = frozenset({"/quit", "/q", "/exit", "/bye"})


def talk(
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="What --say says.")] = None,
    *,
    say: Annotated[
        bool, typer.Option("--say", help="Say each TEXT, waiting for each answer, then end.")
    ] = False,
    wav: Annotated[
        Path | None, typer.Option("--wav", metavar="FILE", help="Speak a recording, then end.")
    ] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Speak on the join page, and follow here.")] = False,
    goal: Annotated[str, typer.Option(help="What the call is for; the agent is told.")] = GOAL,
    json: Json = False,
) -> None:
    """Talk to the agent, typed by default. Prints each tool call; Ctrl-D or /quit hangs up."""
    lines = [text for text in texts or [] if text.strip()]
    if sum((say or bool(texts), wav is not None, mic)) > 1:
        raise InvalidArguments(
            "--say, --wav and --mic are three ways to talk.", next_step="Give one of them."
        )
    if texts and not say:
        raise InvalidArguments("There are words but no --say.", next_step="hub talk --say TEXT says them.")
    if say and not lines:
        raise InvalidArguments("--say needs something to say.", next_step="hub talk --say 'hello'.")
    if wav is not None:
        anyio.run(partial(_play, read_wav(wav), goal, json=json))
    elif mic:
        anyio.run(partial(_by_page, goal, json=json))
    elif lines:
        anyio.run(partial(_recite, lines, goal, json=json))
    else:
        anyio.run(partial(_typed, goal, json=json))


async def _recite(lines: Sequence[str], goal: str, *, json: bool) -> None:
    async with (
        connected(settings()) as api,
        placed(api, {"goal": goal, "mode": "text"}, json=json, echo=True) as (dialogue, _),
    ):
        await dialogue.answered(GREETING_SECONDS)
        for text in lines:
            await dialogue.send(text)
            await dialogue.answered()


async def _typed(goal: str, *, json: bool) -> None:
    """By hand on a terminal; what comes through a pipe waits for each answer, like --say."""
    by_hand = sys.stdin.isatty()
    async with (
        connected(settings()) as api,
        placed(api, {"goal": goal, "mode": "text"}, json=json, echo=not by_hand) as (dialogue, _),
        aclosing(typed_lines(sys.stdin.fileno())) as lines,
    ):
        if not by_hand:
            await dialogue.answered(GREETING_SECONDS)
            await _send_all(dialogue, lines, wait=True)
            return
        line("Type and press Enter; Ctrl-D or /quit hangs up.", "dim")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_over, dialogue, tasks.cancel_scope)
            await _send_all(dialogue, lines, wait=False)
            tasks.cancel_scope.cancel()


async def _until_over(dialogue: Dialogue, scope: anyio.CancelScope) -> None:
    while not dialogue.over:
        await dialogue.follow()
    scope.cancel()


async def _send_all(dialogue: Dialogue, lines: AsyncIterable[str], *, wait: bool) -> None:
    async for text in lines:
        if text in QUIT:
            return
        if text:
            await dialogue.send(text)
            if wait:
                await dialogue.answered()


async def typed_lines(fd: int) -> AsyncGenerator[str]:
    """The lines that come in, read without a thread that would outlive the call."""
    rest = b""
    while True:
        with suppress(PermissionError):  # a file: always readable, and nothing that epoll knows
            await anyio.wait_readable(fd)
        chunk = os.read(fd, CHUNK)
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole if chunk else [*whole, rest]:
            yield text.decode(errors="replace").strip()
        if not chunk:
            return


async def _play(sound: Sound, goal: str, *, json: bool) -> None:
    # livekit's library costs a third of a second and 30 MB; no other command needs it.
    from hub.cli import spoken  # noqa: PLC0415

    async with (
        connected(settings()) as api,
        placed(api, {"goal": goal, "mode": "browser"}, json=json, echo=True) as (dialogue, call),
        spoken.joined(api, call) as mouth,
    ):
        await dialogue.answered(GREETING_SECONDS)
        await mouth.say(sound)
        await dialogue.answered()


async def _by_page(goal: str, *, json: bool) -> None:
    """A terminal has no microphone that knows echo cancellation; the page in the browser has."""
    async with (
        connected(settings()) as api,
        placed(api, {"goal": goal, "mode": "browser"}, json=json, echo=True) as (dialogue, call),
    ):
        if not json:
            line("Speak on the join page, which has your microphone; the dialogue shows here:")
        line(str(call["join_url"]))
        while not dialogue.over:
            await dialogue.follow()
