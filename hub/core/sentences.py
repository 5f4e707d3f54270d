"""Everything that code says to a caller without asking a model, one table per language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.core.languages import ENGLISH, base


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """One language. A persona's own words come before these."""

    greeting: str
    """Where the persona's greeting is in another language than the call."""
    goodbye: str
    phrases: Mapping[str, tuple[str, ...]]
    """By the kinds of hub.voice.persona.Phrases."""
    still_on: str
    """While {what} goes on, the title of a tool."""
    about_done: str
    """{percent} of a tool's work."""
    over_budget: str
    """Before a call ends that has reached what it may cost."""
    code: str
    """In the place of a block of code."""


SENTENCES: Final[Mapping[str, Sentences]] = {
    "en": Sentences(
        greeting="Hello, this is your assistant. What can I do for you?",
        goodbye="Goodbye.",
        phrases={
            "looking_up": ("One moment, please.",),
            "changing": ("One moment, I'm doing that.",),
            "still_working": ("I'm still working on it.",),
            "trouble_thinking": ("Sorry, could you say that again?",),
            "trouble_hearing": ("Sorry, I have trouble hearing you.",),
            "trouble_speaking": ("Sorry, could you ask me again?",),
            "giving_up": ("I'm sorry, I have to end this call because something is not working.",),
            "time_up": ("Our time is up. Goodbye.",),
            "taken_over": ("Sorry, I was away for a moment. Please go on.",),
            "recorded": ("This call is recorded.",),
        },
        still_on="I'm still on it: {what}.",
        about_done="About {percent} percent is done.",
        over_budget="I'm sorry, this call has reached what it may cost, so I have to end it here. Goodbye.",
        code="The code is on your screen. ",
    ),
    "de": Sentences(
        greeting="Guten Tag, hier ist Ihr Assistent. Was kann ich für Sie tun?",
        goodbye="Auf Wiederhören.",
        phrases={
            "looking_up": (
                "Einen Moment, ich sehe nach.",
                "Ich schaue kurz nach.",
                "Einen Augenblick, bitte.",
            ),
            "changing": ("Einen Moment, ich erledige das.",),
            "still_working": ("Ich bin noch dabei.", "Es dauert noch etwas, danke für Ihre Geduld."),
            "trouble_thinking": ("Entschuldigung, können Sie das bitte noch einmal sagen?",),
            "trouble_hearing": ("Entschuldigung, ich kann Sie gerade schlecht hören.",),
            "trouble_speaking": ("Entschuldigung, können Sie mich das noch einmal fragen?",),
            "giving_up": (
                "Es tut mir leid, bei mir geht etwas nicht. Bitte versuchen Sie es später noch einmal.",
            ),
            "time_up": ("Unsere Zeit ist leider um. Auf Wiederhören.",),
            "taken_over": ("Entschuldigung, ich war kurz weg. Bitte sprechen Sie weiter.",),
            "recorded": ("Dieses Gespräch wird aufgezeichnet.",),
        },
        still_on="Ich bin noch dran: {what}.",
        about_done="Etwa {percent} Prozent sind geschafft.",
        over_budget="Es tut mir leid, dieses Gespräch hat sein Budget erreicht. Auf Wiederhören.",
        code="Der Code steht auf Ihrem Bildschirm. ",
    ),
    "es": Sentences(
        greeting="Hola, soy su asistente. ¿En qué puedo ayudarle?",
        goodbye="Hasta luego.",
        phrases={
            "looking_up": ("Un momento, lo estoy mirando.", "Un momento, por favor."),
            "changing": ("Un momento, lo estoy haciendo.",),
            "still_working": ("Sigo en ello.", "Tarda un poco más, gracias por esperar."),
            "trouble_thinking": ("Perdone, ¿puede repetirlo, por favor?",),
            "trouble_hearing": ("Perdone, ahora mismo no le oigo bien.",),
            "trouble_speaking": ("Perdone, ¿puede preguntármelo otra vez?",),
            "giving_up": (
                "Lo siento, algo no me funciona y tengo que terminar. Inténtelo de nuevo más tarde.",
            ),
            "time_up": ("Se nos ha acabado el tiempo. Hasta luego.",),
            "taken_over": ("Perdone, se ha cortado un momento. Siga, por favor.",),
            "recorded": ("Esta llamada se graba.",),
        },
        still_on="Sigo con ello: {what}.",
        about_done="Va más o menos el {percent} por ciento.",
        over_budget="Lo siento, esta llamada ha llegado a su límite de coste. Hasta luego.",
        code="El código está en su pantalla. ",
    ),
    "fr": Sentences(
        greeting="Bonjour, ici votre assistant. Que puis-je faire pour vous ?",
        goodbye="Au revoir.",
        phrases={
            "looking_up": ("Un instant, je regarde.", "Un instant, s'il vous plaît."),
            "changing": ("Un instant, je m'en occupe.",),
            "still_working": (
                "J'y travaille encore.",
                "Cela prend un peu plus de temps, merci de patienter.",
            ),
            "trouble_thinking": ("Pardon, pouvez-vous répéter, s'il vous plaît ?",),
            "trouble_hearing": ("Pardon, je vous entends mal en ce moment.",),
            "trouble_speaking": ("Pardon, pouvez-vous me reposer la question ?",),
            "giving_up": ("Désolé, quelque chose ne marche pas de mon côté. Merci de réessayer plus tard.",),
            "time_up": ("Notre temps est écoulé. Au revoir.",),
            "taken_over": ("Pardon, la liaison a été coupée un instant. Continuez, je vous en prie.",),
            "recorded": ("Cet appel est enregistré.",),
        },
        still_on="J'y suis encore : {what}.",
        about_done="Environ {percent} pour cent, c'est fait.",
        over_budget="Désolé, cet appel a atteint son budget, je dois y mettre fin ici. Au revoir.",
        code="Le code est sur votre écran. ",
    ),
}


def sentences(tag: str | None) -> Sentences:
    """The sentences of a language; English where there are none."""
    return SENTENCES.get(base(tag), SENTENCES[ENGLISH])
