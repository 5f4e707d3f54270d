"""Which of the hub's tools the model sees: all of them, or, of very many, those that were looked for."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from hub.core.tool_search import DIRECT, found

FIND: Final = "find_tools"
AT_ONCE: Final = 5
"""So many a search brings along."""
LOADED: Final = 15
"""So many of very many tools the model sees; what it has not used for longest goes."""
SHORT: Final = 160
NONE: Final = "No tool fits. Try other words, or say that it cannot be done."
DEFINITION: Final[Mapping[str, Any]] = {
    "name": FIND,
    "description": (
        "There are more tools than are shown. Finds those for a task by a few words, e.g. "
        '"list open issues"; they can be called from the next step on.'
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "what is to be done, in a few English words"}
        },
        "required": ["query"],
    },
}


def _of_hub(tool: Mapping[str, Any]) -> bool:
    """The servers' tools are named server__tool; what is the hub's own is always there."""
    return "__" not in str(tool["name"])


class Offered:
    """The selection of one call; the goal's words choose what is there from the start."""

    def __init__(self, all_tools: Callable[[], Sequence[Mapping[str, Any]]], goal: str = "") -> None:
        self._all = all_tools
        self._goal = goal
        self._loaded: dict[str, None] = {}

    @property
    def many(self) -> bool:
        return len(self._all()) > DIRECT

    def shown(self) -> list[Mapping[str, Any]]:
        """What the model sees now."""
        if not self.many:
            return list({str(tool["name"]): tool for tool in self._all()}.values())
        if self._goal:
            goal, self._goal = self._goal, ""
            self._load(found(goal, self._all(), AT_ONCE))
        return [tool for tool in self._all() if _of_hub(tool) or tool["name"] in self._loaded]

    def find(self, query: str) -> str:
        """Load what fits, and say what that is."""
        fitting = found(query, self._all(), AT_ONCE)
        self._load(fitting)
        if not fitting:
            return NONE
        told = [
            {"name": tool["name"], "does": str(tool.get("description") or "")[:SHORT]} for tool in fitting
        ]
        return json.dumps({"loaded": told}, ensure_ascii=False)

    def used(self, name: str) -> None:
        """What is in use stays."""
        if name in self._loaded:
            self._loaded[name] = self._loaded.pop(name)

    def _load(self, tools: Iterable[Mapping[str, Any]]) -> None:
        for tool in reversed(list(tools)):
            name = str(tool["name"])
            self._loaded.pop(name, None)
            self._loaded[name] = None
        while len(self._loaded) > LOADED:
            del self._loaded[next(iter(self._loaded))]
