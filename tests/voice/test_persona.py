"""Persona files."""

from pathlib import Path

import pytest

from hub.core.errors import ConfigurationError
from hub.voice.persona import SHIPPED, load_personas, read_persona


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
