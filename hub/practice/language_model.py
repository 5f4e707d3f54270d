"""The language model stand-in: OpenAI's chat completions, streamed word by word, planned by the phrases."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from hub.practice import openai_errors
from hub.practice.phrases import Phrases
from hub.practice.planning import Plan, ToolRequest, plan
from hub.practice.reviewing import review

MODEL = "practice"
_ARGUMENT_PIECE = 24  # characters of a tool call's arguments in one event


class LanguageModel:
    """Answers chat completions from whatever phrases are in force."""

    def __init__(self, phrases: Callable[[], Phrases]) -> None:
        self._phrases = phrases

    async def models(self, _: web.Request) -> web.Response:
        """Answer GET /v1/models."""
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "practice"}
        return web.json_response({"object": "list", "data": [model]})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer POST /v1/chat/completions."""
        try:
            body = await request.json()
        except (ValueError, UnicodeDecodeError):
            return openai_errors.reply(400, "the body is not JSON")
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            return openai_errors.reply(400, "messages must be a list")
        answer = review(body) or plan(body, self._phrases())
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": str(body.get("model", MODEL)),
        }
        usage = _usage(body, answer)
        if not body.get("stream"):
            return web.json_response({**head, "object": "chat.completion", **_whole(answer), "usage": usage})
        counted = bool((body.get("stream_options") or {}).get("include_usage"))
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "x-request-id": f"req_{uuid.uuid4().hex}"}
        )
        await response.prepare(request)
        for chunk in _chunks(answer, usage if counted else None):
            data = {**head, "object": "chat.completion.chunk", **chunk}
            await response.write(b"data: " + json.dumps(data).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response


def _whole(answer: Plan) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [_call(call, call.arguments) for call in answer.calls]
    return {"choices": [{"index": 0, "message": message, "finish_reason": _end(answer)}]}


def _chunks(answer: Plan, usage: dict[str, int] | None) -> Iterator[dict[str, Any]]:
    yield _delta({"role": "assistant", "content": ""})
    for word in re.findall(r"\S+\s*", answer.text):
        yield _delta({"content": word})
    for index, call in enumerate(answer.calls):
        yield _delta({"tool_calls": [{"index": index, **_call(call, "")}]})
        for at in range(0, len(call.arguments), _ARGUMENT_PIECE):
            piece = call.arguments[at : at + _ARGUMENT_PIECE]
            yield _delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield _delta({}, _end(answer))
    if usage is not None:
        yield {"choices": [], "usage": usage}


def _call(call: ToolRequest, arguments: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": arguments}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _end(answer: Plan) -> str:
    return "tool_calls" if answer.calls else "stop"


def _usage(body: dict[str, Any], answer: Plan) -> dict[str, int]:
    """Words instead of tokens: practice has no tokens, but whoever counts gets honest proportions."""
    asked = len(json.dumps(body["messages"]).split())
    said = len(answer.text.split()) + sum(len(call.arguments.split()) for call in answer.calls)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
