"""Builds the AgentSession of a call from its persona and Brief, with the settings that measured best."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from livekit import rtc
from livekit.agents import Agent, AgentSession, ModelSettings, llm
from livekit.agents.stt import SpeechEvent
from livekit.agents.types import TimedString
from livekit.agents.voice.room_io import (
    AudioInputOptions,
    RoomOptions,
    TextInputOptions,
    TextOutputOptions,
)
from livekit.agents.voice.room_io.types import TextInputCallback

from hub.core.wire import Brief
from hub.voice.floor import Floor, agent_speaks
from hub.voice.instructions import instructions
from hub.voice.models import CONNECT, Models, SteadySpeechToText
from hub.voice.persona import Persona
from hub.voice.toolset import HubToolset
from hub.voice.transcript import Words
from hub.voice.wording import in_words

Ready = Callable[[], Awaitable[None]]
Answered = Callable[[str], Awaitable[bool]]
FRAME_MS: Final = 20
HEARING_RATE: Final = 16_000
"""What the recogniser and Silero take: at any other rate both resample each frame, in Python, on the loop."""
TOOL_STEPS: Final = 8
LAST_TRANSCRIPT_SECONDS: Final = 0.3
TAKEN_OVER: Final = (
    "The connection to this call was lost here and you have just taken it over. The caller may not have "
    "heard your last sentence to its end, and a tool that was running then was cut off. Go on from here."
)


def build_session(
    models: Models, persona: Persona, brief: Brief, tools: HubToolset, hearing: SteadySpeechToText | None
) -> AgentSession[None]:
    """Without `hearing` the session is typed: it neither hears nor speaks."""
    if hearing is None:
        return AgentSession(
            llm=models.thinking(persona),
            vad=None,
            tools=[tools],
            turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
            max_tool_steps=TOOL_STEPS,
            user_away_timeout=None,
            aec_warmup_duration=None,
            session_close_transcript_timeout=0,
            conn_options=CONNECT,
        )
    return AgentSession(
        stt=hearing,
        vad=models.vad,
        llm=models.thinking(persona),
        tts=models.speaking(persona, brief.voice),
        tools=[tools],
        turn_handling={
            "turn_detection": "stt",
            "endpointing": {"min_delay": persona.turns.min_delay, "max_delay": persona.turns.max_delay},
            "preemptive_generation": {"enabled": True, "preemptive_tts": True},
            "interruption": {
                "mode": "vad",
                "min_duration": persona.turns.interruption,
                "resume_false_interruption": True,
                "false_interruption_timeout": persona.turns.resume,
            },
        },
        max_tool_steps=TOOL_STEPS,
        user_away_timeout=None,
        aec_warmup_duration=None,
        session_close_transcript_timeout=LAST_TRANSCRIPT_SECONDS,
        conn_options=CONNECT,
        tts_text_transforms=[partial(in_words, tag=brief.language or persona.language)],
    )


def room_options(brief: Brief, words: Words, typed: TextInputCallback) -> RoomOptions:
    """What of the room is used; a typed call is in its room but uses nothing of it."""
    if brief.mode == "text":
        return RoomOptions(
            text_input=False,
            audio_input=False,
            audio_output=False,
            text_output=False,
            close_on_disconnect=False,
        )
    options = RoomOptions(
        audio_input=AudioInputOptions(
            sample_rate=HEARING_RATE,
            frame_size_ms=FRAME_MS,
            auto_gain_control=False,  # browsers and phones do it; here it is a tenth of the worker's loop
        ),
        text_input=TextInputOptions(text_input_cb=typed),
        text_output=TextOutputOptions(next_in_chain=words),
        close_on_disconnect=False,
    )
    if brief.caller_identity:
        options.participant_identity = brief.caller_identity
    return options


class _HubAgent(Agent):
    """Answers the first turn with the tools, also when the caller was quicker than they.

    A turn that answers a question of the hub's is no request, so that the model has nothing to reply.
    """

    def __init__(
        self, ready: Ready, answered: Answered, spelling: float, language: str, **options: Any
    ) -> None:
        super().__init__(**options)
        self._ready = ready
        self._answered = answered
        self._floor = Floor(lambda: agent_speaks(self.session), spelling, language)

    def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[SpeechEvent | str]:
        return self._floor.heard(Agent.default.stt_node(self, audio, model_settings))

    def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncGenerator[str | TimedString]:
        return self._floor.noted(Agent.default.transcription_node(self, text, model_settings))

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        if await self._answered(new_message.text_content or ""):
            raise llm.StopResponse
        await self._ready()
        await super().on_user_turn_completed(turn_ctx, new_message)


def build_agent(persona: Persona, brief: Brief, ready: Ready, answered: Answered) -> Agent:
    """The agent, who remembers what an earlier worker had led of the same call."""
    context = _remembered(brief.history)
    if brief.taken_over:
        context.add_message(role="system", content=TAKEN_OVER)
    told = instructions(persona, brief)
    language = brief.language or persona.language
    return _HubAgent(ready, answered, persona.turns.spelling, language, instructions=told, chat_ctx=context)


async def add_note(session: AgentSession[Any], text: str) -> None:
    """Put something into the model's context, for the rest of the call."""
    agent = session.current_agent
    context = agent.chat_ctx.copy()
    context.add_message(role="system", content=text)
    await agent.update_chat_ctx(context, exclude_invalid_function_calls=False)


async def add_answer(session: AgentSession[Any], text: str) -> None:
    """Put what the caller said to a question of the hub's into the model's context."""
    agent = session.current_agent
    context = agent.chat_ctx.copy()
    context.add_message(role="user", content=text)
    await agent.update_chat_ctx(context, exclude_invalid_function_calls=False)


def _remembered(history: Sequence[Mapping[str, str]]) -> llm.ChatContext:
    context = llm.ChatContext.empty()
    for turn in history:
        role = "user" if turn.get("role") == "caller" else "assistant"
        context.add_message(role=role, content=turn.get("text", ""))  # type: ignore[arg-type]  # a literal
    return context
