"""Variables in servers.json: ${VAR}, ${VAR:-default}, ${env:VAR}; what is missing is named, not passed on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.core.jsonc import Path

_REFERENCE = re.compile(r"\$\{([^{}]*)(\})?")
_INSIDE = re.compile(r"(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A text that cannot be passed on: where, what is wrong, what would be right."""

    path: Path
    message: str
    remedy: str


@dataclass(slots=True)
class Expansion:
    """Replaces variables by what `env` holds, and remembers those that are missing. An empty one is."""

    env: Mapping[str, str]
    missing: dict[str, Path] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)

    def value(self, value: Any, path: Path) -> Any:
        """Replace the variables in every text inside a value."""
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        return value

    def text(self, text: str, path: Path) -> str:
        """Replace the variables of one text."""
        expanded = _REFERENCE.sub(lambda match: self._replacement(match, path), text)
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in expanded):
            self.unusable.append(
                Unusable(
                    path,
                    "holds a character that no program can be given.",
                    "Take \\u0000 or the lone surrogate out.",
                )
            )
        return expanded

    def _replacement(self, match: re.Match[str], path: Path) -> str:
        inside = _INSIDE.fullmatch(match.group(1)) if match.group(2) else None
        if inside is None:
            known = "Write ${VAR}, ${VAR:-default} or ${env:VAR}."
            self.unusable.append(Unusable(path, f"{match.group()} is no variable that the hub knows.", known))
            return ""
        name, default = inside.groups()
        value = self.env.get(name) or default
        if value is None:
            self.missing.setdefault(name, path)
            return name  # so that the rest can be checked; a spec that misses something gets no texts at all
        if self.env.get(name):
            self.used[name] = value
        return value
