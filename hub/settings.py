"""What the environment and `.env` say, read once into a frozen value and passed down."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.core.errors import ConfigurationError

ProviderKind = Literal["stt", "llm", "tts", "supabase"]
DEFAULT_PORT = 7788


class Settings(BaseSettings):
    """The environment of section 3 of the design. Empty variables count as not set."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("voice-hub"), validation_alias="HUB_HOME")
    host: str = Field(default="127.0.0.1", validation_alias="HUB_HOST")
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535, validation_alias="HUB_PORT")
    token: SecretStr | None = Field(default=None, validation_alias="HUB_TOKEN")
    database_url: str | None = Field(default=None, validation_alias="HUB_DATABASE_URL")
    practice: Literal["auto", "on", "off"] = Field(default="auto", validation_alias="HUB_PRACTICE")
    recording: Literal["on", "off"] = Field(default="on", validation_alias="HUB_RECORDING")
    livekit_url: str | None = Field(default=None, validation_alias="LIVEKIT_URL")
    livekit_api_key: str | None = Field(default=None, validation_alias="LIVEKIT_API_KEY")
    livekit_api_secret: SecretStr | None = Field(default=None, validation_alias="LIVEKIT_API_SECRET")
    assemblyai_api_key: SecretStr | None = Field(default=None, validation_alias="ASSEMBLYAI_API_KEY")
    assemblyai_base_url: str | None = Field(default=None, validation_alias="ASSEMBLYAI_BASE_URL")
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    supabase_access_token: SecretStr | None = Field(default=None, validation_alias="SUPABASE_ACCESS_TOKEN")
    supabase_api_url: str | None = Field(default=None, validation_alias="SUPABASE_API_URL")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("assemblyai_base_url")
    @classmethod
    def _websocket(cls, url: str | None) -> str | None:
        """The plugin wants ws or wss; people write http as well."""
        if url is None:
            return None
        for given, wanted in (("https://", "wss://"), ("http://", "ws://")):
            if url.startswith(given):
                return wanted + url.removeprefix(given).rstrip("/")
        return url.rstrip("/")

    def practised(self) -> tuple[ProviderKind, ...]:
        """The providers that practice plays: in auto those with neither key nor base URL."""
        if self.practice == "off":
            return ()
        given: dict[ProviderKind, bool] = {
            "stt": bool(self.assemblyai_api_key or self.assemblyai_base_url),
            "llm": bool(self.openai_api_key or self.openai_base_url),
            "tts": bool(self.openai_api_key or self.openai_base_url),
            "supabase": bool(self.supabase_access_token or self.supabase_api_url),
        }
        return tuple(kind for kind, there in given.items() if self.practice == "on" or not there)


def load_settings(beside: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the environment, and `.env` in the folder of servers.json; what is in the environment wins.

    `overrides` are named like the variables (HUB_PORT, …) and win over both.

    Raises:
        ConfigurationError: A variable has a value that cannot be used.
    """
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    dotenv = beside / ".env" if beside is not None else None
    try:
        return Settings(_env_file=dotenv, **given)  # type: ignore[call-arg,arg-type]  # pydantic-settings' own keyword
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{name} cannot be {first['input']!r}: {first['msg'].lower()}.", next_step=f"Correct {name}."
        ) from error


def environment(beside: Path | None = None) -> dict[str, str]:
    """The variables that `${VAR}` in servers.json can name: `.env`, overlaid by the environment."""
    from_file: dict[str, str] = {}
    dotenv = beside / ".env" if beside is not None else None
    if dotenv is not None and dotenv.is_file():
        from_file = {key: value for key, value in dotenv_values(dotenv).items() if value}
    return {**from_file, **os.environ}
