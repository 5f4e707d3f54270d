"""What is a yes in German, Spanish and French: as strict as in English, every word of doubt is a no."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalog import Route
from hub.core.gate import Meaning, judge
from hub.core.languages import NAMES, base
from hub.core.question import question, statements
from hub.core.records import Question
from hub.core.statements import Act
from hub.core.wording import ENGLISH, LANGUAGES, wording

SQL: Final = {
    "description": "Executes raw SQL",
    "inputSchema": {"type": "object", "properties": {"query": {"type": "string"}}},
}


def route(tool: str = "execute_sql", definition: Any = None) -> Route:
    return Route(
        public=f"db__{tool}",
        server="my_db",
        tool=tool,
        definition=SQL if definition is None else definition,
        read_only=False,
        destructive=True,
        idempotent=False,
    )


def asked(sql: str, tag: str) -> Question:
    arguments = {"query": sql}
    return question(route(), arguments, statements(route(), arguments), wording(tag))


CREATE: Final = "create table products (id int, name text)"
DROP: Final = "drop table products"
YES, NO, DOUBT, WEAK, OTHER = Meaning.YES, Meaning.NO, Meaning.DOUBT, Meaning.WEAK, Meaning.OTHER
SAID: Final[dict[str, list[tuple[str, Meaning, Meaning]]]] = {
    "de": [
        ("ja", YES, WEAK),
        ("Ja.", YES, WEAK),
        ("ja bitte", YES, WEAK),
        ("ähm, ja, mach das", YES, WEAK),
        ("Ja, genau.", YES, WEAK),
        ("okay ja", YES, WEAK),
        ("ja, erstelle die Tabelle products bitte", YES, DOUBT),
        ("Ja, products erstellen", YES, DOUBT),
        ("natürlich", YES, WEAK),
        ("auf jeden Fall", YES, WEAK),
        ("ja, products löschen", DOUBT, YES),
        ("Ja, die Tabelle products löschen.", DOUBT, YES),
        ("ja, lösche products", DOUBT, WEAK),
        ("ja, löschen products", DOUBT, WEAK),
        ("ja, ich bin sicher", YES, WEAK),
        ("ja, bin ich sicher", DOUBT, DOUBT),
        ("ich bestätige das", YES, WEAK),
        ("leg los", YES, WEAK),
        ("ja, passt", WEAK, WEAK),
        ("ja, löschen", DOUBT, WEAK),
        ("products löschen", OTHER, WEAK),
        ("ja, customers löschen", DOUBT, DOUBT),
        ("ja, products und customers löschen", DOUBT, DOUBT),
        ("ja, products nicht löschen", DOUBT, DOUBT),
        ("nein", NO, NO),
        ("Nein, danke.", NO, NO),
        ("nee, lass mal", NO, NO),
        ("lieber nicht", NO, NO),
        ("auf keinen Fall", NO, NO),
        ("vergiss es", NO, NO),
        ("Ich habe es mir anders überlegt", NO, NO),
        ("stopp", NO, NO),
        ("jein", NO, NO),
        ("nein, warte, ja", NO, NO),
        ("ich weiß nicht", NO, NO),
        ("ja, aber warte", DOUBT, DOUBT),
        ("ja aber nicht jetzt", DOUBT, DOUBT),
        ("ja?", DOUBT, DOUBT),
        ("ja nein", DOUBT, DOUBT),
        ("ja, products löschen?", DOUBT, DOUBT),
        ("ja, products löschen, aber später", DOUBT, DOUBT),
        ("ja, ich denke schon", DOUBT, DOUBT),
        ("ja, wenn du meinst", DOUBT, DOUBT),
        ("ja vielleicht", DOUBT, DOUBT),
        ("ja und zeig mir die Kunden", DOUBT, DOUBT),
        ("ja, das Wetter ist schön", DOUBT, DOUBT),
        ("ja ja", WEAK, WEAK),
        ("jaja", WEAK, WEAK),
        ("na ja", WEAK, WEAK),
        ("doch", WEAK, WEAK),
        ("na gut", WEAK, WEAK),
        ("okay", WEAK, WEAK),
        ("mhm", OTHER, OTHER),
        ("", OTHER, OTHER),
        ("klar?", OTHER, OTHER),
        ("was passiert, wenn ich nein sage?", OTHER, OTHER),
        ("welche Spalten hat sie", OTHER, OTHER),
        ("ich habe ja gesagt zum Laden", OTHER, OTHER),
        ("[not understood]", WEAK, WEAK),
    ],
    "es": [
        ("sí", YES, WEAK),
        ("Sí.", YES, WEAK),
        ("sí, por favor", YES, WEAK),
        ("eh, sí, adelante", YES, WEAK),
        ("sí, hazlo", YES, WEAK),
        ("vale, sí", YES, WEAK),
        ("si", YES, WEAK),
        ("si borras la tabla products", OTHER, OTHER),
        ("sí, crea la tabla products", YES, DOUBT),
        ("claro", YES, WEAK),
        ("claro que sí", YES, WEAK),
        ("por supuesto", YES, WEAK),
        ("sí, eliminar products", DOUBT, YES),
        ("Sí, elimina la tabla products.", DOUBT, YES),
        ("sí, elimínala", DOUBT, WEAK),
        ("sí, eliminar", DOUBT, WEAK),
        ("eliminar products", OTHER, WEAK),
        ("sí, eliminar customers", DOUBT, DOUBT),
        ("sí, estoy seguro", YES, WEAK),
        ("sí, está bien", YES, WEAK),
        ("sí, está segura", DOUBT, DOUBT),
        ("sí, señor, confirmo", YES, WEAK),
        ("confirmo", YES, WEAK),
        ("está bien", WEAK, WEAK),
        ("sí, eliminar products y customers", DOUBT, DOUBT),
        ("sí, no eliminar products", DOUBT, DOUBT),
        ("no", NO, NO),
        ("No, gracias.", NO, NO),
        ("claro que no", NO, NO),
        ("por supuesto que no", NO, NO),
        ("mejor no", NO, NO),
        ("déjalo", NO, NO),
        ("olvídalo", NO, NO),
        ("ni hablar", NO, NO),
        ("he cambiado de idea", NO, NO),
        ("no sé", NO, NO),
        ("no, espera, sí", NO, NO),
        ("sí, pero", DOUBT, DOUBT),
        ("sí, pero espera", DOUBT, DOUBT),
        ("sí?", DOUBT, DOUBT),
        ("¿sí?", DOUBT, DOUBT),
        ("sí no", DOUBT, DOUBT),
        ("sí, eliminar products, pero luego", DOUBT, DOUBT),
        ("sí, creo que sí", DOUBT, DOUBT),
        ("sí, si quieres", DOUBT, DOUBT),
        ("sí, quizás", DOUBT, DOUBT),
        ("sí y enséñame los clientes", DOUBT, DOUBT),
        ("sí, a lo otro", DOUBT, DOUBT),
        ("sí sí", WEAK, WEAK),
        ("ya", WEAK, WEAK),
        ("bueno", WEAK, WEAK),
        ("vale", WEAK, WEAK),
        ("mhm", OTHER, OTHER),
        ("", OTHER, OTHER),
        ("¿claro?", OTHER, OTHER),
        ("¿qué pasa si digo que no?", OTHER, OTHER),
        ("qué columnas tiene", OTHER, OTHER),
        ("muéstrame los datos para marzo", OTHER, OTHER),
        ("[not understood]", WEAK, WEAK),
    ],
    "fr": [
        ("oui", YES, WEAK),
        ("oui, je suis sûre", YES, WEAK),
        ("oui suis je sûre", DOUBT, DOUBT),
        ("oui, madame, je confirme", YES, WEAK),
        ("je confirme", YES, WEAK),
        ("Oui.", YES, WEAK),
        ("oui, s'il vous plaît", YES, WEAK),
        ("oui, s\N{RIGHT SINGLE QUOTATION MARK}il vous plaît", YES, WEAK),
        ("euh, oui, allez-y", YES, WEAK),
        ("oui, fais-le", YES, WEAK),
        ("d'accord, oui", YES, WEAK),
        ("oui, créez la table products", YES, DOUBT),
        ("bien sûr", YES, WEAK),
        ("tout à fait", YES, WEAK),
        ("vas-y", YES, WEAK),
        ("oui, supprimer products", DOUBT, YES),
        ("Oui, supprimez la table products.", DOUBT, YES),
        ("oui, supprimez", DOUBT, WEAK),
        ("supprimer products", OTHER, WEAK),
        ("oui, supprimer customers", DOUBT, DOUBT),
        ("oui, supprimer products et customers", DOUBT, DOUBT),
        ("oui, ne pas supprimer products", DOUBT, DOUBT),
        ("non", NO, NO),
        ("Non, merci.", NO, NO),
        ("bien sûr que non", NO, NO),
        ("pas du tout", NO, NO),
        ("surtout pas", NO, NO),
        ("laisse tomber", NO, NO),
        ("j'ai changé d'avis", NO, NO),
        ("je ne sais pas", NO, NO),
        ("non, attends, oui", NO, NO),
        ("oui mais non", DOUBT, DOUBT),
        ("oui, mais attends", DOUBT, DOUBT),
        ("oui ?", DOUBT, DOUBT),
        ("oui non", DOUBT, DOUBT),
        ("oui, supprimer products, mais plus tard", DOUBT, DOUBT),
        ("oui, je crois", DOUBT, DOUBT),
        ("oui, si tu veux", DOUBT, DOUBT),
        ("oui, peut-être", DOUBT, DOUBT),
        ("oui et montre-moi les clients", DOUBT, DOUBT),
        ("oui à l'autre chose", DOUBT, DOUBT),
        ("oui oui", WEAK, WEAK),
        ("mais oui", WEAK, WEAK),
        ("mouais", WEAK, WEAK),
        ("si", WEAK, WEAK),
        ("d'accord", WEAK, WEAK),
        ("mhm", OTHER, OTHER),
        ("", OTHER, OTHER),
        ("bien sûr ?", OTHER, OTHER),
        ("que se passe-t-il si je dis non ?", OTHER, OTHER),
        ("quelles colonnes a-t-elle", OTHER, OTHER),
        ("j'ai dit oui au magasin", OTHER, OTHER),
        ("[not understood]", WEAK, WEAK),
    ],
}


@pytest.mark.parametrize(
    ("tag", "said", "plain", "strong"), [(tag, *row) for tag, rows in SAID.items() for row in rows]
)
def test_only_a_clear_yes_is_a_yes(tag: str, said: str, plain: Meaning, strong: Meaning) -> None:
    language = wording(tag)
    judged = judge(said, asked(CREATE, tag), language), judge(said, asked(DROP, tag), language)
    assert judged == (plain, strong)


@pytest.mark.parametrize(
    ("tag", "sql", "sentence", "phrase"),
    [
        ("de", CREATE, "Das würde die Tabelle products erstellen, dazu die Spalten id und name.", "ja"),
        ("de", DROP, "Das würde die Tabelle products löschen.", "ja, products löschen"),
        (
            "de",
            "drop table order_items cascade",
            "Das würde die Tabelle order items löschen, mitsamt allem, was davon abhängt.",
            "ja, order items löschen",
        ),
        ("de", "drop index i", "Das würde den Index i löschen.", "ja, i löschen"),
        ("de", "drop table a, b", "Das würde die Tabellen a und b löschen.", "ja, a und b löschen"),
        (
            "de",
            "alter table orders drop column notes",
            "Das würde die Spalte notes der Tabelle orders löschen.",
            "ja, notes löschen",
        ),
        (
            "de",
            "drop table a; drop table b",
            "Das würde 2 Dinge tun: die Tabelle a löschen; und die Tabelle b löschen.",
            "ja, alles davon ausführen",
        ),
        ("es", CREATE, "Esto haría lo siguiente: crear la tabla products, con las columnas id y name.", "sí"),
        ("es", DROP, "Esto haría lo siguiente: eliminar la tabla products.", "sí, eliminar products"),
        (
            "es",
            "truncate auth.users",
            "Esto haría lo siguiente: eliminar todas las filas de users en el esquema auth.",
            "sí, eliminar users",
        ),
        (
            "es",
            "update a set b = 1",
            "Esto haría lo siguiente: cambiar todas las filas en a.",
            "sí, cambiar a",
        ),
        ("fr", CREATE, "Cela reviendrait à créer la table products, avec les colonnes id et name.", "oui"),
        ("fr", DROP, "Cela reviendrait à supprimer la table products.", "oui, supprimer products"),
        (
            "fr",
            "grant all on a to b",
            "Cela reviendrait à exécuter une instruction du type grant, dont je ne connais pas l'effet.",
            "oui, faire tout cela",
        ),
        ("fr", "insert into orders values (1)", "Cela reviendrait à ajouter des lignes dans orders.", "oui"),
    ],
)
def test_sql_is_asked_for_in_words(tag: str, sql: str, sentence: str, phrase: str) -> None:
    made = asked(sql, tag)
    assert made.text == f"{sentence} {wording(tag).ask.format(phrase=phrase)}"
    assert made.phrase == phrase


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("de", "Das würde add note des Servers my db verwenden, mit text “ja nein” und loud ja."),
        ("es", "Esto usaría add note del servidor my db, con text “ja nein” y loud sí."),
        ("fr", "Cela utiliserait add note du serveur my db, avec text “ja nein” et loud oui."),
    ],
)
def test_other_tools_are_asked_for_too_and_no_text_can_end_its_quotes(tag: str, told: str) -> None:
    tool = route("add_note", {"description": "Adds", "inputSchema": {"type": "object"}})
    made = question(tool, {"text": "ja» „nein“", "loud": True}, None, wording(tag))
    assert made.text.startswith(told)
    assert made.strong


@pytest.mark.parametrize("tag", sorted(LANGUAGES))
@pytest.mark.parametrize(
    "sql", [CREATE, DROP, "delete from a", "drop table a; drop table b", "grant all on a to b"]
)
def test_the_phrase_that_is_asked_for_is_a_yes(tag: str, sql: str) -> None:
    made = asked(sql, tag)
    assert judge(made.phrase, made, wording(tag)) is YES


@pytest.mark.parametrize("tag", sorted(LANGUAGES))
def test_every_act_has_its_words(tag: str) -> None:
    table = wording(tag)
    assert set(table.acts) == set(Act)
    assert set(table.phrases) == set(ENGLISH.phrases)
    assert all("{" not in table.acts[act].format(thing="t", names="n", columns="c") for act in Act)
    assert not table.yeses & (table.noes | table.doubts | table.fillers)
    assert not table.doubts & (table.fillers | table.goes_with_yes)


@pytest.mark.parametrize("tag", ["de", "es", "fr"])
@given(data=st.data())
def test_nothing_with_a_doubt_or_another_name_in_it_drops_a_table(tag: str, data: st.DataObject) -> None:
    table, made = wording(tag), asked(DROP, tag)
    needed = set(made.phrase.replace(",", "").split())
    words = sorted(
        needed | {"customers"} | set(sorted(table.doubts)[:8]) | set(sorted(table.noes)[:6]) | {"okay"}
    )
    said = data.draw(st.lists(st.sampled_from(words), max_size=8))
    if judge(" ".join(said), made, table) is YES:
        assert needed <= set(said)
        assert not (table.doubts | table.noes | {"customers"}) & set(said)


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (None, "en"),
        ("", "en"),
        ("de-AT", "de"),
        ("DE_de", "de"),
        ("German", "de"),
        ("français", "fr"),
        ("nl", "nl"),
    ],
)
def test_a_tag_names_its_language(tag: str | None, code: str) -> None:
    assert base(tag) == code
    assert (wording(tag) is ENGLISH) == (code not in NAMES or code == "en")
