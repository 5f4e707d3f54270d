"""A typed call from end to end: the real worker and the real livekit-server, a fake hub and fake providers."""

import anyio
import pytest

from hub.core.wire import CommandDone, Joined, ToolEnded, ToolStarted
from tests.providers import Rule
from tests.voice.conftest import Stage
from tests.voice.fake_hub import text

pytestmark = [pytest.mark.anyio, pytest.mark.livekit]


async def test_the_agent_speaks_first_and_answers_out_of_a_tool(stage: Stage) -> None:
    async def tables(_arguments: object, _progress: object) -> dict[str, object]:
        return text('{"tables":[{"name":"customers"},{"name":"orders"}]}')

    stage.hub.tool("db__list_tables", tables)
    stage.providers.rules.append(Rule("which tables", "db__list_tables"))
    call, room = await stage.start(mode="text", first_message="Good morning!")
    await call.until(lambda call: call.said("agent"))
    assert call.said("agent") == ["Good morning!"]
    number = call.order("caller", "which tables do we have")
    await call.until(lambda call: len(call.said("agent")) == 2)
    assert call.said("caller") == ["which tables do we have"]
    assert "customers" in call.said("agent")[1]
    assert [event.tool for event in call.of(ToolStarted)] == ["db__list_tables"]
    assert call.of(ToolEnded)[0].ok
    assert [(done.command, done.outcome) for done in call.of(CommandDone)] == [(number, "in_context")]
    assert call.of(Joined)
    call.order("end", "Goodbye then.")
    await call.until(lambda call: call.ended)
    assert call.ended is not None
    assert call.ended.reason == "operator_ended"
    assert call.said("agent")[-1] == "Goodbye then."
    with anyio.fail_after(5):
        while room in await stage.livekit.rooms():
            await anyio.sleep(0.1)
