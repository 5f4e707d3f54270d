"""What a caller heard of a call whose test fails is kept: as a WAV, and the lines that the room sent."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from hub.bench.caller import EAR_RATE, Caller
from hub.bench.sounds import write_wav

WHERE = "HUB_TEST_RECORDINGS"
"""Set it to have them elsewhere than in the folder for temporary files."""


@contextmanager
def kept_when_failing(caller: Caller) -> Iterator[None]:
    """The error of a test that fails in this block says where its call can be heard."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"What the caller heard and read is in {keep(caller)}")
        raise


def keep(caller: Caller) -> Path:
    """Write heard.wav and lines.txt into a folder that is named after the test."""
    test = re.sub(r"[^\w.-]+", "_", os.environ.get("PYTEST_CURRENT_TEST", "call").rpartition("::")[2])
    default = Path(tempfile.gettempdir()) / "voice-hub-failed-calls"
    folder = Path(os.environ.get(WHERE) or default) / test
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / "heard.wav", np.concatenate([np.zeros(1, np.int16), *caller.sound]), EAR_RATE)
    lines = [f"{line.t - caller.connected_at:8.2f} {line.identity}: {line.text}" for line in caller.lines]
    (folder / "lines.txt").write_text("\n".join([*lines, *caller.notices]) + "\n", encoding="utf-8")
    return folder
