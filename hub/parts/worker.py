"""The voice worker that the hub starts for itself."""

import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from hub.core.takeover import OWN_WORKER
from hub.parts.part import Part, ProcessLife, inherited, speaking
from hub.supervision.guardian import Guardian
from hub.supervision.runner import Snapshot

START_SECONDS = 60.0
NAME = "voice worker"


def worker_part(
    guardian: Guardian,
    home: Path,
    environment: Callable[[], Mapping[str, str | None]],
    on_change: Callable[[Snapshot], None],
) -> Part:
    """The part, not started; `environment` tells the worker where hub, LiveKit and providers are."""

    @asynccontextmanager
    async def life() -> AsyncGenerator[ProcessLife]:
        told = {**environment(), "HUB_WORKER_ID": f"{OWN_WORKER}{uuid.uuid4().hex[:10]}"}
        secrets = tuple(value for name, value in told.items() if value and _secret(name))
        async with speaking(
            ("worker",), inherited(told), name="worker", guardian=guardian, home=home, secrets=secrets
        ) as (process, said):
            yield ProcessLife(process, "takes calls", said)

    return Part(NAME, life, start_timeout=START_SECONDS, on_change=on_change)


def _secret(name: str) -> bool:
    return name.endswith(("_KEY", "_SECRET", "_TOKEN"))
