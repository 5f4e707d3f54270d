"""Which languages the hub speaks by itself, and what is said of the others."""

from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[str, str]] = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}
"""Languages with words of their own for everything that code says and hears."""
ENGLISH: Final = "en"
_CODES: Final = {name.lower(): code for code, name in NAMES.items()} | {
    "deutsch": "de",
    "español": "es",
    "espanol": "es",
    "français": "fr",
    "francais": "fr",
}


def base(tag: str | None) -> str:
    """The language of a tag like de-AT, de_AT or German; English where there is none."""
    code = (tag or ENGLISH).strip().replace("_", "-").partition("-")[0].lower()
    return _CODES.get(code, code) or ENGLISH
