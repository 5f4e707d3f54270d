"""Practice: the stand-ins for whatever has no key, in a process of their own."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from hub.parts.part import Part, ProcessLife, inherited, speaking
from hub.parts.places import LOOPBACK, Places
from hub.settings import ProviderKind
from hub.supervision.guardian import Guardian
from hub.supervision.runner import Snapshot

START_SECONDS = 60.0
PHRASES_SECONDS = 2.0
NAMES = {"stt": "speech to text", "llm": "language model", "tts": "speech", "supabase": "Supabase"}


@dataclass(slots=True)
class Practice:
    """The part, and what the others need to know to use it."""

    part: Part
    kinds: tuple[ProviderKind, ...]
    url: str
    token: str
    supabase: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """What the servers of servers.json are told, while practice plays Supabase."""
        if not self.supabase:
            return {}
        return {
            "SUPABASE_PROJECT_REF": self.supabase["ref"],
            "SUPABASE_ACCESS_TOKEN": self.supabase["token"],
            "SUPABASE_API_URL": self.supabase["url"],
        }

    async def phrases(self) -> dict[str, Any]:
        """What can be said; empty while practice is not up."""
        if self.part.life is None or not {"stt", "llm"} & set(self.kinds):
            return {"phrases": [], "note": None}
        timeout = aiohttp.ClientTimeout(total=PHRASES_SECONDS)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(f"{self.url}/phrases") as answer,
            ):
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return {"phrases": [], "note": None}
        return {"phrases": told["phrases"], "note": told["note"]}


def practice_part(
    guardian: Guardian,
    home: Path,
    places: Places,
    kinds: Sequence[ProviderKind],
    on_change: Callable[[Snapshot], None],
) -> Practice:
    """The part, not started."""

    @asynccontextmanager
    async def life() -> AsyncGenerator[ProcessLife]:
        arguments = ("practice", "--port", str(places.practice_port), "--only", ",".join(kinds))
        env = inherited({"HUB_HOME": str(home), "HUB_PRACTICE_TOKEN": places.practice_token})
        async with speaking(
            arguments, env, name="practice", guardian=guardian, home=home, secrets=(places.practice_token,)
        ) as (process, told):
            practice.supabase = dict(told.get("supabase") or {}) if "supabase" in told["provides"] else {}
            played = ", ".join(NAMES[kind] for kind in kinds if kind in told["provides"])
            missing = ", ".join(NAMES[kind] for kind in kinds if kind not in told["provides"])
            detail = f"plays {played}" + (f"; cannot play {missing}, see its log" if missing else "")
            yield ProcessLife(process, detail, told)

    part = Part("practice", life, start_timeout=START_SECONDS, on_change=on_change)
    practice = Practice(
        part, tuple(kinds), f"http://{LOOPBACK}:{places.practice_port}", places.practice_token
    )
    return practice
