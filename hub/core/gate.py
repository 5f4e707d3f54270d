"""The gate: may a ToolCall of a voice call run, must the caller say yes first, and what is a yes."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from hub.core.catalog import Route
from hub.core.records import Approval, ApprovalState, Question
from hub.core.spec import Confirm
from hub.core.statements import Act, Deed
from hub.core.wording import Wording, words

OPEN_SECONDS: Final = 60.0
"""How long a question stays open; after that it is a no."""
_REFUSED_WRITE: Final = re.compile(
    r"\b(?:25006|42501)\b|read[- ]only (?:mode|transaction|session|file system|database)|\bEROFS\b",
    re.IGNORECASE,
)
"""How a session that cannot write says that it was asked to."""
_NOT_HEARD: Final = re.compile(r"\W*\[[^\]]*\]\W*")
"""A recogniser's note instead of words, like “[not understood]”."""


class Verdict(StrEnum):
    """What the gate says of a ToolCall."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict, and whether the twin or the server itself is asked."""

    verdict: Verdict
    twin: bool


def rule(
    route: Route,
    confirm: Confirm,
    done: Sequence[Deed] | None,
    *,
    has_twin: bool,
    writes: bool = True,
) -> Ruling:
    """Judge a ToolCall of a voice call.

    `done` is what its SQL would do, where it has any; `has_twin`: a session that cannot write offers the
    tool too; `writes`: the call may change something at all.
    """
    reads = route.read_only if done is None else all(deed.act is Act.READ for deed in done)
    if confirm is Confirm.ALWAYS and (writes or route.read_only or has_twin):
        return Ruling(Verdict.CONFIRM, has_twin and (reads or done is None or not writes))
    if has_twin and (reads or done is None or not writes):
        return Ruling(Verdict.ALLOW, twin=True)  # it cannot write: what it refuses is asked for afterwards
    if route.read_only:
        return Ruling(Verdict.ALLOW, twin=False)
    if not writes:
        return Ruling(Verdict.DENY, twin=False)
    return Ruling(Verdict.ALLOW if confirm is Confirm.NEVER else Verdict.CONFIRM, twin=False)


def refused_write(result: Mapping[str, Any]) -> bool:
    """Whether a session that cannot write has refused a ToolCall because it would write."""
    return bool(result.get("isError")) and _REFUSED_WRITE.search(json.dumps(result, default=str)) is not None


def fingerprint(route: Route, arguments: Mapping[str, Any]) -> str:
    """What a yes is bound to: this server, this tool, exactly these arguments."""
    bound = json.dumps(
        [route.server, route.tool, arguments], sort_keys=True, separators=(",", ":"), default=repr
    )
    return hashlib.sha256(bound.encode()).hexdigest()


class Meaning(StrEnum):
    """What the caller's words mean for an open question."""

    YES = "yes"
    NO = "no"
    DOUBT = "doubt"
    """A yes that is none: with a but, with a question mark, about something else."""
    WEAK = "weak"
    """It agrees, but does not say what has to be said."""
    OTHER = "other"
    """No answer: a question back, or something else."""


def judge(said: str, question: Question, language: Wording) -> Meaning:
    """Tell what a whole turn of the caller's means for a question."""
    tokens = _without_fillers(_meant(said, language), language)
    if not tokens or tuple(tokens) in language.half_yeses:
        return Meaning.WEAK if words(said) else Meaning.OTHER
    if _NOT_HEARD.fullmatch(said):
        return Meaning.WEAK
    if tokens[0] in language.noes or _has(tokens[:2], language.refusals):
        return Meaning.NO
    if tokens[0] in language.yeses:
        doubtful = "?" in said or not language.doubts.isdisjoint(tokens) or _refuses(tokens, language)
        return Meaning.DOUBT if doubtful else _agreed(tokens, question, language)
    return Meaning.OTHER if "?" in said else _without_a_yes(tokens, question, language)


def _without_a_yes(tokens: list[str], question: Question, language: Wording) -> Meaning:
    """A turn that does not begin with yes or no, and is no question."""
    if tuple(tokens) in language.plain_yeses:
        return Meaning.WEAK if question.strong else Meaning.YES
    if _refuses(tokens, language):
        return Meaning.NO
    phrase = _without_yes(words(question.phrase), language)
    return Meaning.WEAK if phrase and _bare(tokens, phrase, language) == phrase else Meaning.OTHER


def _agreed(tokens: list[str], question: Question, language: Wording) -> Meaning:
    """A turn that begins with yes and has no doubt in it."""
    phrase = _without_yes(words(question.phrase), language)
    bare = _bare(_without_yes(tokens, language), phrase, language)
    if question.strong:
        if bare == phrase:
            return Meaning.YES
        return Meaning.WEAK if _part(bare, phrase) or sorted(bare) == sorted(phrase) else Meaning.DOUBT
    return Meaning.YES if set(bare) <= set(question.about) else Meaning.DOUBT


def _meant(said: str, language: Wording) -> list[str]:
    """The words, each form of a verb as the question uses it, and two that tell something as one."""
    tokens: list[str] = []
    for word in (language.same.get(word, word) for word in words(said)):
        one = language.told.get((tokens[-1], word)) if tokens else None
        tokens = [*tokens[:-1], one] if one else [*tokens, word]
    return tokens


def _without_fillers(tokens: list[str], language: Wording) -> list[str]:
    at = next((n for n, word in enumerate(tokens) if word not in language.fillers), len(tokens))
    return tokens[at:] if tuple(tokens) not in language.plain_yeses else tokens


def _without_yes(tokens: list[str], language: Wording) -> list[str]:
    return [word for word in tokens if word not in language.yeses]


def _bare(tokens: list[str], phrase: list[str], language: Wording) -> list[str]:
    """The words that mean something."""
    idle = (language.fillers | language.goes_with_yes) - set(phrase)
    return [word for word in tokens if word not in idle]


def _part(some: list[str], whole: list[str]) -> bool:
    """Whether the words stand in this order in the whole."""
    rest = iter(whole)
    return all(word in rest for word in some)


def _refuses(tokens: list[str], language: Wording) -> bool:
    return not language.noes.isdisjoint(tokens) or _has(tokens, language.refusals)


def _has(tokens: Sequence[str], rows: frozenset[tuple[str, ...]]) -> bool:
    text = f" {' '.join(tokens)} "
    return any(f" {' '.join(row)} " in text for row in rows)


_TOLD: Final[Mapping[ApprovalState, str]] = {
    ApprovalState.DENIED: "The caller said no. Nothing was done. "
    "Ask again only if the caller asks for it again.",
    ApprovalState.UNSURE: "The caller did not clearly say yes, so nothing was done. "
    "Ask again only if the caller asks for it again.",
    ApprovalState.EXPIRED: "The caller gave no answer in time, so nothing was done. "
    "Ask again only if the caller asks for it again.",
    ApprovalState.REPLACED: "The caller asked for something else instead, so nothing was done.",
    ApprovalState.REPEATED: "The caller has just not agreed to a change and has said nothing new since. "
    "Nothing was done. Wait until the caller asks for it.",
    ApprovalState.BUSY: "Another change waits for the caller's answer. Nothing was done. "
    "Try this one after that one is decided.",
    ApprovalState.UNASKABLE: "This needs a spoken yes, and nobody can be asked. Nothing was done.",
    ApprovalState.CHANGED: "The tool changed while the caller was asked, so nothing was done.",
    ApprovalState.FORBIDDEN: "In this call nothing may be changed. Nothing was done.",
}


def told(approval: Approval) -> str:
    """What the model is told when a ToolCall was not run."""
    return _TOLD[approval.state]
