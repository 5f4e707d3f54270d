"""Files under HUB_HOME that only their owner may read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole: who reads it finds the old text or the new one.

    Raises:
        OSError: It cannot be written; the old one stays.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
