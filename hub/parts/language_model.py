"""The language model, asked by the hub itself: OpenAI's chat completions, or whoever speaks them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp

from hub.core.errors import ServerUnavailable, Unavailable
from hub.core.review import Completion

OPENAI: Final = "https://api.openai.com/v1"
ANSWER_SECONDS: Final = 60.0
TRANSIENT: Final = frozenset({408, 409, 429})
SERVER_ERROR: Final = 500
FAILED: Final = 400


class ChatCompletions:
    """One language model service."""

    def __init__(self, session: aiohttp.ClientSession, *, key: str, url: str | None) -> None:
        self._session = session
        self._url = f"{(url or OPENAI).rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def complete(self, model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
        """Have it answer with one JSON object.

        Raises:
            ServerUnavailable: It could not be reached, or has too much to do.
            Unavailable: It refused, or answered something else.
        """
        request = {
            "model": model,
            "messages": list(messages),
            "response_format": {"type": "json_object"},
            "temperature": 0,
        }
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with self._session.post(
                self._url, json=request, headers=self._headers, timeout=timeout
            ) as answer:
                if answer.status in TRANSIENT or answer.status >= SERVER_ERROR:
                    raise ServerUnavailable(f"The language model answered with status {answer.status}.")
                if answer.status >= FAILED:
                    raise Unavailable(f"The language model refused with status {answer.status}.")
                return _completion(await answer.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServerUnavailable(
                f"The language model cannot be reached ({type(error).__name__})."
            ) from error
        except ValueError as error:
            raise Unavailable("The language model's answer is no JSON.") from error


def _completion(answer: Any) -> Completion:
    try:
        text = answer["choices"][0]["message"]["content"]
        used = answer.get("usage") or {}
        return Completion(
            str(text or ""), int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0)
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Unavailable("The language model's answer is no chat completion.") from error
