"""How a server's question is said and answered in English."""

import re
from typing import Final

from hub.core.form import Kind
from hub.core.form_wording_table import FormWording, compounds, counted, phrases
from hub.core.wording_table import words

_ONES: Final = counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    0,
)
_TENS: Final = {
    word: 20 + 10 * n for n, word in enumerate(words("twenty thirty forty fifty sixty seventy eighty ninety"))
}
_ORDINALS: Final = counted(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
) | {"thirtieth": 30}
ENGLISH: Final = FormWording(
    tag="en",
    consent="Shall I go on: yes or no?",
    needed={
        "text": "a text", "number": "a number", "integer": "a whole number", "boolean": "yes or no",
        "choice": "one of the choices", "choices": "some of the choices",
        "email": "an email address", "uri": "a web address", "date": "a date",
        "date-time": "a date and a time",
    },
    bounds={
        "least": "at least {count}", "most": "at most {count}",
        "least choices": "at least {count} of the choices", "most choices": "at most {count} of the choices",
        "least text": "at least {count} characters", "most text": "at most {count} characters",
    },
    is_needed="it is needed",
    asks="{server} asks: {message}",
    link="a link",
    kinds={
        Kind.TEXT: "What should I put for {label}?",
        Kind.NUMBER: "What number should I put for {label}?",
        Kind.INTEGER: "What number should I put for {label}?",
        Kind.BOOLEAN: "{label}: yes or no?",
        Kind.CHOICE: "Which {label}: {choices}?",
        Kind.CHOICES: "Which {label}: {choices}? You can say several.",
    },
    many="Which {label}? There are {count} to choose from, for example {choices}.",
    formats={
        "email": "It is an email address.",
        "uri": "It is a web address.",
        "date": "It is a date.",
        "date-time": "It is a date and a time.",
    },
    between="From {least} to {most}.",
    from_="At least {least}.",
    up_to="At most {most}.",
    optional='You can say "skip".',
    default='Say "skip" for {default}.',
    on_page='{labels} is secret, so do not say it. Type it {place}, or say "never mind".',
    opened='I have put a link {place}. Open it there to go on, or say "never mind".',
    places={True: "on your page", False: "in the hub's dashboard"},
    not_aloud='Please do not say that here, I have not kept it. Type it {place}, or say "never mind".',
    misfit="That does not fit: I need {what}.",
    and_="and",
    or_="or",
    skips=phrases("skip, skip it, skip that, leave it out, leave it empty, no answer, default, the default"),
    all_=phrases("all, all of them, everything, every one"),
    questions=frozenset(words("what why which how when where who whose can could do does is are")),
    waits=phrases(
        "okay, ok, yes, yeah, sure, alright, all right, one moment, just a moment, a moment, moment, wait, "
        "hold on, one second, just a second, done, i am typing, i'm typing, typing, got it, right, mm-hm"
    ),
    declines=phrases("decline, i decline, i refuse"),
    truths={"true": True, "false": False},
    excepts=frozenset(("not", "except")),
    elided=(),
    places_by=frozenset(words("number option choice")),
    units=_ONES | _TENS | compounds(_TENS, list(_ONES.items())[1:10], "{ten} {one}") | {"dozen": 12},
    glued=(),
    scales={"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000},
    bare=frozenset(),
    ordinals=_ORDINALS | compounds({"twenty": 20}, list(_ORDINALS.items())[:9], "{ten} {one}"),
    articles=frozenset(),
    points=frozenset(("point",)),
    tenths=9,
    halves=frozenset(("half", "quarter", "quarters")),
    decimal=".",
    grouped=re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d)"),
    minus=frozenset(("minus", "negative")),
    no_minus=frozenset(),
    signs={
        "at": "@", "dot": ".", "underscore": "_", "dash": "-", "hyphen": "-", "plus": "+", "slash": "/",
        "colon": ":",
    },
    lead_ins=("it's", "it is", "that's", "that is", "that would be", "i'd say", "let's say"),
    label_lead_ins=("the {label} is", "my {label} is", "our {label} is"),
    months=counted("january february march april may june july august september october november december"),
    days={
        "yesterday": -1, "today": 0, "tomorrow": 1, "day after tomorrow": 2, "day before yesterday": -2,
    },
    day_parts=(),
    day_first=False,
    day_marks="st|nd|rd|th",
    hour=re.compile(r"\b(?:at )?(\d{1,2})(?= ?(?:a\.?m|p\.?m|o'clock)\b)"),
    afternoon=re.compile(r"\d ?p\.?m\b"),
    midnight=re.compile(r"\d ?a\.?m\b"),
)  # fmt: skip
