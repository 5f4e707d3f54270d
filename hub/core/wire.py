"""The messages between a voice worker and the hub (the Link): events up, commands down, both numbered.

The worker sends events until they are acknowledged and asks for commands after the last one it has seen,
so a lost connection loses and doubles nothing.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TURN_META = "voice-hub/turn"
"""In the `_meta` of a voice call's ToolCall: how many turns the caller had finished by then."""


class Message(BaseModel):
    """Unknown keys are ignored, so that a newer worker can talk to an older hub."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WorkerHello(Message):
    """POST /api/worker/hello, at registration with LiveKit and every HELLO_EVERY seconds after that."""

    worker_id: str
    host: str
    pid: int
    version: str
    max_calls: int
    active_calls: int
    personas: list[str]
    languages: dict[str, str] = {}
    """The language of each persona."""


class JobStarted(Message):
    """POST /api/worker/jobs → Brief. `call_id` is missing when the hub did not make the room."""

    worker_id: str
    job_id: str
    room: str
    call_id: str | None = None
    caller_identity: str | None = None
    caller_name: str | None = None
    phone: bool = False


class Question(Message):
    """One thing that the agent is to find out."""

    key: str
    question: str
    type: str = "text"
    choices: list[str] | None = None


class Brief(Message):
    """What the worker is told about its VoiceCall. `mcp_path` wants `Authorization: Bearer <token>`."""

    call_id: str
    token: str
    mcp_path: str
    mode: Literal["browser", "phone", "text"]
    goal: str
    persona: str | None = None
    instructions: str | None = None
    context: str | None = None
    first_message: str | None = None
    language: str | None = None
    voice: str | None = None
    success_criteria: list[str] = []
    questions: list[Question] = []
    max_seconds: float
    caller_identity: str | None = None
    """The participant to listen to; None: whoever comes first."""
    practice: list[str] = []
    """The provider kinds (stt, llm, tts, supabase) that are played by practice."""
    history: list[dict[str, str]] = []
    """Turns `{role, text}` of the same call that an earlier job had led; empty: nobody has yet."""
    taken_over: bool = False
    """An earlier job had begun this call and was lost."""
    after_command: int = 0
    """Commands up to this number were an earlier job's."""
    record_part: int = 0
    """The call is to be recorded, and this is the number of the job's part of it; 0: it is not."""


class _Event(Message):
    seq: int = Field(ge=1)
    t: float
    """Seconds since the epoch, on the worker's clock."""


class Joined(_Event):
    """The agent is in the room and about to speak."""

    kind: Literal["joined"] = "joined"


class CallerState(_Event):
    """The caller came, lost the connection, came back or left."""

    kind: Literal["caller"] = "caller"
    state: Literal["joined", "left"]
    reason: str = ""


class TurnHeard(_Event):
    """A turn, as far as it has been heard or spoken; sent again under the same `item` as it grows."""

    kind: Literal["turn"] = "turn"
    item: str
    role: Literal["caller", "agent", "operator"]
    text: str
    final: bool
    interrupted: bool = False


class ToolStarted(_Event):
    kind: Literal["tool_started"] = "tool_started"
    tool_call: str
    tool: str
    arguments: dict[str, Any] = {}


class ToolEnded(_Event):
    kind: Literal["tool_ended"] = "tool_ended"
    tool_call: str
    tool: str
    ok: bool
    ms: float
    text: str = ""
    """What the model was told, or the error, in at most a few hundred characters."""
    whole: dict[str, Any] = {}
    """All of the result, as far as a page takes it: `{"total", "rows"}` or `{"text"}`."""


class ProviderState(_Event):
    """A provider failed or works again; `fatal` when the call ends because of it."""

    kind: Literal["provider"] = "provider"
    provider: Literal["stt", "llm", "tts"]
    state: Literal["failed", "recovered"]
    message: str = ""
    fatal: bool = False


class Failed(_Event):
    """Something went wrong in the worker that the call survives."""

    kind: Literal["error"] = "error"
    message: str


class CommandDone(_Event):
    """A command had its effect (or could not): spoken, cut_off, in_context, refused."""

    kind: Literal["command_done"] = "command_done"
    command: int
    outcome: Literal["spoken", "cut_off", "in_context", "refused"]
    text: str = ""


class Measured(_Event):
    """Latency of one agent turn in seconds, and usage so far, as the providers' plugins report them."""

    kind: Literal["measured"] = "measured"
    latency: dict[str, float] = {}
    usage: dict[str, float] = {}
    models: dict[str, str] = {}
    """Which model was used, by kind of provider."""
    practice: list[str] = []
    job: str = ""
    """These two are filled in by the hub: what practice plays, and whose count it is."""


class Recorded(_Event):
    """A part of the recording began, ended, or could not be (or go on) because of `message`."""

    kind: Literal["recording"] = "recording"
    state: Literal["began", "ended", "failed"]
    part: int
    seconds: float = 0.0
    message: str = ""


class JobEnded(_Event):
    """The last event of a job; `reason` is an EndedReason. `handover`: the call need not end with the job."""

    kind: Literal["ended"] = "ended"
    reason: str
    message: str = ""
    handover: bool = False


WorkerEvent = Annotated[
    Joined
    | CallerState
    | TurnHeard
    | ToolStarted
    | ToolEnded
    | ProviderState
    | Failed
    | CommandDone
    | Measured
    | Recorded
    | JobEnded,
    Field(discriminator="kind"),
]


class EventsUp(Message):
    """POST /api/worker/calls/<id>/events → Acknowledged. Events already known are acknowledged again."""

    job_id: str
    events: list[WorkerEvent]


class Acknowledged(Message):
    """Everything up to and with `seq` is on disk; `over` tells a worker that the hub has ended this call."""

    seq: int
    over: bool = False


class AnswerHeard(Message):
    """POST /api/worker/calls/<id>/answer → AnswerJudged: a turn of the caller's while a question is open.

    All times are on the worker's clock.
    """

    action: str
    turn: int
    text: str
    began: float
    """When the caller began to speak."""
    asked_until: float | None = None
    """When the question had been said to its end; None: it has not (yet)."""
    how: Literal["by voice", "in writing"] = "by voice"


class AnswerJudged(Message):
    """`taken`: the turn was an answer; it is no request, so that the model does not reply to it.

    `hide`: it may be a secret, and is neither kept nor told to the model.
    """

    taken: bool
    hide: bool = False


class RecordingStored(Message):
    """POST /api/worker/calls/<id>/recording/<part>?at=BYTE&last=0|1, the bytes as body.

    The hub has the first `size` bytes of the part; `over` says why it takes no more, if it does not.
    """

    size: int
    over: str = ""


class Command(Message):
    """One order to the worker. `caller`: what the caller types; `end` may carry a goodbye in `text`.

    `ask` has `text` said word for word; the caller's turns are then sent to the hub until `asked` says that
    the question of this `action` is closed. `about`: a change, or a server's form, which the page fetches.
    `hide`: what is said meanwhile may be a secret, and is told only once it is judged.
    """

    n: int = Field(ge=1)
    kind: Literal["caller", "say", "instruct", "context", "end", "ask", "asked"]
    action: str = ""
    phrase: str = ""
    tool: str = ""
    about: Literal["action", "form"] = "action"
    hide: bool = False
    text: str = ""
    interrupt: bool = False
    reason: str = ""


class CommandsDown(Message):
    """GET /api/worker/calls/<id>/commands?after=N&wait=SECONDS; `over`: the call has ended for the hub."""

    commands: list[Command]
    over: bool = False
