"""A server's question: what is read of it, what of it is secret, and what fits into its fields."""

from typing import Any

import pytest

from hub.core.form import Choice, Elicitation, Field, Kind, NoForm, Reply, elicitation, suggests_secret
from hub.core.form_values import Misfit, checked, content, secrets


def form(message: str = "Please say more", required: tuple[str, ...] = (), **properties: Any) -> Elicitation:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return elicitation("shop", {"message": message, "requestedSchema": schema})


def one(schema: Any, *, name: str = "size", required: bool = True) -> Field:
    return form(required=(name,) if required else (), **{name: schema}).fields[0]


TITLED = {"type": "string", "oneOf": [{"const": "s", "title": "small"}, {"const": "l", "title": "large"}]}
SEVERAL = {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 1, "maxItems": 2}


@pytest.mark.parametrize(
    ("schema", "kind", "choices"),
    [
        ({"type": "string"}, Kind.TEXT, ()),
        ({"type": "number", "minimum": 1}, Kind.NUMBER, ()),
        ({"type": "integer", "maximum": 9}, Kind.INTEGER, ()),
        ({"type": "boolean"}, Kind.BOOLEAN, ()),
        ({"type": "string", "enum": ["a", "b"]}, Kind.CHOICE, (Choice("a", "a"), Choice("b", "b"))),
        ({"enum": ["a"], "enumNames": ["A big one"]}, Kind.CHOICE, (Choice("a", "A big one"),)),
        ({"enum": ["a"], "enumNames": ["too", "many"]}, Kind.CHOICE, (Choice("a", "a"),)),
        ({"type": "string", "enum": [1, 2]}, Kind.TEXT, ()),
        (TITLED, Kind.CHOICE, (Choice("s", "small"), Choice("l", "large"))),
        (SEVERAL, Kind.CHOICES, (Choice("a", "a"), Choice("b", "b"), Choice("c", "c"))),
        (
            {"type": "array", "items": {"anyOf": [{"const": "x", "title": ""}]}},
            Kind.CHOICES,
            (Choice("x", "x"),),
        ),
    ],
)
def test_a_field_is_read_in_every_way_of_writing_it(schema: Any, kind: Kind, choices: Any) -> None:
    read = one(schema)
    assert (read.kind, read.choices, read.required) == (kind, choices, True)


def test_a_field_has_a_name_that_can_be_said_and_bounds_of_its_kind() -> None:
    assert one({"type": "string"}, name="deliveryDay_2").label == "delivery day 2"
    assert one({"type": "string", "title": "Day \n of\x00 it"}).label == "Day of it"
    assert one({"type": "string"}, name="?").label == "?"
    text = one({"type": "string", "minLength": 2, "maxLength": 5, "minimum": 9})
    assert (text.least, text.most) == (2, 5)
    assert one({"type": "integer", "minimum": True}).least is None
    assert one({"type": "string"}, required=False).required is False


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"message": "m"}, "no fields"),
        ({"message": "m", "requestedSchema": {"type": "object"}}, "no fields"),
        ({"requestedSchema": {"properties": {"a": 1}}}, "no object"),
        ({"requestedSchema": {"properties": {"": {"type": "string"}}}}, "no object"),
        ({"requestedSchema": {"properties": {"a": {"type": "object"}}}}, "cannot be asked for"),
        ({"requestedSchema": {"properties": {"a": {"type": ["string", "null"]}}}}, "cannot be asked for"),
        ({"requestedSchema": {"properties": {"a": {"type": "array", "items": {}}}}}, "cannot be asked for"),
        ({"requestedSchema": {"properties": {"a": {"type": "array"}}}}, "cannot be asked for"),
        ({"requestedSchema": {"properties": {"a": {"type": "integer", "enum": ["1"]}}}}, ""),
        (
            {"requestedSchema": {"properties": {str(n): {"type": "string"} for n in range(41)}}},
            "more than 40",
        ),
        ({"mode": "url", "url": "javascript:alert(1)"}, "none to a web page"),
        ({"mode": "url", "url": "https://"}, "none to a web page"),
        ({"mode": "url", "url": "https://a b"}, "none to a web page"),
        ({"mode": "url", "url": "https://[::1"}, "cannot be read"),
        ({"mode": "url", "url": "http://example.com/"}, "not encrypted"),
        ({"mode": "url", "url": 7}, "none to a web page"),
    ],
)
def test_what_nobody_can_be_asked_says_why(params: Any, why: str) -> None:
    if not why:
        assert elicitation("shop", params).fields[0].kind is Kind.INTEGER
        return
    with pytest.raises(NoForm, match=why):
        elicitation("shop", params)


def test_a_link_shows_the_host_that_it_leads_to() -> None:
    asked = elicitation("pay", {"mode": "url", "message": "Pay", "url": "https://bank.com@evil.example/x"})
    assert (asked.mode, asked.host) == ("url", "evil.example")
    assert elicitation("pay", {"mode": "url", "url": "http://127.0.0.1:9/x"}).host == "127.0.0.1"
    assert form(a={"type": "string"}).mode == "form"
    assert form(a={"type": "string"}).host == ""


@pytest.mark.parametrize(
    "text",
    [
        "password", "userPassword", "API_KEY", "apiKey", "accessToken", "pin", "PIN", "cardNumber",
        "your credit card number", "client_secret", "one-time code", "CVV2", "otp", "seed phrase", "IBAN",
        "Kennwort", "Ihre Geheimzahl", "contraseña", "mot de passe", "Clave",
    ],
)  # fmt: skip
def test_what_must_not_be_said_aloud_is_known_by_its_name(text: str) -> None:
    assert suggests_secret(text)


@pytest.mark.parametrize(
    "text", ["city", "postcode", "pinned", "keyboard", "tokens", "card colour", "spin", ""]
)
def test_what_only_looks_like_a_secret_is_none(text: str) -> None:
    assert not suggests_secret(text)


def test_a_field_is_secret_by_name_description_format_or_the_whole_question() -> None:
    assert one({"type": "string"}, name="password").secret
    assert one({"type": "integer", "title": "PIN"}).secret
    assert one({"type": "string", "description": "The API key of the shop"}).secret
    assert one({"type": "string", "format": "password"}).secret
    assert one({"type": "string", "writeOnly": True}).secret
    assert not one({"type": "boolean"}, name="remember_password").secret
    assert not one({"type": "string", "enum": ["red", "black"]}, name="token").secret
    asked = form("Tell me your password", x={"type": "string"}, n={"type": "integer"})
    assert [field.secret for field in asked.fields] == [True, False]
    assert "default" not in one({"type": "string", "default": "hunter2"}, name="password").told()


def test_a_page_is_shown_what_is_known_of_a_field() -> None:
    assert one({"type": "integer", "minimum": 1, "maximum": 9, "default": 3}).told() == {
        "name": "size",
        "label": "size",
        "kind": "integer",
        "required": True,
        "secret": False,
        "default": 3,
        "least": 1,
        "most": 9,
    }
    shown = one(TITLED).told()["choices"]
    assert shown == [{"value": "s", "title": "small"}, {"value": "l", "title": "large"}]


@pytest.mark.parametrize(
    ("schema", "value", "taken"),
    [
        ({"type": "boolean"}, False, False),
        ({"type": "integer"}, 3.0, 3),
        ({"type": "number"}, 2.5, 2.5),
        ({"type": "string", "enum": ["a", "b"]}, "b", "b"),
        (SEVERAL, ["a", "c"], ["a", "c"]),
        ({"type": "string"}, "Oslo", "Oslo"),
        ({"type": "string", "format": "email"}, "ada@example.com", "ada@example.com"),
        ({"type": "string", "format": "uri"}, "https://example.com", "https://example.com"),
        ({"type": "string", "format": "date"}, "2026-11-22", "2026-11-22"),
        ({"type": "string", "format": "date-time"}, "2026-11-22T10:00", "2026-11-22T10:00"),
        ({"type": "string", "format": "of their own"}, "x", "x"),
    ],
)
def test_what_fits_is_taken(schema: Any, value: Any, taken: Any) -> None:
    assert checked(one(schema), value) == taken


@pytest.mark.parametrize(
    ("schema", "value", "needed"),
    [
        ({"type": "boolean"}, "yes", "yes or no"),
        ({"type": "integer"}, 2.5, "a whole number"),
        ({"type": "integer"}, True, "a whole number"),
        ({"type": "number"}, "2", "a number"),
        ({"type": "number", "minimum": 3}, 2, "at least 3"),
        ({"type": "number", "maximum": 3}, 4, "at most 3"),
        ({"type": "string", "enum": ["a"]}, "b", "one of the choices"),
        (SEVERAL, "a", "some of the choices"),
        (SEVERAL, ["a", "z"], "some of the choices"),
        (SEVERAL, [], "at least 1 of the choices"),
        (SEVERAL, ["a", "b", "c"], "at most 2 of the choices"),
        ({"type": "string"}, 3, "a text"),
        ({"type": "string"}, "", "a text"),
        ({"type": "string", "minLength": 3}, "ab", "at least 3 characters"),
        ({"type": "string", "maxLength": 3}, "abcd", "at most 3 characters"),
        ({"type": "string", "format": "email"}, "ada at home", "an email address"),
        ({"type": "string", "format": "uri"}, "example", "a web address"),
        ({"type": "string", "format": "date"}, "2026-02-30", "a date"),
        ({"type": "string", "format": "date-time"}, "2026-02-03", "a date and a time"),
        ({"type": "string", "format": "date-time"}, "soon", "a date and a time"),
    ],
)
def test_what_does_not_fit_says_what_would(schema: Any, value: Any, needed: str) -> None:
    with pytest.raises(Misfit, match=needed):
        checked(one(schema), value)


def test_a_form_filled_in_on_a_page_is_taken_whole_or_says_what_is_wrong() -> None:
    asked = form(
        required=("city", "count"),
        city={"type": "string"},
        count={"type": "integer", "minimum": 1},
        note={"type": "string"},
        gift={"type": "boolean"},
    )
    assert content(asked.fields, {"city": "Oslo", "count": 2, "note": "", "gift": False}) == (
        {"city": "Oslo", "count": 2, "gift": False},
        {},
    )
    assert content(asked.fields, {"count": 0, "unknown": 1}) == (
        {},
        {"city": "it is needed", "count": "at least 1"},
    )


def test_secrets_of_an_answer_are_known_longest_first() -> None:
    asked = form(pin={"type": "integer"}, password={"type": "string"}, city={"type": "string"})
    assert secrets(asked, {"pin": 1234, "password": "hunter2", "city": "Oslo"}) == ("hunter2", "1234")
    assert secrets(asked, {"password": ""}) == ()


def test_an_answer_is_told_to_the_server_as_the_protocol_has_it() -> None:
    assert Reply(action="accept", content={"a": 1}).result() == {"action": "accept", "content": {"a": 1}}
    assert Reply(action="accept").result() == {"action": "accept"}
    assert Reply(action="decline", content={"a": 1}, by="x").result() == {"action": "decline"}
