"""What the gate says and hears in Spanish."""

from typing import Final

from hub.core.statements import Act
from hub.core.wording_table import Wording, rows, same, word_set

SPANISH: Final = Wording(
    acts={
        Act.READ: "leer de {names}",
        Act.CREATE: "crear {thing} {names}",
        Act.REPLACE: "reemplazar {thing} {names}",
        Act.INDEX: "crear un índice en {names}",
        Act.ENABLE: "activar la extensión {names}",
        Act.ADD_COLUMNS: "añadir {columns} a la tabla {names}",
        Act.DROP_COLUMNS: "eliminar {columns} de la tabla {names}",
        Act.ALTER: "cambiar {thing} {names}",
        Act.INSERT: "añadir filas a {names}",
        Act.UPSERT: "añadir filas a {names} y sobrescribir las que ya existen",
        Act.UPDATE: "cambiar filas en {names}",
        Act.UPDATE_ALL: "cambiar todas las filas en {names}",
        Act.DELETE: "eliminar filas de {names}",
        Act.DELETE_ALL: "eliminar todas las filas de {names}",
        Act.MERGE: "añadir, cambiar o eliminar filas en {names}",
        Act.DROP: "eliminar {thing} {names}",
        Act.CALL: "llamar a la función {names} de la base de datos",
        Act.OTHER: "ejecutar una instrucción de tipo {thing}, cuyo efecto no conozco",
        Act.UNREADABLE: "ejecutar algo que no puedo leer y que puede destruir datos",
    },
    phrases={
        Act.DROP: "sí, eliminar {names}",
        Act.DROP_COLUMNS: "sí, eliminar {columns}",
        Act.DELETE: "sí, eliminar {names}",
        Act.DELETE_ALL: "sí, eliminar {names}",
        Act.UPDATE: "sí, cambiar {names}",
        Act.UPDATE_ALL: "sí, cambiar {names}",
        Act.UPSERT: "sí, cambiar {names}",
        Act.MERGE: "sí, cambiar {names}",
        Act.ALTER: "sí, cambiar {names}",
        Act.REPLACE: "sí, reemplazar {names}",
    },
    anything="sí, hacer todo eso",
    things={
        "table": "la tabla", "view": "la vista", "materialized view": "la vista materializada",
        "index": "el índice", "schema": "el esquema", "sequence": "la secuencia", "type": "el tipo",
        "function": "la función", "procedure": "el procedimiento", "trigger": "el disparador",
        "extension": "la extensión", "database": "la base de datos", "column": "la columna",
        "role": "el rol", "user": "el usuario", "policy": "la política", "thing": "el objeto",
    },
    plurals={
        "table": "las tablas", "view": "las vistas", "index": "los índices", "schema": "los esquemas",
        "sequence": "las secuencias", "type": "los tipos", "function": "las funciones",
        "trigger": "los disparadores", "extension": "las extensiones",
    },
    query="hacer una consulta",
    unnamed="algo cuyo nombre no puedo decir",
    in_schema="{name} en el esquema {schema}",
    column="la columna {columns}",
    columns="las columnas {columns}",
    with_columns=", con {columns}",
    cascade=", y todo lo que depende de ello",
    would="Esto haría lo siguiente: {deeds}.",
    several="Esto haría {count} cosas: {deeds}.",
    more_deeds="{count} más",
    tool="Esto usaría {tool} del servidor {server}{arguments}.",
    arguments=", con {arguments}",
    more_arguments="{count} valores más",
    long_text="un texto de {count} caracteres que empieza por {start}",
    many="{count} elementos",
    fields="{count} campos",
    nothing="nada",
    true="sí",
    false="no",
    ask="Diga «no» para dejarlo. Para seguir adelante, diga «{phrase}».",
    ask_again="Todavía no he hecho nada. Para seguir adelante, diga «{phrase}».",
    yes="sí",
    and_="y",
    yeses=word_set("sí sip"),
    plain_yeses=rows(
        "si", "si por favor", "si claro", "claro", "claro que sí", "claro que si", "por supuesto",
        "por supuesto que sí", "desde luego", "seguro", "correcto", "exacto", "adelante", "hágalo", "hazlo",
        "hágalo por favor", "hazlo por favor", "de acuerdo adelante", "confirmo", "lo confirmo", "confirmado",
    ),
    half_yeses=rows(
        "sí sí", "sí sí sí", "si si", "ya", "ya ya", "ya sí", "ajá", "bueno", "supongo", "da igual",
        "como quiera", "como quieras", "yes", "perfecto", "venga", "dale", "de acuerdo",
        "eso es",
    ),
    noes=word_set(
        "no nunca jamás nada ningún ninguno ninguna tampoco cancela cancele cancelar pare detente"
    ),
    refusals=rows(
        "para ya", "para eso", "para por favor", "déjalo", "déjelo", "deja eso", "olvídalo", "olvídelo",
        "olvida eso", "ni hablar", "de ninguna manera", "en absoluto", "mejor otra", "cambiado de idea",
        "cambiado de opinión", "he cambiado de",
    ),
    doubts=word_set(
        "pero espera espere momento segundo quizá quizás tal acaso si sino aunque primero "
        "antes creo pienso supongo parece excepto salvo menos solo sólo solamente luego después más "
        "tarde qué que porqué cómo como cuándo cuando quién quien cuál cuáles cuánto cuántas cuántos "
        "dónde donde pregunta hasta perdón perdone o depende todavía aún mejor casi hm hmm podría "
        "debería"
    ),
    fillers=word_set(
        "eh em este esto bueno pues vale ok okay bien por favor gracias ahora entonces así muy todo"
    ),
    goes_with_yes=word_set(
        "adelante hágalo hazlo haga haz lo la el los las un una claro seguro exacto correcto quiero y "
        "con tabla tablas columna columnas fila filas de del en mi mis hacer eso confirmo estoy segura "
        "perfecto acuerdo dale señor señora señorita"
    ),
    same=same("""
        eliminar elimina elimine elimínala elimínalo elimínelo elimínela
        crear crea cree créala créela
        cambiar cambia cambie cámbialo cámbielo
        reemplazar reemplaza reemplace
        añadir añade añada
        activar activa active actívala actívela
        hacer haz haga
        ejecutar ejecuta ejecute
    """),
    told={("está", "bien"): "perfecto"},
)  # fmt: skip
