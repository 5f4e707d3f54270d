"""Patterns of what callers say in passing, per language: calling off, murmurs, spelling, open ends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MURMUR: Final = r"m+h+m*|m+ ?h+m+|mm+|hm+|h+m+m*|uh ?huh|uh+|um+|ah+a*|aha|oh+|ooh+|wow"


@dataclass(frozen=True, slots=True)
class Passing:
    """One language."""

    called_off: re.Pattern[str]
    murmured: re.Pattern[str]
    listening: re.Pattern[str]
    """A murmur or a word of agreement."""
    spelled: re.Pattern[str]
    open_end: re.Pattern[str]


def _passing(*, fill: str, off: str, murmur: str, agreed: str, spelled: str, open_end: str) -> Passing:
    murmur = f"{_MURMUR}|{murmur}"
    return Passing(
        called_off=re.compile(rf"(?:(?:{fill}) )*(?:{off})(?: (?:(?:{fill})|(?:{off})))*"),
        murmured=re.compile(rf"(?:(?:{murmur})(?: |$))+"),
        listening=re.compile(rf"(?:(?:{murmur}|{agreed})(?: |$))+"),
        spelled=re.compile(rf"\d+|[a-z]|{spelled}"),
        open_end=re.compile(open_end),
    )


PASSING: Final[Mapping[str, Passing]] = {
    # of a call that names no language; German is often spoken there
    "en": _passing(
        fill=r"ok(?:ay)?|oh|no|nah|well|actually|please|just|hey|wait|hm+|uh+m*|um+|sorry|thanks?|"
        r"thank you|then|now|yeah|you know what|bitte|nein|ach|doch",
        off=r"never ?mind(?: (?:that|it|about (?:it|that)))?|forget (?:it|that|about (?:it|that)|"
        r"the whole thing)|stop(?: (?:it|that|this|there|looking|searching|please|everything))?|"
        r"cancel(?: (?:it|that|this|the request|the search|the query))?|don'?t bother|"
        r"(?:you can )?(?:leave|drop|skip|abort) (?:it|that|this)|abort|no need(?: (?:for that|"
        r"any ?more))?|that'?s not needed|i changed my mind|(?:i )?don'?t need (?:it|"
        r"that)(?: any ?more)?|vergiss es|egal|lass (?:es|gut sein|mal)|abbrechen|stopp?|hör auf|"
        r"nicht mehr nötig",
        murmur=r"i see|got it|achso",
        agreed=r"right|ok(?:ay)?|yes|yeah|yep|yup|ya|sure|alright|all right|cool|nice|good|great|true|ja|"
        r"genau|klar|stimmt|gut",
        spelled=r"zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|null|eins|zwei|drei|"
        r"vier|fünf|sechs|sieben|acht|neun|dash|dot|underscore|at",
        open_end=r"and|or|but|because|the|a|an|my|your|is|um+|uh+m*|er|like|with|for|of|und|oder|aber|der|"
        r"die|das|mein|meine|ist|äh",
    ),
    "de": _passing(
        fill=r"ok(?:ay)?|oh|ja|nein|nee|nö|na|also|eigentlich|bitte|doch|ach|warte|moment|hm+|äh+m*|"
        r"sorry|entschuldigung|danke|dann|jetzt|mal|einfach|schon|weißt du was|wissen sie was",
        off=r"verg(?:iss|essen sie) (?:es|das)|(?:das )?(?:ist )?egal|lass(?:en sie)? (?:es|das|"
        r"gut sein|es gut sein|mal|stecken|das mal)|lassen wir (?:es|das)|stopp?|halt|abbrechen|"
        r"(?:brich|brechen sie) (?:(?:das|es) )?ab|hör(?:en sie)? auf(?: damit)?|"
        r"nicht(?: mehr)? nötig|schon gut|(?:das )?hat sich erledigt|"
        r"(?:das )?brauche? ich (?:das )?(?:doch )?nicht(?: mehr)?|ich brauche (?:es|"
        r"das) nicht(?: mehr)?|(?:ich habe (?:es )?mir(?: es)? )?anders überlegt",
        murmur=r"ach ?so|so ?so|(?:ich )?verstehe|ah ja|tja",
        agreed=r"ja|jap|jo|jep|genau|klar|stimmt|gut|ok(?:ay)?|richtig|alles klar|in ordnung|super|schön|"
        r"prima|toll|sicher|natürlich|eben",
        spelled=r"null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|doppelt?|bindestrich|punkt|"
        r"unterstrich|ät|at|komma|[äöü]",
        open_end=r"und|oder|aber|weil|dass|wenn|der|die|das|dem|den|des|eine?[nmrs]?|meine?[nmrs]?|"
        r"ihre?[nmrs]?|mit|für|von|vom|im|zum|zur|am|bei|ist|sind|äh+m*|ähm+|sowie|also",
    ),
    "es": _passing(
        fill=r"ok(?:ay)?|vale|bueno|oh|ay|no|sí|por favor|oye|oiga|espera|espere|eh+|em+|m+|perdón|"
        r"perdona|perdone|gracias|entonces|ahora|ya|mejor|pues|sabes qué|sabe qué",
        off=r"d[eé]j[ae]lo(?: (?:estar|así|ya))?|dej[ae] eso|olv[ií]d[ae]lo|olvid[ae] eso|"
        r"olv[ií]date(?: de eso)?|no importa|da igual|par[ae](?: ya)?|basta(?: ya)?|detente|"
        r"deténgase|cancel[ae]r?(?: (?:eso|todo))?|canc[eé]l[ae]lo|(?:ya )?no (?:hace falta|"
        r"es necesario|lo necesito)|(?:he cambiado|cambié) de (?:idea|opinión)|no te molestes|"
        r"no se moleste",
        murmur=r"ajá|ya|ya veo|entiendo|comprendo|mira",
        agreed=r"sí|si|vale|ok(?:ay)?|claro|bien|muy bien|exacto|correcto|bueno|perfecto|genial|"
        r"de acuerdo|cierto|estupendo",
        spelled=r"cero|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|doble|triple|guion|guión|punto|"
        r"arroba|ñ",
        open_end=r"y|e|o|u|pero|porque|que|el|la|los|las|un|una|mi|mis|su|sus|tu|es|son|con|para|de|del|en|"
        r"por|a|al|como|eh+|em+|este|si",
    ),
    "fr": _passing(
        fill=r"ok(?:ay)?|oh|ah|eh|oui|non|bon|ben|bah|en fait|finalement|s'il (?:te|vous) plaît|"
        r"attends|attendez|hm+|euh+|pardon|désolée?|merci|alors|maintenant|écoute|écoutez|"
        r"tu sais quoi|vous savez quoi|tout",
        off=r"laissez? (?:tomber|ça)|laissez?|oublie[zs]?(?: ça)?|tant pis|peu importe|"
        r"ça ne fait rien|stop|arrête[zr]?(?: (?:ça|de chercher))?|annule[zr]?(?: (?:ça|"
        r"la demande))?|(?:ce n'est |c'est )?(?:pas|plus) la peine|ce n'est (?:pas|"
        r"plus) nécessaire|plus besoin|je n'en ai plus besoin|j'ai changé d'avis|ne (?:te dérange|"
        r"vous dérangez) pas",
        murmur=r"hum+|mh+|ah bon|je vois|je comprends",
        agreed=r"oui|ouais|ok(?:ay)?|d'accord|bien|très bien|bien sûr|exactement|voilà|parfait|super|"
        r"c'est ça|ça marche|entendu|bon",
        spelled=r"zéro|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|"
        r"quinze|seize|vingts?|trente|quarante|cinquante|soixante|double|tiret|point|arobase|[éèç]",
        open_end=r"et|ou|mais|que|car|le|la|les|une?|des|du|de|mon|ma|mes|votre|est|sont|avec|pour|à|au|"
        r"aux|en|dans|sur|comme|euh+|si|donc",
    ),
}  # fmt: skip
