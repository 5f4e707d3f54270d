"""Which languages the hub speaks by itself, and what is said of the others."""

from collections.abc import Collection, Mapping
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


def unspoken(tag: str | None, practice: Collection[str]) -> list[str]:
    """What of a call in a language is not in it; `practice`: the providers that are played."""
    code, warnings = base(tag), []
    if code not in NAMES:
        warnings.append(
            f"The hub has no words of its own for {tag}: the question before a change is in English "
            "and wants an English yes, and what is said without the model is as the persona says it."
        )
    if code != ENGLISH and not {"stt", "llm"}.isdisjoint(practice):
        named = NAMES.get(code, tag)
        warnings.append(f"Practice hears and answers its English phrases only; only the rest is in {named}.")
    return warnings


def base(tag: str | None) -> str:
    """The language of a tag like de-AT, de_AT or German; English where there is none."""
    code = (tag or ENGLISH).strip().replace("_", "-").partition("-")[0].lower()
    return _CODES.get(code, code) or ENGLISH
