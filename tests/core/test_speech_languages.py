"""What is written becomes what is said, in every language that has a table: spoken/*.tsv, one case a line."""

import itertools
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.speech_words import LANGUAGES, SpokenWords, language, spoken

TABLES: Final = sorted((Path(__file__).parent / "spoken").glob("*.tsv"))
CASES: Final = [
    (table.stem, written, said)
    for table in TABLES
    for written, said in (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
]
FEWEST: Final = 100


def test_every_language_but_english_has_a_table_of_cases_here() -> None:
    counted = {tag: sum(case[0] == tag for case in CASES) for tag in LANGUAGES if tag != "en"}
    assert counted
    assert all(count >= FEWEST for count in counted.values())


@pytest.mark.parametrize(("tag", "written", "said"), CASES)
def test_what_is_written_is_said_in_words(tag: str, written: str, said: str) -> None:
    assert spoken(written, tag).strip() == said


@pytest.mark.parametrize(("tag", "written"), [(tag, written) for tag, written, _ in CASES])
def test_letter_by_letter_gives_the_same_words(tag: str, written: str) -> None:
    words = SpokenWords(language(tag))
    assert "".join(map(words.feed, written)) + words.flush() == spoken(written, tag)


@given(
    st.lists(
        st.sampled_from([written for _, written, _ in CASES])
        | st.text(alphabet="0123456789$€.,:/-%+ \n'er°ºhZUMio", max_size=12),
        max_size=5,
    ),
    st.lists(st.integers(min_value=0, max_value=300), max_size=12),
    st.sampled_from(sorted(LANGUAGES)),
)
def test_any_cutting_of_the_stream_gives_the_same_words(pieces: list[str], cuts: list[int], tag: str) -> None:
    text = " ".join(pieces)
    edges = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    words = SpokenWords(language(tag))
    said = [words.feed(text[a:b]) for a, b in itertools.pairwise(edges)]
    assert "".join(said) + words.flush() == spoken(text, tag)


@given(
    st.text(alphabet="0123456789abcXYZ$€%.,:/-+ '\nºh", max_size=60)
    | st.sampled_from([written for _, written, _ in CASES]),
    st.sampled_from(sorted(LANGUAGES)),
)
def test_no_digit_is_left(text: str, tag: str) -> None:
    assert not any(letter.isascii() and letter.isdigit() for letter in spoken(text, tag))


@given(st.integers(min_value=0, max_value=10**16), st.sampled_from(sorted(LANGUAGES)))
def test_two_numbers_are_never_said_alike(number: int, tag: str) -> None:
    assert spoken(str(number % 10**9), tag) != spoken(str(number % 10**9 + 1), tag)


def test_a_word_that_may_become_a_date_waits_and_no_other() -> None:
    words = SpokenWords(language("de"))
    assert words.feed("Kunden ") == "Kunden "
    assert words.feed("am 3. ") == ""
    assert words.feed("März ") == ""
    assert words.feed("kommt ") == "am dritten März kommt "
