"""A server's own question (MCP elicitation): what it asks for, and which of that is secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from hub.core.wording import words

FORM: Final = "form"
URL: Final = "url"
MESSAGE_MOST: Final = 2000
FIELDS_MOST: Final = 40
NAME_MOST: Final = 200
_SECRET_WORDS: Final = frozenset(
    words(
        "password passwd pwd passphrase passcode passwort token secret secrets credential credentials pin "
        "cvv cvc csc ssn otp totp mfa key apikey iban auth authorization bearer cookie dsn "
        "kennwort geheimzahl geheimnis zugangscode sicherheitscode kreditkartennummer contrasena clave"
    )
)
_SECRET_ROWS: Final = (
    "credit card", "card number", "debit card", "security code", "verification code", "access code",
    "one time code", "recovery code", "seed phrase", "social security", "connection string",
    "mot de passe", "contrase a",  # contraseña: the letter is no part of a word here
)  # fmt: skip
_WORD: Final = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+(?![a-z])[0-9]*|[0-9]+[a-z]*")
Action: TypeAlias = Literal["accept", "decline", "cancel"]


class NoForm(ValueError):
    """A question that nobody can be asked; says why."""


class Kind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field offers, and what it is called."""

    value: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that is asked for; `least` and `most` bound a number, a text's length, or a count."""

    name: str
    label: str
    kind: Kind
    required: bool = False
    description: str = ""
    default: Any = None
    choices: tuple[Choice, ...] = ()
    format: str = ""
    least: float | None = None
    most: float | None = None
    secret: bool = False
    """Never asked by voice, never kept, never told to a model."""

    def told(self) -> dict[str, Any]:
        """The field as a page shows it."""
        shown = {
            "name": self.name,
            "label": self.label,
            "kind": self.kind.value,
            "required": self.required,
            "secret": self.secret,
            "description": self.description or None,
            "default": None if self.secret else self.default,
            "format": self.format or None,
            "least": self.least,
            "most": self.most,
            "choices": [{"value": one.value, "title": one.title} for one in self.choices] or None,
        }
        return {key: value for key, value in shown.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Elicitation:
    """What a server wants to know while it runs a ToolCall: a form's fields, or that a link is opened."""

    server: str
    message: str
    fields: tuple[Field, ...] = ()
    url: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    """As they came, for a client that shows the question itself."""

    @property
    def mode(self) -> str:
        return URL if self.url else FORM

    @property
    def host(self) -> str:
        """Where the link leads, as people should see it: what stands before an @ is no host."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to an Elicitation; `by` says who gave it."""

    action: Action
    content: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None

    def result(self) -> dict[str, Any]:
        """As the protocol has it."""
        if self.action != "accept" or not self.content:
            return {"action": self.action}
        return {"action": self.action, "content": dict(self.content)}


def elicitation(server: str, params: Mapping[str, Any]) -> Elicitation:
    """Read the parameters of `elicitation/create`.

    Raises:
        NoForm: It is not one that people can be asked.
    """
    message = _flat(params.get("message"), MESSAGE_MOST)
    if params.get("mode") == URL:
        return Elicitation(server=server, message=message, url=_address(params.get("url")), params=params)
    schema = params.get("requestedSchema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        raise NoForm("it has no fields")
    if len(properties) > FIELDS_MOST:
        raise NoForm(f"it has more than {FIELDS_MOST} fields")
    needed = schema.get("required")
    required = needed if isinstance(needed, list) else []
    secret = suggests_secret(message)
    fields = tuple(
        _field(str(name), one, required=name in required, secret=secret) for name, one in properties.items()
    )
    return Elicitation(server=server, message=message, fields=fields, params=params)


def suggests_secret(text: str) -> bool:
    """Whether a name or a sentence is about something that must not be said aloud."""
    found = [word.lower().rstrip("0123456789") for word in _WORD.findall(text)]
    line = f" {' '.join(found)} "
    return not _SECRET_WORDS.isdisjoint(found) or any(f" {row} " in line for row in _SECRET_ROWS)


def _address(url: Any) -> str:
    """The link of a URL elicitation: only what a browser opens without harm.

    Raises:
        NoForm: It is something else.
    """
    text = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError as error:
        raise NoForm("its link cannot be read") from error
    if not parts.hostname or parts.scheme not in ("https", "http") or not text.isprintable() or " " in text:
        raise NoForm("its link is none to a web page")
    if parts.scheme == "http" and not local:
        raise NoForm("its link is not encrypted (http)")
    return text


def _field(name: str, schema: Any, *, required: bool, secret: bool) -> Field:
    if not isinstance(schema, Mapping) or not name or len(name) > NAME_MOST:
        raise NoForm(f"the field {name[:NAME_MOST]} is described by no object")
    kind, choices = _kind(name, schema)
    label = _flat(schema.get("title"), NAME_MOST) or _flat(" ".join(_WORD.findall(name)).lower(), NAME_MOST)
    described = _flat(schema.get("description"), MESSAGE_MOST)
    wanted = str(schema.get("format") or "")
    about = f"{name} {label} {described}"
    typed = kind in (Kind.TEXT, Kind.NUMBER, Kind.INTEGER)
    hidden = suggests_secret(about) or wanted == "password" or schema.get("writeOnly") is True
    lowest, highest = _BOUNDS[kind]
    return Field(
        name=name,
        label=label or name,
        kind=kind,
        required=required,
        description=described,
        default=schema.get("default"),
        choices=choices,
        format=wanted,
        least=number_of(schema.get(lowest)),
        most=number_of(schema.get(highest)),
        secret=typed and (hidden or (secret and kind is Kind.TEXT)),
    )


_BOUNDS: Final = {
    Kind.TEXT: ("minLength", "maxLength"),
    Kind.NUMBER: ("minimum", "maximum"),
    Kind.INTEGER: ("minimum", "maximum"),
    Kind.BOOLEAN: ("", ""),
    Kind.CHOICE: ("", ""),
    Kind.CHOICES: ("minItems", "maxItems"),
}
_KINDS: Final = {
    "string": Kind.TEXT,
    "number": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
}


def _kind(name: str, schema: Mapping[str, Any]) -> tuple[Kind, tuple[Choice, ...]]:
    wanted = schema.get("type")
    if wanted == "array" and isinstance(schema.get("items"), Mapping):
        choices = _choices(schema["items"])
        if choices:
            return Kind.CHOICES, choices
    choices = _choices(schema)
    if choices and wanted in ("string", None):
        return Kind.CHOICE, choices
    if not isinstance(wanted, str) or wanted not in _KINDS:
        raise NoForm(f"the field {name} takes something that cannot be asked for")
    return _KINDS[wanted], ()


def _choices(schema: Mapping[str, Any]) -> tuple[Choice, ...]:
    """The values that may be chosen, in any of the ways of writing them."""
    values, titles = schema.get("enum"), schema.get("enumNames")
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        names = titles if isinstance(titles, list) and len(titles) == len(values) else values
        return tuple(
            Choice(value, _flat(title, NAME_MOST) or value)
            for value, title in zip(values, names, strict=True)
        )
    options = schema.get("oneOf") or schema.get("anyOf")
    if isinstance(options, list) and all(
        isinstance(one, Mapping) and isinstance(one.get("const"), str) for one in options
    ):
        return tuple(
            Choice(one["const"], _flat(one.get("title"), NAME_MOST) or one["const"]) for one in options
        )
    return ()


def number_of(value: Any) -> float | None:
    """The value if it is a number, which true is not."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flat(value: Any, most: int) -> str:
    """Somebody's words in one line, without what a screen or an ear cannot take."""
    text = value if isinstance(value, str) else ""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:most]
