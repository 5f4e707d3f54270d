"""Which texts are secrets, and how an entry of servers.json is shown without them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MASK = "***"
SHORTEST_SECRET = 6
_SECRET_NAME = re.compile(
    r"(key|token|secret|passw|pwd|auth|credential|cookie|bearer|session|dsn|connection.?string)",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"\b(sk|pk|rk|sbp|ghp|gho|ghs|ghu|github_pat|glpat|xox[a-z]|AKIA|eyJ)[-_A-Za-z0-9.]{8,}"
)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@$]+)@")


def secret_name(name: str) -> bool:
    """Whether what goes by this name (of a variable, a flag, a header) is a secret."""
    return _SECRET_NAME.search(name) is not None


def by_reference(text: str) -> bool:
    """Whether a value names its variable instead of holding it."""
    return "${" in text


def masked_text(text: str) -> str:
    """Mask what looks like a token or a password wherever it stands."""
    return _SECRET_TEXT.sub(MASK, _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", text))


def masked_fields(values: Mapping[str, Any], *, all_secret: bool) -> dict[str, Any]:
    """Mask the literal values of `env` or of `headers`."""
    return {name: _masked_value(name, str(value), all_secret=all_secret) for name, value in values.items()}


def _masked_value(name: str, value: str, *, all_secret: bool) -> str:
    literal = not by_reference(value)
    return MASK if literal and (all_secret or secret_name(name)) else masked_text(value)


def secret_arguments(args: Iterable[str]) -> list[str]:
    """List the arguments that are secrets by the flag before them: `--token X`, `--token=X`."""
    found = []
    flag = ""
    for arg in args:
        name, equals, value = arg.partition("=")
        if equals and name.startswith("-") and secret_name(name):
            found.append(value)
        elif not arg.startswith("-") and flag and secret_name(flag):
            found.append(arg)
        flag = arg if arg.startswith("-") else ""
    return found


def masked_argv(args: Sequence[Any]) -> list[str]:
    """Mask the literal secrets of a command line."""
    texts = [str(arg) for arg in args]
    hidden = {value for value in secret_arguments(texts) if value and not by_reference(value)}
    return [masked_text(_without(text, hidden)) for text in texts]


def _without(arg: str, hidden: set[str]) -> str:
    name, equals, value = arg.partition("=")
    if arg in hidden:
        return MASK
    return f"{name}={MASK}" if equals and value in hidden else arg


def masked_url(url: str) -> str:
    """Mask the password and the secret parameters of an address."""
    if by_reference(url):
        return masked_text(url)
    parts = urlsplit(url)
    query = [
        (name, MASK if secret_name(name) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return masked_text(urlunsplit(parts._replace(query=urlencode(query, safe="*"))))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret; `secrets` come longest first, so that none leaves a rest behind."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
