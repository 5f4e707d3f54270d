"""Who the agent is in a call: persona files, from the package and from HUB_HOME, read into frozen values."""

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.core.errors import ConfigurationError
from hub.core.languages import ENGLISH, base
from hub.core.sentences import SENTENCES, sentences

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


def _english(kind: PhraseKind) -> list[str]:
    return list(SENTENCES[ENGLISH].phrases[kind])


class Phrases(_Section):
    """What is said without asking the model: each kind in one or more wordings."""

    looking_up: list[str] = _english("looking_up")
    changing: list[str] = _english("changing")
    still_working: list[str] = _english("still_working")
    trouble_thinking: list[str] = _english("trouble_thinking")
    trouble_hearing: list[str] = _english("trouble_hearing")
    trouble_speaking: list[str] = _english("trouble_speaking")
    giving_up: list[str] = _english("giving_up")
    time_up: list[str] = _english("time_up")
    taken_over: list[str] = _english("taken_over")
    recorded: list[str] = Field(default=_english("recorded"), min_length=1)
    """The first words of a call that is: they cannot be left out."""

    def of(self, kind: PhraseKind) -> list[str]:
        wordings: list[str] = getattr(self, kind)
        return wordings


class InLanguage(_Section):
    """What a persona says itself in another language than its own; the rest is the hub's."""

    greeting: str = ""
    goodbye: str = ""
    phrases: dict[PhraseKind, Annotated[list[str], Field(min_length=1)]] = {}


class Persona(_Section):
    """One persona file."""

    name: str
    title: str = ""
    greeting: str
    goodbye: str = "Goodbye."
    language: str = "en"
    """Of the greeting and the phrases, and of a call that asks for none."""
    instructions: str
    results_on_page: bool = True
    """Whether the caller's page shows what tools gave, whole."""
    model: Model = Model()
    voice: Voice = Voice()
    hearing: Hearing = Hearing()
    turns: Turns = Turns()
    phrases: Phrases = Phrases()
    languages: dict[str, InLanguage] = {}
    """By the tag of a language, for calls in it."""

    @model_validator(mode="before")
    @classmethod
    def _in_its_language(cls, given: Any) -> Any:
        """What a file does not say itself is said in its language."""
        if not isinstance(given, dict):
            return given
        told, phrases = sentences(str(given.get("language") or ENGLISH)), given.get("phrases", {})
        if isinstance(phrases, dict):
            phrases = {kind: list(wordings) for kind, wordings in told.phrases.items()} | phrases
        return {"goodbye": told.goodbye} | given | {"phrases": phrases}

    def speaking(self, language: str | None) -> "Persona":
        """The persona in a call of a language: with its own words for it, else with the hub's."""
        if language is None or base(language) == base(self.language):
            return self
        own = next(
            (words for tag, words in self.languages.items() if base(tag) == base(language)), InLanguage()
        )
        known = base(language) in SENTENCES
        told = sentences(language)
        said = (
            {kind: list(wordings) for kind, wordings in told.phrases.items()} if known else dict(self.phrases)
        )
        phrases = Phrases.model_validate(said | own.phrases)
        return self.model_copy(
            update={
                "language": language,
                "greeting": own.greeting or (told.greeting if known else self.greeting),
                "goodbye": own.goodbye or (told.goodbye if known else self.goodbye),
                "phrases": phrases,
            }
        )

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
