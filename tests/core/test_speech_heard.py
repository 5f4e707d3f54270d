"""A caller's few words: calling off, or only listening."""

import pytest

from hub.core.languages import NAMES
from hub.core.speech_heard import calls_off, goes_on, only_listening
from hub.core.speech_heard_words import PASSING


@pytest.mark.parametrize(
    "text",
    [
        "Never mind.",
        "Oh, nevermind!",
        "Stop.",
        "Stop it, please.",
        "No, forget it.",
        "Forget about it",
        "Cancel that.",
        "Okay, never mind, thanks.",
        "Actually, don\N{RIGHT SINGLE QUOTATION MARK}t bother.",
        "Wait, stop!",
        "I changed my mind.",
        "Vergiss es.",
        "Leave it.",
    ],
)
def test_these_words_call_off(text: str) -> None:
    assert calls_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stop the server.",
        "Cancel order 42.",
        "How many customers are there?",
        "Forget the customers, show me the orders.",
        "Please don't stop.",
        "Never.",
        "Delete it.",
        "Yes.",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not calls_off(text)


MURMURS = ["Mm-hm.", "mhm", "Uh-huh.", "Hmm", "[cough]", "(laughs)", "...", "", "I see."]
AGREED = ["Okay.", "Yeah, right.", "Yes.", "Good, mm-hm."]
FLOOR = ["Stop.", "Wait.", "No.", "Okay, but what about it?", "What?", "yeah yeah yeah yeah", "Right now?"]


@pytest.mark.parametrize("text", MURMURS + AGREED)
def test_these_only_show_that_somebody_listens(text: str) -> None:
    assert only_listening(text)


@pytest.mark.parametrize("text", FLOOR)
def test_these_want_the_floor(text: str) -> None:
    assert not only_listening(text)


@pytest.mark.parametrize("text", AGREED)
def test_they_are_answers_where_something_was_asked(text: str) -> None:
    assert not only_listening(text, asked=True)


@pytest.mark.parametrize("text", MURMURS)
def test_a_murmur_never_is(text: str) -> None:
    assert only_listening(text, asked=True)


@pytest.mark.parametrize(
    "text",
    [
        "My number is 555",
        "five five five",
        "It is spelled A. D. A.",
        "4 2 7",
        "I want the red one and",
        "My name is",
        "um",
    ],
)
def test_who_pauses_here_goes_on(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text",
    [
        "How many customers are there?",
        "Show me order 42.",
        "I have two.",
        "",
        "Thanks!",
        "Plan B.",
        "room 4 b",
    ],
)
def test_who_pauses_here_may_be_done(text: str) -> None:
    assert not goes_on(text)


HEARD = {
    "de": {
        "off": [
            "Vergiss es.",
            "Ach, lassen Sie das.",
            "Stopp!",
            "Nein, hör auf.",
            "Abbrechen, bitte.",
            "Hat sich erledigt, danke.",
            "Ich habe es mir anders überlegt.",
            "Schon gut.",
        ],
        "on": [
            "Stopp den Server.",
            "Vergiss die Kunden, zeig mir die Bestellungen.",
            "Ja.",
            "Lösche es.",
            "Bitte nicht aufhören.",
        ],
        "murmurs": ["Mhm.", "Hm", "Ach so.", "Verstehe.", "aha"],
        "agreed": ["Ja.", "Genau, okay.", "Alles klar.", "Gut."],
        "floor": ["Stopp.", "Nein.", "Okay, aber was ist damit?", "Warte mal."],
        "unfinished": [
            "Meine Nummer ist 030",
            "null drei null",
            "Das schreibt sich M. Ä. R.",
            "Ich will das rote und",
            "Mein Name ist",
            "äh",
        ],
        "finished": ["Wie viele Kunden gibt es?", "Was ist das?", "Ich habe zwei.", "Danke!", "Ruf mich an."],
    },
    "es": {
        "off": [
            "Déjalo.",
            "No, olvídelo.",
            "Para ya.",
            "Cancela eso, por favor.",
            "Ya no hace falta, gracias.",
            "He cambiado de idea.",
            "Da igual.",
        ],
        "on": [
            "Para el servidor.",
            "Cancela el pedido 42.",
            "Sí.",
            "Olvida los clientes, muéstrame los pedidos.",
        ],
        "murmurs": ["Mhm.", "Ajá.", "Ya veo.", "Entiendo."],
        "agreed": ["Sí.", "Vale, claro.", "De acuerdo."],
        "floor": ["Para.", "No.", "Vale, ¿pero qué pasa?", "Espera."],
        "unfinished": [
            "Mi número es 612",
            "seis uno dos",
            "Se escribe A. D. A.",
            "Quiero el rojo y",
            "Mi nombre es",
        ],
        "finished": ["¿Cuántos clientes hay?", "Tengo dos.", "¡Gracias!", "¿Con qué?"],
    },
    "fr": {
        "off": [
            "Laisse tomber.",
            "Non, oubliez ça.",
            "Stop !",
            "Annule, s\N{RIGHT SINGLE QUOTATION MARK}il te plaît.",
            "Ce n'est plus la peine, merci.",
            "J'ai changé d'avis.",
            "Tant pis.",
        ],
        "on": [
            "Arrête le serveur.",
            "Annule la commande 42.",
            "Oui.",
            "Oublie les clients, montre-moi les commandes.",
        ],
        "murmurs": ["Mhm.", "Hum.", "Je vois.", "Ah bon."],
        "agreed": ["Oui.", "D'accord, bien.", "Très bien."],
        "floor": ["Stop.", "Non.", "D'accord, mais quoi ?", "Attends."],
        "unfinished": [
            "Mon numéro est le 06 12",
            "zéro six douze",
            "Ça s'écrit A. D. A.",
            "Je veux le rouge et",
            "Mon nom est",
        ],
        "finished": ["Combien de clients y a-t-il ?", "J'en ai deux.", "Merci !", "Pour qui ?"],
    },
}


@pytest.mark.parametrize("tag", sorted(HEARD))
def test_in_other_languages_it_is_heard_too(tag: str) -> None:
    said = HEARD[tag]
    assert [text for text in said["off"] if not calls_off(text, tag)] == []
    assert [text for text in said["on"] if calls_off(text, tag)] == []
    assert [text for text in said["murmurs"] + said["agreed"] if not only_listening(text, tag)] == []
    assert [text for text in said["murmurs"] if not only_listening(text, tag, asked=True)] == []
    assert [text for text in said["agreed"] if only_listening(text, tag, asked=True)] == []
    assert [text for text in said["floor"] if only_listening(text, tag)] == []
    assert [text for text in said["unfinished"] if not goes_on(text, tag)] == []
    assert [text for text in said["finished"] if goes_on(text, tag)] == []


def test_every_language_has_its_passing_words() -> None:
    assert set(PASSING) == set(NAMES)
