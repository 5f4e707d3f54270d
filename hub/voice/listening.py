"""From the session's events to the Link: turns of both sides, latencies, and the providers' errors."""

import time
from collections.abc import Callable
from typing import Any, Final, Literal

from livekit.agents import APIStatusError, APITimeoutError, llm, stt, tts
from livekit.agents.voice import AgentSession, SpeechHandle
from livekit.agents.voice.events import (
    ConversationItemAddedEvent,
    ErrorEvent,
    SpeechCreatedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
)

from hub.core.records import EndedReason
from hub.core.wire import Measured, ProviderState
from hub.voice.ending import Ender, Ending
from hub.voice.health import Failures, Provider
from hub.voice.link import Link
from hub.voice.onsets import Onsets
from hub.voice.speaker import Speaker
from hub.voice.toolset import HubToolset
from hub.voice.transcript import NOT_KEPT, Transcript, Words

LATENCIES: Final = (
    "e2e_latency",
    "llm_node_ttft",
    "tts_node_ttfb",
    "playback_latency",
    "transcription_delay",
    "end_of_turn_delay",
)
NAMES: Final[dict[Provider, str]] = {
    "stt": "speech recognition",
    "llm": "the language model",
    "tts": "speech synthesis",
}


class Listening:
    """Handlers of one session; they run on its loop and return at once."""

    def __init__(
        self, link: Link, ender: Ender, notify: Callable[..., None], hides: Callable[[], bool]
    ) -> None:
        self.transcript = Transcript(link.tell, hides)
        self.words = Words(self._words)
        self.failures = Failures()
        self.onsets = Onsets()
        self.on_words: Callable[[str | None], None] = lambda _speech: None
        """Told of each speech whose words are being heard."""
        self.told: set[str] = set()
        """Messages of the caller whose turns were told before the session had them."""
        self._link = link
        self._ender = ender
        self._notify = notify
        self._session: AgentSession[Any] | None = None
        self._speaker: Speaker | None = None
        self._tools: HubToolset | None = None
        self._speaking: str | None = None
        """The speech whose words are being heard."""

    def attach(self, session: AgentSession[Any], speaker: Speaker, tools: HubToolset) -> None:
        self._session, self._speaker, self._tools = session, speaker, tools
        session.on("user_input_transcribed", self._transcribed)
        session.on("user_state_changed", self._sounds)
        session.on("conversation_item_added", self._added)
        session.on("speech_created", self._created)
        session.on("error", self._error)
        session.on("close", self._closed)

    def works(self, provider: Provider) -> None:
        """A provider gave what it should."""
        if self.failures.works(provider):
            self._link.tell(ProviderState, provider=provider, state="recovered")
            self._notify("provider", text=f"{NAMES[provider]} works again", ok=True)

    def _words(self, words: str) -> None:
        speech = self._session.current_speech if self._session else None
        self._speaking = speech.id if speech else None
        self.on_words(self._speaking)
        self.transcript.speaking("operator" if self._operator_speaks() else "agent", words)

    def _operator_speaks(self) -> bool:
        speech = self._session.current_speech if self._session else None
        return bool(speech and self._speaker and speech.id in self._speaker.operator)

    def _transcribed(self, event: UserInputTranscribedEvent) -> None:
        self.works("stt")
        self.onsets.words()
        if not self.transcript.heard(event.transcript, final=event.is_final):
            event.transcript = NOT_KEPT  # LiveKit sends this same event to the room once we return

    def _sounds(self, event: UserStateChangedEvent) -> None:
        self.onsets.sound(on=event.new_state == "speaking")

    def _added(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage):
            return
        text = item.text_content or ""
        if item.role == "user":
            if self._tools is not None:
                self._tools.new_turn(text)
            if item.id not in self.told:
                self.transcript.caller_said(text)
        elif item.role == "assistant":
            role: Literal["agent", "operator"] = "operator" if self._operator_speaks() else "agent"
            self.transcript.agent_said(role, text, interrupted=item.interrupted)
            self._replied(item)
        self._measure(item)

    def _replied(self, item: llm.ChatMessage) -> None:
        if "llm_node_ttft" in item.metrics:
            self.works("llm")
        if "tts_node_ttfb" in item.metrics:
            self.works("tts")

    def _created(self, event: SpeechCreatedEvent) -> None:
        event.speech_handle.add_done_callback(self._over)

    def _over(self, speech: SpeechHandle) -> None:
        """Speeches that were prepared and thrown away end too, while another one is heard."""
        phrase = self._speaker.phrases.pop(speech.id, None) if self._speaker else None
        if speech.id != self._speaking:
            return
        if phrase is not None and not speech.interrupted:
            self.transcript.agent_said("agent", phrase, interrupted=False)
        else:
            self.transcript.silent(interrupted=speech.interrupted)

    def _measure(self, item: llm.ChatMessage) -> None:
        metrics: dict[str, Any] = dict(item.metrics)
        latency = {
            name: round(float(metrics[name]), 3) for name in LATENCIES if metrics.get(name) is not None
        }
        if latency:
            self._link.tell(Measured, latency=latency, usage=self._usage(), models=self._models())

    def _models(self) -> dict[str, str]:
        used = self._session.usage.model_usage if self._session else ()
        return {model.type.removesuffix("_usage"): model.model for model in used}

    def _usage(self) -> dict[str, float]:
        usage: dict[str, float] = {}
        for model in self._session.usage.model_usage if self._session else ():
            for name, value in model.model_dump().items():
                if isinstance(value, (int, float)) and not isinstance(value, bool) and value:
                    key = f"{model.type.removesuffix('_usage')}_{name}"
                    usage[key] = usage.get(key, 0) + value
        return usage

    def _error(self, event: ErrorEvent) -> None:
        provider = _provider(event.error)
        if provider is None:
            return
        cause = event.error.error
        timed_out = isinstance(cause, APITimeoutError) and provider == "llm"
        verdict = self.failures.failed(
            provider,
            time.monotonic(),
            retrying=event.error.recoverable and not timed_out,
            status=cause.status_code if isinstance(cause, APIStatusError) else None,
        )
        message = f"{NAMES[provider]} failed: {type(cause).__name__}"
        if verdict.tell:
            self._link.tell(
                ProviderState, provider=provider, state="failed", message=message, fatal=verdict.fatal
            )
            self._notify("provider", text=message, ok=False)
        if verdict.fatal:
            self._ender.end(Ending(EndedReason.PROVIDER_FAILED, message, phrase="giving_up"))
        elif verdict.say and self._speaker is not None:
            if timed_out and self._session is not None:
                self._session.interrupt()  # the caller has waited long enough for this answer
            self._speaker.phrase(verdict.say)

    def _closed(self, _event: object) -> None:
        self._ender.end(Ending(EndedReason.WORKER_LOST, "the session closed by itself", at_once=True))


def _provider(error: object) -> Provider | None:
    if isinstance(error, stt.STTError):
        return "stt"
    if isinstance(error, llm.LLMError):
        return "llm"
    return "tts" if isinstance(error, tts.TTSError) else None
