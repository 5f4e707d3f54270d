"""Which part of the hub a path under `/mcp` means, and whose token may use it. Values only."""

from dataclasses import dataclass
from enum import StrEnum

OPERATOR = "operator"


class Kind(StrEnum):
    """The four kinds of path that speak MCP."""

    HUB = "hub"
    VIEW = "views"
    SERVER = "servers"
    CALL = "calls"


@dataclass(frozen=True, slots=True)
class Target:
    """What one path offers; `name` is that of the view, server or VoiceCall."""

    kind: Kind
    name: str = ""

    @property
    def own_tools(self) -> bool:
        """Whether the hub's own tools, resources and prompts are offered here."""
        return self.kind in (Kind.HUB, Kind.VIEW)

    def admits(self, principal: str | None) -> bool:
        """Whether a bearer may come in: the operator everywhere, a call's token only to that call."""
        return principal == OPERATOR or (self.kind is Kind.CALL and principal == f"call:{self.name}")


def target_of(path: str) -> Target | None:
    """The target of a path; None for one that does not exist."""
    match path.strip("/").split("/"):
        case ["mcp"]:
            return Target(Kind.HUB)
        case ["mcp", ("views" | "servers" | "calls") as kind, name] if name:
            return Target(Kind(kind), name)
        case _:
            return None
