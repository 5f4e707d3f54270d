"""Numbers as Spanish words: counting, with the gender of what is counted, and ordering."""

from typing import Final

from hub.core.speech_numbers import Numbers

_ONES: Final = (
    *(
        "cero",
        "uno",
        "dos",
        "tres",
        "cuatro",
        "cinco",
        "seis",
        "siete",
        "ocho",
        "nueve",
        "diez",
        "once",
        "doce",
    ),
    *("trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte"),
    *("veintiuno", "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete"),
    *("veintiocho", "veintinueve"),
)
_TENS: Final = (
    *("", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"),
)
_HUNDREDS: Final = (
    *("", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos"),
    *("setecientos", "ochocientos", "novecientos"),
)
_FIRST: Final = (
    *("", "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno"),
    *("décimo", "undécimo", "duodécimo", "decimotercero", "decimocuarto", "decimoquinto", "decimosexto"),
    *("decimoséptimo", "decimoctavo", "decimonoveno"),
)
_TENTHS: Final = (
    *("", "", "vigésimo", "trigésimo", "cuadragésimo", "quincuagésimo", "sexagésimo", "septuagésimo"),
    *("octogésimo", "nonagésimo"),
)
_SCALES: Final = ((10**12, "billón", "billones"), (10**6, "millón", "millones"))


def _counted(number: int, gender: str = "") -> str:
    for size, one, many in _SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            words = f"{_counted(count, 'm')} {one if count == 1 else many}"
            return f"{words} {_counted(rest, gender)}" if rest else words
    if number >= 1000:  # noqa: PLR2004
        count, rest = divmod(number, 1000)
        words = "mil" if count == 1 else f"{_hundreds(count, gender or 'm')} mil"
        return f"{words} {_hundreds(rest, gender)}" if rest else words
    return _hundreds(number, gender)


def _hundreds(number: int, gender: str) -> str:
    if number == 100:  # noqa: PLR2004
        return "cien"
    count, rest = divmod(number, 100)
    if not count:
        return _tens(rest, gender)
    words = _HUNDREDS[count][:-2] + "as" if gender == "f" and count > 1 else _HUNDREDS[count]
    return f"{words} {_tens(rest, gender)}" if rest else words


def _tens(number: int, gender: str) -> str:
    if number >= 30:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]} y {_tens(ones, gender)}" if ones else _TENS[tens]
    words = _ONES[number]
    if number % 10 != 1 or number == 11 or not gender:  # noqa: PLR2004
        return words
    if gender == "f":
        return f"{words[:-1]}a"
    return "un" if number == 1 else "veintiún"


def ordinal(number: int, gender: str = "m") -> str:
    """3 → tercero, 21 → vigésimo primero; from a hundred on the number itself is said."""
    if not 0 < number < 100:  # noqa: PLR2004
        return _counted(number, gender)
    tens, ones = divmod(number, 10)
    parts = [_FIRST[number]] if number < len(_FIRST) else [_TENTHS[tens], _FIRST[ones]]
    if gender == "f":
        parts = [f"{part[:-1]}a" for part in parts if part]
    return " ".join(part for part in parts if part)


NUMBERS: Final = Numbers(
    ones=_ONES[:10],
    counted=_counted,
    thousands="'",
    mark=",",
    point="coma",
    minus="menos",
    decimals_counted=2,
)
