"""What somebody says to a server's question, as a table: a value, a refusal, something else."""

from datetime import date
from typing import Any

import pytest

from hub.core.form import Field, elicitation
from hub.core.form_answer import Hearing, Said, asks_back, heard, only_waits, refused
from hub.core.form_numbers import number_in
from hub.core.form_wording import ENGLISH, form_wording, opening, question, typed_only
from hub.core.wording import ENGLISH as PLAIN

HEARING = Hearing(PLAIN, ENGLISH, date(2026, 11, 22))


def field(schema: Any, *, required: bool = True, name: str = "thing") -> Field:
    wanted = {"type": "object", "properties": {name: schema}, "required": [name] if required else []}
    return elicitation("shop", {"message": "m", "requestedSchema": wanted}).fields[0]


TEXT = field({"type": "string"}, name="city")
OPTIONAL = field({"type": "string"}, required=False)
WITH_DEFAULT = field({"type": "integer", "default": 4})
NUMBER = field({"type": "number"})
COUNT = field({"type": "integer", "minimum": 1, "maximum": 10})
YES_NO = field({"type": "boolean"})
SIZE = field({"type": "string", "enum": ["small", "large", "extra large"]})
COLOUR = field({"oneOf": [{"const": "#f00", "title": "Red"}, {"const": "no", "title": "No colour"}]})
TOPPINGS = field({"type": "array", "items": {"enum": ["ham", "cheese", "olives"]}})
EMAIL = field({"type": "string", "format": "email"})
LINK = field({"type": "string", "format": "uri"})
DAY = field({"type": "string", "format": "date"})
MOMENT = field({"type": "string", "format": "date-time"})
V = Said.VALUE


@pytest.mark.parametrize(
    ("asked", "said", "meant"),
    [
        (TEXT, "Oslo.", (V, "Oslo")),
        (TEXT, "It\N{RIGHT SINGLE QUOTATION MARK}s Oslo", (V, "Oslo")),
        (TEXT, "the city is Oslo", (V, "Oslo")),
        (TEXT, "no problem street", (V, "no problem street")),
        (TEXT, "no", (Said.DECLINED, None)),
        (TEXT, "no thanks", (Said.DECLINED, None)),
        (TEXT, "rather not", (Said.DECLINED, None)),
        (TEXT, "I decline", (Said.DECLINED, None)),
        (TEXT, "never mind", (Said.CANCELLED, None)),
        (TEXT, "oh forget it please", (Said.CANCELLED, None)),
        (TEXT, "what do you need that for?", (Said.OTHER, None)),
        (TEXT, "Really? Oslo?", (V, "Really? Oslo?")),
        (TEXT, "...", (Said.OTHER, None)),
        (TEXT, "[not understood]", (Said.MISFIT, "a text")),
        (TEXT, "skip", (V, "skip")),
        (OPTIONAL, "Skip it.", (Said.SKIPPED, None)),
        (WITH_DEFAULT, "the default", (Said.SKIPPED, 4)),
        (COUNT, "three", (V, 3)),
        (COUNT, "I'd like 3 of them please", (V, 3)),
        (COUNT, "three or four", (Said.MISFIT, "a whole number")),
        (COUNT, "twelve", (Said.MISFIT, "at most 10")),
        (COUNT, "two point five", (Said.MISFIT, "a whole number")),
        (COUNT, "lots", (Said.MISFIT, "a whole number")),
        (COUNT, "how many can I have", (Said.OTHER, None)),
        (COUNT, "no", (Said.DECLINED, None)),
        (YES_NO, "yes", (V, True)),
        (YES_NO, "yeah sure", (V, True)),
        (YES_NO, "of course", (V, True)),
        (YES_NO, "true", (V, True)),
        (YES_NO, "no", (V, False)),
        (YES_NO, "rather not", (V, False)),
        (YES_NO, "yes but wait", (Said.MISFIT, "yes or no")),
        (YES_NO, "yes no", (Said.MISFIT, "yes or no")),
        (YES_NO, "okay", (Said.MISFIT, "yes or no")),
        (YES_NO, "yes?", (Said.OTHER, None)),
        (YES_NO, "never mind", (Said.CANCELLED, None)),
        (SIZE, "small", (V, "small")),
        (SIZE, "the extra large one", (V, "extra large")),
        (SIZE, "large", (V, "large")),
        (SIZE, "the second one", (V, "large")),
        (SIZE, "number three", (V, "extra large")),
        (SIZE, "the ninth", (Said.MISFIT, "one of the choices")),
        (SIZE, "small or large", (Said.MISFIT, "one of the choices")),
        (SIZE, "not small", (Said.MISFIT, "one of the choices")),
        (SIZE, "medium", (Said.MISFIT, "one of the choices")),
        (SIZE, "which ones are there", (Said.OTHER, None)),
        (COLOUR, "no colour", (V, "no")),
        (COLOUR, "no", (V, "no")),
        (COLOUR, "red please", (V, "#f00")),
        (TOPPINGS, "ham and olives", (V, ["ham", "olives"])),
        (TOPPINGS, "all of them", (V, ["ham", "cheese", "olives"])),
        (TOPPINGS, "the first and the second", (V, ["ham", "cheese"])),
        (TOPPINGS, "tuna", (Said.MISFIT, "some of the choices")),
        (EMAIL, "ada underscore l at example dot com.", (V, "ada_l@example.com")),
        (EMAIL, "it's ada at example dot com", (V, "ada@example.com")),
        (EMAIL, "ada", (Said.MISFIT, "an email address")),
        (LINK, "https://example.com/a", (V, "https://example.com/a")),
        (DAY, "2026-12-24", (V, "2026-12-24")),
        (DAY, "tomorrow", (V, "2026-11-23")),
        (DAY, "the 3rd of May", (V, "2026-05-03")),
        (DAY, "May third, 2027", (V, "2027-05-03")),
        (DAY, "February 30", (Said.MISFIT, "a date")),
        (DAY, "May", (Said.MISFIT, "a date")),
        (DAY, "soon", (Said.MISFIT, "a date")),
        (MOMENT, "tomorrow at 3 pm", (V, "2026-11-23T15:00")),
        (MOMENT, "today 9:05", (V, "2026-11-22T09:05")),
        (MOMENT, "today 12 p.m.", (V, "2026-11-22T12:00")),
        (MOMENT, "tomorrow at 12:30 am", (V, "2026-11-23T00:30")),
        (MOMENT, "tomorrow at 12 a.m.", (V, "2026-11-23T00:00")),
        (MOMENT, "today 9:75", (Said.MISFIT, "a date and a time")),
        (MOMENT, "tomorrow", (Said.MISFIT, "a date and a time")),
        (MOMENT, "at three", (Said.MISFIT, "a date and a time")),
    ],
)
def test_what_is_said_to_a_field(asked: Field, said: str, meant: Any) -> None:
    assert heard(asked, said, HEARING, spoken=True) == meant


def test_what_is_written_is_taken_to_the_letter() -> None:
    assert heard(TEXT, "it's  Oslo.", HEARING, spoken=False) == (V, "it's Oslo.")
    assert heard(EMAIL, "Ada@Example.com", HEARING, spoken=False) == (V, "Ada@Example.com")
    assert heard(DAY, "someday", HEARING, spoken=False) == (Said.MISFIT, "a date")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("two hundred and five", 205),
        ("two thousand and thirty five", 2035),
        ("twenty one", 21),
        ("1,200", 1200),
        ("3 million", 3_000_000),
        ("3.5", 3.5),
        ("minus four", -4),
        ("-4", -4),
        ("one point five zero", 1.5),
        ("a dozen", 12),
        ("hundred", None),
        ("one two", None),
        ("twenty and five", None),
        ("two hundred and something", 200),
        ("five point", 5),
        ("ten point twelve", None),
        ("minus", None),
        ("", None),
    ],
)
def test_the_one_number_in_a_turn(said: str, number: float | None) -> None:
    assert number_in(said, ENGLISH) == number


def test_somebody_who_is_to_do_something_on_a_page_may_refuse_or_be_at_it() -> None:
    assert refused("never mind", HEARING) is Said.CANCELLED
    assert refused("no", HEARING) is Said.DECLINED
    assert refused("I will", HEARING) is None
    assert only_waits("one moment please", HEARING)
    assert only_waits("okay", HEARING)
    assert only_waits("okay done", HEARING)
    assert not only_waits("hunter two", HEARING)
    assert asks_back("where is it", HEARING)
    assert asks_back("the page?", HEARING)
    assert not asks_back("", HEARING)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (TEXT, "What should I put for city?"),
        (COUNT, "What number should I put for thing? From 1 to 10."),
        (field({"type": "integer", "minimum": 1}), "What number should I put for thing? At least 1."),
        (field({"type": "integer", "maximum": 9}), "What number should I put for thing? At most 9."),
        (NUMBER, "What number should I put for thing?"),
        (YES_NO, "thing: yes or no?"),
        (SIZE, "Which thing: small, large or extra large?"),
        (TOPPINGS, "Which thing: ham, cheese or olives? You can say several."),
        (EMAIL, "What should I put for thing? It is an email address."),
        (OPTIONAL, 'What should I put for thing? You can say "skip".'),
        (WITH_DEFAULT, 'What number should I put for thing? Say "skip" for 4.'),
        (
            field({"enum": ["a"], "enumNames": ["Alpha"], "default": "a"}),
            'Which thing: Alpha? Say "skip" for Alpha.',
        ),
        (
            field({"type": "string", "description": "As on https://x.example/y"}),
            "What should I put for thing? As on a link.",
        ),
        (field({"type": "string", "description": "Whose?"}), "What should I put for thing? Whose?"),
        (
            field({"type": "string", "enum": [f"n{n}" for n in range(9)]}),
            "Which thing? There are 9 to choose from, for example n0, n1 and n2.",
        ),
    ],
)
def test_how_a_field_is_asked(asked: Field, said: str) -> None:
    assert question(asked, ENGLISH) == said


def test_the_server_is_named_and_no_address_is_read_out() -> None:
    asked = elicitation(
        "my_shop", {"message": "See https://evil.example/?q=1 now", "requestedSchema": {"properties": {}}}
    )
    assert opening(asked, ENGLISH) == "my shop asks: See a link now."
    nothing = elicitation("shop", {"requestedSchema": {"properties": {}}})
    assert opening(nothing, ENGLISH) == "shop asks:"
    assert (
        opening(elicitation("s", {"message": "Go on?", "requestedSchema": {"properties": {}}}), ENGLISH)
        == "s asks: Go on?"
    )
    assert typed_only((TEXT,), ENGLISH, page=True).startswith(
        "City is secret, so do not say it. Type it on your page"
    )
    assert "dashboard" in typed_only((TEXT,), ENGLISH, page=False)
    assert form_wording("en-GB") is form_wording("xx") is form_wording(None) is ENGLISH
