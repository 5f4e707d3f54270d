"""The turns of a call as they are heard and spoken: told when they begin, grow, and are final."""

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from livekit.agents.voice import io

from hub.core.wire import TurnHeard

GROW_SECONDS: Final = 0.25
"""A turn that grows is told again at most this often."""
NOT_KEPT: Final = "[not kept: it may have been a secret]"
Speaker = Literal["caller", "agent", "operator"]


@dataclass(slots=True)
class _Turn:
    item: str
    role: Speaker
    whole: list[str] = field(default_factory=list)
    """Pieces that will not change any more."""
    partial: str = ""
    told: str = ""
    told_at: float = 0.0
    hidden: bool = False
    """It may be a secret, and is told when somebody has judged it."""

    def text(self) -> str:
        glue = " " if self.role == "caller" else ""
        return glue.join([*self.whole, self.partial] if self.partial else self.whole).strip()


class Transcript:
    """At most one turn is open on each side."""

    def __init__(
        self,
        tell: Callable[..., None],
        hides: Callable[[], bool] = lambda: False,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._hides = hides
        """Whether what the caller says now may be a secret."""
        self._clock = clock
        self._names = itertools.count(1)
        self._prefix = uuid.uuid4().hex[:8]
        self._caller: _Turn | None = None
        self._agent: _Turn | None = None
        self._late = ""
        """Words of a turn that is final already: on a busy machine they come after its end."""

    def heard(self, text: str, *, final: bool) -> bool:
        """The recogniser understood something; a final piece stays, a partial one is replaced.

        Whether it may be told: not while it may be a secret.
        """
        text = text.strip()
        if not text:
            return True
        turn = self._caller = self._caller or self._opened("caller")
        if final:
            turn.whole.append(text)
            turn.partial = ""
        else:
            turn.partial = text
        turn.hidden = turn.hidden or self._hides()
        if not turn.hidden:
            self._grown(turn)
        return not turn.hidden

    def caller_said(self, text: str) -> None:
        """What the caller was saying is complete."""
        turn = self._caller or self._opened("caller")
        self._caller = None
        self._final(turn, text.strip() or turn.text(), interrupted=False)

    def caller_wrote(self, text: str) -> None:
        """The caller has typed a turn of its own, whatever either side is saying meanwhile."""
        self._final(self._opened("caller"), text.strip(), interrupted=False)

    def speaking(self, role: Literal["agent", "operator"], words: str) -> None:
        """Words of the agent are being heard now."""
        if self._agent is None and (not words.strip() or self._is_late(words)):
            return
        self._late = ""
        turn = self._agent = self._agent or self._opened(role)
        turn.whole.append(words)
        self._grown(turn)

    def agent_said(self, role: Literal["agent", "operator"], text: str, *, interrupted: bool) -> None:
        """The agent has finished, or was cut off: `text` is what was heard of it."""
        turn = self._agent or self._opened(role)
        self._agent = None
        text = text.strip()
        self._late = "" if interrupted else text.removeprefix(turn.text())
        self._final(turn, text, interrupted=interrupted)

    def silent(self, *, interrupted: bool) -> None:
        """The agent stopped speaking; a turn that nothing else has completed is complete now."""
        if self._agent is not None:
            turn, self._agent = self._agent, None
            self._final(turn, turn.text(), interrupted=interrupted)

    def close(self) -> None:
        """The call is over: what was being said was cut off."""
        self.silent(interrupted=True)
        if self._caller is not None:
            turn, self._caller = self._caller, None
            text = NOT_KEPT if turn.hidden else turn.text()
            self._final(turn, text, interrupted=bool(turn.partial))

    def _is_late(self, words: str) -> bool:
        rest, words = self._late.lstrip(), words.strip()
        if not rest.startswith(words):
            return False
        self._late = rest.removeprefix(words)
        return True

    def _opened(self, role: Speaker) -> _Turn:
        return _Turn(f"{role}-{self._prefix}-{next(self._names)}", role)

    def _grown(self, turn: _Turn) -> None:
        now, text = self._clock(), turn.text()
        if text == turn.told or (turn.told and now - turn.told_at < GROW_SECONDS):
            return
        turn.told, turn.told_at = text, now
        self._tell(TurnHeard, item=turn.item, role=turn.role, text=text, final=False)

    def _final(self, turn: _Turn, text: str, *, interrupted: bool) -> None:
        if text or turn.told:
            self._tell(
                TurnHeard, item=turn.item, role=turn.role, text=text, final=True, interrupted=interrupted
            )


class Words(io.TextOutput):
    """The end of LiveKit's chain of text outputs: gets each word when it is heard."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__(label="transcript", next_in_chain=None)
        self._heard = heard

    async def capture_text(self, text: str) -> None:
        self._heard(str(text))

    def flush(self) -> None:
        """Where a turn ends is told by the session, with what was really heard."""
