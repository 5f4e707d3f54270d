"""Results that were told only in part: the rest waits under a handle, and `more` tells the next page."""

from collections.abc import Mapping
from typing import Any, Final

from hub.core.speech import NO_MORE, Rest, Told, more, told

KEPT: Final = 8
"""Older ones are forgotten."""
MORE: Final = "more"
DEFINITION: Final[Mapping[str, Any]] = {
    "name": MORE,
    "description": "Gives the next part of a result that was too long, when the caller wants to hear more.",
    "parameters": {
        "type": "object",
        "properties": {"handle": {"type": "string", "description": 'As the result said under "more".'}},
        "required": ["handle"],
    },
}


class Kept:
    """The results of one call."""

    def __init__(self) -> None:
        self._rests: dict[str, Rest] = {}
        self._count = 0

    def told(self, result: Mapping[str, Any]) -> str:
        """What the model is told of a result."""
        handle = f"r{self._count + 1}"
        answer = told(result, handle)
        if answer.rest is not None:
            self._count += 1
        return self._page(handle, answer)

    def more(self, handle: str) -> str:
        """The next page; the same handle leads on."""
        rest = self._rests.pop(handle.strip(), None)
        return NO_MORE if rest is None else self._page(handle.strip(), more(rest, handle.strip()))

    def _page(self, handle: str, answer: Told) -> str:
        if answer.rest is not None:
            self._rests[handle] = answer.rest
            while len(self._rests) > KEPT:
                del self._rests[next(iter(self._rests))]
        return answer.text
