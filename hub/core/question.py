"""The question before a change: a sentence made by code from tool and arguments, never by a model."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.core.catalog import Route
from hub.core.definitions import known_arguments
from hub.core.records import Question
from hub.core.statements import Act, Deed, deeds
from hub.core.wording import Wording, joined, words

SHORT: Final = 60
"""A text value up to this length is told whole."""
NAMED_MOST: Final = 12
DEEDS_MOST: Final = 4
VALUES_MOST: Final = 4
LISTED_MOST: Final = 3
PHRASE_WORDS: Final = 4
_SQL_ARGUMENTS: Final = frozenset({"sql", "query", "queries", "statement", "statements", "ddl"})
_OF_SQL: Final = re.compile(r"\b(?:sql|ddl)\b|_sql|sql_|postgres|mysql|sqlite|duckdb", re.IGNORECASE)
_SAYABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_LABELS: Final = frozenset({"name"})
"""Arguments beside SQL that only label it."""


def statements(route: Route, arguments: Mapping[str, Any]) -> tuple[Deed, ...] | None:
    """What a tool's SQL would do; None for a tool that takes none."""
    names = [name for name in arguments if name.lower() in _SQL_ARGUMENTS]
    if not names or not _takes_sql(route):
        return None
    return tuple(deed for name in names for deed in _of_value(arguments[name]))


def _of_value(value: Any) -> tuple[Deed, ...]:
    if isinstance(value, str):
        return deeds(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return tuple(deed for one in value for deed in deeds(one))
    return (Deed(act=Act.UNREADABLE),)


def _takes_sql(route: Route) -> bool:
    described = [str(value.get("description", "")) for value in known_arguments(route.definition).values()]
    return bool(_OF_SQL.search(" ".join([route.tool, str(route.definition.get("description")), *described])))


def question(
    route: Route, arguments: Mapping[str, Any], done: Sequence[Deed] | None, language: Wording
) -> Question:
    """Make the question: what would be done, and what to say for a yes or a no."""
    if done is None:
        sentence, phrase = _of_tool(route, arguments, language)
    else:
        others = {
            key: value for key, value in arguments.items() if key.lower() not in _SQL_ARGUMENTS | _LABELS
        }
        sentence, phrase = _of_deeds(done, others, language)
    asked = language.ask.format(phrase=phrase or language.yes)
    return Question(
        text=f"{sentence} {asked}",
        phrase=phrase or language.yes,
        strong=phrase is not None,
        about=tuple(words(sentence)),
        tool=route.public,
    )


def _of_deeds(done: Sequence[Deed], others: Mapping[str, Any], language: Wording) -> tuple[str, str | None]:
    told = list(dict.fromkeys(_told(deed, language) for deed in done))
    if len(told) > DEEDS_MOST:
        # What destroys is never among those that are only counted.
        told.sort(key=lambda text: all(deed.harmless for deed in done if _told(deed, language) == text))
        told = [*told[:DEEDS_MOST], language.more_deeds.format(count=len(told) - DEEDS_MOST)]
    several = language.would if len(done) == 1 else language.several
    sentence = several.format(count=len(done), deeds=joined(told, language.and_, between="; "))
    if others:
        sentence = f"{sentence[:-1]}{_values(others, language)}."
    destroying = [deed for deed in done if not deed.harmless]
    if not destroying:
        return sentence, None
    return sentence, _phrase(destroying, language)


def _phrase(destroying: Sequence[Deed], language: Wording) -> str:
    first = destroying[0]
    template = language.phrases.get(first.act)
    if len(destroying) > 1 or template is None or not all(map(_sayable, first.names + first.columns)):
        return language.anything
    names = joined((_name(name, language) for name in first.names), language.and_)
    return template.format(names=names, columns=joined(map(_plain, first.columns), language.and_))


def _told(deed: Deed, language: Wording) -> str:
    if deed.act is Act.READ and not deed.names:
        return language.query
    thing = language.things.get(deed.thing, deed.thing)
    if len(deed.names) > 1:
        thing = language.plurals.get(deed.thing, thing)
    names = _listed(deed.names, language) or language.unnamed
    template = language.column if len(deed.columns) == 1 else language.columns
    columns = template.format(columns=_listed(deed.columns, language))
    text = language.acts[deed.act].format(thing=thing, names=names, columns=columns)
    if deed.act is Act.CREATE and deed.columns:
        text += language.with_columns.format(columns=columns)
    return f"{text}{language.cascade}" if deed.cascade else text


def _listed(names: Sequence[str], language: Wording) -> str:
    said = [_whole_name(name, language) for name in names[:NAMED_MOST]]
    if len(names) > NAMED_MOST:
        said.append(language.more_deeds.format(count=len(names) - NAMED_MOST))
    return joined(said, language.and_)


def _sayable(name: str) -> bool:
    return bool(_SAYABLE.fullmatch(name.rpartition(".")[2]))


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()) or name


def _name(name: str, language: Wording) -> str:
    """A name in words, without its schema; anything that could be more than a name is not read out."""
    bare = name.rpartition(".")[2]
    return _plain(bare) if _sayable(name) else language.unnamed


def _whole_name(name: str, language: Wording) -> str:
    schema = name.rpartition(".")[0]
    if not schema:
        return _name(name, language)
    return language.in_schema.format(name=_name(name, language), schema=_name(schema, language))


def _of_tool(route: Route, arguments: Mapping[str, Any], language: Wording) -> tuple[str, str | None]:
    title = (route.definition.get("annotations") or {}).get("title") or route.definition.get("title")
    named = words(_plain(str(title or route.tool))) or words(_plain(route.tool))
    sentence = language.tool.format(
        tool=" ".join(named), server=_plain(route.server), arguments=_values(arguments, language)
    )
    if not route.destructive:
        return sentence, None
    return sentence, f"{language.yes}, {' '.join(named[:PHRASE_WORDS])}"


def _values(arguments: Mapping[str, Any], language: Wording) -> str:
    if not arguments:
        return ""
    told = [
        f"{_plain(key)} {_value(value, language)}" for key, value in list(arguments.items())[:VALUES_MOST]
    ]
    if len(arguments) > VALUES_MOST:
        told.append(language.more_arguments.format(count=len(arguments) - VALUES_MOST))
    return language.arguments.format(arguments=joined(told, language.and_))


def _value(value: Any, language: Wording) -> str:
    match value:
        case None:
            return language.nothing
        case bool():
            return language.true if value else language.false
        case int() | float():
            return str(value)
        case str():
            return _text(value, language)
        case list():
            return _entries(value, language)
        case _:
            return language.fields.format(count=len(value))


def _text(value: str, language: Wording) -> str:
    """Text is somebody's words, so it stands in quotation marks and cannot end them."""
    flat = " ".join(re.sub(r"[\"“”„«»\x00-\x1f\x7f]", " ", value).split())
    if len(flat) <= SHORT:
        return f"“{flat}”"
    return language.long_text.format(count=len(value), start=f"“{flat[:SHORT].rsplit(' ', 1)[0]}”")


def _entries(value: list[Any], language: Wording) -> str:
    if 0 < len(value) <= LISTED_MOST and all(isinstance(one, str | int | float) for one in value):
        return joined((_value(one, language) for one in value), language.and_)
    return language.many.format(count=len(value))
