"""What a language model answers, read as the JSON that it was asked for."""

import re
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

_FENCED: Final = re.compile(r"^\s*```[a-z]*\s*(.*?)\s*```\s*$", re.DOTALL)


class Answer(BaseModel):
    """A model may say more than it was asked."""

    model_config = ConfigDict(extra="ignore", frozen=True)


A = TypeVar("A", bound=Answer)


def read(kind: type[A], text: str) -> A | None:
    """The answer, in a code fence or bare; None for what is no such answer."""
    fenced = _FENCED.match(text)
    try:
        return kind.model_validate_json(fenced[1] if fenced else text)
    except ValidationError:
        return None
