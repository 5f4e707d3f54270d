"""How a server's question is said and answered in Spanish."""

import re
from typing import Final

from hub.core.form import Kind
from hub.core.form_wording_table import FormWording, compounds, counted, phrases
from hub.core.wording_table import word_set, words

_ONES: Final = counted(
    "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis|dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiún|veintiuna|veintiun "
    "veintidós|veintidos veintitrés|veintitres veinticuatro veinticinco veintiséis|veintiseis veintisiete "
    "veintiocho veintinueve",
    0,
)
_TENS: Final = {
    word: 30 + 10 * n
    for n, word in enumerate(words("treinta cuarenta cincuenta sesenta setenta ochenta noventa"))
}
_JOINED: Final = [(word, n) for word, n in _ONES.items() if 1 <= n < 10]  # noqa: PLR2004  # one figure
_STEMS: Final = counted("doscient trescient cuatrocient quinient seiscient setecient ochocient novecient", 2)
_HUNDREDS: Final = {f"{stem}{end}": 100 * n for stem, n in _STEMS.items() for end in ("os", "as")} | {
    "cien": 100,
    "ciento": 100,
}
SPANISH: Final = FormWording(
    tag="es",
    consent="¿Sigo adelante: sí o no?",
    needed={
        "text": "un texto", "number": "un número", "integer": "un número entero", "boolean": "un sí o un no",
        "choice": "una de las opciones", "choices": "algunas de las opciones",
        "email": "una dirección de correo", "uri": "una dirección web", "date": "una fecha",
        "date-time": "una fecha y una hora",
    },
    bounds={
        "least": "como mínimo {count}", "most": "como máximo {count}",
        "least choices": "al menos {count} de las opciones",
        "most choices": "como máximo {count} de las opciones",
        "least text": "al menos {count} caracteres", "most text": "como máximo {count} caracteres",
    },
    is_needed="hace falta",
    asks="{server} pregunta: {message}",
    link="un enlace",
    kinds={
        Kind.TEXT: "¿Qué pongo en {label}?",
        Kind.NUMBER: "¿Qué número pongo en {label}?",
        Kind.INTEGER: "¿Qué número pongo en {label}?",
        Kind.BOOLEAN: "{label}: ¿sí o no?",
        Kind.CHOICE: "¿Qué elige para {label}: {choices}?",
        Kind.CHOICES: "¿Qué elige para {label}: {choices}? Puede decir varias.",
    },
    many="¿Qué elige para {label}? Hay {count} opciones, por ejemplo {choices}.",
    formats={
        "email": "Es una dirección de correo.",
        "uri": "Es una dirección web.",
        "date": "Es una fecha.",
        "date-time": "Es una fecha con hora.",
    },
    between="De {least} a {most}.",
    from_="Como mínimo {least}.",
    up_to="Como máximo {most}.",
    optional="Puede decir «omitir».",
    default="Para {default}, diga «omitir».",
    on_page="{labels}: es secreto, así que no lo diga. Escríbalo {place}, o diga «olvídalo».",
    opened="He puesto un enlace {place}. Ábralo allí para continuar, o diga «olvídalo».",
    places={True: "en su página", False: "en el panel del hub"},
    not_aloud="Por favor, no diga eso aquí, no lo he guardado. Escríbalo {place}, o diga «olvídalo».",
    misfit="Eso no sirve: necesito {what}.",
    and_="y",
    or_="o",
    skips=phrases(
        "omitir, omítelo, omítalo, omitirlo, saltar, sáltalo, sáltelo, salta, déjalo vacío, déjelo vacío, "
        "déjalo en blanco, déjelo en blanco, en blanco, sin respuesta, por defecto, el valor por defecto, "
        "skip"
    ),
    all_=phrases("todo, toda, todos, todas, todos ellos, todas ellas, todas las opciones"),
    questions=word_set(
        "qué por cómo cuándo cuánto cuánta cuántos cuántas quién quiénes dónde cuál cuáles puedo "
        "puede podría para es son"),
    waits=phrases(
        "okay, ok, vale, sí, claro, seguro, de acuerdo, bien, un momento, momento, un momentito, un segundo, "
        "espera, espere, listo, lista, ya está, hecho, estoy escribiendo, escribiendo, entendido, ya voy, ajá"
    ),
    declines=phrases("rechazar, lo rechazo, rechazo, me niego"),
    truths={"verdadero": True, "cierto": True, "falso": False},
    excepts=frozenset(("no", "excepto", "menos", "salvo", "sin")),
    elided=(),
    places_by=frozenset(("número", "opción", "el", "la")),
    units=_ONES | _TENS | compounds(_TENS, _JOINED, "{ten} y {one}") | _HUNDREDS | {"docena": 12},
    glued=(),
    scales={
        "mil": 1000, "millón": 1_000_000, "millon": 1_000_000, "millones": 1_000_000,
    },
    bare=frozenset(("mil",)),
    ordinals=counted(
        "primero|primera|primer segundo|segunda tercero|tercera|tercer cuarto|cuarta quinto|quinta "
        "sexto|sexta séptimo|séptima octavo|octava noveno|novena décimo|décima"
    ),
    articles=frozenset(("un", "una")),
    points=frozenset(("coma", "punto")),
    tenths=99,
    halves=frozenset(("medio", "media", "cuartos")),
    decimal=",",
    grouped=re.compile(r"(?<![\d.,])\d{1,3}(?:[.\s]\d{3})+(?!\d)"),
    minus=frozenset(("menos", "negativo")),
    no_minus=frozenset(("lo", "al", "o")),
    signs={
        "arroba": "@", "punto": ".", "guion bajo": "_", "guión bajo": "_", "guion": "-", "guión": "-",
        "más": "+", "barra": "/", "dos puntos": ":",
    },
    lead_ins=("es", "sería", "son", "diría que es", "diría", "digamos que", "digamos", "pon", "ponga"),
    label_lead_ins=tuple(f"{article} {{label}} es" for article in ("el", "la", "mi", "nuestro", "nuestra")),
    months=counted(
        "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre"
    ),
    days={"anteayer": -2, "ayer": -1, "hoy": 0, "mañana": 1, "pasado mañana": 2},
    day_parts=("de la mañana", "por la mañana", "en la mañana"),
    day_first=True,
    day_marks="º|ro",
    hour=re.compile(r"\ba las? (\d{1,2})\b(?: y (\d{2})\b)?"),
    afternoon=re.compile(r"\d ?p\.? ?m\b|\bde la tarde\b|\b(?:[6-9]|10|11)(?:(?::| y )\d{2})? de la noche\b"),
    midnight=re.compile(r"\d ?a\.? ?m\b|\bde la (?:noche|madrugada)\b"),
)  # fmt: skip
