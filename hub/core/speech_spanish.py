"""What Spanish says for numbers, money, dates, units, addresses and identifiers.

What is not decided here: the gender of nouns that neither their ending nor the list tells (masculine),
and that $ means pesos in many countries (it is said as dollars; MXN, ARS, COP and CLP are pesos).
"""

from typing import Final

from hub.core.speech_codes import CodeWords
from hub.core.speech_continental import Noun, Tongue, both, nouns, rules, sign_rules
from hub.core.speech_rules import Match, applied, rule, saying, word_set
from hub.core.speech_spanish_numbers import NUMBERS, ordinal

cardinal: Final = NUMBERS.cardinal
MONTHS: Final = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
    *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_SHORT: Final = {name[:3]: n for n, name in enumerate(MONTHS, 1)} | {"sept": 9, "setiembre": 9}
_UNCOUNTED: Final = word_set(
    "y o e u ni de del a al en por para con sin que es son era fue fueron está están hay más menos "
    "como según desde hasta entre sobre pero si no se lo la los las un una ya o también solo cada "
    "cuando donde"
)
_FEMININE_ENDINGS: Final = (
    *("a", "as", "ción", "ciones", "sión", "siones", "dad", "dades", "tad", "tades", "tud", "tudes"),
    *("umbre", "umbres"),
)
_FEMININE: Final = word_set(
    "mano manos foto fotos moto motos clave claves base bases calle calles noche noches tarde tardes "
    "vez veces red redes imagen imágenes orden órdenes llave llaves fuente fuentes parte partes clase "
    "clases serie series mujer mujeres nube nubes sede sedes ley leyes variable variables luz luces "
    "voz voces razón razones"
)
_MASCULINE: Final = word_set(
    "día días mapa mapas problema problemas sistema sistemas programa programas idioma idiomas tema "
    "temas planeta planetas poema esquema esquemas clima diagrama diagramas síntoma síntomas "
    "euromillón panorama telegrama"
)


def _gender(word: str) -> str:
    word = word.lower()
    if not word or word in _UNCOUNTED:
        return ""
    if word in _FEMININE:
        return "f"
    masculine = word in _MASCULINE or word.endswith(("ista", "istas"))
    return "f" if word.endswith(_FEMININE_ENDINGS) and not masculine else "m"


def _day(day: int, month: int, of_year: int | None, _before: str) -> str:
    words = f"{'primero' if day == 1 else cardinal(day)} de {MONTHS[month - 1]}"
    return f"{words} de {cardinal(of_year)}" if of_year else words


def _clock(hour: int, minute: int) -> str:
    words = cardinal(hour, "f")
    if not minute:
        return f"{words} en punto" if hour == 1 else f"{words} horas"
    return f"{words} {'cero ' if minute < 10 else ''}{cardinal(minute)}"  # noqa: PLR2004


def _half_day(found: Match) -> str:
    """2:30 p. m. → dos y media de la tarde."""
    hour, minute = int(found[1]), int(found[2] or 0)
    spoken = {15: "cuarto", 30: "media"}.get(minute, cardinal(minute))
    words = f"{cardinal(hour, 'f')} y {spoken}" if minute else cardinal(hour, "f")
    if found[3].lower() == "a":
        part = "noche" if hour == 12 else "madrugada" if hour < 6 else "mañana"  # noqa: PLR2004
    else:
        part = "tarde" if hour % 12 < 8 else "noche"  # noqa: PLR2004
    return f"{words} de la {part}"


def _place(found: Match) -> str:
    if found[2] == "er":
        words = ordinal(int(found[1]))
        return words[:-1] if words.endswith(("primero", "tercero")) else words
    return ordinal(int(found[1]), "f" if found[2] == "ª" else "m")


def _fraction(above: int, below: int) -> str:
    if not 0 < above < below <= 10:  # noqa: PLR2004
        joint = " " if (above, below) == (24, 7) else " de "
        return f"{cardinal(above)}{joint}{cardinal(below)}"
    part = {2: "medio", 3: "tercio"}.get(below) or ordinal(below)
    return f"{cardinal(above, 'm')} {part}{'' if above == 1 else 's'}"


_PESOS: Final = (Noun("peso", "pesos"), Noun("centavo", "centavos"))
_UNITS: Final = nouns("""
B byte bytes m
KB,kB kilobyte kilobytes m
KiB kibibyte kibibytes m
MB megabyte megabytes m
MiB mebibyte mebibytes m
GB gigabyte gigabytes m
GiB gibibyte gibibytes m
TB terabyte terabytes m
PB petabyte petabytes m
Mbps,Mbit/s megabit_por_segundo megabits_por_segundo m
Gbps,Gbit/s gigabit_por_segundo gigabits_por_segundo m
ns nanosegundo nanosegundos m
µs microsegundo microsegundos m
ms milisegundo milisegundos m
s,seg,seg. segundo segundos m
min,min. minuto minutos m
h,hs,hrs hora horas f
km/h kilómetro_por_hora kilómetros_por_hora m
m/s metro_por_segundo metros_por_segundo m
km² kilómetro_cuadrado kilómetros_cuadrados m
m² metro_cuadrado metros_cuadrados m
m³ metro_cúbico metros_cúbicos m
km kilómetro kilómetros m
cm centímetro centímetros m
mm milímetro milímetros m
m metro metros m
kg kilogramo kilogramos m
mg miligramo miligramos m
g gramo gramos m
t tonelada toneladas f
lb libra libras f
oz onza onzas f
ml mililitro mililitros m
L,l litro litros m
kWh kilovatio_hora kilovatios_hora m
kW kilovatio kilovatios m
W vatio vatios m
V voltio voltios m
Hz hercio hercios m
kHz kilohercio kilohercios m
MHz megahercio megahercios m
GHz gigahercio gigahercios m
px píxel píxeles m
dB decibelio decibelios m
°C,ºC grado_Celsius grados_Celsius m
°F,ºF grado_Fahrenheit grados_Fahrenheit m
° grado grados m
""")
_TONGUE: Final = Tongue(
    numbers=NUMBERS,
    codes=CodeWords(
        dot="punto",
        underscore="guion bajo",
        dash="guion",
        plus="más",
        at="arroba",
        link="un enlace",
        long_code="un código largo",
        ending="que termina en",
        version="versión",
        point="punto",
        port="puerto",
    ),
    months=MONTHS,
    short_months=_SHORT,
    of=r"(?:del?\s)?",
    day=_day,
    clock=_clock,
    at="a las",
    hours="h|hs|horas",
    year=cardinal,
    gender=_gender,
    single=1.5,
    money={
        "$": (Noun("dólar", "dólares"), Noun("centavo", "centavos")),
        "€": (Noun("euro", "euros"), Noun("céntimo", "céntimos")),
        "£": (Noun("libra", "libras", "f"), Noun("penique", "peniques")),
        "¥": (Noun("yen", "yenes"), Noun("sen", "sen")),
        "₹": (Noun("rupia", "rupias", "f"), Noun("paisa", "paisas", "f")),
        "CHF": (Noun("franco", "francos"), Noun("céntimo", "céntimos")),
        **dict.fromkeys(("MXN", "ARS", "COP", "CLP", "peso", "pesos"), _PESOS),
    },
    signs={
        "USD": "$", "US$": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "euro": "€", "euros": "€",
        "dólar": "$", "dólares": "$", "libras": "£", "francos": "CHF",
    },
    scales=nouns("""
k,K,mil mil mil m
M,mill.,millón,millones millón millones m
billón,billones billón billones m
"""),
    of_money=lambda _: " de ",
    units=_UNITS,
    percent=Noun("por ciento", "por ciento", ""),
    times=Noun("vez", "veces", "f"),
    fraction=_fraction,
    seconds=Noun("segundo", "segundos"),
    to="a",
    ratio="a",
    by="por",
    less="menos",
    about="unos",
    number="número",
    and_="con",
    first=(
        rule(r"(?i)\b(?:n\.?\s?[º°]|núm\.)\s?(?=\d)", saying("número ")),
        rule(
            r"(?<![\w:.,])(1[0-2]|0?[1-9])(?::([0-5]\d))?\s?([AaPp])\.?\s?[Mm]\b\.?", _half_day
        ),
        rule(r"(?<![\w.,'])(\d{1,3})\.?(º|ª|er)(?![\w])(?!\s?[CF]\b)", _place),
        rule(
            r"(?<![\w.,'+-])(?<!\d )(?!\d{3} (?:\d{3} )?000)"
            r"[6-9]\d\d(?: \d{3}){2}(?![\w]|[.,]?\d| \d|\s?[€$%])",
            lambda f: NUMBERS.grouped(f[0]),
        ),
    ),
    own=(rule(r"\b([QT])([1-4])\b", lambda f: f"{f[1]} {cardinal(int(f[2]))}"),),
    last=sign_rules(
        {
            "->": "a", ">=": "al menos", "<=": "como máximo", "!=": "no es", ">": "es mayor que",
            "<": "es menor que", "=": "es igual a", "&": "y", "+": "más", "*": "por", "/": "o",
            "±": "más menos", "@": "arroba",
        },
        "por",
        "segundo|minuto|hora|día|semana|mes|año|persona|usuario|unidad|noche",
        {
            r"\b[Pp]\. ?ej\.": "por ejemplo",
            r"\betc\.(?=\s*$|\s+[A-ZÁÉÍÓÚÑ])": "etcétera.",
            r"\betc\.": "etcétera",
            r"\bSr\.": "señor",
            r"\bSra\.": "señora",
            r"\bSrta\.": "señorita",
            r"\bDr\.": "doctor",
            r"\bDra\.": "doctora",
            r"\bDña\.": "doña",
            r"\bUds\.": "ustedes",
            r"\bUd\.": "usted",
            r"\bEE\. ?UU\.": "Estados Unidos",
            r"\b[Pp]ágs?\.": "página",
            r"\b[Tt]el\.": "teléfono",
            r"\b[Aa]prox\.": "aproximadamente",
            r"\b[Mm]áx\.": "máximo",
            r"\b[Mm]ín\.": "mínimo",
            r"\b[Aa]vda\.": "avenida",
            r"\b[Nn]úm\.": "número",
            r"\by/o\b": "y o",
            r"\bvs\.?(?!\w)": "contra",
        },
    ),
)  # fmt: skip
_RULES: Final = rules(_TONGUE)
OPENERS: Final = (
    both(" ".join(["de", "del", *MONTHS, *_SHORT, *(f"{name}." for name in _SHORT)]))
    | word_set("p. P. a. n. N. nº Nº núm. EE. etc. con")
    | frozenset({*_TONGUE.scales, *_TONGUE.signs, *_TONGUE.money})
)
"""Words that may belong to what follows them."""


def spanish(text: str) -> str:
    """A few words of Spanish text as they are said."""
    return applied(_RULES, text)
