"""What German says for numbers, money, dates, units, addresses and identifiers.

What is not decided here: the case of "1" in the dative or genitive (mit 1 Kunden → ein), and the gender of an
ordinal that has neither an article before it nor a noun of the list behind it (it is left a number).
"""

import re
from typing import Final

from hub.core.speech_codes import CodeWords
from hub.core.speech_continental import Noun, Tongue, both, month_pattern, nouns, rules, sign_rules
from hub.core.speech_german_numbers import NUMBERS, ordinal, year
from hub.core.speech_rules import Match, applied, rule, saying, word_after, word_before, word_set

cardinal: Final = NUMBERS.cardinal
MONTHS: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
_SHORT: Final = {name[:3].lower(): n for n, name in enumerate(MONTHS, 1)} | {
    "sept": 9,
    "jänner": 1,
    "feber": 2,
}
_MONTH: Final = month_pattern(MONTHS, _SHORT)
_WEAK: Final = word_set("der die das dieser diese dieses jeder jede jedes welche eine")
_BENT: Final = word_set(
    "am im dem den des zum zur vom beim einem einen eines einer diesem diesen jedem jeden seinem "
    "seinen ihrem ihren meinem meinen unserem unseren ab seit bis"
)
_DATIVE: Final = re.compile(
    r"\b(?:in|an|auf|aus|bei|mit|nach|seit|von|zu|vor|hinter|neben|über|unter|zwischen|ab) (?:der|die)\s*$",
    re.IGNORECASE,
)
_PLACES: Final = {
    **dict.fromkeys(word_set("Platz Tag Stock Monat Versuch Eintrag Kunde Schritt Punkt Absatz Teil"), "er"),
    **dict.fromkeys(word_set("Quartal Mal Jahr Kapitel Semester Stockwerk Halbjahr"), "es"),
    **dict.fromkeys(word_set("Zeile Spalte Woche Etage Stelle Klasse Seite Liga Auflage Reihe"), "e"),
}
_FEMININE: Final = re.compile(
    r"(?:\w+(?:ung|heit|keit|schaft|ion|tät|ik|ei|in|ur|[^aeiou]e)|Frau|Zahl|Uhrzeit|Nacht|Stadt|Person|Mail|"
    r"\w*nummer|Hand|Antwort|Nachricht|Arbeit|Art|Bank|Firma|Datei|ID|App|Tochter|Mutter|Schwester)"
)
_NOT_FEMININE: Final = word_set(
    "Kunde Name Kollege Junge Ende Auge Interesse Gedanke Käse Termin Benutzername Dateiname Experte "
    "Zeuge Gebäude Ergebnisse Kilo Pi Ei Verein Magazin Gewinn Schein Wein Stein Beginn Sinn Medizin "
    "Zwei Drei Abitur"
)
_LOWER: Final = word_set(
    "oder über unter aber hinter heute alle ohne eine bitte wie sie er wäre wurde würde werde habe "
    "hatte hätte wenige weitere diese diese hier leider immer wieder mehr weniger größer kleiner"
)


def _gender(word: str) -> str:
    """Of the word behind a number: f, m for any other noun, nothing where nothing is counted."""
    if word[:1].isupper():
        feminine = _FEMININE.fullmatch(word) and word not in _NOT_FEMININE
        return "f" if feminine else "m"
    if len(word) > 3 and word not in _LOWER and word.endswith(("e", "er", "es", "en")):  # noqa: PLR2004
        return "f" if word.endswith("e") else "m"
    return ""


def _day(day: int, month: int, of_year: int | None, before: str) -> str:
    ending = "en" if before in _BENT else "e" if before in _WEAK else "er"
    words = f"{ordinal(day, ending)} {MONTHS[month - 1]}"
    return f"{words} {year(of_year)}" if of_year else words


def _clock(hour: int, minute: int) -> str:
    words = f"{cardinal(hour, 'm')} Uhr"
    return f"{words} {cardinal(minute)}" if minute else words


def _day_and_month(found: Match) -> str:
    day, month = int(found[1]), int(found[2])
    return _day(day, month, None, word_before(found)) if 0 < month <= len(MONTHS) else found[0]


def _from_day(found: Match) -> str:
    return f"{ordinal(int(found[1]), 'en' if word_before(found) in _BENT else 'er')} bis "


def _place(found: Match) -> str:
    """3. is an ordinal behind an article or before a noun that has a place; else it ends a sentence."""
    before, number = word_before(found), int(found[1])
    if before in _BENT or _DATIVE.search(found.string, 0, found.start()):
        ending: str | None = "en"
    elif before in _WEAK:
        ending = "e"
    elif before == "ein":
        ending = "er"
    else:
        ending = _PLACES.get(word_after(found))
    return found[0] if ending is None else ordinal(number, ending)


def _fraction(above: int, below: int) -> str:
    if (above, below) == (1, 2):
        return "ein halb"
    if not 0 < above < below <= 10:  # noqa: PLR2004
        joint = " " if (above, below) == (24, 7) else " von "
        return f"{cardinal(above)}{joint}{cardinal(below)}"
    return f"{cardinal(above, 'n')} {ordinal(below, 'el').capitalize()}"


_CENT: Final = Noun("Cent", "Cent")
_UNITS: Final = nouns("""
B Byte Byte n
KB,kB Kilobyte Kilobyte n
KiB Kibibyte Kibibyte n
MB Megabyte Megabyte n
MiB Mebibyte Mebibyte n
GB Gigabyte Gigabyte n
GiB Gibibyte Gibibyte n
TB Terabyte Terabyte n
PB Petabyte Petabyte n
Mbit/s,Mbps Megabit_pro_Sekunde Megabit_pro_Sekunde n
Gbit/s,Gbps Gigabit_pro_Sekunde Gigabit_pro_Sekunde n
ns Nanosekunde Nanosekunden f
µs Mikrosekunde Mikrosekunden f
ms Millisekunde Millisekunden f
s,sec,Sek.,Sek Sekunde Sekunden f
min,Min.,Min Minute Minuten f
h,Std.,Std Stunde Stunden f
km/h Kilometer_pro_Stunde Kilometer_pro_Stunde m
m/s Meter_pro_Sekunde Meter_pro_Sekunde m
km² Quadratkilometer Quadratkilometer m
m²,qm Quadratmeter Quadratmeter m
m³ Kubikmeter Kubikmeter m
km Kilometer Kilometer m
cm Zentimeter Zentimeter m
mm Millimeter Millimeter m
m Meter Meter m
kg Kilogramm Kilogramm n
mg Milligramm Milligramm n
g Gramm Gramm n
t Tonne Tonnen f
ml Milliliter Milliliter m
L,l Liter Liter m
kWh Kilowattstunde Kilowattstunden f
kW Kilowatt Kilowatt n
W Watt Watt n
V Volt Volt n
Hz Hertz Hertz n
kHz Kilohertz Kilohertz n
MHz Megahertz Megahertz n
GHz Gigahertz Gigahertz n
px Pixel Pixel n
dB Dezibel Dezibel n
°C Grad_Celsius Grad_Celsius n
°F Grad_Fahrenheit Grad_Fahrenheit n
° Grad Grad n
""")
_TONGUE: Final = Tongue(
    numbers=NUMBERS,
    codes=CodeWords(
        dot="Punkt",
        underscore="Unterstrich",
        dash="Bindestrich",
        plus="plus",
        at="ät",
        link="ein Link",
        long_code="ein langer Code",
        ending="mit der Endung",
        version="Version",
        point="Punkt",
        port="Port",
    ),
    months=MONTHS,
    short_months=_SHORT,
    of="",
    day=_day,
    clock=_clock,
    at="um",
    hours="Uhr|h",
    year=year,
    gender=_gender,
    single=1.5,
    money={
        "$": (Noun("Dollar", "Dollar"), _CENT),
        "€": (Noun("Euro", "Euro"), _CENT),
        "£": (Noun("Pfund", "Pfund", "n"), Noun("Penny", "Pence")),
        "¥": (Noun("Yen", "Yen"), Noun("Sen", "Sen")),
        "₹": (Noun("Rupie", "Rupien", "f"), Noun("Paisa", "Paise")),
        "CHF": (Noun("Franken", "Franken"), Noun("Rappen", "Rappen")),
    },
    signs={
        "USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "Euro": "€", "Dollar": "$",
        "Franken": "CHF", "Pfund": "£",
    },
    scales=nouns("""
k,K,Tsd.,Tsd,tausend tausend tausend n
M,Mio.,Mio,Million,Millionen Million Millionen f
Mrd.,Mrd,Milliarde,Milliarden Milliarde Milliarden f
Bio.,Billion,Billionen Billion Billionen f
"""),
    of_money=lambda _: " ",
    units=_UNITS,
    percent=Noun("Prozent", "Prozent", "n"),
    times=Noun("mal", "mal", "n"),
    fraction=_fraction,
    seconds=Noun("Sekunde", "Sekunden", "f"),
    to="bis",
    ratio="zu",
    by="mal",
    less="minus",
    about="etwa",
    number="Nummer",
    and_="und",
    first=(
        rule(r"\bNr\.\s?(?=\d)", saying("Nummer ")),
        rule(r"§§?\s?(?=\d)", saying("Paragraf ")),
        rule(r"\b([01]?\d|2[0-4])\.([0-5]\d)(?=\s?Uhr\b)", saying(r"\1:\2")),
        rule(
            r"(?i)\b(am|ab|bis|vom|zum|seit|den|dem) (\d{1,2}\.\d{1,2})\.(\d\d)(?![\w]|[.,]\d)",
            saying(r"\1 \2.20\3"),
        ),
        rule(rf"(?<![\w.,])([12]?\d|3[01])\.\s?[\u2013\u2014-]\s?(?=\d{{1,2}}\. ?{_MONTH})", _from_day),
        # the first word of a line that looks like a point of a list
        rule(rf"^([12]\d|3[01]|0?[1-9]), (?={_MONTH})", saying(r"\1. ")),
        rule(r"(?<![\w.,])(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(?![\w.])", _day_and_month),
        rule(
            r"(?<![\w.,'])((?:1[1-9]|20)?[1-9]0|(?:1[1-9]|20)00)er(n?)\b",
            lambda f: f"{year(int(f[1]))}er{f[2]}",
        ),
        rule(r"\b(\d{1,4})-?mal\b", lambda f: f"{cardinal(int(f[1]), 'm')}mal"),
    ),
    own=(
        rule(r"\bQ([1-4])\b", lambda f: f"Q {cardinal(int(f[1]))}"),
        rule(
            r"\b([Jj]ahre?|[Ss]eit|[Ii]n|[Aa]b|[Bb]is|[Vv]on|[Vv]or|[Nn]ach|Ende|Anfang|Mitte|"
            rf"{'|'.join(MONTHS)}) (1[1-9]\d\d)(?![\w,.']*\d| [A-ZÄÖÜ]|\w)",
            lambda f: f"{f[1]} {year(int(f[2]))}",
        ),
        rule(r"(?<![\w.,'])(\d{1,4})\.(?=\s+\w|\s*$)", _place),
    ),
    last=sign_rules(
        {
            "->": "zu", ">=": "mindestens", "<=": "höchstens", "!=": "ist nicht", ">": "ist größer als",
            "<": "ist kleiner als", "=": "gleich", "&": "und", "+": "plus", "*": "mal", "/": "oder",
            "±": "plus minus", "@": "ät",
        },
        "pro",
        "Sekunde|Minute|Stunde|Tag|Woche|Monat|Quartal|Jahr|Person|Nutzer|Platz|Stück",
        {
            r"\bz\. ?B\.": "zum Beispiel",
            r"\bd\. ?h\.": "das heißt",
            r"\bu\. ?a\.": "unter anderem",
            r"\bv\. ?a\.": "vor allem",
            r"\bi\. ?d\. ?R\.": "in der Regel",
            r"\bu\. ?U\.": "unter Umständen",
            r"\bo\. ?ä\.": "oder ähnliches",
            r"\b(?:usw|u\. ?s\. ?w)\.(?=\s*$|\s+[A-ZÄÖÜ])": "und so weiter.",
            r"\b(?:usw|u\. ?s\. ?w)\.": "und so weiter",
            r"\bbzw\.": "beziehungsweise",
            r"\bca\.": "circa",
            r"\bggf\.": "gegebenenfalls",
            r"\bevtl\.": "eventuell",
            r"\binkl\.": "inklusive",
            r"\bzzgl\.": "zuzüglich",
            r"\bbzgl\.": "bezüglich",
            r"\bvgl\.": "vergleiche",
            r"\bmax\.": "maximal",
            r"\bmind\.": "mindestens",
            r"\bNr\.": "Nummer",
            r"\bTel\.": "Telefon",
            r"\bStr\.(?=\s)": "Straße",
            r"\bDr\.": "Doktor",
            r"\bProf\.": "Professor",
            r"\bHr\.": "Herr",
            r"\bFr\.(?=\s+[A-ZÄÖÜ])": "Frau",
            r"\bMwSt\.?": "Mehrwertsteuer",
            r"\bund/oder\b": "und oder",
            r"\bvs\.?(?!\w)": "gegen",
        },
    ),
)  # fmt: skip
_RULES: Final = rules(_TONGUE)
OPENERS: Final = (
    both(
        " ".join(
            [
                *_WEAK,
                *_BENT,
                "in an auf aus bei mit nach von zu vor hinter neben über unter zwischen ein jahr",
            ]
        )
    )
    | frozenset(
        form for name in (*MONTHS, *_SHORT) for form in (name, name.capitalize(), f"{name.capitalize()}.")
    )
    | word_set("z. d. u. v. i. o. s. Nr. Fr. Str. usw. Ende Anfang Mitte Jahre")
    | frozenset({*_TONGUE.scales, *_TONGUE.signs, "CHF"})
)
"""Words that may belong to what follows them."""
GROWING: Final = re.compile(r"[(\"„]?(?:\d{1,4}|\d{1,2}\.\d{1,2})\.(?:[\u2013-]\d{1,2}\.)?")
"""What ends with a dot and may be an ordinal or a date."""


def german(text: str) -> str:
    """A few words of German text as they are said."""
    return applied(_RULES, text)
