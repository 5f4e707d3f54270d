"""The agent of a call asks the desktop that follows it, and tells the caller the answer."""

import anyio
import pytest

from tests.end_to_end.house import House
from tests.end_to_end.test_typed_call import ask, begin, desktop

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_what_no_tool_knows_is_asked_of_the_desktop(hub: House, era: str) -> None:
    async with desktop(hub, era) as client, desktop(hub, era) as another:
        call_id = await begin(client)
        await ask(client, "send_to_call", call_id=call_id, text="Can I have a discount?", kind="caller")
        got = await ask(another, "get_call", call_id=call_id, wait_seconds=30, until="question")
        question = got["pending_question"]
        assert "discount" in question["text"]
        answer = {"call_id": call_id, "question_id": question["id"], "answer": "Ten percent, until Friday."}
        answered = await ask(another, "answer_question", **answer)
        assert answered["state"] == "answered"
        refused = await client.call_tool("answer_question", answer)
        assert refused.is_error
        assert refused.structured_content
        assert refused.structured_content["error"]["code"] == "no_such_question"
        with anyio.fail_after(40):
            after = question_seen = 0
            while not question_seen:
                got = await ask(client, "get_call", call_id=call_id, wait_seconds=20, after_event=after)
                after = got["last_event"]
                agent = [event["text"] for event in got["events"] if event.get("role") == "agent"]
                question_seen = any("Ten percent, until Friday." in text for text in agent)
        await ask(client, "end_call", call_id=call_id)
