"""When a provider's failure is endured, apologised for, or ends the call. Decides; touches nothing."""

from dataclasses import dataclass, field
from typing import Final, Literal

from hub.voice.persona import PhraseKind

Provider = Literal["stt", "llm", "tts"]
REFUSED: Final = frozenset({401, 403})
"""A key that is wrong stays wrong."""
ENDURED: Final[dict[Provider, int]] = {"stt": 4, "llm": 2, "tts": 2}
"""Failures in a row that a call survives."""
ENDURED_SECONDS: Final = 30.0
APOLOGY: Final[dict[Provider, PhraseKind]] = {
    "stt": "trouble_hearing",
    "llm": "trouble_thinking",
    "tts": "trouble_speaking",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about one failure."""

    tell: bool = False
    say: PhraseKind | None = None
    fatal: bool = False


@dataclass(slots=True)
class _Row:
    since: float
    failures: int = 0
    apologised: bool = False


@dataclass(slots=True)
class Failures:
    """The failures in a row of each provider of one call."""

    _rows: dict[Provider, _Row] = field(default_factory=dict)

    def failed(self, provider: Provider, now: float, *, retrying: bool, status: int | None) -> Verdict:
        """`retrying`: the plugin tries again by itself."""
        new = provider not in self._rows
        row = self._rows.setdefault(provider, _Row(now))
        if not retrying:
            row.failures += 1
        worn_out = row.failures > ENDURED[provider] or now - row.since > ENDURED_SECONDS
        if not retrying and (status in REFUSED or worn_out):
            return Verdict(tell=True, fatal=True)
        if provider == "stt":  # deaf until it works again: say so once, at the first sign
            say = None if row.apologised else APOLOGY[provider]
            row.apologised = True
            return Verdict(tell=new, say=say)
        if retrying:
            return Verdict()
        return Verdict(tell=True, say=APOLOGY[provider])

    def works(self, provider: Provider) -> bool:
        """True when it had failed before."""
        return self._rows.pop(provider, None) is not None
