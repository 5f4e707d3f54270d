"""A server's own question on its way to a client, and what of the answer no model may read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.core.masking import redacted

SHORTEST: Final = 3
"""What is shorter stands in every text."""


def without(result: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """A result in which none of these texts is left, wherever a server repeats them."""
    hidden = sorted((text for text in secrets if len(text) >= SHORTEST), key=len, reverse=True)
    masked: dict[str, Any] = _masked(dict(result), hidden) if hidden else dict(result)
    return masked


def _masked(value: Any, hidden: list[str]) -> Any:
    match value:
        case str():
            return redacted(value, hidden)
        case Mapping():
            return {redacted(str(key), hidden): _masked(part, hidden) for key, part in value.items()}
        case list():
            return [_masked(part, hidden) for part in value]
        case int() | float() if str(value) in hidden and not isinstance(value, bool):
            return redacted(str(value), hidden)
        case _:
            return value
