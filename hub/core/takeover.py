"""A VoiceCall that has lost the job that led it: whether, when and for how long another is called for."""

from dataclasses import dataclass
from typing import Final

from hub.core.records import EndedReason

OWN_WORKER: Final = "own-"
"""How the names of the workers begin that a hub has started for itself, and that die with it."""
SILENT_SECONDS: Final = 20.0
"""A worker that has not been heard of for this long has lost its calls."""
FOUND_SECONDS: Final = 30.0
"""A call that has lost its job has this long for another one."""
AGAIN_SECONDS: Final = 6.0
"""Between two calls for an agent: LiveKit offers a job once, and the one it offers it to may be dying."""
MOST: Final = 3
"""A call that has cost so many workers is not given to another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """When a call lost its job, and the reason it ends with if nobody takes it over."""

    at: float
    reason: EndedReason
    called_at: float | None = None
    """When an agent was called for last."""


def silent(heard_of_worker_at: float | None, now: float) -> bool:
    """Whether the worker of a call has to be given up."""
    return heard_of_worker_at is not None and now >= heard_of_worker_at + SILENT_SECONDS


def may_go_on(losses: int) -> bool:
    """Whether a call that has lost so many jobs is given to another one."""
    return losses <= MOST


def to_be_called(loss: Loss, now: float) -> bool:
    """Whether it is time to call for an agent."""
    return loss.called_at is None or now >= loss.called_at + AGAIN_SECONDS


def given_up(loss: Loss, now: float) -> bool:
    """Whether nobody has taken the call over in time."""
    return now >= loss.at + FOUND_SECONDS


def of_own_worker(worker_id: str) -> bool:
    """Whether a worker died with the hub that had started it."""
    return worker_id.startswith(OWN_WORKER)
