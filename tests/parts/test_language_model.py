"""What becomes of a language model's answers, good and bad."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.core.errors import HubError, ServerUnavailable, Unavailable
from hub.parts import language_model
from hub.parts.language_model import ChatCompletions

pytestmark = pytest.mark.anyio

ASKED = [{"role": "user", "content": "{}"}]


@asynccontextmanager
async def answering(status: int, text: str, seen: list[Any]) -> AsyncGenerator[ChatCompletions]:
    """A model at a service that answers this."""

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], await request.json()))
        return web.Response(status=status, text=text, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield ChatCompletions(session, key="sk-1", url=str(server.make_url("/v1/")))


async def test_an_answer_comes_with_what_it_counted() -> None:
    seen: list[Any] = []
    text = (
        '{"choices": [{"message": {"content": "{}"}}], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}'
    )
    async with answering(200, text, seen) as model:
        found = await model.complete("m", ASKED)
    assert (found.text, found.input_tokens, found.output_tokens) == ("{}", 7, 2)
    ((key, sent),) = seen
    assert key == "Bearer sk-1"
    assert (sent["model"], sent["messages"]) == ("m", ASKED)
    assert sent["response_format"] == {"type": "json_object"}


async def test_a_service_that_counts_nothing_will_do() -> None:
    async with answering(200, '{"choices": [{"message": {"content": null}}]}', []) as model:
        found = await model.complete("m", ASKED)
    assert (found.text, found.input_tokens) == ("", 0)


@pytest.mark.parametrize(
    ("status", "text", "kind", "words"),
    [
        (500, "{}", ServerUnavailable, "status 500"),
        (429, "{}", ServerUnavailable, "status 429"),
        (401, '{"error": "sk-1 is wrong"}', Unavailable, "refused with status 401"),
        (200, "nonsense", Unavailable, "no JSON"),
        (200, '{"choices": []}', Unavailable, "no chat completion"),
        (200, "[]", Unavailable, "no chat completion"),
    ],
)
async def test_a_bad_answer_is_told_without_its_text(
    status: int, text: str, kind: type[HubError], words: str
) -> None:
    async with answering(status, text, []) as model:
        with pytest.raises(kind, match=words) as told:
            await model.complete("m", ASKED)
    assert "sk-1" not in told.value.message


async def test_a_service_that_is_not_there_or_never_answers_may_be_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ServerUnavailable, match="cannot be reached"):
            await ChatCompletions(session, key="k", url="http://127.0.0.1:9/v1").complete("m", ASKED)
        monkeypatch.setattr(language_model, "ANSWER_SECONDS", 0.000001)
        async with answering(200, "{}", []) as model:
            with pytest.raises(ServerUnavailable, match="TimeoutError"):
                await model.complete("m", ASKED)
