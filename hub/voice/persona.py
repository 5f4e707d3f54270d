"""Who the agent is in a call: persona files, from the package and from HUB_HOME, read into frozen values."""

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.core.errors import ConfigurationError

log = logging.getLogger(__name__)
SHIPPED: Final = Path(__file__).parent / "personas"
DEFAULT: Final = "default"

PhraseKind = Literal[
    "looking_up",
    "changing",
    "still_working",
    "trouble_thinking",
    "trouble_hearing",
    "trouble_speaking",
    "giving_up",
    "time_up",
    "taken_over",
    "recorded",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Model(_Section):
    """The language model."""

    name: str = "gpt-4o"
    temperature: float = Field(default=0.6, ge=0, le=2)


class Voice(_Section):
    """How the agent sounds."""

    model: str = "gpt-4o-mini-tts"
    name: str = "ash"
    style: str = ""


class Hearing(_Section):
    """How the recogniser listens; the silences are in milliseconds."""

    model: str = "universal-3-6-pro"
    key_terms: list[str] = []
    min_silence_ms: int = Field(default=100, ge=0)
    max_silence_ms: int = Field(default=1200, ge=0)


class Turns(_Section):
    """When a turn ends and when the agent stops talking, in seconds."""

    min_delay: float = Field(default=0.2, ge=0)
    max_delay: float = Field(default=2.5, ge=0)
    interruption: float = Field(default=0.09, gt=0)
    """So much speech makes the agent pause (Silero looks each 32 ms); without words that want the floor it
    goes on."""
    resume: float = Field(default=0.3, ge=0)
    """Silence after which it does."""
    spelling: float = Field(default=0.8, ge=0)
    """So much longer it waits where a number or a name may go on."""


class Phrases(_Section):
    """What is said without asking the model: each kind in one or more wordings."""

    looking_up: list[str] = ["One moment, please."]
    changing: list[str] = ["One moment, I'm doing that."]
    still_working: list[str] = ["I'm still working on it."]
    trouble_thinking: list[str] = ["Sorry, could you say that again?"]
    trouble_hearing: list[str] = ["Sorry, I have trouble hearing you."]
    trouble_speaking: list[str] = ["Sorry, could you ask me again?"]
    giving_up: list[str] = ["I'm sorry, I have to end this call because something is not working."]
    time_up: list[str] = ["Our time is up. Goodbye."]
    taken_over: list[str] = ["Sorry, I was away for a moment. Please go on."]
    recorded: list[str] = Field(default=["This call is recorded."], min_length=1)
    """The first words of a call that is: they cannot be left out."""

    def of(self, kind: PhraseKind) -> list[str]:
        wordings: list[str] = getattr(self, kind)
        return wordings


class Persona(_Section):
    """One persona file."""

    name: str
    title: str = ""
    greeting: str
    goodbye: str = "Goodbye."
    language: str = "en"
    """Of the greeting and the phrases, and of a call that asks for none: how numbers and dates are said."""
    instructions: str
    results_on_page: bool = True
    """Whether the caller's page shows what tools gave, whole."""
    model: Model = Model()
    voice: Voice = Voice()
    hearing: Hearing = Hearing()
    turns: Turns = Turns()
    phrases: Phrases = Phrases()

    def fixed_texts(self) -> list[str]:
        """Every text that is known beforehand, the greeting first."""
        spoken = [self.greeting, self.goodbye]
        for kind in Phrases.model_fields:
            spoken += getattr(self.phrases, kind)
        return list(dict.fromkeys(spoken))


def load_personas(home: Path) -> Mapping[str, Persona]:
    """All personas by name; one that cannot be read is left out with a line in the log.

    Raises:
        ConfigurationError: Not even the default persona can be read.
    """
    personas: dict[str, Persona] = {}
    for folder in (SHIPPED, home / "personas"):
        for path in sorted(folder.glob("*.toml")):
            try:
                personas[path.stem] = read_persona(path)
            except ConfigurationError as error:
                log.warning("%s", error.message)
    if DEFAULT not in personas:
        raise ConfigurationError(
            "The default persona is missing.",
            next_step="Install voice-hub again, or mend personas/default.toml.",
        )
    return personas


def read_persona(path: Path) -> Persona:
    """Read one persona file.

    Raises:
        ConfigurationError: It is not TOML, or has a key or value that cannot be used.
    """
    try:
        return Persona.model_validate({"name": path.stem} | tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"The persona {path}: {where}: {first['msg'].lower()}.") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The persona {path} cannot be read: {error}.") from error
