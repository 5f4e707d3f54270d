"""What the virtual callers say, and what the stand-ins make of it."""

from typing import Final

from hub.bench.providers import Rule, Utterance

PLAIN: Final = Utterance("tell me about the office", 1.0)
FAST: Final = Utterance("please use the fast tool", 1.3)
SLOW: Final = Utterance("please use the slow tool", 1.6)
STORY: Final = Utterance("tell me a very long story", 1.9)
STOP: Final = Utterance("stop please stop now and wait", 2.2)
MURMUR: Final = Utterance("mm-hm", 0.5)
COUGH: Final = Utterance("", 0.25)
"""A noise, in which a recogniser finds no words."""
UTTERANCES: Final = (PLAIN, FAST, SLOW, STORY, STOP, MURMUR, COUGH)

FAST_MS, SLOW_MS = 20, 8000
SERVER: Final = "bench"
PLAIN_TOOL: Final = "wait"
"""What an agent without a hub calls it."""
TOOL: Final = f"{SERVER}__{PLAIN_TOOL}"
RULES: Final = (
    Rule("fast tool", TOOL, {"ms": FAST_MS}),
    Rule("slow tool", TOOL, {"ms": SLOW_MS}),
    Rule("fast tool", PLAIN_TOOL, {"ms": FAST_MS}),
    Rule("slow tool", PLAIN_TOOL, {"ms": SLOW_MS}),
    Rule("story", say="I heard " + "that you like a story and I go on " * 8),
    Rule("office|stop", say="I heard you"),
)
