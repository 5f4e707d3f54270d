"""When somebody who waits for a tool hears something, and what: from how long the tool usually takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from hub.core.sentences import Sentences, sentences

PACE_META: Final = "voice-hub/pace"
"""In the `_meta` of a tool that the hub lists for a voice call: `{"p50_ms": …, "p95_ms": …, "n": …}`."""
QUICK_SECONDS: Final = 0.7
"""A tool that is always faster needs no words."""
ANNOUNCE_SECONDS: Final = 0.6
"""Silence before the first words."""
INLINE_SECONDS: Final = 1.5
"""A tool that takes longer frees the turn; its result is said when it comes."""
PROGRESS_SECONDS: Final = 6.0
"""What is new of a tool's progress is said at most so often."""
STILL_SECONDS: Final = 12.0
"""Without progress it is said less often that the tool still runs."""
MOST_STILL: Final = 3
MEASURED_ENOUGH: Final = 3
"""Fewer ToolCalls than this say nothing about the next one."""
LONGEST: Final = 100
WHOLE: Final = 100
_TITLE: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a tool takes."""

    median: float
    most: float


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be said: one of the persona's phrases, or a sentence."""

    kind: Literal["looking_up", "changing", "still_working", "progress"]
    text: str = ""


def pace_of(definition: Mapping[str, Any]) -> Pace | None:
    """What the hub knows of a tool's latency, where it knows enough."""
    told = (definition.get("_meta") or {}).get(PACE_META)
    if not isinstance(told, Mapping):
        return None
    p50, p95, count = told.get("p50_ms"), told.get("p95_ms"), told.get("n")
    if not isinstance(p50, (int, float)) or not isinstance(p95, (int, float)) or not isinstance(count, int):
        return None
    return Pace(p50 / 1000, p95 / 1000) if count >= MEASURED_ENOUGH else None


class Waiting:
    """One ToolCall that somebody waits for. Times are seconds on any one clock."""

    def __init__(self, definition: Mapping[str, Any], tag: str | None = None) -> None:
        annotations = definition.get("annotations") or {}
        pace = pace_of(definition)
        self._changes = not annotations.get("readOnlyHint", True)
        self._what = what_it_does(definition)
        self._sentences = sentences(tag)
        self._said: float | None = None
        self._still = 0
        self._new = ""
        self._told = ""
        self.first_after = ANNOUNCE_SECONDS
        """Silence before the first words."""
        if pace is not None and pace.most < QUICK_SECONDS:
            self.first_after = INLINE_SECONDS  # something is wrong with it when it comes to this

    def progressed(self, progress: float, total: float | None, message: str | None) -> None:
        """The tool said how far it is."""
        self._new = progress_words(progress, total, message, self._sentences) or self._new

    def words(self, now: float) -> Words | None:
        """What to say after a silence, if anything."""
        words = self._words(now)
        if words is not None:
            self._said = now
        return words

    def _words(self, now: float) -> Words | None:
        if self._said is None:
            return Words("changing" if self._changes else "looking_up")
        since = now - self._said
        if self._new and self._new != self._told and since >= PROGRESS_SECONDS:
            self._told = self._new
            return Words("progress", self._new)
        due = PROGRESS_SECONDS if not self._still else STILL_SECONDS * self._still
        if since < due or self._still >= MOST_STILL:
            return None
        self._still += 1
        if self._still == 1 and self._what:
            return Words("progress", self._sentences.still_on.format(what=self._what))
        return Words("still_working")


def what_it_does(definition: Mapping[str, Any]) -> str:
    """The tool's title for people, in lower case; nothing where it only has a name for programs."""
    title = (definition.get("annotations") or {}).get("title") or definition.get("title") or ""
    words = " ".join(_TITLE.findall(str(title)))
    return words[:1].lower() + words[1:] if words and len(words) <= LONGEST else ""


def progress_words(progress: float, total: float | None, message: str | None, told: Sentences) -> str:
    """How far a tool is, as a sentence; nothing where it only counts. Its own message stays as it is."""
    line = " ".join((message or "").split())
    if line and len(line) <= LONGEST and line[0] not in "{[<":
        return line if line.endswith((".", "!", "?")) else f"{line}."
    if total and 0 < progress < total:
        return told.about_done.format(percent=round(progress / total * WHOLE / 10) * 10 or 10)
    return ""
