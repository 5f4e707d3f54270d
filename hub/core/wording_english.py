"""What the gate says and hears in English."""

from typing import Final

from hub.core.statements import Act
from hub.core.wording_table import Wording, rows, word_set

ENGLISH: Final = Wording(
    acts={
        Act.READ: "read from {names}",
        Act.CREATE: "create the {thing} {names}",
        Act.REPLACE: "replace the {thing} {names}",
        Act.INDEX: "create an index on {names}",
        Act.ENABLE: "enable the extension {names}",
        Act.ADD_COLUMNS: "add {columns} to the table {names}",
        Act.DROP_COLUMNS: "drop {columns} of the table {names}",
        Act.ALTER: "change the {thing} {names}",
        Act.INSERT: "add rows to {names}",
        Act.UPSERT: "add rows to {names} and overwrite rows that are there",
        Act.UPDATE: "change rows in {names}",
        Act.UPDATE_ALL: "change all rows in {names}",
        Act.DELETE: "delete rows from {names}",
        Act.DELETE_ALL: "delete all rows from {names}",
        Act.MERGE: "add, change or delete rows in {names}",
        Act.DROP: "drop the {thing} {names}",
        Act.CALL: "call the database function {names}",
        Act.OTHER: "run a statement of the kind {thing}, whose effect I cannot tell",
        Act.UNREADABLE: "run something that I cannot read and that may destroy data",
    },
    phrases={
        Act.DROP: "yes, drop {names}",
        Act.DROP_COLUMNS: "yes, drop {columns}",
        Act.DELETE: "yes, delete {names}",
        Act.DELETE_ALL: "yes, delete {names}",
        Act.UPDATE: "yes, change {names}",
        Act.UPDATE_ALL: "yes, change {names}",
        Act.UPSERT: "yes, change {names}",
        Act.MERGE: "yes, change {names}",
        Act.ALTER: "yes, change {names}",
        Act.REPLACE: "yes, replace {names}",
    },
    anything="yes, do all of that",
    things={},
    plurals={"table": "tables", "view": "views", "index": "indexes", "schema": "schemas"},
    query="run a query",
    unnamed="something with a name I cannot say",
    in_schema="{name} in the schema {schema}",
    column="the column {columns}",
    columns="the columns {columns}",
    with_columns=", with {columns}",
    cascade=", and everything that depends on it",
    would="This would {deeds}.",
    several="This would do {count} things: {deeds}.",
    more_deeds="{count} more",
    tool="This would use {tool} of the server {server}{arguments}.",
    arguments=", with {arguments}",
    more_arguments="{count} more values",
    long_text="a text of {count} characters that begins with {start}",
    many="{count} entries",
    fields="{count} fields",
    nothing="nothing",
    true="yes",
    false="no",
    ask='Say "no" to leave it. To go ahead, say "{phrase}".',
    ask_again='I have done nothing yet. To go ahead, say "{phrase}".',
    yes="yes",
    and_="and",
    yeses=word_set("yes yeah yea yep yup"),
    plain_yeses=rows(
        "sure", "absolutely", "definitely", "certainly", "of course", "correct", "please do", "go ahead",
        "do it", "do that", "please go ahead", "sure go ahead", "i confirm", "confirm", "confirmed",
        "proceed", "please proceed", "affirmative", "by all means", "sure thing", "let's do it",
    ),
    half_yeses=rows(
        "fine", "that's fine", "that's right", "that's correct",
        "sounds good", "perfect", "exactly", "great", "yeah right", "yes right",
    ),
    noes=word_set("no nope nah never don't dont cancel stop negative"),
    refusals=rows(
        "never mind", "do not", "don't", "leave it", "rather not", "better not", "not now", "not yet",
        "changed my mind", "forget it", "forget about it", "no way", "absolutely not", "certainly not",
        "definitely not", "of course not", "not at all", "not really", "sure not",
    ),
    doubts=word_set(
        "but wait hold maybe unless if actually hmm hm first before think guess perhaps except only instead "
        "later not what why which how when who question mean suppose until after hang sorry"
    ),
    fillers=word_set("um uh er erm oh well okay ok please thanks thank you then now so right alright all"),
    goes_with_yes=word_set(
        "go ahead do it that this the a an and table tables column columns rows from of in my i'm "
        "it's that's want let's by means sure absolutely definitely certainly confirm correct fine good "
        "great perfect exactly sir madam ma'am"
    ),
    same={},
    told={
        ("it", "is"): "it's", ("that", "is"): "that's", ("this", "is"): "that's", ("i", "am"): "i'm",
        ("i", "want"): "want", ("i", "do"): "do", ("i", "confirm"): "confirm",
    },
)  # fmt: skip
