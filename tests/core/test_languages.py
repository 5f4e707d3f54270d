"""What of a call in a language is not in it."""

from hub.core.languages import unspoken


def test_what_stays_english_is_told() -> None:
    assert unspoken(None, ["stt"]) == unspoken("es", []) == unspoken("es", ["supabase"]) == []
    (words,) = unspoken("nl", [])
    assert "nl" in words
    assert "English yes" in words
    assert len(unspoken("nl", ["llm"])) == 2
