"""Persona files."""

from pathlib import Path

import pytest

from hub.core.errors import ConfigurationError
from hub.core.sentences import SENTENCES
from hub.voice.persona import SHIPPED, InLanguage, Persona, load_personas, read_persona


def test_the_default_persona_is_the_database_assistant(tmp_path: Path) -> None:
    persona = load_personas(tmp_path)["default"]
    assert persona.model.name == "gpt-4o"
    assert persona.voice.name == "ash"
    assert persona.hearing.key_terms == ["Supabase"]
    assert "data" in persona.greeting


def test_every_shipped_persona_has_every_phrase() -> None:
    for path in SHIPPED.glob("*.toml"):
        persona = read_persona(path)
        assert all(getattr(persona.phrases, kind) for kind in type(persona.phrases).model_fields)
        assert persona.fixed_texts()[0] == persona.greeting


def test_a_file_in_the_home_adds_or_replaces_a_persona(tmp_path: Path) -> None:
    folder = tmp_path / "personas"
    folder.mkdir()
    (folder / "default.toml").write_text('greeting = "Hi"\ninstructions = "Be kind."\n', encoding="utf-8")
    (folder / "other.toml").write_text('greeting = "Yo"\ninstructions = "Be short."\n', encoding="utf-8")
    personas = load_personas(tmp_path)
    assert personas["default"].greeting == "Hi"
    assert personas["other"].name == "other"


def test_a_broken_persona_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "personas"
    folder.mkdir()
    (folder / "bad.toml").write_text('greeting = "Hi"\ninstructions = "x"\n[modell]\n', encoding="utf-8")
    assert "bad" not in load_personas(tmp_path)
    assert "modell" in caplog.text


def test_a_file_that_is_no_toml_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("= =", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"x\.toml cannot be read"):
        read_persona(path)


def test_in_another_language_the_hubs_sentences_are_said_unless_the_persona_has_its_own() -> None:
    own = InLanguage(greeting="Moin!", phrases={"looking_up": ["Ich guck mal."]})
    persona = Persona(name="p", greeting="Hello", instructions="x", languages={"de": own})
    german, spanish = persona.speaking("de-AT"), persona.speaking("es")
    assert persona.speaking(None) is persona.speaking("en-GB") is persona
    assert (german.greeting, german.goodbye) == ("Moin!", "Auf Wiederhören.")
    assert german.phrases.looking_up == ["Ich guck mal."]
    assert german.phrases.changing == list(SENTENCES["de"].phrases["changing"])
    assert spanish.greeting == SENTENCES["es"].greeting
    assert spanish.language == "es"
    assert set(SENTENCES["de"].phrases) == set(type(german.phrases).model_fields)


def test_in_a_language_without_sentences_the_persona_keeps_its_own() -> None:
    persona = Persona(name="p", greeting="Hello", instructions="x")
    dutch = persona.speaking("nl")
    assert (dutch.language, dutch.greeting, dutch.phrases) == ("nl", "Hello", persona.phrases)


def test_what_a_german_persona_does_not_say_itself_is_german(tmp_path: Path) -> None:
    path = tmp_path / "de.toml"
    path.write_text(
        'language = "de"\ngreeting = "Moin"\ninstructions = "x"\n[phrases]\ntime_up = ["Schluss."]\n',
        encoding="utf-8",
    )
    persona = read_persona(path)
    assert persona.goodbye == "Auf Wiederhören."
    assert persona.phrases.time_up == ["Schluss."]
    assert persona.phrases.recorded == ["Dieses Gespräch wird aufgezeichnet."]
    assert persona.speaking("en").phrases.recorded == ["This call is recorded."]


def test_a_language_of_a_persona_with_a_misspelled_phrase_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'greeting = "Hi"\ninstructions = "x"\n[languages.de.phrases]\nlookingup = ["Moment"]\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError, match=r"languages\.de\.phrases"):
        read_persona(path)
