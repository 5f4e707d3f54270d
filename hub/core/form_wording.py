"""How a server's question is said: one table per language; another language is another table."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from hub.core.form import Elicitation, Field, Kind
from hub.core.form_wording_english import ENGLISH
from hub.core.form_wording_french import FRENCH
from hub.core.form_wording_german import GERMAN
from hub.core.form_wording_spanish import SPANISH
from hub.core.form_wording_table import FormWording, figure
from hub.core.languages import base
from hub.core.speech import shortened
from hub.core.wording import joined

__all__ = ["ENGLISH", "LANGUAGES", "FormWording", "form_wording", "opening", "question", "typed_only"]
SPOKEN_MOST: Final = 300
CHOICES_SAID: Final = 6
EXAMPLES: Final = 3
_LINK: Final = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
LANGUAGES: Final[Mapping[str, FormWording]] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH}


def form_wording(language: str | None) -> FormWording:
    """The table of a language like `en` or `en-GB`; English where there is none."""
    return LANGUAGES.get(base(language), ENGLISH)


def opening(asked: Elicitation, table: FormWording) -> str:
    """Who asks, and in their own words why; no address is read out."""
    message = shortened(_LINK.sub(table.link, asked.message), SPOKEN_MOST)
    if message and message[-1] not in ".!?…":
        message += "."
    return table.asks.format(server=asked.server.replace("_", " "), message=message).strip()


def question(one: Field, table: FormWording) -> str:
    """What is said for one field."""
    return " ".join(part for part in (_asked(one, table), *_hints(one, table)) if part)


def _asked(one: Field, table: FormWording) -> str:
    if not one.name:
        return table.consent
    titles = [choice.title for choice in one.choices]
    if len(titles) > CHOICES_SAID:
        examples = joined(titles[:EXAMPLES], table.and_)
        return table.many.format(label=one.label, count=len(titles), choices=examples)
    return table.kinds[one.kind].format(label=one.label, choices=joined(titles, table.or_))


def _hints(one: Field, table: FormWording) -> Sequence[str]:
    described = shortened(_LINK.sub(table.link, one.description), SPOKEN_MOST)
    if described and described[-1] not in ".!?…":
        described += "."
    optional = "" if one.required else table.optional
    if one.default is not None and not isinstance(one.default, bool | list):
        named = {choice.value: choice.title for choice in one.choices}.get(str(one.default), one.default)
        optional = table.default.format(default=named)
    return described, table.formats.get(one.format, ""), _bounds(one, table), optional


def _bounds(one: Field, table: FormWording) -> str:
    if one.kind not in (Kind.NUMBER, Kind.INTEGER):
        return ""
    if one.least is not None and one.most is not None:
        return table.between.format(least=figure(one.least, table), most=figure(one.most, table))
    if one.least is not None:
        return table.from_.format(least=figure(one.least, table))
    return table.up_to.format(most=figure(one.most, table)) if one.most is not None else ""


def typed_only(fields: Sequence[Field], table: FormWording, *, page: bool) -> str:
    """What is said of fields that are asked in writing only."""
    labels = joined([one.label for one in fields], table.and_)
    said = labels[:1].upper() + labels[1:]
    return table.on_page.format(labels=said, place=table.places[page])
