"""Chat completions on the wire, by the client that the voice worker uses."""

import json
from typing import Any

import aiohttp
import anyio
import pytest
from livekit.agents import llm
from livekit.plugins import openai

from hub.practice.language_model import LanguageModel
from hub.practice.phrases import Phrases
from tests.practice.conftest import Running

pytestmark = pytest.mark.anyio
WAIT = 20


@llm.function_tool(
    raw_schema={
        "name": "supabase__list_tables",
        "description": "",
        "parameters": {"type": "object", "properties": {}},
    }
)
async def list_tables(raw_arguments: dict[str, object]) -> str:
    return "never called here"


async def test_the_real_plugin_gets_a_tool_call_then_an_answer(practice: Running) -> None:
    model = openai.LLM(model="gpt-4o", base_url=practice.url + "/v1", api_key=practice.token)
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You help with databases.")
    context.add_message(role="user", content="Which tables do we have?")
    with anyio.fail_after(WAIT):
        async with model.chat(chat_ctx=context, tools=[list_tables]) as stream:
            first = await stream.collect()
    (call,) = first.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("supabase__list_tables", {"schemas": ["public"]})
    assert first.usage is not None
    assert first.usage.prompt_tokens > 0
    made = llm.FunctionCall(call_id=call.call_id, name=call.name, arguments=call.arguments)
    found = '{"tables":[{"name":"public.customers"},{"name":"public.orders"}]}'
    result = llm.FunctionCallOutput(call_id=call.call_id, name=call.name, output=found, is_error=False)
    context.insert([made, result])
    with anyio.fail_after(WAIT):
        async with model.chat(chat_ctx=context, tools=[list_tables]) as stream:
            second = await stream.collect()
    await model.aclose()
    assert second.text == "We have 2 tables: customers and orders."


async def chat(practice: Running, **body: Any) -> tuple[dict[str, str], str]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], **body}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT)) as session,
        session.post(practice.url + "/v1/chat/completions", headers=practice.headers, json=body) as answer,
    ):
        return dict(answer.headers), await answer.text()


async def test_the_answer_is_streamed_word_by_word(practice: Running) -> None:
    headers, text = await chat(practice, stream=True)
    assert headers["Content-Type"] == "text/event-stream"
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert all(chunk["object"] == "chat.completion.chunk" and chunk["model"] == "gpt-4o" for chunk in chunks)
    words = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]]
    assert "".join(words).startswith("Hello. You can ask me")
    assert max(len(word.split()) for word in words) == 1
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_usage_comes_only_when_it_is_asked_for(practice: Running) -> None:
    _, without = await chat(practice, stream=True)
    _, counted = await chat(practice, stream=True, stream_options={"include_usage": True})
    assert '"usage"' not in without
    assert json.loads(counted.split("\n\n")[-3].removeprefix("data: "))["usage"]["total_tokens"] > 1


async def test_without_streaming_the_answer_is_one_object(practice: Running) -> None:
    tools = [{"type": "function", "function": {"name": "x__list_tables", "parameters": {}}}]
    asked = [{"role": "user", "content": "which tables do we have"}]
    _, text = await chat(practice, messages=asked, tools=tools)
    body = json.loads(text)
    assert body["object"] == "chat.completion"
    choice = body["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "x__list_tables"


def test_the_model_reads_the_phrases_anew_for_each_request(phrases: Phrases) -> None:
    asked: list[int] = []

    def current() -> Phrases:
        asked.append(1)
        return phrases

    LanguageModel(current)
    assert not asked  # only a request asks
