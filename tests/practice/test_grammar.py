"""What the recogniser is given."""

from hub.practice import grammar
from hub.practice.phrases import load

FILE = """
[pronunciations]
postgis = ["P OW S T JH IH S", "P OW S T G IH S"]
[recognition]
threshold = -3.0
strict_threshold = -2.0
[[phrase]]
id = "ext"
say = ["enable postgis", "enable postgis now"]
answer = "x"
[[phrase]]
id = "yes"
kind = "confirm"
say = "yes"
answer = "x"
[[phrase]]
id = "odd"
say = "run kubectl"
typed = "kubectl please"
answer = "x"
"""
DICTIONARY = ["enable EH N EY B AH L\n", "yes Y EH S\n", "now N AW\n", "run R AH N\n", "run(2) R AH N N\n"]


def test_a_phrase_whose_word_is_unknown_is_left_out_and_named() -> None:
    phrases = load(FILE)
    built, missing = grammar.build(phrases, grammar.pronunciations(DICTIONARY, grammar.words_of(phrases)))
    assert [(word.word, word.phrase, word.line) for word in missing] == [("kubectl", "odd", 16)]
    assert "kubectl" in str(missing[0])
    assert "kubectl" not in built.jsgf
    assert set(built.thresholds) == {"enable postgis", "enable postgis now", "yes"}


def test_what_changes_something_and_yes_and_no_must_sound_surer() -> None:
    phrases = load(FILE)
    built, _ = grammar.build(phrases, grammar.pronunciations(DICTIONARY, grammar.words_of(phrases)))
    assert built.thresholds["yes"] == -2.0
    assert built.thresholds["enable postgis"] == -3.0


def test_a_sentence_that_another_begins_with_is_unfinished() -> None:
    phrases = load(FILE)
    built, _ = grammar.build(phrases, grammar.pronunciations(DICTIONARY, grammar.words_of(phrases)))
    assert built.unfinished == ("enable postgis",)


def test_the_dictionary_has_only_the_words_in_use_in_all_their_forms() -> None:
    phrases = load(FILE)
    built, _ = grammar.build(phrases, grammar.pronunciations(DICTIONARY, grammar.words_of(phrases)))
    assert built.dictionary.splitlines() == [
        "enable EH N EY B AH L",
        "now N AW",
        "postgis P OW S T JH IH S",
        "postgis(2) P OW S T G IH S",
        "yes Y EH S",
    ]
