"""What the hub's own tools return: one model each, from which their output schemas are made."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.core.recording import RecordingState
from hub.core.records import CallStatus, EndedReason, EventKind, Role

NextStep = Annotated[str, Field(description="What to do next, in one sentence.")]


class Result(BaseModel):
    """Newer hubs may say more."""

    model_config = ConfigDict(extra="allow")

    next_step: NextStep


class CallStarted(Result):
    call_id: str
    status: CallStatus
    join_url: str | None = Field(
        default=None, description="The link on which the caller joins, good for 60 minutes."
    )
    transcript_uri: str
    tools_ready: list[Any]
    tools_missing: list[Any]
    warnings: list[str]


class EventSeen(BaseModel):
    n: int
    t: float
    kind: EventKind
    role: Role | None = None
    text: str | None = None


class CallSeen(Result):
    call_id: str
    status: CallStatus
    done: bool = Field(description="The call is over, and this is the last of its events.")
    outcome: str | None = None
    ended_reason: EndedReason | None = None
    duration_s: float | None = None
    pending_question: dict[str, Any] | None = None
    pending_action: dict[str, Any] | None = None
    events: list[EventSeen] = []
    last_event: int
    summary: str | None = None
    answers: dict[str, Any] | None = None
    criteria: list[dict[str, Any]] | None = Field(
        default=None, description="Each success criterion: met is true, false or unknown, with its quote."
    )
    review: str | None = Field(
        default=None,
        description="Of an ended call: pending, ready (summary, criteria, answers), or not_available.",
    )
    review_message: str | None = None
    usage: dict[str, Any] | None = Field(
        default=None, description="What each provider was asked for, and what that costs, estimated."
    )
    latency: dict[str, Any] | None = Field(
        default=None,
        description="Seconds until the agent answered, p50 and p95, and each turn with its parts.",
    )
    tools: list[dict[str, Any]] | None = None
    recording: RecordingState | None = Field(
        default=None, description="Of a call that is to be recorded; get_recording has more."
    )
    rehearsal: dict[str, Any] | None = Field(
        default=None, description="Of a rehearsal: whether it passed, its turns, tools and problems."
    )


class TurnSeen(BaseModel):
    n: int
    t: float
    role: Role
    text: str
    interrupted: bool
    final: bool


class TranscriptSeen(Result):
    turns: list[TurnSeen] | None = None
    text: str | None = Field(default=None, description="The transcript in the format that was asked for.")
    next_turn: int
    complete: bool


class Rehearsed(Result):
    call_id: str
    status: CallStatus
    done: bool
    passed: bool | None = Field(
        description="Every criterion is met and nothing went wrong; null until that is known."
    )
    problems: list[str] = Field(description="What kept it from being a whole rehearsal.")
    caller: str
    outcome: str | None = None
    ended_reason: EndedReason | None = None
    duration_s: float | None = None
    turns: list[TurnSeen]
    tools: list[dict[str, Any]] = Field(description="The tools that were called: name, ok, ms.")
    criteria: list[dict[str, Any]] | None = None
    answers: dict[str, Any] | None = None
    summary: str | None = None
    review: str | None = None
    usage: dict[str, Any] | None = None
    pending_question: dict[str, Any] | None = None
    last_event: int
    warnings: list[str] = []


class CallsListed(Result):
    calls: list[dict[str, Any]]
    next_cursor: str | None = None


class Sent(Result):
    accepted: bool
    delivered: Any = Field(default=None, description="How it reached the call, as far as is known yet.")
    event: int | None = None


class Answered(Result):
    call_id: str
    question_id: str
    state: Literal["answered"]


class Decided(Result):
    call_id: str
    action_id: str
    state: Literal["approved", "denied"]
    tool: str


class Ended(Result):
    status: CallStatus
    already_ended: bool


class PartSeen(BaseModel):
    part: int
    t: float | None = Field(default=None, description="When it begins, in seconds as in the transcript.")
    url: str = Field(description="Wants the hub's bearer token; ranges are served.")
    path: str | None = Field(default=None, description="The file, on the hub's machine.")
    seconds: float
    bytes: int
    mime_type: str


class RecordingSeen(Result):
    call_id: str
    state: RecordingState
    parts: list[PartSeen] = Field(
        description="The caller left, the agent right; a further part where another worker took the call."
    )


class StatusSeen(Result):
    servers: list[dict[str, Any]]
    calls: dict[str, Any]
    providers: list[dict[str, Any]]


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a tool's parameters, without the titles that pydantic makes up."""
    schema: dict[str, Any] = _plain(model.model_json_schema())
    return schema


def output_schema(model: type[Result]) -> dict[str, Any]:
    """The schema of a tool's result, which may also be an error (some clients check errors too)."""
    schema: dict[str, Any] = _plain(model.model_json_schema(mode="serialization"))
    required = schema.pop("required", [])
    schema["properties"]["error"] = {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "retryable": {"type": "boolean"},
            "next_step": {"type": "string"},
        },
        "required": ["code", "message", "retryable", "next_step"],
    }
    schema["anyOf"] = [{"required": required}, {"required": ["error"]}]
    return schema


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _plain(value) for name, value in item.items()}
        if key in ("properties", "$defs")
        else _plain(item)
        for key, item in node.items()
        if key != "title"
    }
