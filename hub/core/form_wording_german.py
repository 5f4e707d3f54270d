"""How a server's question is said and answered in German."""

import re
from typing import Final

from hub.core.form import Kind
from hub.core.form_wording_table import FormWording, compounds, counted, phrases
from hub.core.wording_table import word_set, words

_ONES: Final = counted(
    "null eins|ein|eine|einen zwei|zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn "
    "vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn",
    0,
)
_TENS: Final = {
    word: 20 + 10 * n
    for n, word in enumerate(words("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"))
} | {"dreissig": 30}
_JOINED: Final = [
    (word, n) for word, n in _ONES.items() if n in range(1, 10) and word not in ("eins", "eine", "einen")
]
_STEMS: Final = (
    counted(
        "erst zweit dritt viert fünft sechst siebt|siebent acht neunt zehnt elft zwölft dreizehnt vierzehnt "
        "fünfzehnt sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst"
    )
    | compounds({"zwanzig": 20}, _JOINED, "{one}und{ten}st")
    | {"dreißigst": 30, "einunddreißigst": 31}
)
GERMAN: Final = FormWording(
    tag="de",
    consent="Soll ich weitermachen: ja oder nein?",
    needed={
        "text": "einen Text", "number": "eine Zahl", "integer": "eine ganze Zahl", "boolean": "ja oder nein",
        "choice": "eine der Möglichkeiten", "choices": "einige der Möglichkeiten",
        "email": "eine E-Mail-Adresse", "uri": "eine Web-Adresse", "date": "ein Datum",
        "date-time": "ein Datum und eine Uhrzeit",
    },
    bounds={
        "least": "mindestens {count}", "most": "höchstens {count}",
        "least choices": "mindestens {count} der Möglichkeiten",
        "most choices": "höchstens {count} der Möglichkeiten",
        "least text": "mindestens {count} Zeichen", "most text": "höchstens {count} Zeichen",
    },
    is_needed="es wird gebraucht",
    asks="{server} fragt: {message}",
    link="ein Link",
    kinds={
        Kind.TEXT: "Was soll ich für {label} eintragen?",
        Kind.NUMBER: "Welche Zahl soll ich für {label} eintragen?",
        Kind.INTEGER: "Welche Zahl soll ich für {label} eintragen?",
        Kind.BOOLEAN: "{label}: ja oder nein?",
        Kind.CHOICE: "Was wählen Sie für {label}: {choices}?",
        Kind.CHOICES: "Was wählen Sie für {label}: {choices}? Sie können mehrere nennen.",
    },
    many="Was wählen Sie für {label}? Es gibt {count} Möglichkeiten, zum Beispiel {choices}.",
    formats={
        "email": "Es ist eine E-Mail-Adresse.",
        "uri": "Es ist eine Web-Adresse.",
        "date": "Es ist ein Datum.",
        "date-time": "Es ist ein Datum mit Uhrzeit.",
    },
    between="Von {least} bis {most}.",
    from_="Mindestens {least}.",
    up_to="Höchstens {most}.",
    optional="Sie können „überspringen“ sagen.",
    default="Für {default} sagen Sie „überspringen“.",
    on_page="{labels}: Das ist geheim, sagen Sie es also nicht. Tippen Sie es {place} ein, "
    "oder sagen Sie „vergiss es“.",
    opened="Ich habe {place} einen Link hinterlegt. Öffnen Sie ihn dort, um fortzufahren, "
    "oder sagen Sie „vergiss es“.",
    places={True: "auf Ihrer Seite", False: "im Dashboard des Hubs"},
    not_aloud="Bitte sagen Sie das hier nicht, ich habe es nicht behalten. Tippen Sie es {place} ein, "
    "oder sagen Sie „vergiss es“.",
    misfit="Das passt nicht: Ich brauche {what}.",
    and_="und",
    or_="oder",
    skips=phrases(
        "überspringen, überspring, überspring es, überspring das, überspringen sie es, überspringen sie das, "
        "auslassen, weglassen, lass es weg, lassen sie es weg, leer lassen, lass es leer, lassen sie es "
        "leer, "
        "keine angabe, keine antwort, standard, der standard, den standard, bitte überspringen, skip"
    ),
    all_=phrases("alle, alles, alle davon, alles davon, sämtliche"),
    questions=word_set(
        "was warum wieso weshalb wofür wozu wie wann wer wen wem wessen wo woher welche welcher "
        "welches welchen kann können könnte könnten darf muss ist sind"),
    waits=phrases(
        "okay, ok, ja, klar, sicher, gut, in ordnung, moment, einen moment, ein moment, kleinen moment, "
        "momentchen, sekunde, eine sekunde, warte, warten sie, fertig, erledigt, ich tippe, ich tippe "
        "gerade, "
        "ich bin dabei, bin dabei, verstanden, richtig, mhm, gleich"
    ),
    declines=phrases("ablehnen, ich lehne ab, ich lehne das ab, lehne ab, ich weigere mich"),
    truths={"wahr": True, "stimmt": True, "falsch": False},
    excepts=frozenset(("nicht", "außer", "ohne")),
    elided=(),
    places_by=frozenset(("nummer", "option", "möglichkeit", "zahl")),
    units=_ONES | _TENS | compounds(_TENS, _JOINED, "{one}und{ten}") | {"dutzend": 12},
    glued=("hundert", "tausend"),
    scales={
        "hundert": 100, "tausend": 1000, "million": 1_000_000, "millionen": 1_000_000,
        "milliarde": 1_000_000_000, "milliarden": 1_000_000_000,
    },
    bare=frozenset(("hundert", "tausend")),
    ordinals={f"{stem}{end}": n for stem, n in _STEMS.items() for end in ("e", "er", "es", "en", "em")},
    articles=frozenset(("ein", "eine", "einen", "einem", "einer")),
    points=frozenset(("komma", "punkt")),
    tenths=99,
    halves=frozenset(("halb", "halbe", "halben", "einhalb", "anderthalb", "viertel")),
    decimal=",",
    grouped=re.compile(r"(?<![\d.,])\d{1,3}(?:[.\s']\d{3})+(?!\d)"),
    minus=frozenset(("minus", "negativ")),
    no_minus=frozenset(),
    signs={
        "at": "@", "ät": "@", "klammeraffe": "@", "punkt": ".", "unterstrich": "_", "bindestrich": "-",
        "minus": "-", "plus": "+", "schrägstrich": "/", "slash": "/", "doppelpunkt": ":",
    },
    lead_ins=("es ist", "das ist", "das wäre", "es wäre", "ich würde sagen", "ich sage", "sagen wir"),
    label_lead_ins=tuple(
        f"{article} {{label}} ist" for article in ("der", "die", "das", "mein", "meine", "unser", "unsere")
    ),
    months=counted(
        "januar|jänner februar|feber märz april mai juni|juno juli|julei august september oktober november "
        "dezember"
    ),
    days={"vorgestern": -2, "gestern": -1, "heute": 0, "morgen": 1, "übermorgen": 2},
    day_parts=("am morgen", "heute morgen früh", "jeden morgen"),
    day_first=True,
    day_marks="ten|te|ter",
    hour=re.compile(r"\b(\d{1,2})(?:[.:](\d{2}))? ?uhr\b(?: (\d{2})\b)?"),
    afternoon=re.compile(r"\b(?:nachmittags?|abends?)\b"),
    midnight=re.compile(r"\bnachts\b|\bin der nacht\b"),
)  # fmt: skip
