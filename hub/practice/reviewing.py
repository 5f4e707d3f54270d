"""The practice model reviews a call by rules, out of its turns alone; what they do not decide stays open."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hub.practice import numbers
from hub.practice.matching import normal
from hub.practice.planning import Plan

TASK: Final = "review of a voice call"
_QUOTED: Final = re.compile(r"[“\"](.{1,300}?)[”\"]")
_LISTED: Final = re.compile(r"\S+")
_GENERAL: Final = frozenset(
    _LISTED.findall(
        """
        a an and are as at be been by can caller caller's could did do does for from had has have he
        her his how i if in is it its me my of on or our says said she should so states tells that
        the their them they this to us was we were what when where which who will with would you
        your agent agent's names named gives gave given mentions mentioned asks asked please
        """
    )
)
_NO: Final = frozenset(
    _LISTED.findall("no not never none nothing don't doesn't didn't won't can't cannot isn't nope without")
)
_YES: Final = frozenset(_LISTED.findall("yes yeah yep sure correct right certainly absolutely indeed"))
_ASKED_LEAST: Final = 0.6
"""The share of a question's words that must be in the agent's turn that asks it."""
Turn = Mapping[str, Any]


def review(request: Mapping[str, Any]) -> Plan | None:
    """The answer to a request for a review; None for every other request."""
    asked = _asked(request)
    if asked is None:
        return None
    turns = [turn for turn in asked.get("turns") or () if isinstance(turn, dict)]
    answers = [
        found for question in asked.get("questions") or () if (found := _answer(question, turns)) is not None
    ]
    criteria = [
        {"n": n, **_judged(str(text), turns, asked.get("questions") or (), answers)}
        for n, text in enumerate(asked.get("success_criteria") or (), start=1)
    ]
    told = {"summary": _summary(turns, str(asked.get("ended", ""))), "criteria": criteria, "answers": answers}
    return Plan(json.dumps(told, ensure_ascii=False))


def _asked(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    messages = request.get("messages") or [{}]
    content = messages[-1].get("content") if isinstance(messages[-1], dict) else None
    if not isinstance(content, str) or TASK not in content:
        return None
    try:
        asked = json.loads(content)
    except ValueError:
        return None
    return asked if isinstance(asked, dict) and asked.get("task") == TASK else None


def _answer(question: Mapping[str, Any], turns: Sequence[Turn]) -> dict[str, Any] | None:
    """What the caller said next after the agent had asked; the last time that it did."""
    wanted = _telling(str(question.get("question", "")))
    for at in range(len(turns) - 1, -1, -1):
        turn = turns[at]
        if turn.get("role") == "caller" or not wanted:
            continue
        if len(wanted & _telling(_text(turn))) < _ASKED_LEAST * len(wanted):
            continue
        reply = next((later for later in turns[at + 1 :] if later.get("role") == "caller"), None)
        value = _value(question, _text(reply)) if reply is not None else None
        if reply is not None and value is not None:
            return {
                "key": question.get("key"),
                "value": value,
                "quote": _text(reply),
                "turn": reply.get("turn"),
            }
    return None


def _value(question: Mapping[str, Any], said: str) -> Any:
    words = normal(said)
    match question.get("type", "text"):
        case "number":
            found = [word for word in words if numbers.is_number(word)]
            return float(found[0]) if len(found) == 1 else None
        case "boolean":
            yes, no = bool(_YES & set(words)), bool(_NO & set(words))
            return yes if yes != no else None
        case "choice":
            chosen = [one for one in question.get("choices") or () if _contains(words, normal(str(one)))]
            return chosen[0] if len(chosen) == 1 else None
        case _:
            return said.strip() or None


def _judged(
    criterion: str,
    turns: Sequence[Turn],
    questions: Sequence[Mapping[str, Any]],
    answers: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Met by the words between its quotation marks, by an answer it asks for, or by all its words at once."""
    who = _role(criterion)
    spoken = [turn for turn in turns if turn.get("role") in who]
    quoted = _QUOTED.search(criterion)
    if quoted is not None:
        return _said(quoted[1], spoken)
    wanted = _telling(criterion)
    if not wanted or _NO & set(normal(criterion)):
        return {"met": None}
    by_key = {answer["key"]: answer for answer in answers}
    for question in questions:
        answer = by_key.get(question.get("key"))
        if answer is not None and wanted <= _telling(f"{question.get('question')} {question.get('key')}"):
            return {"met": True, "quote": answer["quote"], "turn": answer["turn"]}
    for turn in spoken:
        words = normal(_text(turn))
        if wanted <= _telling(_text(turn)) and not _NO & set(words) and "?" not in _text(turn):
            return {"met": True, "quote": _text(turn), "turn": turn.get("turn")}
    return {"met": None}


def _said(words: str, turns: Iterable[Turn]) -> dict[str, Any]:
    for turn in turns:
        if _contains(normal(_text(turn)), normal(words)):
            return {"met": True, "quote": words, "turn": turn.get("turn")}
    return {"met": False}


def _role(criterion: str) -> frozenset[str]:
    words = set(normal(criterion))
    named = {role for role in ("caller", "agent") if {role, f"{role}'s"} & words}
    return frozenset(named or {"caller", "agent"})


def _summary(turns: Sequence[Turn], ended: str) -> str:
    callers = [_text(turn) for turn in turns if turn.get("role") == "caller"]
    agents = [_text(turn) for turn in turns if turn.get("role") == "agent"]
    sentences = [f"The caller spoke {_times(callers)} and the agent {_times(agents)}."]
    if callers:
        sentences.append(f"The caller began with “{callers[0]}”.")
    if len(callers) > 1:
        sentences.append(f"The caller's last words were “{callers[-1]}”.")
    if agents:
        sentences.append(f"The agent's last words were “{agents[-1]}”.")
    return " ".join([*sentences, f"The call ended: {ended.replace('_', ' ')}."])


def _times(turns: Sequence[str]) -> str:
    return "once" if len(turns) == 1 else f"{len(turns)} times"


def _text(turn: Turn) -> str:
    return str(turn.get("text", ""))


def _telling(text: str) -> set[str]:
    """The words of a text that say what it is about, without the plural."""
    return {word.removesuffix("s") for word in normal(text) if word not in _GENERAL}


def _contains(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return bool(wanted) and any(
        list(words[at : at + len(wanted)]) == list(wanted) for at in range(len(words) - len(wanted) + 1)
    )
