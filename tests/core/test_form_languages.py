"""A server's question in German, Spanish and French: as it is asked, and as it is answered, as tables."""

import string
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from hub.core.form import Field, Kind, elicitation
from hub.core.form_answer import Hearing, Said, asks_back, heard, only_waits, refused
from hub.core.form_numbers import number_in
from hub.core.form_wording import ENGLISH, LANGUAGES, form_wording, opening, question, typed_only
from hub.core.languages import NAMES
from hub.core.wording import wording
from tests.core.test_form_answer import COUNT, DAY, EMAIL, MOMENT, NUMBER, OPTIONAL, TEXT, TOPPINGS, YES_NO
from tests.core.test_form_answer import field as made

FRUIT = made({"type": "string", "enum": ["orange", "pomme"]})
GROESSE = made({"type": "string", "enum": ["klein", "groß"]})
V, MISFIT = Said.VALUE, Said.MISFIT


def hearing(language: str) -> Hearing:
    return Hearing(wording(language), form_wording(language), date(2026, 11, 22))


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("tag", NAMES)
def test_no_table_lacks_a_sentence(tag: str) -> None:
    table = LANGUAGES[tag]
    assert table.tag == tag
    assert set(table.kinds) == set(Kind)
    assert set(table.needed) == set(ENGLISH.needed)
    assert sorted(set(table.months.values())) == list(range(1, 13))
    may_lack = {"elided", "glued", "bare", "articles", "no_minus", "day_parts", "day_first"}
    for one in fields(table):
        mine, english = getattr(table, one.name), getattr(ENGLISH, one.name)
        assert mine or one.name in may_lack, one.name
        if isinstance(english, str) and one.name not in ("tag", "decimal", "day_marks"):
            assert holes(mine) == holes(english), one.name
            assert tag == "en" or mine != english, one.name
    for name in ("kinds", "formats", "bounds", "places"):
        mine, english = getattr(table, name), getattr(ENGLISH, name)
        assert {key: holes(text) for key, text in mine.items()} == {
            key: holes(text) for key, text in english.items()
        }


@pytest.mark.parametrize(
    ("language", "said", "number"),
    [
        ("de", "einundzwanzig", 21), ("de", "zweihundertfünf", 205), ("de", "hundertundeins", 101),
        ("de", "dreitausendvierhundertfünfundsechzig", 3465), ("de", "tausend", 1000),
        ("de", "zwei Millionen dreihunderttausend", 2_300_000), ("de", "drei Komma fünf", 3.5),
        ("de", "zwei Komma fünfundzwanzig", 2.25), ("de", "1.200,50", 1200.5), ("de", "3,5", 3.5),
        ("de", "3.5", 3.5), ("de", "1,5 Millionen", 1_500_000), ("de", "minus vier", -4), ("de", "eine", 1),
        ("de", "hundertprozentig", None), ("de", "drei oder vier", None), ("de", "zwei einhalb", None),
        ("de", "neunzehnhundert", 1900), ("de", "ein Dutzend", None),
        ("es", "veintiuno", 21), ("es", "treinta y uno", 31), ("es", "ciento veintitrés", 123),
        ("es", "doscientos cinco", 205), ("es", "mil doscientas", 1200), ("es", "cien mil", 100_000),
        ("es", "dos mil millones", 2_000_000_000), ("es", "tres coma cinco", 3.5), ("es", "menos cuatro", -4),
        ("es", "por lo menos cuatro", 4), ("es", "10 000", 10_000), ("es", "cero coma cero cinco", 0.05),
        ("es", "dos y media", None), ("es", "tres o cuatro", None),
        ("fr", "vingt et un", 21), ("fr", "quatre-vingt-dix", 90), ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "quatre-vingts", 80), ("fr", "soixante et onze", 71), ("fr", "soixante-quinze", 75),
        ("fr", "quatre vingt un", 81), ("fr", "nonante-neuf", 99), ("fr", "deux cent cinq", 205),
        ("fr", "mille neuf cent quatre-vingt-quatre", 1984), ("fr", "trois virgule cinq", 3.5),
        ("fr", "moins quatre", -4), ("fr", "au moins quatre", 4), ("fr", "1 200,5", 1200.5),
        ("fr", "un million deux cent mille", 1_200_000), ("fr", "deux et demi", None),
        ("fr", "deux ou trois", None),
        ("en", "two thousand million", 2_000_000_000), ("en", "two and a half", None),
    ],
)  # fmt: skip
def test_a_number_in_the_words_of_a_language(language: str, said: str, number: float | None) -> None:
    assert number_in(said, form_wording(language)) == number


@pytest.mark.parametrize("tag", NAMES)
def test_every_number_of_a_table_is_read_as_itself(tag: str) -> None:
    table = LANGUAGES[tag]
    assert {*range(100)} <= set(table.units.values())
    assert [word for word, n in table.units.items() if number_in(word, table) != n] == []


@pytest.mark.parametrize(
    ("language", "asked", "said", "meant"),
    [
        ("de", TEXT, "Das ist Oslo.", (V, "Oslo")),
        ("de", TEXT, "nein", (Said.DECLINED, None)),
        ("de", TEXT, "ich lehne ab", (Said.DECLINED, None)),
        ("de", TEXT, "vergiss es", (Said.CANCELLED, None)),
        ("de", TEXT, "Wofür brauchen Sie das?", (Said.OTHER, None)),
        ("de", OPTIONAL, "Überspringen.", (Said.SKIPPED, None)),
        ("de", COUNT, "drei bitte", (V, 3)),
        ("de", COUNT, "zwölf", (MISFIT, "höchstens 10")),
        ("de", COUNT, "viele", (MISFIT, "eine ganze Zahl")),
        ("de", made({"type": "number", "minimum": 2.5}), "zwei", (MISFIT, "mindestens 2,5")),
        ("de", YES_NO, "ja", (V, True)),
        ("de", YES_NO, "nein danke", (V, False)),
        ("de", YES_NO, "falsch", (V, False)),
        ("de", GROESSE, "groß bitte", (V, "groß")),
        ("de", GROESSE, "das zweite", (V, "groß")),
        ("de", GROESSE, "Nummer eins", (V, "klein")),
        ("de", GROESSE, "eine riesige", (MISFIT, "eine der Möglichkeiten")),
        ("de", GROESSE, "nicht klein", (MISFIT, "eine der Möglichkeiten")),
        ("de", TOPPINGS, "alle davon", (V, ["ham", "cheese", "olives"])),
        ("de", EMAIL, "ada Unterstrich l at example Punkt com", (V, "ada_l@example.com")),
        ("de", DAY, "der dritte Mai", (V, "2026-05-03")),
        ("de", DAY, "am einundzwanzigsten März", (V, "2026-03-21")),
        ("de", DAY, "24.12.2027", (V, "2027-12-24")),
        ("de", DAY, "31.02.2027", (MISFIT, "ein Datum")),
        ("de", DAY, "ein Tag im Mai", (MISFIT, "ein Datum")),
        ("de", DAY, "übermorgen", (V, "2026-11-24")),
        ("de", MOMENT, "um 15 Uhr 30 am 3. Mai", (V, "2026-05-03T15:30")),
        ("de", MOMENT, "am 3. Mai um 12 Uhr nachts", (V, "2026-05-03T00:00")),
        ("de", MOMENT, "morgen um 3 Uhr nachmittags", (V, "2026-11-23T15:00")),
        ("es", TEXT, "es Oslo", (V, "Oslo")),
        ("es", TEXT, "olvídalo", (Said.CANCELLED, None)),
        ("es", OPTIONAL, "omitir", (Said.SKIPPED, None)),
        ("es", NUMBER, "veintiuno", (V, 21)),
        ("es", COUNT, "doce", (MISFIT, "como máximo 10")),
        ("es", YES_NO, "sí", (V, True)),
        ("es", EMAIL, "ada guion bajo l arroba example punto com", (V, "ada_l@example.com")),
        ("es", DAY, "el treinta y uno de mayo de dos mil veintisiete", (V, "2027-05-31")),
        ("es", DAY, "pasado mañana", (V, "2026-11-24")),
        ("es", MOMENT, "el 3 de mayo a las 9 de la mañana", (V, "2026-05-03T09:00")),
        ("es", MOMENT, "el 3 de mayo a las 12 de la noche", (V, "2026-05-03T00:00")),
        ("es", MOMENT, "el 3 de mayo a las 3 p. m.", (V, "2026-05-03T15:00")),
        ("es", MOMENT, "el 3 de mayo a las 12:30 am", (V, "2026-05-03T00:30")),
        ("es", MOMENT, "hoy a las 3 de la tarde", (V, "2026-11-22T15:00")),
        ("fr", TEXT, "C'est Oslo.", (V, "Oslo")),
        ("fr", TEXT, "laisse tomber", (Said.CANCELLED, None)),
        ("fr", OPTIONAL, "passer", (Said.SKIPPED, None)),
        ("fr", NUMBER, "quatre-vingt-dix", (V, 90)),
        ("fr", COUNT, "douze", (MISFIT, "au maximum 10")),
        ("fr", YES_NO, "oui", (V, True)),
        ("fr", FRUIT, "l'orange", (V, "orange")),
        ("fr", FRUIT, "la deuxième", (V, "pomme")),
        ("fr", EMAIL, "ada tiret bas l arobase example point com", (V, "ada_l@example.com")),
        ("fr", DAY, "le 1er mai", (V, "2026-05-01")),
        ("fr", DAY, "le vingt et un mai", (V, "2026-05-21")),
        ("fr", DAY, "après-demain", (V, "2026-11-24")),
        ("fr", MOMENT, "demain à 15 h 30", (V, "2026-11-23T15:30")),
        ("fr", MOMENT, "demain à 8 heures du soir", (V, "2026-11-23T20:00")),
        ("en", DAY, "May twenty first", (V, "2026-05-21")),
        ("en", DAY, "the day after tomorrow", (V, "2026-11-24")),
    ],
)
def test_what_is_said_to_a_field_in_a_language(language: str, asked: Field, said: str, meant: Any) -> None:
    assert heard(asked, said, hearing(language), spoken=True) == meant


@pytest.mark.parametrize(
    ("language", "wait", "back"),
    [
        ("de", "einen Moment", "wo ist die Seite"),
        ("es", "un momento", "dónde está"),
        ("fr", "un instant", "où est la page"),
    ],
)
def test_somebody_who_is_to_do_something_on_a_page_in_a_language(language: str, wait: str, back: str) -> None:
    assert only_waits(wait, hearing(language))
    assert asks_back(back, hearing(language))
    assert refused(wait, hearing(language)) is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "shop fragt: Mehr? Welche Zahl soll ich für thing eintragen? Von 1 bis 10."),
        ("es", "shop pregunta: Mehr? ¿Qué número pongo en thing? De 1 a 10."),
        ("fr", "shop demande : Mehr? Quel nombre dois-je mettre pour thing ? De 1 à 10."),
    ],
)
def test_how_a_field_is_asked_in_a_language(language: str, said: str) -> None:
    table = form_wording(language)
    asked = elicitation("shop", {"message": "Mehr?", "requestedSchema": {"properties": {}}})
    assert f"{opening(asked, table)} {question(COUNT, table)}" == said
    assert typed_only((TEXT,), table, page=True).startswith("City")


def test_a_desktop_is_told_in_its_own_words_what_fits() -> None:
    german = Hearing(wording("de"), form_wording("de-AT"), date(2026, 11, 22), told=ENGLISH)
    assert heard(COUNT, "viele", german, spoken=False) == (MISFIT, "a whole number")
    assert form_wording("de_AT") is form_wording("German") is LANGUAGES["de"]


@pytest.mark.parametrize("tag", NAMES)
def test_a_form_without_fields_is_a_question_of_its_own(tag: str) -> None:
    table = form_wording(tag)
    consent = Field(name="", label="Shall I go on", kind=Kind.BOOLEAN, required=True)
    assert question(consent, table).startswith(table.consent)
