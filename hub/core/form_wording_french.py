"""How a server's question is said and answered in French."""

import re
from typing import Final

from hub.core.form import Kind
from hub.core.form_wording_table import FormWording, compounds, counted, phrases
from hub.core.wording_table import word_set

_ONES: Final = counted(
    "zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize", 0
)
_FIGURES: Final = [(word, n) for word, n in _ONES.items() if 2 <= n < 10]  # noqa: PLR2004  # one has an "et"
_TEENS: Final = {f"dix {word}": 10 + n for word, n in _FIGURES if n >= 7}  # noqa: PLR2004  # dix-sept
_OVER_TEN: Final = [*[(word, n) for word, n in _ONES.items() if n >= 10], *_TEENS.items()]  # noqa: PLR2004
_TENS: Final = {
    "vingt": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
    "quatre vingt": 80,
    "septante": 70,
    "huitante": 80,
    "octante": 80,
    "nonante": 90,
}
_ONE: Final = [("un", 1), ("une", 1)]
_UP_TO_99: Final = (
    _TENS
    | {"quatre vingts": 80, "soixante et onze": 71}
    | compounds(_TENS, _FIGURES, "{ten} {one}")
    | compounds(_TENS, _ONE, "{ten} et {one}")
    | compounds({"quatre vingt": 80}, _ONE, "{ten} {one}")
    | compounds({"soixante": 60, "quatre vingt": 80}, _OVER_TEN, "{ten} {one}")
)
FRENCH: Final = FormWording(
    tag="fr",
    consent="Est-ce que je continue : oui ou non ?",
    needed={
        "text": "un texte", "number": "un nombre", "integer": "un nombre entier",
        "boolean": "un oui ou un non",
        "choice": "un des choix", "choices": "certains des choix",
        "email": "une adresse e-mail", "uri": "une adresse web", "date": "une date",
        "date-time": "une date et une heure",
    },
    bounds={
        "least": "au minimum {count}", "most": "au maximum {count}",
        "least choices": "au moins {count} des choix", "most choices": "au plus {count} des choix",
        "least text": "au moins {count} caractères", "most text": "au plus {count} caractères",
    },
    is_needed="c'est nécessaire",
    asks="{server} demande : {message}",
    link="un lien",
    kinds={
        Kind.TEXT: "Que dois-je mettre pour {label} ?",
        Kind.NUMBER: "Quel nombre dois-je mettre pour {label} ?",
        Kind.INTEGER: "Quel nombre dois-je mettre pour {label} ?",
        Kind.BOOLEAN: "{label} : oui ou non ?",
        Kind.CHOICE: "Que choisissez-vous pour {label} : {choices} ?",
        Kind.CHOICES: "Que choisissez-vous pour {label} : {choices} ? Vous pouvez en dire plusieurs.",
    },
    many="Que choisissez-vous pour {label} ? Il y a {count} choix, par exemple {choices}.",
    formats={
        "email": "C'est une adresse e-mail.",
        "uri": "C'est une adresse web.",
        "date": "C'est une date.",
        "date-time": "C'est une date avec une heure.",
    },
    between="De {least} à {most}.",
    from_="Au minimum {least}.",
    up_to="Au maximum {most}.",
    optional="Vous pouvez dire « passer ».",
    default="Pour {default}, dites « passer ».",
    on_page="{labels} : c'est secret, alors ne le dites pas. Tapez-le {place}, ou dites « laisse tomber ».",
    opened="J'ai mis un lien {place}. Ouvrez-le pour continuer, ou dites « laisse tomber ».",
    places={True: "sur votre page", False: "dans le tableau de bord du hub"},
    not_aloud="Ne dites pas cela ici, s'il vous plaît, je ne l'ai pas gardé. Tapez-le {place}, "
    "ou dites « laisse tomber ».",
    misfit="Cela ne convient pas : il me faut {what}.",
    and_="et",
    or_="ou",
    skips=phrases(
        "passer, passe, passez, je passe, on passe, sauter, saute, sautez, ignorer, ignore, ignorez, "
        "laisse vide, laissez vide, laisser vide, vide, pas de réponse, sans réponse, par défaut, "
        "la valeur par défaut, skip"
    ),
    all_=phrases("tout, tous, toutes, tous ceux là, tous les choix, toutes les options, le tout"),
    questions=word_set(
        "que qu'est quoi pourquoi comment combien quand qui où quel quelle quels quelles "
        "lequel laquelle est puis pouvez peut"),
    waits=phrases(
        "okay, ok, d'accord, oui, bien sûr, bien, très bien, un moment, moment, un instant, une seconde, "
        "une minute, attends, attendez, patientez, c'est fait, fini, terminé, je tape, j'écris, j'arrive, "
        "compris, entendu, voilà"
    ),
    declines=phrases("refuser, je refuse, refus, je décline"),
    truths={"vrai": True, "faux": False},
    excepts=frozenset(("pas", "sauf", "excepté", "sans")),
    elided=("l'", "d'"),
    places_by=frozenset(("numéro", "option", "choix", "le", "la")),
    units=_ONES | _TEENS | _UP_TO_99 | {"douzaine": 12},
    glued=(),
    scales={
        "cent": 100, "cents": 100, "mille": 1000, "million": 1_000_000, "millions": 1_000_000,
        "milliard": 1_000_000_000, "milliards": 1_000_000_000,
    },
    bare=frozenset(("cent", "mille")),
    ordinals=counted(
        "premier|première deuxième|second|seconde troisième quatrième cinquième sixième septième huitième "
        "neuvième dixième onzième douzième"
    ),
    articles=frozenset(("un", "une")),
    points=frozenset(("virgule", "point")),
    tenths=99,
    halves=frozenset(("demi", "demie", "quart", "quarts")),
    decimal=",",
    grouped=re.compile(r"(?<![\d.,])\d{1,3}(?:[.\s]\d{3})+(?!\d)"),
    minus=frozenset(("moins", "négatif")),
    no_minus=frozenset(("au", "du", "ou", "le")),
    signs={
        "arobase": "@", "arobas": "@", "at": "@", "point": ".", "tiret bas": "_", "tiret du bas": "_",
        "souligné": "_", "underscore": "_", "tiret": "-", "plus": "+", "slash": "/", "barre oblique": "/",
        "deux points": ":",
    },
    lead_ins=("c'est", "ce serait", "ce sera", "je dirais", "disons", "mettez", "mets"),
    label_lead_ins=("le {label} est", "la {label} est", "mon {label} est", "ma {label} est", "l'{label} est"),
    months=counted(
        "janvier février|fevrier mars avril mai juin juillet août|aout septembre octobre novembre "
        "décembre|decembre"
    ),
    days={"avant hier": -2, "hier": -1, "aujourd'hui": 0, "demain": 1, "après demain": 2},
    day_parts=(),
    day_first=True,
    day_marks="er|e",
    hour=re.compile(r"\b(\d{1,2}) ?(?:h|heures?)(?: ?(\d{2}))?\b"),
    afternoon=re.compile(r"\bde l'après-midi\b|\bdu soir\b"),
    midnight=re.compile(r"\bdu matin\b|\bde la nuit\b"),
)  # fmt: skip
