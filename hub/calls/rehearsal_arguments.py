"""What a client may say of a rehearsal: the parameters of rehearse_call, with their bounds."""

from typing import Annotated, Any, Final

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hub.calls.arguments import Conversation, StartVoiceCall, ToolsOfCall

TURNS: Final = 12
TURNS_MOST: Final = 50
Spoken = Annotated[str, Field(min_length=1, max_length=8000)]
NO_CALLER: Final = (
    "caller",
    "caller is either the list of what the caller says, line by line, or a description of who calls",
)


class RehearseCall(Conversation):
    """Parameters of rehearse_call."""

    persona: str = Field(min_length=1, description="Name of the persona file that is tried out")
    caller: Annotated[list[Spoken], Field(min_length=1)] | Spoken = Field(
        description="What the caller says: a list of lines, said one after the other as the agent answers; "
        "or one text that describes who calls and what they want, which a language model then plays"
    )
    tools: ToolsOfCall | None = Field(
        default=None, description="Tools for this call only; a rehearsal never has any that write"
    )
    max_turns: int = Field(
        default=TURNS, ge=1, le=TURNS_MOST, description="The caller hangs up after speaking so many times"
    )

    @field_validator("caller", mode="wrap")
    @classmethod
    def _one_or_the_other(cls, value: Any, known: ValidatorFunctionWrapHandler) -> Any:
        try:
            return known(value)
        except ValidationError as error:
            raise PydanticCustomError(*NO_CALLER) from error

    @model_validator(mode="after")
    def _all_can_be_said(self) -> "RehearseCall":
        if len(self.lines) > self.max_turns:
            kind, words = "too_many_lines", "caller has {lines} lines and max_turns is {turns}"
            raise PydanticCustomError(kind, words, {"lines": len(self.lines), "turns": self.max_turns})
        return self

    @property
    def lines(self) -> list[str]:
        """What a scripted caller says; empty where a language model plays the caller."""
        return self.caller if isinstance(self.caller, list) else []

    def start(self) -> StartVoiceCall:
        """The typed call that this is: nothing in it can write."""
        given = self.model_dump(exclude={"caller", "max_turns"}, exclude_unset=True)
        tools = (self.tools or ToolsOfCall()).model_copy(update={"read_only": True})
        return StartVoiceCall.model_validate({**given, "mode": "text", "tools": tools.model_dump()})

    def noted(self) -> dict[str, Any]:
        """What the Journal keeps of it beside the arguments of the call."""
        return {"caller": self.caller, "max_turns": self.max_turns}
