"""What a caller's few words are for: to call off what runs, or only to show that they listen."""

import re
from typing import Final

_FILL: Final = (
    r"(?:ok(?:ay)?|oh|no|nah|well|actually|please|just|hey|wait|hm+|uh+m*|um+|sorry|thanks?|thank you|then|"
    r"now|yeah|you know what|bitte|nein|ach|doch)"
)
_OFF: Final = (
    r"(?:never ?mind(?: (?:that|it|about (?:it|that)))?|forget (?:it|that|about (?:it|that)|the whole thing)|"
    r"stop(?: (?:it|that|this|there|looking|searching|please|everything))?|"
    r"cancel(?: (?:it|that|this|the request|the search|the query))?|"
    r"don'?t bother|(?:you can )?(?:leave|drop|skip|abort) (?:it|that|this)|abort|"
    r"no need(?: (?:for that|any ?more))?|"
    r"that'?s not needed|i changed my mind|(?:i )?don'?t need (?:it|that)(?: any ?more)?|"
    r"vergiss es|egal|lass (?:es|gut sein|mal)|abbrechen|stopp?|hör auf|nicht mehr nötig)"
)
_CALLED_OFF: Final = re.compile(rf"(?:{_FILL} )*{_OFF}(?: (?:{_FILL}|{_OFF}))*")
_MURMUR: Final = r"m+h+m*|m+ ?h+m+|mm+|hm+|h+m+m*|uh ?huh|uh+|um+|ah+a*|aha|oh+|ooh+|wow|i see|got it|achso"
_AGREED: Final = (
    r"right|ok(?:ay)?|yes|yeah|yep|yup|ya|sure|alright|all right|cool|nice|good|great|true|ja|genau|"
    r"klar|stimmt|gut"
)
_MURMURED: Final = re.compile(rf"(?:(?:{_MURMUR})(?: |$))+")
_LISTENING: Final = re.compile(rf"(?:(?:{_MURMUR}|{_AGREED})(?: |$))+")
_NOISE: Final = re.compile(r"[\[(*](?:cough\w*|laugh\w*|noise|music|sneez\w*|breath\w*|inaudible)[\])*]")
_SPELLED: Final = re.compile(
    r"\d+|[a-z]|(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|null|eins|zwei|drei|vier|fünf|"
    r"sechs|sieben|acht|neun|dash|dot|underscore|at)"
)
_OPEN_END: Final = re.compile(
    r"and|or|but|because|the|a|an|my|your|is|um+|uh+m*|er|like|with|for|of|und|oder|aber|der|die|das|mein|meine|ist|äh"
)
FEWEST_SPELLED: Final = 3
"""Digits or letters in a row that are no count any more: more of them may come."""
MOST_WORDS: Final = 3
"""More words than this are a sentence, whatever they are."""


def calls_off(text: str) -> bool:
    """Whether somebody wants what runs to be stopped; "stop the server" is about something else."""
    return _CALLED_OFF.fullmatch(_bare(text)) is not None


def only_listening(text: str, *, asked: bool = False) -> bool:
    """Whether words said over the agent's do not want the floor: mm-hm, okay, a cough.

    Where the agent asks something, "okay" is an answer and only a murmur is none.
    """
    bare = _bare(_NOISE.sub("", text.lower()))
    if not bare:
        return True
    known = _MURMURED if asked else _LISTENING
    return len(bare.split()) <= MOST_WORDS and known.fullmatch(bare) is not None


def goes_on(text: str) -> bool:
    """Whether somebody who pauses here is in the middle: a number, a name that is spelled, "and"."""
    words = _bare(text.replace(".", " ")).split()
    if not words:
        return False
    if _OPEN_END.fullmatch(words[-1]):
        return True
    spelled = 0
    for word in reversed(words):
        if not _SPELLED.fullmatch(word):
            break
        spelled += len(word) if word.isdecimal() else 1
    return spelled >= FEWEST_SPELLED


def _bare(text: str) -> str:
    lowered = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(re.sub(r"[^\w' ]+", " ", lowered).split())
