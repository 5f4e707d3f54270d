"""A caller on the join page: how one gets into the call, and what the agent then hears."""

from contextlib import AsyncExitStack
from typing import Any

import anyio
from playwright.async_api import Browser, Page

from tests.web.browser import Seen, open_page
from tests.web.fake_api import KEY, FakeHub
from tests.web.livekit_room import Agent, agent_in

CALL = "call-1"
CALLER = f"caller-{CALL}"
INFO: dict[str, Any] = {
    "call_id": CALL,
    "status": "waiting_for_caller",
    "goal": "Answer questions about our customers and their orders",
    "mode": "browser",
    "ended_reason": None,
    "agent": "default",
    "practice": ["stt", "llm"],
    "phrases": [{"say": "which tables do we have"}, {"say": "how many orders came in this week"}],
    "note": "Practice hears only these sentences.",
}


def link(hub: FakeHub) -> str:
    return f"{hub.url}/join/{CALL}#{KEY}"


async def joined(stack: AsyncExitStack, browser: Browser, hub: FakeHub, **context: Any) -> tuple[Agent, Seen]:
    """A caller and an agent who are in the call."""
    assert hub.livekit is not None
    agent = await stack.enter_async_context(agent_in(hub.livekit, CALL))
    seen = await stack.enter_async_context(open_page(browser, link(hub), **context))
    await seen.until_state("ready")
    await seen.page.click("#join")
    await seen.until_state("in-call")
    await seen.until_says("#status", "Listening")
    return agent, seen


async def shown(page: Page) -> list[list[str]]:
    """The transcript as [role, final, text]."""
    script = """
[...document.querySelectorAll("#transcript li[data-role]")].map(
  (line) => [line.dataset.role, line.dataset.final, line.querySelector(".text").innerText]
)
"""
    return [list(line) for line in await page.evaluate(script)]


async def until_heard(agent: Agent, *texts: str) -> None:
    with anyio.fail_after(5):
        while agent.heard != list(texts):  # noqa: ASYNC110  # the agent is a stand-in, nothing tells of its ears
            await anyio.sleep(0.02)


async def until_loud(agent: Agent) -> None:
    agent.loudest = 0.0
    with anyio.fail_after(5):
        while agent.loudest < 0.1:  # noqa: ASYNC110  # as above
            await anyio.sleep(0.02)
