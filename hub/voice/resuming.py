"""A pause that was for nothing ends, also where LiveKit has lost the timer that would have ended it.

On a busy machine Silero can be behind when the recogniser says that the sound is over: LiveKit starts its
timer, a late frame of the same sound stops it, and Silero is then reset without saying that anything ended.
Nobody starts the timer again, and the agent would be silent until the caller makes another sound.
"""

import asyncio
import logging
from typing import Any, Final

from livekit.agents.voice import AgentSession
from livekit.agents.voice.events import UserStateChangedEvent

log = logging.getLogger(__name__)
LOST_SECONDS: Final = 1.0
"""A timer that is this late does not come any more."""


class Resuming:
    """Looks after the timer of one session, whose sentence goes on `resume` seconds after a murmur."""

    def __init__(self, session: AgentSession[Any], resume: float, lost: float = LOST_SECONDS) -> None:
        self._session = session
        self._seconds = resume + lost
        self._look: asyncio.TimerHandle | None = None
        session.on("user_state_changed", self._sounds)
        session.on("close", lambda _event: self._forget())

    def _sounds(self, event: UserStateChangedEvent) -> None:
        self._forget()
        if event.new_state == "listening":
            self._look = asyncio.get_running_loop().call_later(self._seconds, self._go_on)

    def _forget(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _go_on(self) -> None:
        speech, sound = self._session.current_speech, self._session.output.audio
        if speech is None or speech.interrupted or sound is None or self._session.agent_state == "speaking":
            return
        log.info("a sentence that nobody had cut off goes on")
        sound.resume()
