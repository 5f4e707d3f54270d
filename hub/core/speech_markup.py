"""Signs that are for the eye: emphasis, links, code, emoji. An ear gets the words between them."""

import html
import re
from typing import Final

EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\U0001fb00-\U0001fbff\u2600-\u27bf\u2b00-\u2bff\u23e9-\u23fa\u231a\u231b\u200d\ufe0f\ufe0e\u20e3"
    "\U000e0020-\U000e007f\u2122\u00a9\u00ae]+"
)
_INVISIBLE: Final = re.compile("[\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad]")
_NOTE: Final = re.compile(r"\[\^?\d{1,3}\](?!\()")
_LINK: Final = re.compile(r"!?\[([^\]\[]*)\]\([^)\s]*\)")
_LINK_END: Final = re.compile(r"\]\([^)\s]*\)")
_LINK_BEGIN: Final = re.compile(r"(?<!\w)!?\[(?=\w)")
_BREAK: Final = re.compile(r"<br\s*/?>|</?(?:b|i|u|p|em|strong|code|pre|ul|ol|li|div|span)>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[a-z]{2,8});")
_STRIKE: Final = re.compile(r"~~")
_BOLD: Final = re.compile(r"(?<![\s*])\*+(?=[^\w\s]|\s|$|\w)|\*+(?=[^\s*])")
_UNDERSCORED: Final = re.compile(r"(?<!\w)_{1,2}(?=[A-Za-z*])|(?<=[A-Za-z.!?*])_{1,2}(?!\w)")
_QUOTED_CODE: Final = re.compile(r"`+")
BULLETS: Final = frozenset("-*+\u2022\u2013\u2014\u00b7\u25e6\u2023")
NUMBER: Final = re.compile(r"\d{1,2}[.)]")
HEADING: Final = re.compile(r"#{1,6}")
RULE: Final = re.compile(r"(?:-{3,}|\*{3,}|_{3,}|={3,})")
FENCE: Final = ("```", "~~~")
TABLE_LINE: Final = re.compile(r"[\s|:-]*-{2,}[\s|:-]*|[\s|:-]+")


def unmarked(text: str) -> str:
    """Text without its marks; nothing that is said is lost."""
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = _INVISIBLE.sub("", EMOJI.sub("", text))
    text = _NOTE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _LINK_BEGIN.sub("", _LINK_END.sub("", text))
    text = _BREAK.sub(" ", text)
    text = _STRIKE.sub("", text)
    text = _QUOTED_CODE.sub("", text)
    return _UNDERSCORED.sub("", _BOLD.sub("", text))


def cells(line: str) -> str:
    """A line of a table as one sentence; nothing for the line below the heads."""
    if TABLE_LINE.fullmatch(line):
        return ""
    return ", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())
