"""What every fake of a Caller has that no server can put a question to."""

from collections.abc import Mapping
from typing import Any


class Unasked:
    """Nobody can be asked anything by a server."""

    elicits: frozenset[str] = frozenset()
    resumes = False

    async def elicit(self, server: str, params: Mapping[str, Any]) -> dict[str, Any]:
        raise AssertionError(server, params)
