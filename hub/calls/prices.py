"""What providers ask: one small table, shipped beside this module, that HUB_HOME/prices.toml can replace."""

import tomllib
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.core.errors import ConfigurationError

SHIPPED: Final = Path(__file__).parent / "prices.toml"
MILLION: Final = 1_000_000
HOUR: Final = 3600


class Price(BaseModel):
    """What one provider asks for one model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["llm", "tts", "stt"]
    model: str
    input_tokens: float = Field(default=0, ge=0)
    input_cached_tokens: float | None = Field(default=None, ge=0)
    output_tokens: float = Field(default=0, ge=0)
    characters: float = Field(default=0, ge=0)
    audio_hours: float = Field(default=0, ge=0)

    def of(self, used: Mapping[str, float]) -> float:
        """What this costs, in dollars; the names are those of LiveKit's ModelUsage."""
        cached = min(used.get("input_cached_tokens", 0), used.get("input_tokens", 0))
        for_cached = self.input_tokens if self.input_cached_tokens is None else self.input_cached_tokens
        return (
            (used.get("input_tokens", 0) - cached) * self.input_tokens
            + cached * for_cached
            + used.get("output_tokens", 0) * self.output_tokens
            + used.get("characters_count", 0) * self.characters
        ) / MILLION + used.get("audio_duration", 0) * self.audio_hours / HOUR


class Prices(BaseModel):
    """The table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: date
    price: tuple[Price, ...] = ()

    def cost(self, kind: str, model: str, used: Mapping[str, float]) -> float | None:
        """What this use costs; None for a model that the table does not have."""
        for price in self.price:
            if price.kind == kind and fnmatchcase(model, price.model):
                return price.of(used)
        return None


def load_prices(home: Path | None = None) -> Prices:
    """The user's own table, else the shipped one.

    Raises:
        ConfigurationError: It cannot be used as it is.
    """
    own = home / "prices.toml" if home is not None else None
    where = own if own is not None and own.is_file() else SHIPPED
    try:
        return Prices.model_validate(tomllib.loads(where.read_text()))
    except (OSError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first is not None else str(error)
        raise ConfigurationError(
            f"{where} cannot be used: {what}.",
            next_step="Correct it, or remove it to use the shipped prices.",
        ) from error
