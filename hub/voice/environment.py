"""What the worker is told by its environment, checked once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub.core.errors import ConfigurationError
from hub.settings import load_settings

ASSEMBLYAI: Final = "wss://streaming.assemblyai.com"
OPENAI: Final = "https://api.openai.com/v1"
KEYLESS: Final = "practice"
"""Stands for a key where only a base URL is given: the plugins want one."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that differs from machine to machine."""

    hub_url: str
    worker_token: str = field(repr=False)
    livekit_url: str
    livekit_api_key: str
    livekit_api_secret: str = field(repr=False)
    openai_api_key: str = field(repr=False)
    openai_base_url: str
    assemblyai_api_key: str = field(repr=False)
    assemblyai_base_url: str
    home: Path
    worker_id: str | None = None
    """The name that the hub gave to its own worker."""


def read_environment(hub: str | None, env: Mapping[str, str] | None = None) -> Environment:
    """Read the worker's environment; `hub` wins over HUB_URL.

    Raises:
        ConfigurationError: Something that the worker cannot do without is missing.
    """
    env = os.environ if env is None else env
    settings = load_settings()
    hub_url = hub or env.get("HUB_URL") or ""
    needed = {
        "HUB_URL": (hub_url, "Give the hub's address with --hub http://HOST:PORT or HUB_URL."),
        "HUB_WORKER_TOKEN": (
            env.get("HUB_WORKER_TOKEN"),
            "Set HUB_WORKER_TOKEN to the token the hub gave for it.",
        ),
        "LIVEKIT_URL": (settings.livekit_url, "Set LIVEKIT_URL to the LiveKit server that the hub uses."),
        "LIVEKIT_API_KEY": (settings.livekit_api_key, "Set LIVEKIT_API_KEY to that server's key."),
        "LIVEKIT_API_SECRET": (
            settings.livekit_api_secret,
            "Set LIVEKIT_API_SECRET to that server's secret.",
        ),
    }
    for name, (value, remedy) in needed.items():
        if not value:
            raise ConfigurationError(f"A voice worker needs {name}.", next_step=remedy)
    if not hub_url.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"HUB_URL cannot be {hub_url!r}.", next_step="It starts with http:// or https://."
        )
    openai, assemblyai = settings.openai_api_key, settings.assemblyai_api_key
    secret = settings.livekit_api_secret
    return Environment(
        hub_url=hub_url.rstrip("/"),
        worker_token=env["HUB_WORKER_TOKEN"],
        livekit_url=settings.livekit_url or "",
        livekit_api_key=settings.livekit_api_key or "",
        livekit_api_secret=secret.get_secret_value() if secret else "",
        openai_api_key=openai.get_secret_value() if openai else KEYLESS,
        openai_base_url=settings.openai_base_url or OPENAI,
        assemblyai_api_key=assemblyai.get_secret_value() if assemblyai else KEYLESS,
        assemblyai_base_url=settings.assemblyai_base_url or ASSEMBLYAI,
        home=settings.home,
        worker_id=env.get("HUB_WORKER_ID") or None,
    )
