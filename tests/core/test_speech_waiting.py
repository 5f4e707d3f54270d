"""When a caller who waits for a tool hears something, and what."""

from typing import Any

import pytest

from hub.core.languages import NAMES
from hub.core.sentences import SENTENCES, sentences
from hub.core.speech_waiting import (
    ANNOUNCE_SECONDS,
    INLINE_SECONDS,
    PACE_META,
    Waiting,
    Words,
    pace_of,
    progress_words,
    what_it_does,
)

READS = {"name": "s__list", "annotations": {"readOnlyHint": True, "title": "List_tables"}}


def with_pace(p50: Any, p95: Any, n: Any = 9) -> dict[str, Any]:
    return {"name": "s__t", "_meta": {PACE_META: {"p50_ms": p50, "p95_ms": p95, "n": n}}}


@pytest.mark.parametrize(
    ("definition", "silence"),
    [
        (with_pace(20, 600), INLINE_SECONDS),
        (with_pace(20, 900), ANNOUNCE_SECONDS),
        (with_pace(4000, 9000), ANNOUNCE_SECONDS),
        (with_pace(20, 30, n=1), ANNOUNCE_SECONDS),
        ({"name": "unknown"}, ANNOUNCE_SECONDS),
    ],
)
def test_only_of_a_quick_tool_nothing_is_said_so_soon(definition: dict[str, Any], silence: float) -> None:
    assert Waiting(definition).first_after == silence


@pytest.mark.parametrize(
    "definition",
    [{}, {"_meta": {PACE_META: "fast"}}, with_pace("x", 1), with_pace(1, None), with_pace(1, 2, None)],
)
def test_a_pace_that_makes_no_sense_is_none(definition: dict[str, Any]) -> None:
    assert pace_of(definition) is None


def test_first_a_short_word_then_what_is_done_then_less_and_less() -> None:
    waiting = Waiting(READS)
    said = [(second, words) for second in range(80) if (words := waiting.words(float(second)))]
    assert said == [
        (0, Words("looking_up")),
        (6, Words("progress", "I'm still on it: list tables.")),
        (18, Words("still_working")),
        (42, Words("still_working")),
    ]


def test_without_a_title_the_tool_is_not_named() -> None:
    waiting = Waiting({"name": "s__t", "annotations": {"readOnlyHint": False}})
    assert waiting.words(0) == Words("changing")
    assert waiting.words(6) == Words("still_working")


def test_progress_is_told_at_most_every_six_seconds_and_only_once() -> None:
    waiting = Waiting(READS)
    waiting.words(0)
    waiting.progressed(1, 4, None)
    assert waiting.words(3) is None
    waiting.progressed(2, 4, None)
    assert waiting.words(6) == Words("progress", "About 50 percent is done.")
    assert waiting.words(11) is None
    waiting.progressed(3, 4, "Reading orders")
    assert waiting.words(13) == Words("progress", "Reading orders.")
    waiting.progressed(3, None, None)
    assert waiting.words(19) == Words("progress", "I'm still on it: list tables.")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((1, 3, None), "About 30 percent is done."),
        ((1, 1000, None), "About 10 percent is done."),
        ((3, 3, None), ""),
        ((3, None, None), ""),
        ((1, 2, "Half  of it!"), "Half of it!"),
        ((1, 2, '{"step": 1}'), "About 50 percent is done."),
        ((1, None, "x" * 200), ""),
    ],
)
def test_progress_becomes_a_sentence(told: tuple[float, float | None, str | None], words: str) -> None:
    assert progress_words(*told, sentences(None)) == words


@pytest.mark.parametrize("tag", sorted(NAMES))
def test_every_language_has_every_sentence(tag: str) -> None:
    table, english = SENTENCES[tag], SENTENCES["en"]
    assert table.phrases.keys() == english.phrases.keys()
    assert all(all(wordings) and wordings for wordings in table.phrases.values())
    assert "{what}" in table.still_on
    assert "{percent}" in table.about_done
    assert all((table.greeting, table.goodbye, table.code, table.over_budget))
    assert tag == "en" or not {table.greeting, table.goodbye} & {english.greeting, english.goodbye}


def test_who_waits_hears_their_language() -> None:
    waiting = Waiting(READS, "de-AT")
    waiting.words(0)
    assert waiting.words(6) == Words("progress", "Ich bin noch dran: list tables.")
    waiting.progressed(1, 2, None)
    assert waiting.words(12) == Words("progress", "Etwa 50 Prozent sind geschafft.")
    assert sentences("nl") is sentences("en") is SENTENCES["en"]


def test_a_title_is_for_people_and_a_name_is_not() -> None:
    assert what_it_does({"name": "list_tables"}) == ""
    assert what_it_does({"title": "Search the web"}) == "search the web"
    assert what_it_does({"title": "x" * 200}) == ""
