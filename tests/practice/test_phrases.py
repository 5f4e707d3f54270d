"""The phrases file: what it may say, and what is told to whoever edits it."""

import pytest

from hub.practice.phrases import Phrases, PhrasesError, load

SMALL = """
[slots]
table = ["orders", "customers"]
city = { oslo = "Oslo" }
number = { numbers = ["ten", "one hundred"] }

[slots.when]
today = { since = "x", until = "y" }

[[phrase]]
id = "count"
say = "how many {table} do we have"
typed = ["count {table}"]
tool = "execute_sql"
arguments.query = "select count(*) from {table}"
"""

WIDE = """[slots]
w = ["a", "b", "c", "d", "e", "f", "g", "h"]
[[phrase]]
id = "a"
say = "{w} {w} {w} {w} {w}"
answer = "x"
"""


def test_the_shipped_file_has_the_three_sentences_of_the_first_call(phrases: Phrases) -> None:
    said = {text for phrase in phrases.phrases for text in phrases.sentences(phrase)}
    assert {
        "which tables do we have",
        "show me all customers who signed up in the last month and spent over one hundred dollars",
        "how many orders came in this week",
    } <= said


def test_every_shipped_example_means_its_own_phrase(phrases: Phrases) -> None:
    from_examples = {phrase.id: phrase.example for phrase in phrases.phrases}
    assert all(example and example[0].isupper() for example in from_examples.values())


def test_typed_patterns_are_understood_but_not_heard() -> None:
    small = load(SMALL)
    assert "count orders" in small.keys
    assert small.sentences(small.phrases[0]) == {
        "how many orders do we have",
        "how many customers do we have",
    }


def test_a_phrase_without_an_example_gets_one() -> None:
    assert load(SMALL).phrases[0].example == "How many orders do we have."


def test_fields_are_what_was_said_and_the_texts_of_its_slot() -> None:
    small = load(SMALL)
    assert small.fields({"city": "oslo", "when": "today", "number": "137"}) == {
        "city": "oslo",
        "city.value": "Oslo",
        "when": "today",
        "when.since": "x",
        "when.until": "y",
        "number": "137",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[[phrase]\n", 1, "not TOML"),
        ("[slots]\n", 0, "no \\[\\[phrase\\]\\]"),
        ('\n[[phrase]]\nsay = "x"\n', 2, "no id"),
        ('\n[[phrase]]\nid = "a"\nsays = "x"\n', 2, "knows no “says”"),
        ('\n[[phrase]]\nid = "a"\nanswer = "x"\n', 2, "needs say"),
        ('\n[[phrase]]\nid = "a"\nsay = 7\nanswer = "x"\n', 2, "must be like"),
        ('\n[[phrase]]\nid = "a"\nsay = "x"\n', 2, "needs a tool or an answer"),
        ('\n[[phrase]]\nid = "a"\nkind = "w"\nsay = "x"\nanswer = "x"\n', 2, "kind is one of"),
        ('\n[[phrase]]\nid = "a"\nsay = "x {y}"\nanswer = "x"\n', 2, "unknown slot {y}"),
        ('\n[[phrase]]\nid = "a"\nsay = "x (y"\nanswer = "x"\n', 2, "“\\)” is missing"),
        ('[[phrase]]\nid = "a"\nsay = "x"\nanswer = "x"\n' * 2, 5, "two phrases"),
        (
            '[recognition]\nthreshold = "x"\n[[phrase]]\nid = "a"\nsay = "x"\nanswer = "x"\n',
            2,
            "must be like",
        ),
        (
            '[recognition]\ntreshold = 1\n[[phrase]]\nid = "a"\nsay = "x"\nanswer = "x"\n',
            2,
            "knows no “treshold”",
        ),
        ("[slots]\ntable = 7\n", 2, "slot “table”"),
        ('answers = 7\n[[phrase]]\nid = "a"\nsay = "x"\nanswer = "x"\n', 0, "must be a table"),
        (
            WIDE,
            3,
            "more than",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(PhrasesError, match=words) as caught:
        load(text)
    assert caught.value.line == line
