"""What models read of a server is pinned at first sight; from then on a change waits until it is approved."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from hub.core.definitions import Traits, UnusableDefinition, repaired, tool_name, traits
from hub.core.differences import FieldChange, canonical, compared, difference
from hub.core.errors import ChangedSince, NotFound

_ID_LENGTH = 32
"""128 bits: a server that can choose both texts must not find two changes of one id."""

Definitions = tuple[Any, ...]


class Part(StrEnum):
    """What a change is of."""

    TOOL = "tool"
    PROMPT = "prompt"
    INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model reads of one server, as it came; None: not known (yet)."""

    tools: Definitions | None = None
    prompts: Definitions | None = None
    instructions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One tool or prompt, or the instructions, as pinned (`before`, empty: new) and as offered now."""

    part: Part
    name: str
    before: Definitions
    after: Definitions

    @property
    def new(self) -> bool:
        return not self.before

    @property
    def id(self) -> str:
        """Tells this very change from any other, so that just what was looked at is approved."""
        told = [self.part, self.name, _counted(self.before), _counted(self.after)]
        return hashlib.sha256(canonical(told).encode()).hexdigest()[:_ID_LENGTH]

    def difference(self) -> tuple[FieldChange, ...]:
        """Tell what differs; a name that is listed several times has several definitions."""
        pairs = zip_longest(self.before, self.after, fillvalue=_NOTHING)
        return tuple(change for old, new in pairs for change in difference(_unnamed(old), _unnamed(new)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is shown to models, what is pinned from now on, and what waits."""

    shown: Reading
    pinned: Reading
    changes: tuple[Change, ...] = ()


def judged(pinned: Reading, offered: Reading) -> Judgement:
    """Compare what a server offers with what is pinned of it.

    What was never seen is trusted. A server without tools has not been seen: some list theirs a moment later.
    """
    shown, now_pinned = offered, pinned
    changes: list[Change] = []
    if not pinned.tools:
        now_pinned = replace(now_pinned, tools=offered.tools)
    elif offered.tools is not None:
        tools, found = _compared_lists(Part.TOOL, pinned.tools, offered.tools)
        shown, changes = replace(shown, tools=tools), [*changes, *found]
    if pinned.prompts is None:
        now_pinned = replace(now_pinned, prompts=offered.prompts)
    elif offered.prompts is not None:
        prompts, found = _compared_lists(Part.PROMPT, pinned.prompts, offered.prompts)
        shown, changes = replace(shown, prompts=prompts), [*changes, *found]
    if pinned.instructions is None:
        now_pinned = replace(now_pinned, instructions=offered.instructions)
    elif offered.instructions != "":  # what is taken away is simply gone, as with a tool
        shown = replace(shown, instructions=pinned.instructions)
        changes += _compared_texts(pinned.instructions, offered.instructions)
    return Judgement(shown=shown, pinned=now_pinned, changes=tuple(changes))


def unpinned(pinned: Reading, offered: Reading) -> Judgement:
    """Let everything pass; the pins follow, so that pinning again begins with what was offered last."""
    followed = Reading(
        tools=pinned.tools if offered.tools is None else offered.tools,
        prompts=pinned.prompts if offered.prompts is None else offered.prompts,
        instructions=pinned.instructions if offered.instructions is None else offered.instructions,
    )
    shown = replace(offered, instructions=followed.instructions)
    return Judgement(shown=shown, pinned=followed)


def approved(pinned: Reading, changes: Iterable[Change]) -> Reading:
    """Pin what has been approved."""
    for change in changes:
        match change.part:
            case Part.TOOL:
                pinned = replace(pinned, tools=_replaced(pinned.tools, change))
            case Part.PROMPT:
                pinned = replace(pinned, prompts=_replaced(pinned.prompts, change))
            case _:
                pinned = replace(pinned, instructions=_text(change.after))
    return pinned


def withheld(offered: Reading, waiting: Iterable[Change]) -> Reading:
    """Give what a twin may be taken for at first sight: what waits at its server waits at the twin too."""
    groups = {Part.TOOL: _grouped(offered.tools or ()), Part.PROMPT: _grouped(offered.prompts or ())}
    groups[Part.INSTRUCTIONS] = {_INSTRUCTIONS: _texts(offered.instructions)}
    undone = (
        replace(change, before=change.after, after=change.before)
        for change in waiting
        if _same(groups[change.part].get(change.name, ()), change.after)
    )
    return approved(offered, undone)


def chosen(
    server: str, waiting: Sequence[Change], names: Collection[str] | None, seen: Collection[str] | None
) -> list[Change]:
    """Find what is to be approved: all that waits or what is named, of it only what was `seen` (ids).

    Raises:
        NotFound: Nothing waits under one of the names.
        ChangedSince: Something named, or seen, is not as it was when it was looked at.
    """
    for name in names or ():
        if not any(_means(name, change) for change in waiting):
            raise NotFound(
                f"Nothing of {server} waits under the name {name}.", next_step=f"See: hub pins {server}"
            )
    wanted = [change for change in waiting if names is None or any(_means(name, change) for name in names)]
    if seen is None:
        return wanted
    gone = not {change.id for change in waiting}.issuperset(seen)
    if gone or (names is not None and any(change.id not in seen for change in wanted)):
        raise ChangedSince(
            f"{server} has changed again since this was looked at; nothing was approved.",
            next_step="Look at the difference again.",
        )
    return [change for change in wanted if change.id in seen]


_INSTRUCTIONS = Part.INSTRUCTIONS.value
_NOTHING: Mapping[str, Any] = {}


def _means(name: str, change: Change) -> bool:
    return name in (change.name, f"{change.part}/{change.name}")


def _unnamed(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "name"}


def _counted(definitions: Definitions) -> list[dict[str, Any]]:
    return [compared(definition) for definition in definitions]


def _same(one: Definitions, other: Definitions) -> bool:
    return canonical(_counted(one)) == canonical(_counted(other))


def _grouped(definitions: Definitions) -> dict[str | None, Definitions]:
    """Collect what stands under each name; under None what has none and can be neither called nor got."""
    groups: dict[str | None, Definitions] = {}
    for definition in definitions:
        name = tool_name(definition)
        groups[name] = (*groups.get(name, ()), definition)
    return groups


def _compared_lists(
    part: Part, pinned: Definitions, offered: Definitions
) -> tuple[Definitions, list[Change]]:
    known = _grouped(pinned)
    shown: list[Any] = []
    changes: list[Change] = []
    for name, now in _grouped(offered).items():
        if name is None:
            shown += now if part is Part.TOOL else ()  # the Catalog leaves it out, and says so
            continue
        before = known.get(name, ())
        if _same(before, now):
            shown += now
            continue
        changes.append(Change(part=part, name=name, before=before, after=now))
        shown += _with_care(before, now) if part is Part.TOOL else before
    return tuple(shown), changes


def _compared_texts(pinned: str, offered: str | None) -> list[Change]:
    if offered is None or offered == pinned:
        return []
    change = Change(part=Part.INSTRUCTIONS, name=_INSTRUCTIONS, before=_texts(pinned), after=_texts(offered))
    return [change]


def _texts(instructions: str | None) -> Definitions:
    return ({_INSTRUCTIONS: instructions},) if instructions else ()


def _text(definitions: Definitions) -> str:
    return str(definitions[0][_INSTRUCTIONS]) if definitions else ""


def _replaced(definitions: Definitions | None, change: Change) -> Definitions:
    others = (definition for definition in definitions or () if tool_name(definition) != change.name)
    return (*others, *change.after)


def _with_care(before: Definitions, now: Definitions) -> Definitions:
    """Give the old definition; that the tool writes now, or may destroy, counts before anybody approves."""
    was, becomes = _traits(before), _traits(now)
    if was is None or becomes is None:
        return before
    both = Traits(
        was.read_only and becomes.read_only,
        was.destructive or becomes.destructive,
        was.idempotent and becomes.idempotent,
    )
    if both == was:
        return before
    hints = {
        "readOnlyHint": both.read_only,
        "destructiveHint": both.destructive,
        "idempotentHint": both.idempotent,
    }
    old = repaired(before[0])
    return ({**before[0], "annotations": {**old.get("annotations", {}), **hints}},)


def _traits(definitions: Definitions) -> Traits | None:
    if not definitions:
        return None
    try:
        return traits(repaired(definitions[0]))
    except UnusableDefinition:
        return None
