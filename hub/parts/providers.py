"""Who plays which role in a call, a real provider or practice, and what the worker is told of it."""

from dataclasses import dataclass

from hub.parts.practice import Practice
from hub.settings import ProviderKind, Settings

REAL: dict[ProviderKind, str] = {
    "stt": "AssemblyAI",
    "llm": "OpenAI",
    "tts": "OpenAI",
    "supabase": "Supabase",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One role in a call."""

    kind: ProviderKind
    name: str
    practice: bool


KEYS: dict[ProviderKind, tuple[str, ...]] = {
    "stt": ("ASSEMBLYAI_API_KEY", "ASSEMBLYAI_BASE_URL"),
    "llm": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "tts": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "supabase": ("SUPABASE_ACCESS_TOKEN", "SUPABASE_API_URL"),
}
"""Any of these makes a provider real."""


def providers(settings: Settings) -> tuple[Provider, ...]:
    """All four; one that is neither practised nor has a key says which variable it lacks."""
    practised = settings.practised()
    return tuple(
        Provider(kind, "practice" if kind in practised else _name(settings, kind), kind in practised)
        for kind in REAL
    )


def _name(settings: Settings, kind: ProviderKind) -> str:
    if any(getattr(settings, variable.lower()) for variable in KEYS[kind]):
        return REAL[kind]
    return f"none, {KEYS[kind][0]} is not set"


def worker_environment(settings: Settings, practice: Practice | None) -> dict[str, str | None]:
    """The providers' keys and addresses, with practice in the place of what has none."""
    told: dict[str, str | None] = {
        "OPENAI_API_KEY": _plain(settings.openai_api_key),
        "OPENAI_BASE_URL": settings.openai_base_url,
        "ASSEMBLYAI_API_KEY": _plain(settings.assemblyai_api_key),
        "ASSEMBLYAI_BASE_URL": settings.assemblyai_base_url,
    }
    if practice is not None and "llm" in practice.kinds:
        told |= {"OPENAI_API_KEY": practice.token, "OPENAI_BASE_URL": f"{practice.url}/v1"}
    if practice is not None and "stt" in practice.kinds:
        told |= {
            "ASSEMBLYAI_API_KEY": practice.token,
            "ASSEMBLYAI_BASE_URL": practice.url.replace("http", "ws", 1),
        }
    # A base URL without a key is somebody's own server; the plugins still want some key.
    for key, url in (
        ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("ASSEMBLYAI_API_KEY", "ASSEMBLYAI_BASE_URL"),
    ):
        if told[url] and not told[key]:
            told[key] = "none"
    return told


def _plain(secret: object) -> str | None:
    reveal = getattr(secret, "get_secret_value", None)
    return str(reveal()) if reveal is not None else None
