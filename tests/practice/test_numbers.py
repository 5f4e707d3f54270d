"""Number words become digits, and only they."""

import pytest

from hub.practice.numbers import is_number, to_digits


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("spent over one hundred dollars", "spent over 100 dollars"),
        ("one hundred fifty", "150"),
        ("one hundred and fifty", "150"),
        ("seventy five", "75"),
        ("a hundred", "100"),
        ("two thousand three hundred", "2300"),
        ("one million", "1000000"),
        ("fifteen", "15"),
        ("zero", "0"),
        ("twenty twenty", "20 20"),
        ("five six", "5 6"),
        ("hundred dollars", "hundred dollars"),
        ("id name and price", "id name and price"),
        ("a new table", "a new table"),
        ("150 dollars", "150 dollars"),
        ("one hundred and a half", "100 and a half"),
    ],
)
def test_number_words_become_digits(words: str, digits: str) -> None:
    assert " ".join(to_digits(words.split())) == digits


def test_only_digits_count_as_a_number() -> None:
    assert [is_number(word) for word in ("100", "7.5", "ten", "1a")] == [True, True, False, False]
