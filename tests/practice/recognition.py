"""Measures the recogniser behind its endpointer, on espeak's voices: what docs/practice.md reports.

python tests/practice/recognition.py            every voice, speed and channel (some minutes)
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a program, it is not started from the root

from hub.bench.sounds import samples
from hub.practice import grammar, patterns
from hub.practice.book import Book
from hub.practice.phrases import Phrases
from hub.practice.turns import Turns

RATE, WIRE = 16_000, 48_000
CHUNK = RATE // 20
Samples = np.ndarray[Any, np.dtype[np.int16]]
VOICES = ("en-us", "en", "en-us+f3", "en-gb-x-rp")
OTHER_VOICES = ("en-gb-scotland", "en-029", "en-us+m7", "en-us+f2")
FRESH_VOICES = ("en-us+m4", "en-us+f5", "en-gb-x-gbcwmd", "en+f1")
HELD_OUT_VOICES = ("en-us+m2", "en-us+f4", "en+m1", "en-gb-x-gbclan")
OUTSIDE = (  # no phrases; the thresholds were chosen with these
    "what is the weather like today",
    "tell me a joke",
    "which customers do we like best",
    "how are you doing",
    "my dog ate the printer paper",
    "how many people live in france",
    "create a picture of a house",
    "delete everything now",
    "maybe later",
    "i would like a large pizza",
    "enable dark mode please",
    "call my mother",
    "who won the game last night",
    "show me the money",
    "can you hear me",
    "list all users sorted by name",
    "the quick brown fox jumps over the lazy dog",
    "yesterday i went to the market",
    "is it going to rain on sunday",
    "play some music",
    "set a timer for ten minutes",
    "which tables are the biggest",
    "update the price of the blue shirt",
    "let us talk about something else",
    "what time is it",
    "show me all orders",
    "how many tables are empty",
    "what do we have for lunch",
    "i do not know",
    "turn off the lights",
    "send an email to john",
    "one hundred dollars",
    "the meeting was moved to friday",
    "which orders are late",
    "sorry what was that",
    "create a new order for alice",
    "how long does it take",
    "read me the news",
    "wait a second",
    "hey there",
    "okay",
    "how many orders did we cancel this year",
    "which flight leaves tomorrow morning",
    "open the window in the kitchen",
    "show me the tables from berlin",
    "how much does the lamp cost",
    "who is the president",
    "run the marathon",
    "what columns hold up the roof",
    "drop me at the station",
    "enable the alarm",
    "you are welcome",
    "i think so",
    "that is not what i said",
)
HELD_OUT = (  # no phrases either; the thresholds were not chosen with these, the wording of some phrases was
    "could you book a table for two",
    "the weather was lovely last week",
    "how many brothers do you have",
    "please water the plants",
    "what was the name of that song",
    "yes of course my friend",
    "no way that is true",
    "which road leads to the station",
    "tell me about the history of rome",
    "how much sugar goes into the cake",
    "show me a picture of the moon",
    "i spent over one hundred dollars on shoes",
    "create a reminder for the dentist",
    "my favourite colour is green",
    "what columns did the newspaper print",
    "our customers complain about the noise",
    "delete my last message",
    "the latest order from the general",
    "are there any questions",
    "run a little faster",
    "thank goodness it is over",
    "good night and sleep well",
    "which extensions make your hair longer",
    "is the museum open on monday",
    "how many orders will come in tomorrow",
    "which suppliers are late",
    "drop the ball",
    "enable notifications on my phone",
    "let me think about it",
    "that is all i wanted to know",
)
FRESH = (  # no phrases; written down after everything else was fixed, and measured once
    "the bus stops right behind the school",
    "could you turn up the heating a little",
    "how many sisters does your father have",
    "show me the way to the airport",
    "which team scored the first goal",
    "we ought to paint the kitchen again",
    "he enabled his son to go to college",
    "what did the doctor tell you yesterday",
    "create some space on the shelf for books",
    "please describe your last holiday to me",
    "how much rain did we get last week",
    "delete the photographs from the birthday party",
    "our neighbours have spent the summer abroad",
    "yes i would like another cup of tea",
    "no i have never been to canada",
    "how many letters came in the mail today",
    "what is the total number of planets",
    "run down to the shop for some milk",
    "which of these two do you prefer",
    "are there enough chairs for everybody",
    "the average person sleeps eight hours a night",
    "is the swimming pool still available tonight",
    "thank your mother for the lovely cake",
    "who signed the letter from the bank",
    "my order has not arrived yet",
)


@dataclass(frozen=True)
class Outcome:
    """One utterance: what was said and what came out of it."""

    said: str
    known: bool
    finals: tuple[dict[str, Any], ...]
    delay_ms: int

    @property
    def heard(self) -> str:
        return " + ".join(final["heard"] if final["accepted"] else "?" for final in self.finals)

    @property
    def verdict(self) -> str:
        """right, wrong (another phrase), or refused; for a sentence outside: wrong or refused."""
        accepted = [final["heard"] for final in self.finals if final["accepted"]]
        if self.known and accepted == [self.said]:
            return "right"
        return "wrong" if accepted else "refused"


def sentences(phrases: Phrases) -> list[str]:
    """For each pattern of each phrase two of its sentences, with different words in the slots."""
    values = {name: tuple(slot.values) for name, slot in phrases.slots.items()}
    found: list[str] = []
    for phrase in phrases.phrases:
        for pattern in phrase.patterns:
            every = [sentence.text for sentence in patterns.expand(patterns.parse(pattern), values)]
            found += [every[0], every[len(every) * 2 // 3]] if len(every) > 1 else every
    return list(dict.fromkeys(found))


def opus(audio: Samples) -> Samples:
    """There and back through the codec that a browser uses."""
    encoder = av.CodecContext.create("libopus", "w")
    decoder = av.CodecContext.create("libopus", "r")
    for codec in (encoder, decoder):
        codec.sample_rate = WIRE
        codec.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = 24_000
    encoder.options = {"application": "voip", "frame_duration": "20"}
    encoder.open()
    out: list[Any] = []
    packets = []
    for at in range(0, len(audio) // 960 * 960, 960):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio[None, at : at + 960]), "s16", "mono")
        frame.sample_rate, frame.pts = WIRE, at
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    for packet in packets:
        for frame in decoder.decode(packet):
            array = frame.to_ndarray()
            out.append(array[0] if array.dtype == np.int16 else np.clip(array[0], -1, 1) * 32_767)
    return np.concatenate(out).astype(np.int16)


def over_the_wire(text: str, channel: "Channel", seed: int) -> tuple[Samples, int]:
    """The sentence as it arrives at 16 kHz, and where in it the speech ends, in milliseconds."""
    spoken = samples(text, channel.voice, channel.wpm, WIRE).astype(np.float32)
    loud = np.abs(spoken) > 200
    spoken *= 3_000 / max(1.0, float(np.sqrt((spoken[loud] ** 2).mean())))
    audio = np.concatenate([np.zeros(WIRE // 2), spoken, np.zeros(WIRE * 3 // 2)])
    end = WIRE // 2 + int(np.flatnonzero(loud)[-1])
    hiss = np.random.default_rng(seed).standard_normal(len(audio))
    if channel.noise_db is not None:
        audio += hiss * (3_000 / 10 ** (channel.noise_db / 20))
    heard = soxr.resample(
        opus(np.clip(audio, -32_000, 32_000).astype(np.int16)).astype(np.float32), WIRE, RATE
    )
    return np.clip(heard, -32_767, 32_767).astype(np.int16), end * 1000 // WIRE


@dataclass(frozen=True)
class Channel:
    """Who speaks, how fast, and how loud the noise is (None: digital silence around the speech)."""

    voice: str
    wpm: int
    noise_db: int | None


def listen(built: grammar.Grammar, said: Sequence[tuple[str, bool]], channel: Channel) -> Iterator[Outcome]:
    """One stream, in which one voice says one sentence after the other."""
    turns = Turns(asdict(built))
    turns.configure(min_silence_ms=100, max_silence_ms=100)  # what the plugin asks for by default
    for seed, (text, known) in enumerate(said):
        audio, end = over_the_wire(text, channel, seed)
        finals: list[dict[str, Any]] = []
        delay = 0
        for at in range(0, len(audio), CHUNK):
            for event in turns.feed(audio[at : at + CHUNK].tobytes()):
                if event["event"] == "final" and not event["noise"]:
                    finals.append(event)
                    delay = (at + CHUNK) * 1000 // RATE - end
        yield Outcome(text, known, tuple(finals), delay)


def _sample(
    texts: Sequence[str], size: int, rng: np.random.Generator, *, known: bool
) -> list[tuple[str, bool]]:
    return [
        (texts[int(at)], known) for at in rng.choice(len(texts), size=min(size, len(texts)), replace=False)
    ]


def measure(channels: Sequence[Channel], outside: Sequence[str], size: int, seed: int) -> list[Outcome]:
    """On each channel, `size` of the sentences that are phrases and as many that are not, mixed."""
    book = Book(Path("/nonexistent"))
    rng = np.random.default_rng(seed)
    outcomes: list[Outcome] = []
    for channel in channels:
        said = _sample(sentences(book.phrases), size, rng, known=True) + _sample(
            outside, size, rng, known=False
        )
        order = [said[int(at)] for at in rng.permutation(len(said))]
        outcomes += listen(book.grammar, order, channel)
    return outcomes


def report(name: str, outcomes: Sequence[Outcome]) -> str:
    """The figures in words, and each sentence that went wrong."""
    lines: list[str] = []
    for known in (True, False):
        mine = [outcome for outcome in outcomes if outcome.known is known]
        counts = {
            verdict: sum(o.verdict == verdict for o in mine) for verdict in ("right", "wrong", "refused")
        }
        shares = ", ".join(f"{verdict} {100 * count / len(mine):.1f} %" for verdict, count in counts.items())
        lines.append(f"{name}, {'phrases' if known else 'outside'}, n={len(mine)}: {shares}")
    delays = sorted(outcome.delay_ms for outcome in outcomes if outcome.verdict == "right")
    middle, late = delays[len(delays) // 2], delays[len(delays) * 95 // 100]
    lines.append(f"{name}, end of speech to final: p50 {middle} ms, p95 {late} ms")
    for outcome in outcomes:
        if outcome.verdict == "wrong" or (outcome.known and outcome.verdict == "refused"):
            scores = [(final["score"], final["worst"]) for final in outcome.finals]
            lines.append(f"    {outcome.verdict}: {outcome.said!r} as {outcome.heard!r} {scores}")
    return "\n".join([*lines, ""])


def main() -> None:
    for name, noise in (("Opus", None), ("Opus, 20 dB", 20)):
        channels = [Channel(voice, wpm, noise) for voice in VOICES for wpm in (130, 160, 190)]
        sys.stdout.write(report(name, measure(channels, OUTSIDE, 16, 7)))
    report(
        "other voices, 15 dB", measure([Channel(voice, 160, 15) for voice in OTHER_VOICES], OUTSIDE, 25, 8)
    )
    held_out = [Channel(voice, wpm, 20) for voice in HELD_OUT_VOICES for wpm in (140, 170)]
    sys.stdout.write(report("held out, 20 dB", measure(held_out, HELD_OUT, 25, 9)))
    fresh = [Channel(voice, wpm, noise) for voice in FRESH_VOICES for wpm, noise in ((145, None), (165, 20))]
    sys.stdout.write(report("fresh, digital silence and 20 dB", measure(fresh, FRESH, 25, 10)))


if __name__ == "__main__":
    main()
