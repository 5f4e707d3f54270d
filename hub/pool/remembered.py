"""The last known tools of every server, in a file, so that they can be offered before the servers are up."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

Tools = Sequence[Mapping[str, Any]]


def load(path: Path) -> dict[str, Tools]:
    """Read the tools by the fingerprints of the specs; a file that cannot be read says nothing."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return {str(key): [dict(tool) for tool in tools] for key, tools in content["tools"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def save(path: Path, tools: Mapping[str, Tools]) -> None:
    """Replace the file; a disk that is full costs the next start its head start, nothing else."""
    try:
        new = path.with_name(f"{path.name}.new")
        new.write_text(json.dumps({"tools": tools}, default=str), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        _log.warning("%s cannot be written: %s", path.name, error)
