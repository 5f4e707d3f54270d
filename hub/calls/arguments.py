"""What a client may say of a VoiceCall: the parameters of the hub's own tools, with their bounds."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.core.errors import InvalidArguments

WAIT_SECONDS_MOST = 50
"""Desktop clients give a tool 60 seconds; nothing of ours waits longer than this."""
M = TypeVar("M", bound="Arguments")


class Arguments(BaseModel):
    """A misspelled parameter is an error, not a parameter that is silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class QuestionAsked(Arguments):
    """One thing that the agent is to find out."""

    key: str = Field(min_length=1, description="Name of the answer, for example delivery_day")
    question: str = Field(min_length=1, description="What the agent asks")
    type: Literal["text", "number", "boolean", "date", "choice"] = "text"
    choices: list[str] | None = Field(default=None, description="The possible answers, for type choice")


class ToolsOfCall(Arguments):
    """Narrows the tools of this call further than its view does."""

    servers: list[str] | None = Field(default=None, description="Only these servers; globs")
    allow: list[str] | None = Field(default=None, description="Only these tools; globs, @read, @write")
    deny: list[str] | None = Field(default=None, description="Not these tools; globs, @read, @write")
    read_only: bool = Field(default=False, description="Only tools that change nothing")


class Conversation(Arguments):
    """What a call is about, spoken or rehearsed."""

    goal: str = Field(min_length=1, max_length=4000, description="What the call is for, in a sentence or two")
    success_criteria: list[str] = Field(
        default=[], description="What has to be so in the end; each is judged"
    )
    questions: list[QuestionAsked] = Field(default=[], description="What the agent is to find out")
    context: str | None = Field(default=None, max_length=20000, description="What the agent should know")
    instructions: str | None = Field(default=None, max_length=8000, description="How the agent should behave")
    first_message: str | None = Field(
        default=None, max_length=1000, description="The agent's first words, exactly as given"
    )
    language: str | None = Field(default=None, description="Language of the call, for example en or de-DE")
    view: str = Field(default="voice", description="The view of servers.json that the call may use")


class StartVoiceCall(Conversation):
    """Parameters of start_voice_call."""

    mode: Literal["browser", "text"] = Field(
        default="browser", description="browser: the caller opens a link and speaks; text: a typed call"
    )
    voice: str | None = Field(default=None, description="The voice that speaks, for example ash")
    persona: str | None = Field(default=None, description="Name of a persona file")
    tools: ToolsOfCall | None = Field(default=None, description="Tools for this call only")
    max_minutes: float = Field(default=15, gt=0, le=240, description="The call ends after this time")
    record: bool = Field(
        default=False, description="Record what is heard of both sides; the agent tells the caller first"
    )
    schedule_at: str | None = Field(
        default=None,
        description="When to begin, ISO 8601 with an offset, for example 2026-08-30T12:00:00+02:00",
    )
    idempotency_key: str | None = Field(
        default=None, max_length=200, description="Starting twice with one key starts one call"
    )
    metadata: dict[str, Any] | None = Field(default=None, description="Kept with the call, unread")


class OfCall(Arguments):
    """A parameter that all the others share."""

    call_id: str = Field(min_length=1, description="The id that start_voice_call returned")


Include = Literal["events", "summary", "answers", "usage", "latency", "tools"]


class GetCall(OfCall):
    """Parameters of get_call."""

    wait_seconds: float = Field(
        default=0, ge=0, le=WAIT_SECONDS_MOST, description="Wait up to this long for something to happen"
    )
    until: Literal["any", "answered", "question", "ended"] = Field(
        default="any", description="What to wait for: any new event, an answered call, a question, the end"
    )
    after_event: int = Field(default=0, ge=0, description="Only events after this number (last_event)")
    include: list[Include] = Field(default=[], description="Only these parts; empty: all but tools")


class GetTranscript(OfCall):
    """Parameters of get_transcript."""

    after_turn: int = Field(default=0, ge=0, description="Only turns after this number")
    limit: int = Field(default=50, ge=1, le=500, description="At most so many turns")
    format: Literal["turns", "text", "srt"] = Field(default="turns", description="turns, text or srt")
    include_tools: bool = Field(default=False, description="Also what tools were called")


class ListCalls(Arguments):
    """Parameters of list_calls."""

    status: Literal["scheduled", "waiting_for_caller", "dialing", "in_progress", "ended"] | None = None
    since: str | None = Field(default=None, description="Only calls made after this moment, ISO 8601")
    query: str | None = Field(default=None, description="Only calls whose goal contains this")
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, description="next_cursor of the page before")


class SendToCall(OfCall):
    """Parameters of send_to_call."""

    text: str = Field(min_length=1, max_length=8000)
    kind: Literal["caller", "say", "instruct", "context"] = Field(
        default="instruct",
        description="say: spoken word for word; instruct: what the agent should do; context: something to "
        "know; caller: in a text call, what the caller types",
    )
    interrupt: bool = Field(default=False, description="Cut off what the agent is saying")


class DecideAction(OfCall):
    """Parameters of decide_action."""

    action_id: str = Field(min_length=1, description="pending_action.id of get_call")
    decision: Literal["approve", "deny"] = Field(description="approve only what a person has said yes to")


class AnswerQuestion(OfCall):
    """Parameters of answer_question."""

    question_id: str = Field(min_length=1, description="pending_question.id of get_call")
    answer: str = Field(min_length=1, max_length=4000, description="What the asker is to know")
    decline: bool = Field(
        default=False, description="Refuse a question of a server's instead, whatever answer says"
    )


class GetRecording(OfCall):
    """Parameters of get_recording."""


class EndCall(OfCall):
    """Parameters of end_call."""

    goodbye: str | None = Field(default=None, max_length=1000, description="Spoken before the end")


class FillForm(OfCall):
    """A server's form, filled in on a page."""

    form_id: str = Field(min_length=1)
    decision: Literal["accept", "decline", "cancel"]
    content: dict[str, Any] = {}


def parse(model: type[M], arguments: Mapping[str, Any]) -> M:
    """Validate arguments.

    Raises:
        InvalidArguments: Names each parameter that is wrong, and what would be right.
    """
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        wrong = [_sentence(model, problem) for problem in error.errors()]
        raise InvalidArguments(" ".join(wrong), next_step="Correct the arguments and call again.") from error


def _sentence(model: type[Arguments], problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"]) or "the arguments"
    if problem["type"] == "missing":
        return f"{name} is missing."
    if problem["type"] == "extra_forbidden":
        return f"There is no parameter {name}; there are {', '.join(model.model_fields)}."
    return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}."
