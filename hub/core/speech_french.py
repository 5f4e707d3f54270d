"""What French says for numbers, money, dates, units, addresses and identifiers.

What is not decided here: the gender of nouns that neither their ending nor the list tells (masculine),
and septante and nonante of Belgium and Switzerland (soixante-dix and quatre-vingt-dix are said everywhere).
"""

import re
from typing import Final

from hub.core.speech_codes import CodeWords
from hub.core.speech_continental import Noun, Tongue, both, nouns, rules, sign_rules
from hub.core.speech_french_numbers import NUMBERS, ordinal
from hub.core.speech_rules import Match, applied, rule, saying, word_set

cardinal: Final = NUMBERS.cardinal
MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
_SHORT: Final = {
    "janv": 1, "jan": 1, "févr": 2, "fév": 2, "avr": 4, "juil": 7, "sept": 9, "sep": 9, "oct": 10, "nov": 11,
    "déc": 12,
}  # fmt: skip
_UNCOUNTED: Final = word_set(
    "de du des d à au aux et ou en sur par pour avec sans que qui est sont était dans plus moins "
    "comme entre mais ni si ne se le la les un une pas depuis vers chez car donc ont a"
)
_FEMININE: Final = re.compile(
    r"(?:\w+(?:tion|sion|xion|té|ette|ance|ence|ure|ée|ie|ade|tude|esse|elle|euse|ille|ante|ente|ive)|table|"
    r"colonne|ligne|commande|personne|fois|heure|minute|seconde|semaine|page|base|erreur|valeur|question|réponse|requête|"
    r"image|clé|clef|chose|voiture|carte|cliente|porte|place|route|rue|image|langue|phrase|lettre|note|main|nuit|"
    r"tonne|once|part|étape|tâche|offre|boîte|case|demande|femme|fille|mère|adresse|couleur|fin|vue|grande|petite|"
    r"dernière|première|seule|date|liste|marque|somme|taxe|taille|étoile|zone)"
)
_MASCULINE: Final = word_set(
    "comité côté été musée lycée incendie génie silence stade grade squelette pâté traité arrêté "
    "député parapluie trophée kilo"
)


def _gender(word: str) -> str:
    word = word.lower()
    if not word or word in _UNCOUNTED:
        return ""
    bare = word if word == "fois" else word.removesuffix("s")
    return "f" if _FEMININE.fullmatch(bare) and bare not in _MASCULINE else "m"


def _day(day: int, month: int, of_year: int | None, _before: str) -> str:
    words = f"{'premier' if day == 1 else cardinal(day)} {MONTHS[month - 1]}"
    return f"{words} {cardinal(of_year)}" if of_year else words


def _clock(hour: int, minute: int) -> str:
    if not minute and hour in (0, 12):
        return "midi" if hour else "minuit"
    words = f"{cardinal(hour, 'f')} heure{'' if hour <= 1 else 's'}"
    return f"{words} {cardinal(minute, 'f')}" if minute else words


def _pairs(found: Match) -> str:
    """06 12 34 56 78 → zéro six, douze, trente-quatre …, as it is done in France."""
    figures = re.sub(r"\D", "", found[0].replace("(0)", ""))
    plus, rest = ("plus ", figures[2:]) if found[0].startswith("+") else ("", figures)
    groups = [figures[:2], rest[:1], *_twos(rest[1:])] if plus else _twos(rest)
    said = (f"zéro {cardinal(int(two))}" if two[0] == "0" else cardinal(int(two)) for two in groups)
    return plus + ", ".join(said)


def _twos(figures: str) -> list[str]:
    return [figures[at : at + 2] for at in range(0, len(figures), 2)]


def _place(found: Match) -> str:
    number, end = int(found[1]), found[2]
    if number == 2 and end.startswith("nd"):  # noqa: PLR2004
        return "seconde" if end == "nde" else "second"
    return ordinal(number, feminine=end in {"re", "ère"}) + ("s" if found[3] else "")


def _fraction(above: int, below: int) -> str:
    if not 0 < above < below <= 10:  # noqa: PLR2004
        joint = " " if (above, below) == (24, 7) else " sur "
        return f"{cardinal(above)}{joint}{cardinal(below)}"
    part = {2: "demi", 3: "tiers", 4: "quart"}.get(below) or ordinal(below)
    return f"{cardinal(above)} {part}{'' if above == 1 or part == 'tiers' else 's'}"


_CENTIME: Final = Noun("centime", "centimes")
_UNITS: Final = nouns("""
o,B octet octets m
Ko,ko,KB,kB kilooctet kilooctets m
KiB,Kio kibioctet kibioctets m
Mo,MB mégaoctet mégaoctets m
MiB,Mio mébioctet mébioctets m
Go,GB gigaoctet gigaoctets m
GiB,Gio gibioctet gibioctets m
To,TB téraoctet téraoctets m
Po,PB pétaoctet pétaoctets m
Mbps,Mbit/s mégabit_par_seconde mégabits_par_seconde m
Gbps,Gbit/s gigabit_par_seconde gigabits_par_seconde m
ns nanoseconde nanosecondes f
µs microseconde microsecondes f
ms milliseconde millisecondes f
s,sec seconde secondes f
min,mn minute minutes f
h heure heures f
km/h kilomètre_par_heure kilomètres_par_heure m
m/s mètre_par_seconde mètres_par_seconde m
km² kilomètre_carré kilomètres_carrés m
m² mètre_carré mètres_carrés m
m³ mètre_cube mètres_cubes m
km kilomètre kilomètres m
cm centimètre centimètres m
mm millimètre millimètres m
m mètre mètres m
kg kilogramme kilogrammes m
mg milligramme milligrammes m
g gramme grammes m
t tonne tonnes f
ml,mL millilitre millilitres m
L,l litre litres m
kWh kilowattheure kilowattheures m
kW kilowatt kilowatts m
W watt watts m
V volt volts m
Hz hertz hertz m
kHz kilohertz kilohertz m
MHz mégahertz mégahertz m
GHz gigahertz gigahertz m
px pixel pixels m
dB décibel décibels m
°C degré_Celsius degrés_Celsius m
°F degré_Fahrenheit degrés_Fahrenheit m
° degré degrés m
""")
_TONGUE: Final = Tongue(
    numbers=NUMBERS,
    codes=CodeWords(
        dot="point",
        underscore="tiret bas",
        dash="tiret",
        plus="plus",
        at="arobase",
        link="un lien",
        long_code="un long code",
        ending="se terminant par",
        version="version",
        point="point",
        port="port",
    ),
    months=MONTHS,
    short_months=_SHORT,
    of="",
    day=_day,
    clock=_clock,
    at="à",
    hours="h|heures",
    year=cardinal,
    gender=_gender,
    single=2,
    money={
        "$": (Noun("dollar", "dollars"), Noun("cent", "cents")),
        "€": (Noun("euro", "euros"), _CENTIME),
        "£": (Noun("livre", "livres", "f"), Noun("penny", "pence")),
        "¥": (Noun("yen", "yens"), Noun("sen", "sen")),
        "₹": (Noun("roupie", "roupies", "f"), Noun("paisa", "paisas")),
        "CHF": (Noun("franc", "francs"), _CENTIME),
    },
    signs={
        "USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "euro": "€", "euros": "€",
        "dollar": "$", "dollars": "$", "francs": "CHF",
    },
    scales=nouns("""
k,K,mille mille mille m
M,million,millions million millions m
Md,Mds,milliard,milliards milliard milliards m
billion,billions billion billions m
"""),
    of_money=lambda unit: " d'" if unit[0].lower() in "aeiouéèêâîôûh" else " de ",
    units=_UNITS,
    percent=Noun("pour cent", "pour cent", ""),
    times=Noun("fois", "fois", "f"),
    fraction=_fraction,
    seconds=Noun("seconde", "secondes", "f"),
    to="à",
    ratio="à",
    by="par",
    less="moins",
    about="environ",
    number="numéro",
    and_="et",
    first=(
        rule(r"\b[nN]\s?[°º]\s?(?=\d)", saying("numéro ")),
        rule(
            r"(?<![\w.,'])(?:0[1-9](?:[ .-]?\d{2}){4}|\+33\s?(?:\(0\))?\s?[1-9](?:[ .]?\d{2}){4})"
            r"(?![\w]|[.,-]?\d)",
            _pairs,
        ),
        rule(r"(?<![\w.,'])0 8\d\d(?: \d{2,3}){2,3}(?![\w]|[.,]\d)", lambda f: NUMBERS.grouped(f[0])),
        rule(
            r"(?<![\w.,'])([01]?\d|2[0-4])\s?(?:h|heures?)\s?([0-5]\d)(?![\w,.']*\d)(?:\s?(?:min|mn))?(?!\w)",
            lambda f: _clock(int(f[1]) % 24, int(f[2])),
        ),
        rule(
            r"(?<![\w.,'])(\d{1,4})(ère|ème|ième|eme|nde|nd|er|re|e)(s?)(?![\w])"
            r"(?!\s(?:janv|f[ée]v|mars|avr|mai|jui|ao|sep|oct|nov|d[ée]c))",
            _place,
        ),
    ),
    own=(rule(r"\b([QT])([1-4])\b", lambda f: f"{f[1]} {cardinal(int(f[2]))}"),),
    last=sign_rules(
        {
            "->": "vers", ">=": "au moins", "<=": "au plus", "!=": "n'est pas", ">": "est supérieur à",
            "<": "est inférieur à", "=": "égale", "&": "et", "+": "plus", "*": "fois", "/": "ou",
            "±": "plus ou moins", "@": "arobase",
        },
        "par",
        "seconde|minute|heure|jour|semaine|mois|an|année|personne|utilisateur|unité|nuit",
        {
            r"\b[Pp]\. ?ex\.": "par exemple",
            r"\b[Cc]\.-à-d\.": "c'est-à-dire",
            r"\betc\.(?=\s*$|\s+[A-ZÉÀ])": "et cetera.",
            r"\betc\.": "et cetera",
            r"\bMM\.(?=\s+[A-ZÉÀ])": "messieurs",
            r"\bM\.(?=\s+[A-ZÉÀ])": "monsieur",
            r"\bMmes\b": "mesdames",
            r"\bMme\b\.?": "madame",
            r"\bMlle\b\.?": "mademoiselle",
            r"\bDr\b\.?": "docteur",
            r"\bSt-(?=[A-Z])": "Saint ",
            r"\b[Ee]nv\.": "environ",
            r"\b[Tt]él\.": "téléphone",
            r"\bmax\.": "maximum",
            r"\bmin\.": "minimum",
            r"\b[Nn]\s?[°º]": "numéro",
            r"\bs\.v\.p\.": "s'il vous plaît",
            r"\bTVA\b": "T V A",
            r"\bet/ou\b": "et ou",
            r"\bvs\.?(?!\w)": "contre",
        },
    ),
)  # fmt: skip
_RULES: Final = rules(_TONGUE)
OPENERS: Final = (
    both(" ".join([*MONTHS, *_SHORT, *(f"{name}." for name in _SHORT)]))
    | word_set("h heure heures p. P. M. MM. etc. n N nº Nº de d'")
    | frozenset({*_TONGUE.scales, *_TONGUE.signs, "CHF"})
)
"""Words that may belong to what follows them."""


def french(text: str) -> str:
    """A few words of French text as they are said."""
    return applied(_RULES, text)
