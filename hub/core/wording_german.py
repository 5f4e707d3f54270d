"""What the gate says and hears in German."""

from typing import Final

from hub.core.statements import Act
from hub.core.wording_table import Wording, rows, same, word_set

GERMAN: Final = Wording(
    acts={
        Act.READ: "aus {names} lesen",
        Act.CREATE: "{thing} {names} erstellen",
        Act.REPLACE: "{thing} {names} ersetzen",
        Act.INDEX: "einen Index auf {names} erstellen",
        Act.ENABLE: "die Erweiterung {names} aktivieren",
        Act.ADD_COLUMNS: "{columns} zur Tabelle {names} hinzufügen",
        Act.DROP_COLUMNS: "{columns} der Tabelle {names} löschen",
        Act.ALTER: "{thing} {names} ändern",
        Act.INSERT: "Zeilen zu {names} hinzufügen",
        Act.UPSERT: "Zeilen zu {names} hinzufügen und vorhandene überschreiben",
        Act.UPDATE: "Zeilen in {names} ändern",
        Act.UPDATE_ALL: "alle Zeilen in {names} ändern",
        Act.DELETE: "Zeilen aus {names} löschen",
        Act.DELETE_ALL: "alle Zeilen aus {names} löschen",
        Act.MERGE: "Zeilen in {names} hinzufügen, ändern oder löschen",
        Act.DROP: "{thing} {names} löschen",
        Act.CALL: "die Datenbankfunktion {names} aufrufen",
        Act.OTHER: "eine Anweisung der Art {thing} ausführen, deren Wirkung ich nicht kenne",
        Act.UNREADABLE: "etwas ausführen, das ich nicht lesen kann und das Daten zerstören kann",
    },
    phrases={
        Act.DROP: "ja, {names} löschen",
        Act.DROP_COLUMNS: "ja, {columns} löschen",
        Act.DELETE: "ja, {names} löschen",
        Act.DELETE_ALL: "ja, {names} löschen",
        Act.UPDATE: "ja, {names} ändern",
        Act.UPDATE_ALL: "ja, {names} ändern",
        Act.UPSERT: "ja, {names} ändern",
        Act.MERGE: "ja, {names} ändern",
        Act.ALTER: "ja, {names} ändern",
        Act.REPLACE: "ja, {names} ersetzen",
    },
    anything="ja, alles davon ausführen",
    things={
        "table": "die Tabelle", "view": "die Sicht", "materialized view": "die materialisierte Sicht",
        "index": "den Index", "schema": "das Schema", "sequence": "die Sequenz", "type": "den Typ",
        "function": "die Funktion", "procedure": "die Prozedur", "trigger": "den Trigger",
        "extension": "die Erweiterung", "database": "die Datenbank", "column": "die Spalte",
        "role": "die Rolle", "user": "den Benutzer", "policy": "die Richtlinie", "thing": "das Objekt",
    },
    plurals={
        "table": "die Tabellen", "view": "die Sichten", "index": "die Indizes", "schema": "die Schemas",
        "sequence": "die Sequenzen", "type": "die Typen", "function": "die Funktionen",
        "trigger": "die Trigger", "extension": "die Erweiterungen",
    },
    query="eine Abfrage ausführen",
    unnamed="etwas, dessen Namen ich nicht aussprechen kann",
    in_schema="{name} im Schema {schema}",
    column="die Spalte {columns}",
    columns="die Spalten {columns}",
    with_columns=", dazu {columns}",
    cascade=", mitsamt allem, was davon abhängt",
    would="Das würde {deeds}.",
    several="Das würde {count} Dinge tun: {deeds}.",
    more_deeds="{count} weitere",
    tool="Das würde {tool} des Servers {server} verwenden{arguments}.",
    arguments=", mit {arguments}",
    more_arguments="{count} weiteren Werten",
    long_text="ein Text von {count} Zeichen, der so beginnt: {start}",
    many="{count} Einträge",
    fields="{count} Felder",
    nothing="nichts",
    true="ja",
    false="nein",
    ask="Sagen Sie „nein“, um es zu lassen. Damit ich es tue, sagen Sie „{phrase}“.",
    ask_again="Ich habe noch nichts getan. Damit ich es tue, sagen Sie „{phrase}“.",
    yes="ja",
    and_="und",
    yeses=word_set("ja jawohl jap jep jo"),
    plain_yeses=rows(
        "klar", "na klar", "aber klar", "klar doch", "sicher", "aber sicher", "natürlich", "aber natürlich",
        "selbstverständlich", "unbedingt", "gerne", "gern", "sehr gerne", "auf jeden fall", "einverstanden",
        "genau", "richtig", "bitte machen", "mach das", "mach es", "machen sie das", "machen sie es",
        "tu das", "tun sie das", "nur zu", "leg los", "legen sie los", "ich bestätige", "ich bestätige das",
        "bestätigt", "in ordnung machen sie das",
    ),
    half_yeses=rows(
        "ja ja", "ja ja ja", "jaja", "na ja", "naja", "doch", "ach ja", "na gut", "na schön", "meinetwegen",
        "von mir aus", "aha", "yes", "in ordnung", "passt", "das passt", "passt schon",
        "ja passt", "ja das passt",
    ),
    noes=word_set(
        "nein nee nö ne nicht nichts nie niemals kein keine keinen keiner keinesfalls keineswegs jein "
        "stopp stop halt abbrechen abbruch negativ no"
    ),
    refusals=rows(
        "lass es", "lass das", "lassen sie es", "lassen sie das", "lass mal", "lassen wir", "lass gut sein",
        "vergiss es", "vergiss das", "vergessen sie es", "vergessen sie das", "schon gut", "egal",
        "hör auf", "hören sie auf", "anders überlegt", "bloß weg",
    ),
    doubts=word_set(
        "aber warte warten moment momentchen sekunde vielleicht wenn falls eigentlich hm hmm erst "
        "zuerst zunächst bevor vorher denke glaube meine vermutlich wahrscheinlich wohl außer nur bloß "
        "stattdessen sondern später was warum wieso weshalb wie wann wer wo welche welcher welches "
        "frage bis nachdem danach entschuldigung doch eher lieber oder ob schon könnte würde sollte "
        "unsicher anders"
    ),
    fillers=word_set("äh ähm öh oh okay ok okey gut also bitte danke nun so jetzt alles"),
    goes_with_yes=word_set(
        "mach machen das es tu tun sie ich will möchte genau klar sicher natürlich gerne gern richtig "
        "los die der den dem ein eine einen und mit tabelle tabellen spalte spalten zeile zeilen aus "
        "von in zur zu an mal bitte mir sehr ordnung bestätige bestätigt"
    ),
    same=same("""
        löschen lösche lösch löscht
        erstellen erstelle erstell
        ändern ändere änder
        ersetzen ersetze ersetz
        hinzufügen füge füg hinzu
        aktivieren aktiviere
        ausführen führe führ
        verwenden verwende
        lesen lies
    """),
    told={("ich", "bin"): "sicher"},
)  # fmt: skip
