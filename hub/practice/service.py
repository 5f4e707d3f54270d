"""One port for all stand-ins: routes, keys, and what is open to anybody."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hub.practice import openai_errors
from hub.practice.book import Book
from hub.practice.database import Database
from hub.practice.language_model import LanguageModel
from hub.practice.speech import Speech
from hub.practice.speech_to_text import SpeechToText
from hub.practice.supabase import Supabase

logger = logging.getLogger(__name__)
NOTE = "Practice hears and understands only these phrases; whatever else is said, it says so."
SUPABASE_PREFIX = "/supabase"
_BODY_BYTES = 8 << 20
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Parts:
    """The stand-ins that this process plays. `problems` says in a sentence each why others are missing."""

    book: Book
    token: str
    stt: SpeechToText | None = None
    llm: LanguageModel | None = None
    tts: Speech | None = None
    supabase: Supabase | None = None
    database: Database | None = None
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def provides(self) -> list[str]:
        """The names of what can be used."""
        there: Mapping[str, object] = {
            "stt": self.stt, "llm": self.llm, "tts": self.tts, "supabase": self.supabase
        }  # fmt: skip
        return [name for name, part in there.items() if part is not None]

    def health(self) -> dict[str, Any]:
        """What /healthz says."""
        problems = dict(self.problems)
        if self.supabase is not None and self.database is not None and not self.database.up:
            problems["supabase"] = "The practice database is restarting."
        return {"ok": not problems, "provides": self.provides, "problems": problems}


def application(parts: Parts) -> web.Application:
    """The application of one process."""
    app = web.Application(client_max_size=_BODY_BYTES)
    app.router.add_get("/healthz", _health(parts))
    app.router.add_get("/phrases", _phrases(parts))
    if parts.stt is not None:
        app.router.add_get("/v3/ws", _keyed(parts.token, parts.stt.serve, _assemblyai_refusal))
    if parts.llm is not None:
        app.router.add_post("/v1/chat/completions", _keyed(parts.token, parts.llm.serve, _openai_refusal))
        app.router.add_get("/v1/models", _keyed(parts.token, parts.llm.models, _openai_refusal))
    if parts.tts is not None:
        app.router.add_post("/v1/audio/speech", _keyed(parts.token, parts.tts.serve, _openai_refusal))
    if parts.llm is not None or parts.tts is not None:
        app.router.add_get("/v1/", _keyed(parts.token, _root, _openai_refusal))
    if parts.supabase is not None:
        app.router.add_routes(parts.supabase.routes(SUPABASE_PREFIX))
    return app


def _keyed(token: str, handler: _Handler, refusal: Callable[[], web.Response]) -> _Handler:
    """The handler for those who have the key; the provider's own refusal for others."""

    async def keyed(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return refusal()
        return await handler(request)

    return keyed


def _openai_refusal() -> web.Response:
    return openai_errors.reply(401, "Incorrect API key provided.", code="invalid_api_key")


def _assemblyai_refusal() -> web.Response:
    return web.json_response({"error": "Authentication error, API token missing/invalid"}, status=401)


async def _root(_: web.Request) -> web.Response:
    return web.json_response({"object": "practice"})


def _health(parts: Parts) -> _Handler:
    async def health(_: web.Request) -> web.Response:
        return web.json_response(parts.health())

    return health


def _phrases(parts: Parts) -> _Handler:
    async def phrases(_: web.Request) -> web.Response:
        listed = [
            {
                "id": phrase.id,
                "say": phrase.example,
                "pattern": " | ".join(phrase.patterns),
                "kind": phrase.kind,
            }
            for phrase in parts.book.phrases.phrases
        ]
        return web.json_response({"phrases": listed, "note": NOTE})

    return phrases
